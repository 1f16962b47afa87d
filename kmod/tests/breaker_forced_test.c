// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the state machine: generations, trip, reset, kill
 *
 * What ends a generation, and that nothing of one gets into another.
 */
#include "breaker_fixture.h"

#define STATE_NS	(10 * TEST_SEC)

/* Through every state: the generation grows by one with each transition. */
static void generations_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 gen = gen_of(f), i;
	u64 now = T0;

	KUNIT_EXPECT_EQ(test, gen, 41);
	now += STATE_NS;
	for (i = 0; i < 5; i++)
		fail(f, now);
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
	now += STATE_NS;
	tick(f, now);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	fail(f, now);
	now += STATE_NS;
	tick(f, now);
	EXPECT_STAYED(f, RECOVERING);
	fail(f, now);
	EXPECT_MOVED(f, RECOVERING, BROKEN, NOT_RECOVERED);
	now += STATE_NS;
	tick(f, now);
	now += STATE_NS;
	succeed(f, now);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);
	KUNIT_EXPECT_EQ(test, gen_of(f), gen + 5);
}

static void generation_wraps_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 gen;

	cbreak_breaker_init(&f->b, T0, 0x3ffffffe);
	KUNIT_EXPECT_EQ(test, gen_of(f), 0x3ffffffe);
	EXPECT_ADMIT(f, T0, 0);
	gen = f->gen_admit;
	trip(f, T0);
	EXPECT_MOVED(f, PASSING, BROKEN, TRIP);
	KUNIT_EXPECT_EQ(test, gen_of(f), 0x3fffffff);
	tick(f, T0 + STATE_NS);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	KUNIT_EXPECT_EQ(test, gen_of(f), 0);
	KUNIT_EXPECT_FALSE(test, record_gen(f, gen, T0, CBREAK_KIND_SUCCESS));
	EXPECT_STAYED(f, RECOVERING);
	succeed(f, T0 + 2 * STATE_NS);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);
}

/* A new breaker of the same destination: the old one's attempts are late. */
static void generation_of_another_breaker_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_counts counts;

	KUNIT_EXPECT_FALSE(test, record_gen(f, gen_of(f) + 1, T0,
					    CBREAK_KIND_REFUSED));
	KUNIT_EXPECT_FALSE(test, record_gen(f, gen_of(f) - 1, T0,
					    CBREAK_KIND_REFUSED));
	/* Equal in the eight bits that the window keeps. */
	KUNIT_EXPECT_FALSE(test, record_gen(f, gen_of(f) + 256, T0,
					    CBREAK_KIND_REFUSED));
	counts = counts_of(f, T0);
	EXPECT_COUNTS(&counts, 0, 0);
}

static void move(struct fixture *f, u8 from, u8 cause)
{
	u32 i = 0;

	fixture_enter(f, from);
	switch (cause) {
	case CBREAK_CAUSE_TRIP:
		trip(f, T0);
		break;
	case CBREAK_CAUSE_RESET:
		reset(f, T0);
		break;
	case CBREAK_CAUSE_RATIO:
	case CBREAK_CAUSE_NOT_RECOVERED:
		do {
			fail(f, T0 + STATE_NS);
		} while (!f->tr.happened && ++i < 5);
		break;
	case CBREAK_CAUSE_BROKEN_TIME:
		tick(f, T0 + STATE_NS);
		break;
	case CBREAK_CAUSE_RECOVERED:
		succeed(f, T0 + STATE_NS);
		break;
	}
}

