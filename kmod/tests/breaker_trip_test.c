// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of what trips besides the ratio, and for how long
 */
#include "breaker_fixture.h"

#define PASSING_END	(T0 + 10 * TEST_SEC)

/* In a row, whatever the ratio and min_samples; passing_time holds. */
static void consecutive_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 now = PASSING_END;
	int i;

	f->p.consecutive = 3;
	f->p.min_samples = 100;
	for (i = 0; i < 50; i++)
		succeed(f, now);
	fail(f, now);
	fail(f, now);
	EXPECT_STAYED(f, PASSING);
	fail(f, now);
	EXPECT_MOVED(f, PASSING, BROKEN, CONSECUTIVE);
	EXPECT_COUNTS(&f->tr.counts, 53, 3);
}

static void consecutive_waits_for_passing_time_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->p.consecutive = 2;
	fail(f, PASSING_END - 2);
	fail(f, PASSING_END - 2);
	fail(f, PASSING_END - 1);
	EXPECT_STAYED(f, PASSING);
	fail(f, PASSING_END);
	EXPECT_MOVED(f, PASSING, BROKEN, CONSECUTIVE);
}

static void consecutive_row_ends_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 now = PASSING_END;
	int i;

	f->p.consecutive = 2;
	f->p.min_samples = 1000;
	f->p.on = CBREAK_ON_REFUSED;
	for (i = 0; i < 20; i++) {
		fail(f, now);
		/* What is not failed ends a row: success, or not in the set. */
		record(f, now, i % 2 ? CBREAK_KIND_SUCCESS :
				       CBREAK_KIND_TIMEOUT);
		EXPECT_STAYED(f, PASSING);
	}
	fail(f, now);
	fail(f, now);
	EXPECT_MOVED(f, PASSING, BROKEN, CONSECUTIVE);
}

/* A row does not outlive the state in which it began. */
static void consecutive_begins_anew_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 now = PASSING_END;

	f->p.consecutive = 3;
	fail(f, now);
	fail(f, now);
	reset(f, now);
	now += 10 * TEST_SEC;
	fail(f, now);
	fail(f, now);
	EXPECT_STAYED(f, PASSING);
	fail(f, now);
	EXPECT_MOVED(f, PASSING, BROKEN, CONSECUTIVE);
}

static void consecutive_while_recovering_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->p.consecutive = 2;
	f->p.min_samples = 100;
	fixture_enter(f, CBREAK_STATE_RECOVERING);
	fail(f, T0 + TEST_SEC);
	EXPECT_STAYED(f, RECOVERING);
	fail(f, T0 + TEST_SEC);
	EXPECT_MOVED(f, RECOVERING, BROKEN, CONSECUTIVE);
}

static void consecutive_off_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i;

	f->p.min_samples = 1000;
	for (i = 0; i < 500; i++)
		fail(f, PASSING_END);
	EXPECT_STAYED(f, PASSING);
}

/* A success ends the row, also while nobody asks for rows. */
static void consecutive_off_for_a_while_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->p.min_samples = 1000;
	f->p.consecutive = 3;
	fail(f, PASSING_END);
	fail(f, PASSING_END);
	f->p.consecutive = 0;
	succeed(f, PASSING_END);
	f->p.consecutive = 3;
	fail(f, PASSING_END);
	fail(f, PASSING_END);
	EXPECT_STAYED(f, PASSING);
	fail(f, PASSING_END);
	EXPECT_MOVED(f, PASSING, BROKEN, CONSECUTIVE);
}

/* How long the trip lasts that the fixture's breaker is in since @at. */
static u64 lasts(struct fixture *f, u64 at)
{
	return cbreak_breaker_deadline(&f->b, &f->p, at) - at;
}

/* From BROKEN through RECOVERING to BROKEN again; returns when. */
static u64 trip_again(struct fixture *f, u64 at)
{
	u64 now = at + lasts(f, at);

	tick(f, now);
	f->p.consecutive = 1;
	fail(f, now + 1);
	f->p.consecutive = 0;
	return now + 1;
}

