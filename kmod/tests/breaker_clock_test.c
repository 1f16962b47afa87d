// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the state machine with clocks out of order
 *
 * A CPU reads its clock, another CPU makes a transition at a later time, and
 * only then does the first one get at the breaker.
 */
#include "breaker_fixture.h"

/* BROKEN begins no earlier than the state before it, however it begins. */
static void stale_control_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 end = T0 + f->p.response_ms * TEST_MS;

	fixture_enter(f, CBREAK_STATE_BROKEN);
	trip(f, T0 - TEST_SEC);
	EXPECT_MOVED(f, BROKEN, BROKEN, TRIP);
	KUNIT_EXPECT_EQ(test, f->b.since_ns, T0);
	EXPECT_REJECT(f, end - 1, 0);
	EXPECT_STAYED(f, BROKEN);
	tick(f, end);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
}

static void stale_hold_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	fixture_enter(f, CBREAK_STATE_RECOVERING);
	control(f, T0 - TEST_SEC, CBREAK_HOLD_TRIP, 2000);
	EXPECT_MOVED(f, RECOVERING, BROKEN, TRIP);
	tick(f, T0 + 2 * TEST_SEC - 1);
	EXPECT_STAYED(f, BROKEN);
	tick(f, T0 + 2 * TEST_SEC);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
}

/* An outcome with an older clock trips RECOVERING: not in the past. */
static void stale_outcome_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 end = T0 + f->p.response_ms * TEST_MS;

	f->p.min_samples = 1;
	fixture_enter(f, CBREAK_STATE_RECOVERING);
	fail(f, T0 - 1);
	EXPECT_MOVED(f, RECOVERING, BROKEN, RATIO);
	KUNIT_EXPECT_EQ(test, f->b.since_ns, T0);
	EXPECT_REJECT(f, end - 1, 0);
	EXPECT_STAYED(f, BROKEN);
}

/* A success with an older clock is the last one that was wanted for a trip. */
static void stale_success_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 now = T0 + 2 * f->p.response_ms * TEST_MS;

	f->p.min_samples = 2;
	f->p.error_ratio = 400000;
	fixture_enter(f, CBREAK_STATE_PASSING);
	fail(f, now);
	EXPECT_STAYED(f, PASSING);
	succeed(f, now - cbreak_bucket_ns(&f->p));
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
}

static struct kunit_case breaker_clock_cases[] = {
	KUNIT_CASE(stale_control_test),
	KUNIT_CASE(stale_hold_test),
	KUNIT_CASE(stale_outcome_test),
	KUNIT_CASE(stale_success_test),
	{}
};

static struct kunit_suite breaker_clock_suite = {
	.name = "cbreak_breaker_clock",
	.init = fixture_init,
	.test_cases = breaker_clock_cases,
};

kunit_test_suite(breaker_clock_suite);