/* After any transition an outcome from before changes no count. */
static void late_outcome_test(struct kunit *test)
{
	static const struct {
		u8 from;
		u8 cause;
	} moves[] = {
		{ CBREAK_STATE_PASSING, CBREAK_CAUSE_RATIO },
		{ CBREAK_STATE_PASSING, CBREAK_CAUSE_TRIP },
		{ CBREAK_STATE_PASSING, CBREAK_CAUSE_RESET },
		{ CBREAK_STATE_BROKEN, CBREAK_CAUSE_BROKEN_TIME },
		{ CBREAK_STATE_BROKEN, CBREAK_CAUSE_TRIP },
		{ CBREAK_STATE_BROKEN, CBREAK_CAUSE_RESET },
		{ CBREAK_STATE_RECOVERING, CBREAK_CAUSE_RECOVERED },
		{ CBREAK_STATE_RECOVERING, CBREAK_CAUSE_NOT_RECOVERED },
		{ CBREAK_STATE_RECOVERING, CBREAK_CAUSE_TRIP },
		{ CBREAK_STATE_RECOVERING, CBREAK_CAUSE_RESET },
	};
	struct fixture *f = test->priv;
	u64 now = T0 + STATE_NS;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(moves); i++) {
		struct cbreak_counts counts;
		u32 before, after;

		move(f, moves[i].from, moves[i].cause);
		KUNIT_EXPECT_TRUE_MSG(test, f->tr.happened, "move %u", i);
		KUNIT_EXPECT_EQ_MSG(test, f->tr.cause, moves[i].cause,
				    "move %u", i);
		before = f->gen_before;
		after = gen_of(f);
		for (k = 0; k < 10; k++) {
			bool counted = record_gen(f, before, now,
						  CBREAK_KIND_REFUSED);

			KUNIT_EXPECT_FALSE_MSG(test, counted, "move %u", i);
			KUNIT_EXPECT_FALSE_MSG(test, f->tr.happened,
					       "move %u", i);
		}
		KUNIT_EXPECT_EQ(test, gen_of(f), after);
		counts = counts_of(f, now);
		EXPECT_COUNTS(&counts, 0, 0);
	}
}

/* A time so long ago that its bucket belongs to another round of the ring. */
static void outcome_of_the_past_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_counts counts;
	u64 now = T0 + 2 * STATE_NS;
	u32 i;

	for (i = 0; i < 5; i++)
		succeed(f, now);
	for (i = 0; i < 4; i++)
		fail(f, now);
	KUNIT_EXPECT_FALSE(test, fail(f, now - STATE_NS));
	EXPECT_STAYED(f, PASSING);
	KUNIT_EXPECT_FALSE(test, fail(f, now - STATE_NS));
	EXPECT_STAYED(f, PASSING);
	counts = counts_of(f, now);
	EXPECT_COUNTS(&counts, 9, 4);
}

static void trip_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u8 state;

	for (state = 0; state < CBREAK_STATES; state++) {
		fixture_enter(f, state);
		succeed(f, T0 + 1);
		fail(f, T0 + 1);
		trip(f, T0 + 5 * TEST_SEC);
		expect_moved(test, __LINE__, f, state, CBREAK_STATE_BROKEN,
			     CBREAK_CAUSE_TRIP);
		EXPECT_COUNTS(&f->tr.counts, 2, 1);
		/* broken_time runs from now on, in BROKEN too. */
		EXPECT_REJECT(f, T0 + 15 * TEST_SEC - 1, 0);
		EXPECT_STAYED(f, BROKEN);
		tick(f, T0 + 15 * TEST_SEC);
		EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	}
}

static void reset_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_counts counts;
	u64 now = T0 + 5 * TEST_SEC;
	u32 i;
	u8 state;

	for (state = 0; state < CBREAK_STATES; state++) {
		fixture_enter(f, state);
		for (i = 0; i < 4; i++)
			fail(f, T0 + 1);
		reset(f, now);
		expect_moved(test, __LINE__, f, state, CBREAK_STATE_PASSING,
			     CBREAK_CAUSE_RESET);
		EXPECT_COUNTS(&f->tr.counts, 4, 4);
		counts = counts_of(f, now);
		EXPECT_COUNTS(&counts, 0, 0);
		EXPECT_ADMIT(f, now, U32_MAX);
		/* passing_time runs from now on, in PASSING too. */
		for (i = 0; i < 5; i++)
			fail(f, now + STATE_NS - 1);
		EXPECT_STAYED(f, PASSING);
		fail(f, now + STATE_NS);
		EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
		EXPECT_COUNTS(&f->tr.counts, 6, 6);
	}
}

