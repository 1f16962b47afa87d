// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the state machine: PASSING, BROKEN and generations
 *
 * Every condition of the machine exactly at its boundary, just before it and
 * just after.
 */
#include "breaker_fixture.h"

#define PASSING_NS	(10 * TEST_SEC)
#define BROKEN_NS	(10 * TEST_SEC)

static void passing_time_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	for (i = 0; i < 9; i++) {
		KUNIT_EXPECT_TRUE(test, fail(f, T0 + PASSING_NS - 1));
		EXPECT_STAYED(f, PASSING);
	}
	KUNIT_EXPECT_TRUE(test, fail(f, T0 + PASSING_NS));
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
	EXPECT_COUNTS(&f->tr.counts, 10, 10);

	fixture_start(f, T0);
	for (i = 0; i < 4; i++)
		fail(f, T0 + PASSING_NS + 1);
	EXPECT_STAYED(f, PASSING);
	fail(f, T0 + PASSING_NS + 1);
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
}

static void passing_time_tick_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	for (i = 0; i < 5; i++)
		fail(f, T0 + PASSING_NS - 1);
	tick(f, T0 + PASSING_NS - 1);
	EXPECT_STAYED(f, PASSING);
	tick(f, T0 + PASSING_NS);
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
	EXPECT_COUNTS(&f->tr.counts, 5, 5);
}

/* A window shorter than passing_time: what is forgotten does not trip. */
static void passing_time_forgets_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	f->p.passing_ms = 20000;
	for (i = 0; i < 100; i++)
		fail(f, T0 + 9 * TEST_SEC);
	tick(f, T0 + 20 * TEST_SEC - 1);
	EXPECT_STAYED(f, PASSING);
	tick(f, T0 + 20 * TEST_SEC);
	EXPECT_STAYED(f, PASSING);
	fail(f, T0 + 20 * TEST_SEC);
	EXPECT_STAYED(f, PASSING);
}

static void passing_min_samples_test(struct kunit *test)
{
	static const u32 min_samples[] = { 1, 2, 5, 1000, CBREAK_SAMPLES_MAX };
	struct fixture *f = test->priv;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(min_samples); i++) {
		fixture_start(f, T0);
		f->p.min_samples = min_samples[i];
		for (k = 1; k < min_samples[i]; k++) {
			fail(f, T0 + PASSING_NS);
			KUNIT_ASSERT_EQ_MSG(test, state_of(f),
					    CBREAK_STATE_PASSING,
					    "%u of %u", k, min_samples[i]);
		}
		fail(f, T0 + PASSING_NS);
		EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
		EXPECT_COUNTS(&f->tr.counts, min_samples[i], min_samples[i]);
	}
}

/* min_samples are outcomes, not failures; a success can be the last of them. */
static void passing_min_samples_any_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	succeed(f, T0 + PASSING_NS);
	for (i = 0; i < 3; i++)
		fail(f, T0 + PASSING_NS);
	EXPECT_STAYED(f, PASSING);
	succeed(f, T0 + PASSING_NS);
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
	EXPECT_COUNTS(&f->tr.counts, 5, 3);
}

/* One failure after an idle period is no reason. */
static void passing_lone_failure_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 now = T0 + 3600 * TEST_SEC;

	fail(f, now);
	EXPECT_STAYED(f, PASSING);
	tick(f, now + TEST_SEC);
	EXPECT_STAYED(f, PASSING);
	EXPECT_ADMIT(f, now + TEST_SEC, U32_MAX);
}

struct ratio_case {
	u32 error_ratio;
	u32 succeeded;
	u32 failed;	/* the most that leave it PASSING */
};

static const struct ratio_case ratio_cases[] = {
	{ 500000, 5, 5 },	/* equal */
	{ 500000, 1000, 1000 },	/* equal */
	{ 250000, 6, 2 },	/* equal */
	{ 200000, 4, 1 },	/* equal */
	{ 800000, 1, 4 },	/* equal */
	{ 333333, 6, 2 },	/* 3 of 9 is greater */
	{ 333334, 6, 3 },	/* 3 of 9 is lower, 4 of 10 greater */
	{ 1, 5, 0 },
	{ 1, 60000, 0 },
	{ 900000, 10, 90 },	/* equal */
};

