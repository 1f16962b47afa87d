// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the state machine among others: how many may be BROKEN
 */
#include "breaker_fixture.h"

#define PEERS	10

struct crowd {
	struct fixture f[PEERS];
	struct cbreak_peers peers;
};

static int crowd_init(struct kunit *test)
{
	struct crowd *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	struct fixture *f;

	if (!c)
		return -ENOMEM;
	c->peers.live = PEERS;
	for (f = c->f; f < c->f + PEERS; f++) {
		if (fixture_init(test))
			return -ENOMEM;
		*f = *(struct fixture *)test->priv;
		f->p.peers = &c->peers;
		f->p.max_broken_pct = 30;
		f->p.min_samples = 1;
		fixture_start(f, T0);
	}
	test->priv = c;
	return 0;
}

static void set_pct(struct crowd *c, u32 pct)
{
	struct fixture *f;

	for (f = c->f; f < c->f + PEERS; f++)
		f->p.max_broken_pct = pct;
}

/* Each has one failure, at a time when it would trip alone. */
static unsigned int fail_all(struct crowd *c, u64 now)
{
	unsigned int broken = 0;
	struct fixture *f;

	for (f = c->f; f < c->f + PEERS; f++) {
		fail(f, now);
		broken += state_of(f) == CBREAK_STATE_BROKEN;
	}
	return broken;
}

#define LATER	(T0 + 20 * TEST_SEC)

static void cap_share_test(struct kunit *test)
{
	static const struct {
		u32 live, pct, most;
	} c[] = {
		{ 1, 1, 1 }, { 1, 99, 1 }, { 2, 50, 1 }, { 2, 99, 1 },
		{ 3, 67, 2 }, { 3, 66, 1 }, { 10, 9, 1 }, { 10, 19, 1 },
		{ 10, 20, 2 }, { 100, 1, 1 }, { 200, 1, 2 }, { 0, 50, 1 },
		{ 1048576, 99, 1038090 }, { 1048576, 100, 1048576 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++)
		KUNIT_EXPECT_EQ_MSG(test, cbreak_limit_broken(c[i].live,
							      c[i].pct),
				    c[i].most, "case %u", i);
}

static void cap_withholds_test(struct kunit *test)
{
	struct crowd *c = test->priv;
	struct fixture *f = &c->f[3];
	struct cbreak_counts counts;

	KUNIT_EXPECT_EQ(test, fail_all(c, LATER), 3U);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->peers.broken), 3);
	/* It stays as it was, and says why, and what would have been. */
	KUNIT_EXPECT_EQ(test, state_of(f), CBREAK_STATE_PASSING);
	KUNIT_EXPECT_FALSE(test, f->tr.happened);
	KUNIT_EXPECT_EQ(test, f->tr.withheld, CBREAK_WITHHELD_MAX_BROKEN);
	KUNIT_EXPECT_EQ(test, f->tr.from, CBREAK_STATE_PASSING);
	KUNIT_EXPECT_EQ(test, f->tr.to, CBREAK_STATE_BROKEN);
	KUNIT_EXPECT_EQ(test, f->tr.cause, CBREAK_CAUSE_RATIO);
	KUNIT_EXPECT_EQ(test, f->tr.gen, gen_of(f));
	EXPECT_COUNTS(&f->tr.counts, 1, 1);
	EXPECT_ADMIT(f, LATER, U32_MAX);
	counts = counts_of(f, LATER);
	EXPECT_COUNTS(&counts, 1, 1);
}

/* Once in each response_time, however often it is asked. */
static void cap_says_so_test(struct kunit *test)
{
	struct crowd *c = test->priv;
	struct fixture *f = &c->f[9];
	u64 edge = LATER + f->p.response_ms * TEST_MS;
	unsigned int said = 0, i;

	fail_all(c, LATER);
	edge -= edge % (f->p.response_ms * TEST_MS);
	for (i = 0; i < 100; i++) {
		fail(f, edge - 1000 + i);
		said += f->tr.withheld != CBREAK_WITHHELD_NONE;
	}
	KUNIT_EXPECT_EQ(test, said, 0U);
	for (i = 0; i < 100; i++) {
		fail(f, edge + i);
		said += f->tr.withheld != CBREAK_WITHHELD_NONE;
	}
	KUNIT_EXPECT_EQ(test, said, 1U);
	fail(f, edge + 5 * TEST_SEC);
	KUNIT_EXPECT_EQ(test, f->tr.withheld, CBREAK_WITHHELD_NONE);
	tick(f, edge + f->p.response_ms * TEST_MS - 1);
	KUNIT_EXPECT_EQ(test, f->tr.withheld, CBREAK_WITHHELD_NONE);
	tick(f, edge + f->p.response_ms * TEST_MS);
	KUNIT_EXPECT_EQ(test, f->tr.withheld, CBREAK_WITHHELD_MAX_BROKEN);
}

