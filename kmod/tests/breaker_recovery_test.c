// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the state machine: RECOVERING
 *
 * The growing share of admissions, the end of RECOVERING, and the early return
 * to BROKEN.
 */
#include "breaker_fixture.h"

#define RECOVERY_NS	(10 * TEST_SEC)
#define SHORTEST_NS	(CBREAK_TIME_MIN_MS * TEST_MS)
#define LONGEST_NS	(CBREAK_TIME_MAX_MS * TEST_MS)

/* 2^(k / 16) - 1 in units of 2^-32, rounded down. */
static const u64 share_table[] = {
	0, 190154447, 388727751, 596092647, 812638371, 1038771393, 1274916179,
	1521515988, 1779033703, 2047952702, 2328777762, 2622036010,
	2928277909, 3248078296, 3582037455, 3930782250, U32_MAX,
};

/* Half the distance of two outcomes that a million SYNs could tell apart. */
#define SHARE_ERROR	1024

static void share_table_test(struct kunit *test)
{
	static const u64 lengths[] = { SHORTEST_NS, RECOVERY_NS, LONGEST_NS };
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		u64 length = lengths[i];

		for (k = 0; k < ARRAY_SIZE(share_table); k++) {
			u64 share = cbreak_breaker_share(length / 16 * k,
							 length);

			KUNIT_EXPECT_LE_MSG(test, share,
					    share_table[k] + SHARE_ERROR,
					    "%u / 16 of %llu", k, length);
			KUNIT_EXPECT_GE_MSG(test, share + SHARE_ERROR,
					    share_table[k],
					    "%u / 16 of %llu", k, length);
		}
		KUNIT_EXPECT_EQ(test, cbreak_breaker_share(0, length), 0);
		KUNIT_EXPECT_GT(test, cbreak_breaker_share(length - 1, length),
				U32_MAX - SHARE_ERROR);
		KUNIT_EXPECT_LT(test, cbreak_breaker_share(length - 1, length),
				U32_MAX);
		KUNIT_EXPECT_EQ(test, cbreak_breaker_share(length, length),
				U32_MAX);
		KUNIT_EXPECT_EQ(test, cbreak_breaker_share(length + 1, length),
				U32_MAX);
		KUNIT_EXPECT_EQ(test, cbreak_breaker_share(U64_MAX, length),
				U32_MAX);
	}
}

static void share_grows_test(struct kunit *test)
{
	const u64 length = LONGEST_NS;
	u32 i, before = 0;

	for (i = 1; i <= 20000; i++) {
		u32 share = cbreak_breaker_share(length / 20000 * i, length);

		KUNIT_ASSERT_GT_MSG(test, share, before, "step %u", i);
		before = share;
	}
	/* Also between neighbours, where only rounding could go wrong. */
	before = 0;
	for (i = 0; i < 20000; i++) {
		u32 share = cbreak_breaker_share(SHORTEST_NS / 2 + i,
						 SHORTEST_NS);

		KUNIT_ASSERT_GE_MSG(test, share, before, "ns %u", i);
		before = share;
	}
}

/* The share is the share of random numbers that are admitted. */
static void recovering_admits_share_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 k, share;
	u64 now;

	fixture_enter(f, CBREAK_STATE_RECOVERING);
	for (k = 1; k < 1000; k++) {
		now = T0 + k * RECOVERY_NS / 1000;
		share = cbreak_breaker_share(now - T0, RECOVERY_NS);
		KUNIT_EXPECT_GT(test, share, 0);
		EXPECT_ADMIT(f, now, 0);
		EXPECT_ADMIT(f, now, share - 1);
		EXPECT_REJECT(f, now, share);
		EXPECT_REJECT(f, now, U32_MAX);
	}
	EXPECT_STAYED(f, RECOVERING);
	KUNIT_EXPECT_EQ(test, f->gen_admit, gen_of(f));
}