static void passing_ratio_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(ratio_cases); i++) {
		const struct ratio_case *c = &ratio_cases[i];

		fixture_start(f, T0);
		f->p.error_ratio = c->error_ratio;
		for (k = 0; k < c->succeeded; k++)
			succeed(f, T0 + PASSING_NS);
		for (k = 0; k < c->failed; k++)
			fail(f, T0 + PASSING_NS);
		EXPECT_STAYED(f, PASSING);
		tick(f, T0 + PASSING_NS);
		EXPECT_STAYED(f, PASSING);
		fail(f, T0 + PASSING_NS);
		EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
		EXPECT_COUNTS(&f->tr.counts, c->succeeded + c->failed + 1,
			      c->failed + 1);
	}
}

/* 999999 millionths: one success in any window that fits is enough. */
static void passing_ratio_highest_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i, k;

	f->p.error_ratio = CBREAK_RATIO_ONE - 1;
	for (k = 0; k < 10; k++) {
		u64 now = T0 + PASSING_NS + k * TEST_SEC;

		if (k == 0)
			succeed(f, now);
		for (i = 0; i < 60000; i++)
			fail(f, now);
		EXPECT_STAYED(f, PASSING);
	}
	/* The success is forgotten. */
	fail(f, T0 + PASSING_NS + 10 * TEST_SEC);
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
	EXPECT_COUNTS(&f->tr.counts, 540001, 540001);
}

static void kinds_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_snapshot snap;
	u32 on, kind, i;

	for (on = 0; on <= ON_ALL; on += 2) {
		for (kind = 0; kind <= CBREAK_KIND_UNREACHABLE; kind++) {
			u32 failed = on & (1 << kind) ? 7 : 0;

			fixture_start(f, T0);
			f->p.on = on;
			for (i = 0; i < 7; i++)
				KUNIT_EXPECT_TRUE(test, record(f, T0, kind));
			cbreak_breaker_snapshot(&f->b, &f->p, T0, &snap);
			EXPECT_COUNTS(&snap.counts, 7, failed);
			KUNIT_EXPECT_EQ(test, snap.last.kind, kind);
			tick(f, T0 + PASSING_NS - TEST_SEC);
			EXPECT_STAYED(f, PASSING);
		}
	}
}

/* A kind that is not in the set is in the total, and not failed. */
static void kinds_dilute_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	f->p.on = CBREAK_ON_REFUSED;
	for (i = 0; i < 5; i++)
		record(f, T0 + PASSING_NS, CBREAK_KIND_TIMEOUT);
	for (i = 0; i < 5; i++)
		record(f, T0 + PASSING_NS, CBREAK_KIND_REFUSED);
	EXPECT_STAYED(f, PASSING);
	record(f, T0 + PASSING_NS, CBREAK_KIND_REFUSED);
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
	EXPECT_COUNTS(&f->tr.counts, 11, 6);
}

static void passing_rejects_nothing_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	for (i = 0; i < 50; i++)
		fail(f, T0 + PASSING_NS - 1);
	EXPECT_ADMIT(f, T0 - 1, U32_MAX);
	EXPECT_STAYED(f, PASSING);
	EXPECT_ADMIT(f, T0, U32_MAX);
	EXPECT_ADMIT(f, T0 + PASSING_NS - 1, U32_MAX);
	EXPECT_ADMIT(f, T0 + 100 * PASSING_NS, U32_MAX);
	EXPECT_STAYED(f, PASSING);
	KUNIT_EXPECT_EQ(test, f->gen_admit, gen_of(f));
}

static void broken_time_tick_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	fixture_enter(f, CBREAK_STATE_BROKEN);
	EXPECT_MOVED(f, PASSING, BROKEN, TRIP);
	tick(f, T0);
	EXPECT_STAYED(f, BROKEN);
	tick(f, T0 + BROKEN_NS - 1);
	EXPECT_STAYED(f, BROKEN);
	tick(f, T0 + BROKEN_NS);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	EXPECT_COUNTS(&f->tr.counts, 0, 0);
}

/* A SYN need not wait for a late timer; but p(0) is 0. */
static void broken_time_admit_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	fixture_enter(f, CBREAK_STATE_BROKEN);
	EXPECT_REJECT(f, T0 + BROKEN_NS - 1, 0);
	EXPECT_STAYED(f, BROKEN);
	EXPECT_REJECT(f, T0 + BROKEN_NS, 0);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	KUNIT_EXPECT_EQ(test, f->gen_admit, gen_of(f));
}