static void backoff_test(struct kunit *test)
{
	static const u64 want_s[] = { 10, 20, 40, 60, 60 };
	struct fixture *f = test->priv;
	u64 at = T0;
	int i;

	f->p.backoff = 2 * CBREAK_RATIO_ONE;
	f->p.broken_max_ms = 60000;
	fixture_enter(f, CBREAK_STATE_BROKEN);
	for (i = 0; i < ARRAY_SIZE(want_s); i++) {
		KUNIT_EXPECT_EQ(test, lasts(f, at), want_s[i] * TEST_SEC);
		EXPECT_REJECT(f, at + want_s[i] * TEST_SEC - 1, 0);
		tick(f, at + want_s[i] * TEST_SEC - 1);
		EXPECT_STAYED(f, BROKEN);
		at = trip_again(f, at);
		EXPECT_MOVED(f, RECOVERING, BROKEN, CONSECUTIVE);
	}
	/* Once it has been PASSING, a trip is the first again. */
	tick(f, at + 60 * TEST_SEC);
	f->p.recovery_samples = 0;
	at += 70 * TEST_SEC;
	tick(f, at);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);
	trip(f, at);
	KUNIT_EXPECT_EQ(test, lasts(f, at), 10 * TEST_SEC);
}

static void backoff_of_a_fraction_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 at;

	f->p.backoff = 1500000;
	fixture_enter(f, CBREAK_STATE_BROKEN);
	at = trip_again(f, T0);
	KUNIT_EXPECT_EQ(test, lasts(f, at), 15 * TEST_SEC);
	at = trip_again(f, at);
	KUNIT_EXPECT_EQ(test, lasts(f, at), 22500 * TEST_MS);
}

/* A great many trips: at most a day, and the number saturates. */
static void backoff_ends_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 at = T0;
	int i;

	f->p.backoff = CBREAK_BACKOFF_MAX;
	fixture_enter(f, CBREAK_STATE_BROKEN);
	for (i = 0; i < 600; i++)
		at = trip_again(f, at);
	KUNIT_EXPECT_EQ(test, lasts(f, at), 86400 * TEST_SEC);
	f->p.broken_ms = 100;
	f->p.backoff = CBREAK_RATIO_ONE + 1;
	KUNIT_EXPECT_GE(test, lasts(f, at), 100 * TEST_MS);
	KUNIT_EXPECT_LT(test, lasts(f, at), 101 * TEST_MS);
}

/* Spread over all of the range, and not twice the same. */
static void jitter_test(struct kunit *test)
{
	u64 least = U64_MAX, most = 0, previous = 0;
	struct fixture *f = test->priv;
	int i;

	f->p.jitter = 200000;
	fixture_enter(f, CBREAK_STATE_BROKEN);
	for (i = 0; i < 500; i++) {
		u64 ns;

		trip(f, T0);
		ns = lasts(f, T0);
		KUNIT_ASSERT_GE(test, ns, 10 * TEST_SEC);
		KUNIT_ASSERT_LT(test, ns, 12 * TEST_SEC);
		KUNIT_ASSERT_NE(test, ns, previous);
		previous = ns;
		least = min(least, ns);
		most = max(most, ns);
		tick(f, T0 + ns - 1);
		EXPECT_STAYED(f, BROKEN);
	}
	KUNIT_EXPECT_LT(test, least, 10050 * TEST_MS);
	KUNIT_EXPECT_GT(test, most, 11950 * TEST_MS);
	tick(f, T0 + previous);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
}

static struct kunit_case breaker_trip_cases[] = {
	KUNIT_CASE(consecutive_test),
	KUNIT_CASE(consecutive_waits_for_passing_time_test),
	KUNIT_CASE(consecutive_row_ends_test),
	KUNIT_CASE(consecutive_begins_anew_test),
	KUNIT_CASE(consecutive_while_recovering_test),
	KUNIT_CASE(consecutive_off_test),
	KUNIT_CASE(consecutive_off_for_a_while_test),
	KUNIT_CASE(backoff_test),
	KUNIT_CASE(backoff_of_a_fraction_test),
	KUNIT_CASE(backoff_ends_test),
	KUNIT_CASE(jitter_test),
	{}
};

static struct kunit_suite breaker_trip_suite = {
	.name = "cbreak_breaker_trip",
	.init = fixture_init,
	.test_cases = breaker_trip_cases,
};

kunit_test_suite(breaker_trip_suite);