static void recovering_admits_edges_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	fixture_enter(f, CBREAK_STATE_RECOVERING);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	/* p(0) is 0: nothing goes, not even the lowest number. */
	EXPECT_REJECT(f, T0, 0);
	EXPECT_REJECT(f, T0 - 1, 0);
	EXPECT_ADMIT(f, T0 + 100, 0);
	/* p(T / 2) is 0.41421356: 1779033703.9 of 2^32. */
	EXPECT_ADMIT(f, T0 + RECOVERY_NS / 2, 1779033703 - SHARE_ERROR);
	EXPECT_REJECT(f, T0 + RECOVERY_NS / 2, 1779033703 + SHARE_ERROR);
	EXPECT_REJECT(f, T0 + RECOVERY_NS - 1, U32_MAX);
	EXPECT_STAYED(f, RECOVERING);
	/* p(T) is 1, and it stays so; without samples so does the state. */
	EXPECT_ADMIT(f, T0 + RECOVERY_NS, U32_MAX);
	EXPECT_STAYED(f, RECOVERING);
	EXPECT_ADMIT(f, T0 + RECOVERY_NS + 1, U32_MAX);
	EXPECT_ADMIT(f, T0 + 1000 * RECOVERY_NS, U32_MAX);
	EXPECT_STAYED(f, RECOVERING);
}

struct end_case {
	u32 error_ratio;
	u32 succeeded;
	u32 failed;
	u8 to;
};

static const struct end_case end_cases[] = {
	{ 500000, 3, 2, CBREAK_STATE_PASSING },
	{ 500000, 3, 3, CBREAK_STATE_BROKEN },	/* equal */
	{ 500000, 3, 4, CBREAK_STATE_BROKEN },
	{ 250000, 3, 1, CBREAK_STATE_BROKEN },	/* equal */
	{ 250001, 3, 1, CBREAK_STATE_PASSING },
	{ 249999, 3, 1, CBREAK_STATE_BROKEN },
	{ 333333, 2, 1, CBREAK_STATE_BROKEN },	/* barely greater */
	{ 333334, 2, 1, CBREAK_STATE_PASSING },	/* barely lower */
	{ 999999, 1, 8, CBREAK_STATE_PASSING },
	{ 999999, 0, 1, CBREAK_STATE_BROKEN },
	{ 1, 1, 0, CBREAK_STATE_PASSING },
	{ 1, 9, 1, CBREAK_STATE_BROKEN },
};

/* Up to the end, with samples that decide nothing before it. */
static void run_to_end(struct kunit *test, struct fixture *f,
		       const struct end_case *c)
{
	u32 k;

	f->p.error_ratio = c->error_ratio;
	f->p.min_samples = 100;
	fixture_enter(f, CBREAK_STATE_RECOVERING);
	for (k = 0; k < c->failed; k++)
		fail(f, T0 + RECOVERY_NS - 1);
	for (k = 0; k < c->succeeded; k++)
		succeed(f, T0 + RECOVERY_NS - 1);
	tick(f, T0 + RECOVERY_NS - 1);
	EXPECT_STAYED(f, RECOVERING);
}

static void recovery_end_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(end_cases); i++) {
		const struct end_case *c = &end_cases[i];
		bool passes = c->to == CBREAK_STATE_PASSING;
		u8 cause = passes ? CBREAK_CAUSE_RECOVERED :
				    CBREAK_CAUSE_NOT_RECOVERED;

		/* By the timer. */
		run_to_end(test, f, c);
		tick(f, T0 + RECOVERY_NS);
		expect_moved(test, __LINE__, f, CBREAK_STATE_RECOVERING, c->to,
			     cause);
		EXPECT_COUNTS(&f->tr.counts, c->succeeded + c->failed,
			      c->failed);
		/* By a SYN before the timer. */
		run_to_end(test, f, c);
		KUNIT_EXPECT_EQ(test, admit(f, T0 + RECOVERY_NS, U32_MAX),
				passes ? CBREAK_ADMIT : CBREAK_REJECT);
		expect_moved(test, __LINE__, f, CBREAK_STATE_RECOVERING, c->to,
			     cause);
		KUNIT_EXPECT_EQ(test, f->gen_admit, gen_of(f));
		/* By a late outcome; here one that decides nothing. */
		run_to_end(test, f, c);
		record_gen(f, gen_of(f) - 1, T0 + RECOVERY_NS,
			   CBREAK_KIND_SUCCESS);
		EXPECT_STAYED(f, RECOVERING);
	}
}