/* A timer that is late by a day does not skip RECOVERING. */
static void broken_time_late_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 late = T0 + 86400 * TEST_SEC;

	fixture_enter(f, CBREAK_STATE_BROKEN);
	EXPECT_REJECT(f, late, 0);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	EXPECT_REJECT(f, late, 0);
	EXPECT_STAYED(f, RECOVERING);
	EXPECT_REJECT(f, late + BROKEN_NS / 2, U32_MAX);
	EXPECT_ADMIT(f, late + BROKEN_NS / 2, 0);
}

static void broken_rejects_all_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 now;

	fixture_enter(f, CBREAK_STATE_BROKEN);
	for (now = T0 - TEST_SEC; now < T0 + BROKEN_NS; now += TEST_MS) {
		KUNIT_ASSERT_EQ(test, admit(f, now, 0), CBREAK_REJECT);
		KUNIT_ASSERT_EQ(test, admit(f, now, U32_MAX), CBREAK_REJECT);
	}
	EXPECT_STAYED(f, BROKEN);
}

/* Outcomes of attempts that PASSING let through arrive while BROKEN. */
static void broken_late_outcomes_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_counts counts;
	u32 gen = gen_of(f), i;

	for (i = 0; i < 5; i++)
		fail(f, T0 + PASSING_NS);
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_FALSE(test, record_gen(f, gen, T0 + PASSING_NS + i,
						    CBREAK_KIND_TIMEOUT));
		EXPECT_STAYED(f, BROKEN);
	}
	tick(f, T0 + PASSING_NS + BROKEN_NS);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	KUNIT_EXPECT_FALSE(test, record_gen(f, gen,
					    T0 + PASSING_NS + BROKEN_NS,
					    CBREAK_KIND_REFUSED));
	counts = counts_of(f, T0 + PASSING_NS + BROKEN_NS);
	EXPECT_COUNTS(&counts, 0, 0);
}

/* A call in another order than the clock's: a time before is no time. */
static void before_since_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_snapshot snap;
	u8 state;
	u32 i;

	for (state = 0; state < CBREAK_STATES; state++) {
		fixture_enter(f, state);
		KUNIT_ASSERT_EQ(test, state_of(f), state);
		KUNIT_EXPECT_EQ(test, admit(f, T0 - 1, 0),
				state ? CBREAK_REJECT : CBREAK_ADMIT);
		KUNIT_EXPECT_EQ(test, admit(f, 0, 0),
				state ? CBREAK_REJECT : CBREAK_ADMIT);
		expect_stayed(test, __LINE__, f, state);
		for (i = 0; i < 4; i++)
			KUNIT_EXPECT_TRUE(test, fail(f, T0 - 1));
		tick(f, T0 - 1);
		expect_stayed(test, __LINE__, f, state);
		cbreak_breaker_snapshot(&f->b, &f->p, T0 - 1, &snap);
		KUNIT_EXPECT_EQ(test, snap.since_ns, 0);
	}
}

static struct kunit_case breaker_cases[] = {
	KUNIT_CASE(passing_time_test),
	KUNIT_CASE(passing_time_tick_test),
	KUNIT_CASE(passing_time_forgets_test),
	KUNIT_CASE(passing_min_samples_test),
	KUNIT_CASE(passing_min_samples_any_test),
	KUNIT_CASE(passing_lone_failure_test),
	KUNIT_CASE(passing_ratio_test),
	KUNIT_CASE(passing_ratio_highest_test),
	KUNIT_CASE(passing_rejects_nothing_test),
	KUNIT_CASE(kinds_test),
	KUNIT_CASE(kinds_dilute_test),
	KUNIT_CASE(broken_time_tick_test),
	KUNIT_CASE(broken_time_admit_test),
	KUNIT_CASE(broken_time_late_test),
	KUNIT_CASE(broken_rejects_all_test),
	KUNIT_CASE(broken_late_outcomes_test),
	KUNIT_CASE(before_since_test),
	{}
};

static struct kunit_suite breaker_suite = {
	.name = "cbreak_breaker",
	.init = fixture_init,
	.test_cases = breaker_cases,
};

kunit_test_suite(breaker_suite);