/* Who is let go makes room for who waits, at its next outcome. */
static void cap_makes_room_test(struct kunit *test)
{
	struct crowd *c = test->priv;
	u64 now = LATER + 10 * TEST_SEC;

	fail_all(c, LATER);
	tick(&c->f[0], now);
	EXPECT_MOVED(&c->f[0], BROKEN, RECOVERING, BROKEN_TIME);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->peers.broken), 2);
	fail(&c->f[5], now);
	EXPECT_MOVED(&c->f[5], PASSING, BROKEN, RATIO);
	fail(&c->f[6], now);
	KUNIT_EXPECT_EQ(test, state_of(&c->f[6]), CBREAK_STATE_PASSING);
	/* Now there is no way back for the one that is recovering. */
	fail(&c->f[0], now + TEST_SEC);
	KUNIT_EXPECT_EQ(test, state_of(&c->f[0]), CBREAK_STATE_RECOVERING);
	KUNIT_EXPECT_EQ(test, c->f[0].tr.withheld, CBREAK_WITHHELD_MAX_BROKEN);
	now += 10 * TEST_SEC;
	tick(&c->f[0], now);
	KUNIT_EXPECT_EQ(test, state_of(&c->f[0]), CBREAK_STATE_RECOVERING);
	KUNIT_EXPECT_EQ(test, c->f[0].tr.cause, CBREAK_CAUSE_NOT_RECOVERED);
	EXPECT_ADMIT(&c->f[0], now, U32_MAX);
	KUNIT_EXPECT_EQ(test, cbreak_breaker_deadline(&c->f[0].b, &c->f[0].p,
						      now), 0ULL);
	reset(&c->f[1], now);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->peers.broken), 2);
	fail(&c->f[0], now);
	EXPECT_MOVED(&c->f[0], RECOVERING, BROKEN, NOT_RECOVERED);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->peers.broken), 3);
}

/* A lone destination breaks whatever the share. */
static void cap_lone_test(struct kunit *test)
{
	struct crowd *c = test->priv;

	set_pct(c, 1);
	KUNIT_EXPECT_EQ(test, fail_all(c, LATER), 1U);
	reset(&c->f[0], LATER);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->peers.broken), 0);
	c->peers.live = 1;
	fail(&c->f[7], LATER);
	EXPECT_MOVED(&c->f[7], PASSING, BROKEN, RATIO);
}

static void cap_off_test(struct kunit *test)
{
	struct crowd *c = test->priv;

	set_pct(c, 100);
	KUNIT_EXPECT_EQ(test, fail_all(c, LATER), (unsigned int)PEERS);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->peers.broken), PEERS);
	/* From now on there is a limit, and they are too many. */
	set_pct(c, 30);
	reset(&c->f[0], LATER);
	fail(&c->f[0], LATER + 20 * TEST_SEC);
	KUNIT_EXPECT_EQ(test, state_of(&c->f[0]), CBREAK_STATE_PASSING);
}

/* An administrator's word is counted, and not limited. */
static void cap_control_test(struct kunit *test)
{
	struct crowd *c = test->priv;
	unsigned int i;

	for (i = 0; i < PEERS; i++)
		control(&c->f[i], LATER, i % 2 ? CBREAK_HOLD_TRIP :
						 CBREAK_HOLD_ISOLATE, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->peers.broken), PEERS);
	/* From BROKEN to BROKEN is one all the same. */
	trip(&c->f[0], LATER + 1);
	control(&c->f[1], LATER + 1, CBREAK_HOLD_ISOLATE, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->peers.broken), PEERS);
	for (i = 0; i < 8; i++)
		control(&c->f[i], LATER + 2, CBREAK_HOLD_BYPASS, 100);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->peers.broken), 2);
	/* Two were put there by hand; there is room for a third. */
	fail(&c->f[0], LATER + 20 * TEST_SEC);
	EXPECT_MOVED(&c->f[0], PASSING, BROKEN, RATIO);
	fail(&c->f[2], LATER + 20 * TEST_SEC);
	KUNIT_EXPECT_EQ(test, state_of(&c->f[2]), CBREAK_STATE_PASSING);
}

/* One that goes is dead: whoever removes it gives its place back, once. */
static void cap_kill_test(struct kunit *test)
{
	struct crowd *c = test->priv;

	fail_all(c, LATER);
	KUNIT_EXPECT_EQ(test, cbreak_breaker_kill(&c->f[0].b),
			CBREAK_STATE_BROKEN);
	tick(&c->f[0], LATER + 100 * TEST_SEC);
	reset(&c->f[0], LATER + 100 * TEST_SEC);
	trip(&c->f[0], LATER + 100 * TEST_SEC);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->peers.broken), 3);
}

static struct kunit_case breaker_cap_cases[] = {
	KUNIT_CASE(cap_share_test),
	KUNIT_CASE(cap_withholds_test),
	KUNIT_CASE(cap_says_so_test),
	KUNIT_CASE(cap_makes_room_test),
	KUNIT_CASE(cap_lone_test),
	KUNIT_CASE(cap_off_test),
	KUNIT_CASE(cap_control_test),
	KUNIT_CASE(cap_kill_test),
	{}
};

static struct kunit_suite breaker_cap_suite = {
	.name = "cbreak_breaker_cap",
	.init = crowd_init,
	.test_cases = breaker_cap_cases,
};

kunit_test_suite(breaker_cap_suite);