/* The outcome that arrives at the end counts, and decides at once. */
static void recovery_end_outcome_test(struct kunit *test)
{
	static const struct end_case even = { 500000, 3, 3 };
	struct fixture *f = test->priv;

	run_to_end(test, f, &even);
	succeed(f, T0 + RECOVERY_NS);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);
	EXPECT_COUNTS(&f->tr.counts, 7, 3);

	run_to_end(test, f, &even);
	fail(f, T0 + RECOVERY_NS + 1);
	EXPECT_MOVED(f, RECOVERING, BROKEN, NOT_RECOVERED);
	EXPECT_COUNTS(&f->tr.counts, 7, 4);
}

/* recovery_samples 0, as in the reference: silence is recovery. */
static void recovery_samples_none_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->p.recovery_samples = 0;
	fixture_enter(f, CBREAK_STATE_RECOVERING);
	tick(f, T0 + RECOVERY_NS - 1);
	EXPECT_STAYED(f, RECOVERING);
	tick(f, T0 + RECOVERY_NS);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);
	EXPECT_COUNTS(&f->tr.counts, 0, 0);

	fixture_enter(f, CBREAK_STATE_RECOVERING);
	EXPECT_ADMIT(f, T0 + RECOVERY_NS, U32_MAX);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);
	KUNIT_EXPECT_EQ(test, f->gen_admit, gen_of(f));
}

static void recovery_samples_one_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	fixture_enter(f, CBREAK_STATE_RECOVERING);
	tick(f, T0 + RECOVERY_NS);
	EXPECT_STAYED(f, RECOVERING);
	tick(f, T0 + 50 * RECOVERY_NS);
	EXPECT_STAYED(f, RECOVERING);
	EXPECT_ADMIT(f, T0 + 50 * RECOVERY_NS, U32_MAX);
	succeed(f, T0 + 50 * RECOVERY_NS);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);

	/* One failure is one sample, however high min_samples is. */
	fixture_enter(f, CBREAK_STATE_RECOVERING);
	fail(f, T0 + 50 * RECOVERY_NS);
	EXPECT_MOVED(f, RECOVERING, BROKEN, NOT_RECOVERED);
}

static void recovery_samples_many_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 end = T0 + RECOVERY_NS;
	u32 i;

	f->p.recovery_samples = 4;
	fixture_enter(f, CBREAK_STATE_RECOVERING);
	succeed(f, T0 + 2 * TEST_SEC);
	succeed(f, end - 1);
	tick(f, end);
	EXPECT_STAYED(f, RECOVERING);
	for (i = 0; i < 100; i++)
		EXPECT_ADMIT(f, end + i, U32_MAX);
	EXPECT_STAYED(f, RECOVERING);
	fail(f, end);
	EXPECT_STAYED(f, RECOVERING);
	succeed(f, end);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);
	EXPECT_COUNTS(&f->tr.counts, 4, 1);

	fixture_enter(f, CBREAK_STATE_RECOVERING);
	for (i = 0; i < 3; i++)
		fail(f, end);
	EXPECT_STAYED(f, RECOVERING);
	EXPECT_ADMIT(f, end, U32_MAX);
	fail(f, end);
	EXPECT_MOVED(f, RECOVERING, BROKEN, NOT_RECOVERED);

	/* That more are wanted does not keep it from breaking early. */
	f->p.recovery_samples = 10;
	fixture_enter(f, CBREAK_STATE_RECOVERING);
	for (i = 1; i < f->p.min_samples; i++)
		fail(f, end);
	EXPECT_STAYED(f, RECOVERING);
	fail(f, end);
	EXPECT_MOVED(f, RECOVERING, BROKEN, RATIO);
	f->p.recovery_samples = 4;

	/* Enough of them before the end: the timer decides on time. */
	fixture_enter(f, CBREAK_STATE_RECOVERING);
	for (i = 0; i < 4; i++)
		succeed(f, T0 + 2 * TEST_SEC);
	EXPECT_STAYED(f, RECOVERING);
	tick(f, end);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);
}

