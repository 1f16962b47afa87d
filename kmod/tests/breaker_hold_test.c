// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of what an administrator does to a breaker
 */
#include "breaker_fixture.h"

#define HOUR_MS		3600000U
#define HOUR		(HOUR_MS * TEST_MS)
#define YEAR		(8760 * HOUR)

static u64 deadline(struct fixture *f, u64 now)
{
	return cbreak_breaker_deadline(&f->b, &f->p, now);
}

static void expect_hold(struct kunit *test, struct fixture *f, u64 now,
			u8 hold, u64 left)
{
	struct cbreak_snapshot snap;

	cbreak_breaker_snapshot(&f->b, &f->p, now, &snap);
	KUNIT_EXPECT_EQ(test, snap.hold, hold);
	if (hold != CBREAK_HOLD_NONE)
		KUNIT_EXPECT_EQ(test, snap.hold_ns, left);
	KUNIT_EXPECT_EQ(test, cbreak_breaker_held(&f->b, now),
			hold != CBREAK_HOLD_NONE);
}

static void isolate_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	control(f, T0, CBREAK_HOLD_ISOLATE, 0);
	EXPECT_MOVED(f, PASSING, BROKEN, ISOLATE);
	KUNIT_EXPECT_EQ(test, f->tr.hold, CBREAK_HOLD_ISOLATE);
	KUNIT_EXPECT_EQ(test, f->tr.hold_ms, CBREAK_HOLD_FOREVER);
	EXPECT_REJECT(f, T0 + YEAR, U32_MAX);
	tick(f, T0 + YEAR);
	EXPECT_STAYED(f, BROKEN);
	KUNIT_EXPECT_EQ(test, deadline(f, T0 + YEAR), 0);
	expect_hold(test, f, T0 + YEAR, CBREAK_HOLD_ISOLATE, U64_MAX);
	/* Told otherwise. */
	reset(f, T0 + YEAR);
	EXPECT_MOVED(f, BROKEN, PASSING, RESET);
	expect_hold(test, f, T0 + YEAR, CBREAK_HOLD_NONE, 0);
}

static void isolate_for_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	control(f, T0, CBREAK_HOLD_ISOLATE, HOUR_MS);
	KUNIT_EXPECT_EQ(test, deadline(f, T0), T0 + HOUR);
	expect_hold(test, f, T0 + 1, CBREAK_HOLD_ISOLATE, HOUR - 1);
	EXPECT_REJECT(f, T0 + HOUR - 1, 0);
	tick(f, T0 + HOUR - 1);
	EXPECT_STAYED(f, BROKEN);
	expect_hold(test, f, T0 + HOUR, CBREAK_HOLD_NONE, 0);
	tick(f, T0 + HOUR);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	expect_hold(test, f, T0 + HOUR, CBREAK_HOLD_NONE, 0);
}

/* Shorter or longer than broken_time: the word counts. */
static void trip_for_test(struct kunit *test)
{
	static const u32 for_ms[] = { 100, 9999, 10001, HOUR_MS };
	struct fixture *f = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(for_ms); i++) {
		u64 end = T0 + for_ms[i] * TEST_MS;

		fixture_start(f, T0);
		control(f, T0, CBREAK_HOLD_TRIP, for_ms[i]);
		EXPECT_MOVED(f, PASSING, BROKEN, TRIP);
		KUNIT_EXPECT_EQ(test, deadline(f, T0), end);
		tick(f, end - 1);
		EXPECT_STAYED(f, BROKEN);
		/* A SYN makes the transition that a late timer has not made. */
		EXPECT_REJECT(f, end, 0);
		EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	}
}

static void trip_without_for_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	trip(f, T0);
	expect_hold(test, f, T0, CBREAK_HOLD_NONE, 0);
	KUNIT_EXPECT_EQ(test, f->tr.hold, CBREAK_HOLD_NONE);
	KUNIT_EXPECT_EQ(test, deadline(f, T0), T0 + 10 * TEST_SEC);
}