/* A breaker that has left its table makes no transition any more. */
static void kill_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 later = T0 + 3 * STATE_NS;
	u8 state;
	u32 i;

	for (state = 0; state < CBREAK_STATES; state++) {
		enum cbreak_verdict verdict;

		fixture_enter(f, state);
		KUNIT_EXPECT_EQ(test, cbreak_breaker_kill(&f->b), state);
		verdict = admit(f, later, U32_MAX);
		KUNIT_EXPECT_EQ(test, verdict, state == CBREAK_STATE_BROKEN ?
				CBREAK_REJECT : CBREAK_ADMIT);
		expect_stayed(test, __LINE__, f, state);
		for (i = 0; i < 10; i++)
			KUNIT_EXPECT_TRUE(test, fail(f, later));
		expect_stayed(test, __LINE__, f, state);
		tick(f, later);
		expect_stayed(test, __LINE__, f, state);
		trip(f, later);
		expect_stayed(test, __LINE__, f, state);
		reset(f, later);
		expect_stayed(test, __LINE__, f, state);
		KUNIT_EXPECT_EQ(test, cbreak_breaker_kill(&f->b), state);
	}
}

/*
 * A destination that is down for long, with a long response_time: hundreds of
 * generations begin and end within one window. The window's words keep eight
 * bits of the generation; each generation must begin with an empty one.
 */
static void recovering_starts_empty_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_counts counts;
	u64 now = T0 + 3600 * TEST_SEC;
	u32 round, i;

	f->p.response_ms = 3600000;
	f->p.broken_ms = 1000;
	f->p.recovery_ms = 1000;
	for (i = 0; i < 5; i++)
		fail(f, now);
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
	for (round = 0; round < 5000; round++) {
		now += 1000 * TEST_MS;
		tick(f, now);
		EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
		counts = counts_of(f, now);
		KUNIT_ASSERT_EQ_MSG(test, counts.total, 0, "round %u", round);
		now += 500 * TEST_MS;
		for (i = 0; i < 5; i++)
			fail(f, now);
		EXPECT_MOVED(f, RECOVERING, BROKEN, RATIO);
	}
}

/* The same with the operator's hand, and PASSING. */
static void reset_empties_window_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_counts counts;
	u32 round, i;
	u64 now = T0;

	f->p.response_ms = 3600000;
	for (i = 0; i < 100; i++)
		fail(f, now);
	now += 400 * TEST_SEC;
	for (round = 1; round < 600; round++) {
		reset(f, now + round * TEST_SEC);
		counts = counts_of(f, now + round * TEST_SEC);
		KUNIT_ASSERT_EQ_MSG(test, counts.total, 0, "reset %u", round);
	}
}

/* Silence for a day with the shortest window; see the window's own test. */
static void long_broken_time_recovers_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 now = T0, end;
	u32 i;

	f->p.response_ms = CBREAK_TIME_MIN_MS;
	f->p.broken_ms = CBREAK_TIME_MAX_MS;
	/* Every bucket of the ring is in use when it trips. */
	for (i = 0; i < 20; i++) {
		fail(f, now);
		now += 9 * TEST_MS;
	}
	trip(f, now);
	end = now + CBREAK_TIME_MAX_MS * TEST_MS;
	tick(f, end);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	for (i = 0; i < 100 && state_of(f) != CBREAK_STATE_PASSING; i++) {
		u64 at = end + 100 * TEST_MS + i * TEST_MS;

		EXPECT_ADMIT(f, at, U32_MAX);
		KUNIT_ASSERT_TRUE(test, succeed(f, at));
	}
	KUNIT_EXPECT_EQ(test, state_of(f), CBREAK_STATE_PASSING);
}

static struct kunit_case breaker_forced_cases[] = {
	KUNIT_CASE(generations_test),
	KUNIT_CASE(generation_wraps_test),
	KUNIT_CASE(generation_of_another_breaker_test),
	KUNIT_CASE(late_outcome_test),
	KUNIT_CASE(outcome_of_the_past_test),
	KUNIT_CASE(trip_test),
	KUNIT_CASE(reset_test),
	KUNIT_CASE(kill_test),
	KUNIT_CASE(recovering_starts_empty_test),
	KUNIT_CASE(reset_empties_window_test),
	KUNIT_CASE(long_broken_time_recovers_test),
	{}
};

static struct kunit_suite breaker_forced_suite = {
	.name = "cbreak_breaker_forced",
	.init = fixture_init,
	.test_cases = breaker_forced_cases,
};

kunit_test_suite(breaker_forced_suite);