/* Samples of a kind that does not count as failed are samples. */
static void recovery_samples_kind_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->p.on = CBREAK_ON_REFUSED;
	fixture_enter(f, CBREAK_STATE_RECOVERING);
	record(f, T0 + RECOVERY_NS, CBREAK_KIND_TIMEOUT);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);
	EXPECT_COUNTS(&f->tr.counts, 1, 0);
}

/* Back to BROKEN before the end: min_samples, and greater. */
static void recovery_early_return_test(struct kunit *test)
{
	static const u64 ages[] = { 0, 1, RECOVERY_NS / 2, RECOVERY_NS - 1 };
	struct fixture *f = test->priv;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(ages); i++) {
		u64 now = T0 + ages[i];

		fixture_enter(f, CBREAK_STATE_RECOVERING);
		for (k = 0; k < 4; k++) {
			fail(f, now);
			EXPECT_STAYED(f, RECOVERING);
		}
		fail(f, now);
		EXPECT_MOVED(f, RECOVERING, BROKEN, RATIO);
		EXPECT_COUNTS(&f->tr.counts, 5, 5);
		/* broken_time in full. */
		EXPECT_REJECT(f, now + 10 * TEST_SEC - 1, 0);
		EXPECT_STAYED(f, BROKEN);

		/* Equal is not greater. */
		fixture_enter(f, CBREAK_STATE_RECOVERING);
		for (k = 0; k < 5; k++)
			succeed(f, now);
		for (k = 0; k < 5; k++)
			fail(f, now);
		EXPECT_STAYED(f, RECOVERING);
		fail(f, now);
		EXPECT_MOVED(f, RECOVERING, BROKEN, RATIO);
		EXPECT_COUNTS(&f->tr.counts, 11, 6);
	}
}

/* What PASSING saw is no sample of RECOVERING. */
static void recovery_starts_empty_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_counts counts;
	u64 now = T0 + 10 * TEST_SEC;
	u32 i;

	f->p.broken_ms = 100;
	for (i = 0; i < 5; i++)
		fail(f, now);
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
	now += 100 * TEST_MS;
	tick(f, now);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	counts = counts_of(f, now);
	EXPECT_COUNTS(&counts, 0, 0);
	for (i = 0; i < 4; i++)
		fail(f, now);
	EXPECT_STAYED(f, RECOVERING);
	counts = counts_of(f, now);
	EXPECT_COUNTS(&counts, 4, 4);
}

/* RECOVERING longer than the window: only the last response_time decides. */
static void recovery_forgets_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	f->p.recovery_ms = 30000;
	fixture_enter(f, CBREAK_STATE_RECOVERING);
	for (i = 0; i < 4; i++)
		fail(f, T0 + 10 * TEST_SEC);
	succeed(f, T0 + 25 * TEST_SEC);
	tick(f, T0 + 30 * TEST_SEC);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);
	EXPECT_COUNTS(&f->tr.counts, 1, 0);

	fixture_enter(f, CBREAK_STATE_RECOVERING);
	succeed(f, T0 + 10 * TEST_SEC);
	tick(f, T0 + 30 * TEST_SEC);
	EXPECT_STAYED(f, RECOVERING);
}

static struct kunit_case breaker_recovery_cases[] = {
	KUNIT_CASE(share_table_test),
	KUNIT_CASE(share_grows_test),
	KUNIT_CASE(recovering_admits_share_test),
	KUNIT_CASE(recovering_admits_edges_test),
	KUNIT_CASE(recovery_end_test),
	KUNIT_CASE(recovery_end_outcome_test),
	KUNIT_CASE(recovery_samples_none_test),
	KUNIT_CASE(recovery_samples_one_test),
	KUNIT_CASE(recovery_samples_many_test),
	KUNIT_CASE(recovery_samples_kind_test),
	KUNIT_CASE(recovery_early_return_test),
	KUNIT_CASE(recovery_starts_empty_test),
	KUNIT_CASE(recovery_forgets_test),
	{}
};

static struct kunit_suite breaker_recovery_suite = {
	.name = "cbreak_breaker_recovery",
	.init = fixture_init,
	.test_cases = breaker_recovery_cases,
};

kunit_test_suite(breaker_recovery_suite);