static void bypass_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_counts counts;
	int i;

	f->p.consecutive = 1;
	fixture_enter(f, CBREAK_STATE_BROKEN);
	control(f, T0, CBREAK_HOLD_BYPASS, 0);
	EXPECT_MOVED(f, BROKEN, PASSING, BYPASS);
	for (i = 0; i < 100; i++) {
		fail(f, T0 + YEAR);
		EXPECT_STAYED(f, PASSING);
		EXPECT_ADMIT(f, T0 + YEAR, U32_MAX);
	}
	counts = counts_of(f, T0 + YEAR);
	EXPECT_COUNTS(&counts, 100, 100);
	expect_hold(test, f, T0 + YEAR, CBREAK_HOLD_BYPASS, U64_MAX);
	trip(f, T0 + YEAR);
	EXPECT_MOVED(f, PASSING, BROKEN, TRIP);
	expect_hold(test, f, T0 + YEAR, CBREAK_HOLD_NONE, 0);
}

/* After its end what the window holds counts, at the next outcome. */
static void bypass_for_test(struct kunit *test)
{
	static const u8 actions[] = { CBREAK_HOLD_BYPASS, CBREAK_HOLD_RESET };
	struct fixture *f = test->priv;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		fixture_start(f, T0);
		control(f, T0, actions[i], HOUR_MS);
		expect_hold(test, f, T0, actions[i], HOUR);
		for (j = 0; j < 10; j++)
			fail(f, T0 + HOUR - 1);
		EXPECT_STAYED(f, PASSING);
		KUNIT_EXPECT_EQ(test, deadline(f, T0 + HOUR - 1), 0);
		fail(f, T0 + HOUR);
		EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
		expect_hold(test, f, T0 + HOUR, CBREAK_HOLD_NONE, 0);
		/* BROKEN lasts as long as always. */
		KUNIT_EXPECT_EQ(test, deadline(f, T0 + HOUR),
				T0 + HOUR + 10 * TEST_SEC);
	}
}

/* Each word is the last one. */
static void last_word_test(struct kunit *test)
{
	static const u8 actions[] = {
		CBREAK_HOLD_TRIP, CBREAK_HOLD_RESET, CBREAK_HOLD_ISOLATE,
		CBREAK_HOLD_BYPASS,
	};
	struct fixture *f = test->priv;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		for (j = 0; j < ARRAY_SIZE(actions); j++) {
			fixture_start(f, T0);
			control(f, T0, actions[i], HOUR_MS);
			control(f, T0 + 1, actions[j], 100);
			expect_hold(test, f, T0 + 1, actions[j],
				    100 * TEST_MS);
			KUNIT_EXPECT_EQ(test, state_of(f),
					actions[j] == CBREAK_HOLD_TRIP ||
					actions[j] == CBREAK_HOLD_ISOLATE ?
					CBREAK_STATE_BROKEN :
					CBREAK_STATE_PASSING);
			expect_hold(test, f, T0 + 1 + 100 * TEST_MS,
				    CBREAK_HOLD_NONE, 0);
		}
	}
}

/* A dead breaker obeys nobody. */
static void dead_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	cbreak_breaker_kill(&f->b);
	control(f, T0, CBREAK_HOLD_ISOLATE, 0);
	EXPECT_STAYED(f, PASSING);
	expect_hold(test, f, T0, CBREAK_HOLD_NONE, 0);
}

static struct kunit_case breaker_hold_cases[] = {
	KUNIT_CASE(isolate_test),
	KUNIT_CASE(isolate_for_test),
	KUNIT_CASE(trip_for_test),
	KUNIT_CASE(trip_without_for_test),
	KUNIT_CASE(bypass_test),
	KUNIT_CASE(bypass_for_test),
	KUNIT_CASE(last_word_test),
	KUNIT_CASE(dead_test),
	{}
};

static struct kunit_suite breaker_hold_suite = {
	.name = "cbreak_breaker_hold",
	.init = fixture_init,
	.test_cases = breaker_hold_cases,
};

kunit_test_suite(breaker_hold_suite);
