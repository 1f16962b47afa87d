// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the attempt table: expiry
 *
 * Never early and at most one tick late, however the wheel is turned.
 */
#include "attempt_fixture.h"

#define EXPIRED_MAX	1024

/* What expired, by number, and how often. */
struct expired {
	unsigned int nr;
	struct cbreak_attempt last;
	u8 times[EXPIRED_MAX];
};

static void note(void *arg, const struct cbreak_attempt *attempt)
{
	struct expired *expired = arg;

	expired->nr++;
	expired->last = *attempt;
	if (attempt->rule_id < EXPIRED_MAX)
		expired->times[attempt->rule_id]++;
}

/* Expire; the number of attempts that expired. */
static unsigned int expire(struct kunit *test, struct expired *expired, u64 now)
{
	unsigned int before = cbreak_attempt_count(test->priv), left;

	memset(expired, 0, sizeof(*expired));
	left = cbreak_attempt_expire(test->priv, now, note, expired);
	KUNIT_EXPECT_EQ(test, left, cbreak_attempt_count(test->priv));
	KUNIT_EXPECT_EQ(test, left + expired->nr, before);
	return expired->nr;
}

static struct expired *alloc_expired(struct kunit *test)
{
	struct expired *expired;

	expired = kunit_kzalloc(test, sizeof(*expired), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, expired);
	return expired;
}

static const u32 timeouts_ms[] = {
	100, 101, 150, 199, 200, 1000, 6299, 6300, 6301, 6399, 6400, 6401,
	6500, 12800, 12801, 300000,
};

/* One attempt; its wheel is turned every step until it has expired. */
static void expect_expiry(struct kunit *test, struct expired *expired,
			  u64 start, u32 timeout_ms, u64 step)
{
	struct cbreak_attempt_table *table = table_start(test, 1, start);
	u64 deadline = start + timeout_ms * TEST_MS;
	/* The first tick that is not before the deadline. */
	u64 due = DIV_ROUND_UP_ULL(deadline, TICK) * TICK;
	struct cbreak_attempt a = make_attempt(1);
	u64 now;

	insert(table, &a, start, timeout_ms);
	for (now = start; now < deadline; now += step)
		if (expire(test, expired, now))
			break;
	KUNIT_ASSERT_EQ_MSG(test, expired->nr, 0, "%u ms: %lld ns early",
			    timeout_ms, deadline - now);
	KUNIT_EXPECT_EQ(test, expire(test, expired, deadline - 1), 0);
	if (due > deadline)
		KUNIT_EXPECT_EQ(test, expire(test, expired, due - 1), 0);
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_ADMITTED);
	KUNIT_ASSERT_EQ_MSG(test, expire(test, expired, due), 1,
			    "%u ms: more than a tick late", timeout_ms);
	KUNIT_EXPECT_EQ(test, expired->last.isn, a.isn);
	KUNIT_EXPECT_EQ(test, expired->last.gen, a.gen);
	KUNIT_EXPECT_EQ(test, expired->last.rule_id, a.rule_id);
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_EQ(test, expire(test, expired, due), 0);
}

/* Phases of the clock relative to its ticks. */
static const u64 phases[] = { 0, 1, TICK / 2, TICK - 1 };

static void expiry_each_tick_test(struct kunit *test)
{
	struct expired *expired = alloc_expired(test);
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(timeouts_ms); i++)
		for (k = 0; k < ARRAY_SIZE(phases); k++)
			expect_expiry(test, expired, T0 + phases[k],
				      timeouts_ms[i], TICK);
}

/* The wheel turned now and then: less than a turn, and more than one. */
static void expiry_seldom_test(struct kunit *test)
{
	static const u64 steps[] = {
		TICK / 3, 7 * TICK, 63 * TICK, 64 * TICK, 65 * TICK,
		129 * TICK, 10000 * TICK,
	};
	struct expired *expired = alloc_expired(test);
	unsigned int i, k, s;

	for (i = 0; i < ARRAY_SIZE(timeouts_ms); i++)
		for (k = 0; k < ARRAY_SIZE(phases); k++)
			for (s = 0; s < ARRAY_SIZE(steps); s++)
				expect_expiry(test, expired, T0 + phases[k],
					      timeouts_ms[i], steps[s]);
}

/* The number of the tick is 32 bits long: 13.6 years. */
static void expiry_tick_wraps_test(struct kunit *test)
{
	const u64 wrap = (1ULL << 32) * TICK;
	struct expired *expired = alloc_expired(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(timeouts_ms); i++) {
		expect_expiry(test, expired, wrap - 3 * TICK, timeouts_ms[i],
			      TICK);
		expect_expiry(test, expired, wrap - 1, timeouts_ms[i],
			      100 * TICK);
	}
}

/* No time at all, as for a tombstone: until the next tick, and not lost. */
static void expiry_no_time_test(struct kunit *test)
{
	struct expired *expired = alloc_expired(test);
	struct cbreak_attempt a = make_attempt(1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(phases); i++) {
		struct cbreak_attempt_table *table;

		table = table_start(test, 1, T0 + phases[i]);
		insert(table, &a, T0 + phases[i], 0);
		KUNIT_EXPECT_EQ(test, lookup(table, &a),
				CBREAK_ATTEMPT_ADMITTED);
		expire(test, expired, T0 + phases[i]);
		KUNIT_EXPECT_EQ(test, expired->nr, 0);
		expire(test, expired, T0 + TICK);
		KUNIT_EXPECT_EQ(test, expired->nr, 1);
	}
}

/* Deadlines of several turns in one slot of the wheel. */
static void expiry_rounds_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct expired *expired = alloc_expired(test);
	unsigned int i;

	for (i = 0; i < 40; i++) {
		/* Not in the order of their deadlines. */
		struct cbreak_attempt a = make_attempt(i * 7 % 40);

		insert(table, &a, T0, 500 + 6400 * a.rule_id);
	}
	KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table), 40);
	for (i = 0; i < 40; i++) {
		u64 due = T0 + (500 + 6400 * i) * TEST_MS;

		KUNIT_EXPECT_EQ(test, expire(test, expired, due - 1), 0);
		KUNIT_EXPECT_EQ(test, expire(test, expired, due), 1);
		KUNIT_EXPECT_EQ(test, expired->times[i], 1);
	}
}

/* Which of the first attempts are in the table; a full bucket loses some. */
static unsigned int note_present(struct kunit *test, bool *present,
				 unsigned int nr)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++) {
		struct cbreak_attempt a = make_attempt(i);

		present[i] = lookup(test->priv, &a) != CBREAK_ATTEMPT_FREE;
		n += present[i];
	}
	KUNIT_EXPECT_EQ(test, n, cbreak_attempt_count(test->priv));
	return n;
}

/* After a long pause exactly those expire whose time is over. */
static void expiry_pause_test(struct kunit *test)
{
	static const u64 pauses[] = { 70, 640, 1500, 2999, 3000, 36000 };
	struct expired *expired = alloc_expired(test);
	bool present[100];
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(pauses); i++) {
		struct cbreak_attempt_table *table = table_start(test, 1, T0);

		for (k = 0; k < 100; k++) {
			struct cbreak_attempt a = make_attempt(k);

			insert(table, &a, T0, 100 + k * 2999 / 99 * 100);
		}
		KUNIT_EXPECT_GT(test, note_present(test, present, 100), 80);
		expire(test, expired, T0 + pauses[i] * TICK);
		for (k = 0; k < 100; k++) {
			u32 ticks = 1 + k * 2999 / 99;

			KUNIT_EXPECT_EQ(test, expired->times[k],
					present[k] && ticks <= pauses[i]);
		}
		expire(test, expired, T0 + pauses[i] * TICK);
		KUNIT_EXPECT_EQ(test, expired->nr, 0);
		expire(test, expired, T0 + 3000 * TICK);
		KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table), 0);
	}
}

/* A wheel that has nothing on it does not turn; the next attempt is on time. */
static void expiry_after_idle_test(struct kunit *test)
{
	static const u64 idle[] = { 1, 63, 64, 65, 1000, 1000000 };
	struct expired *expired = alloc_expired(test);
	struct cbreak_attempt a = make_attempt(1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(idle); i++) {
		struct cbreak_attempt_table *table = table_start(test, 1, T0);
		u64 now = T0 + idle[i] * TICK;

		KUNIT_EXPECT_EQ(test, expire(test, expired, now), 0);
		insert(table, &a, now + 5, 250);
		KUNIT_EXPECT_EQ(test, expire(test, expired, now + 3 * TICK - 1),
				0);
		KUNIT_EXPECT_EQ(test, expire(test, expired, now + 3 * TICK), 1);
	}
}

/* Out of the head, the middle and the end of a slot's list. */
static void expiry_unlink_test(struct kunit *test)
{
	struct expired *expired = alloc_expired(test);
	unsigned int gone, i;

	for (gone = 0; gone < 128; gone++) {
		struct cbreak_attempt_table *table = table_start(test, 1, T0);

		for (i = 0; i < 7; i++) {
			struct cbreak_attempt a = make_attempt(i);

			KUNIT_ASSERT_EQ(test, insert(table, &a, T0, 1000),
					CBREAK_ATTEMPT_NEW);
		}
		for (i = 0; i < 7; i++) {
			/* Another order for every other set. */
			u32 n = gone % 2 ? i : 6 - i;
			struct cbreak_attempt a = make_attempt(n);

			if (gone >> n & 1)
				KUNIT_EXPECT_TRUE(test, take(table, &a));
		}
		expire(test, expired, T0 + TEST_SEC - 1);
		KUNIT_EXPECT_EQ(test, expired->nr, 0);
		expire(test, expired, T0 + TEST_SEC);
		for (i = 0; i < 7; i++)
			KUNIT_EXPECT_EQ_MSG(test, expired->times[i],
					    !(gone >> i & 1),
					    "%u of set %#x", i, gone);
	}
}

/* More at once than are handed out each time the lock is taken. */
static void expiry_batch_test(struct kunit *test)
{
	static const unsigned int nr[] = { 7, 8, 9, 15, 16, 17, 24, 200 };
	struct expired *expired = alloc_expired(test);
	bool present[220];
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(nr); i++) {
		struct cbreak_attempt_table *table = table_start(test, 1, T0);

		for (k = 0; k < nr[i] + 20; k++) {
			struct cbreak_attempt a = make_attempt(k);
			/* In the same slot some of a later round. */
			u32 rounds = k % 10 == 3 || k >= nr[i];

			insert(table, &a, T0, 1000 + 6400 * rounds);
		}
		KUNIT_EXPECT_GT(test, note_present(test, present, nr[i] + 20),
				nr[i] / 2);
		expire(test, expired, T0 + TEST_SEC);
		for (k = 0; k < nr[i] + 20; k++)
			KUNIT_EXPECT_EQ(test, expired->times[k], present[k] &&
					k % 10 != 3 && k < nr[i]);
		KUNIT_EXPECT_EQ(test, expire(test, expired, T0 + TEST_SEC), 0);
		expire(test, expired, T0 + 7400 * TEST_MS);
		for (k = 0; k < nr[i] + 20; k++)
			KUNIT_EXPECT_EQ(test, expired->times[k], present[k] &&
					(k % 10 == 3 || k >= nr[i]));
		KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table), 0);
	}
}

/* The wheel has turned since the caller read the clock. */
static void expiry_behind_test(struct kunit *test)
{
	static const u64 behind[] = { 1, TICK, 2 * TICK, 64 * TICK, T0 };
	struct cbreak_attempt keep = make_attempt(2), a = make_attempt(1);
	struct expired *expired = alloc_expired(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(behind); i++) {
		struct cbreak_attempt_table *table = table_start(test, 1, T0);
		u64 now = T0 + 100 * TICK;

		/* Something that keeps the wheel turning. */
		insert(table, &keep, now, 300000);
		KUNIT_EXPECT_EQ(test, expire(test, expired, now), 0);
		insert(table, &a, now - behind[i], 100);
		KUNIT_EXPECT_EQ(test, lookup(table, &a),
				CBREAK_ATTEMPT_ADMITTED);
		KUNIT_EXPECT_EQ(test, expire(test, expired, now + TICK), 1);
		KUNIT_EXPECT_EQ(test, expired->times[1], 1);
	}
}

/* The deadline is that of the attempt which is there. */
static void expiry_replaced_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct expired *expired = alloc_expired(test);
	struct cbreak_attempt a = make_attempt(1), b = a;

	insert(table, &a, T0, 1000);
	/* A retransmission does not prolong it. */
	insert(table, &a, T0, 5000);
	KUNIT_EXPECT_EQ(test, expire(test, expired, T0 + TEST_SEC), 1);

	b.isn++;
	insert(table, &a, T0 + TEST_SEC, 1000);
	insert(table, &b, T0 + TEST_SEC, 3000);
	KUNIT_EXPECT_EQ(test, expire(test, expired, T0 + 4 * TEST_SEC - 1), 0);
	KUNIT_EXPECT_EQ(test, expire(test, expired, T0 + 4 * TEST_SEC), 1);
	KUNIT_EXPECT_EQ(test, expired->last.isn, b.isn);
}

/* A tombstone expires like any other, and says what it is. */
static void expiry_rejected_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct expired *expired = alloc_expired(test);
	struct cbreak_attempt a = make_attempt(1), b = make_attempt(2);

	a.state = CBREAK_ATTEMPT_REJECTED;
	insert(table, &a, T0, 1000);
	insert(table, &b, T0, 2000);
	mark_sent(table, &b);
	KUNIT_EXPECT_EQ(test, expire(test, expired, T0 + TEST_SEC), 1);
	KUNIT_EXPECT_EQ(test, expired->last.state, CBREAK_ATTEMPT_REJECTED);
	KUNIT_EXPECT_EQ(test, expire(test, expired, T0 + 2 * TEST_SEC), 1);
	KUNIT_EXPECT_EQ(test, expired->last.state, CBREAK_ATTEMPT_SENT);
}

/* Every stripe has a wheel. */
static void expiry_stripes_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = table_start(test, 8192, T0);
	struct expired *expired = alloc_expired(test);
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		struct cbreak_attempt a = make_attempt(i);

		KUNIT_ASSERT_EQ(test, insert(table, &a, T0, 1000 + i),
				CBREAK_ATTEMPT_NEW);
	}
	KUNIT_EXPECT_EQ(test, expire(test, expired, T0 + 1000 * TEST_MS), 1);
	KUNIT_EXPECT_EQ(test, expire(test, expired, T0 + 1500 * TEST_MS), 500);
	KUNIT_EXPECT_EQ(test, expire(test, expired, T0 + 2000 * TEST_MS), 499);
	KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table), 0);
}

/*
 * Without locks: whoever is told of an end may use the table. Each that ends
 * takes its successor out, and enters an attempt that is due at the next tick.
 */
static void reenter(void *arg, const struct cbreak_attempt *attempt)
{
	struct kunit *test = arg;
	struct cbreak_attempt a = make_attempt(attempt->rule_id + 1000);
	struct cbreak_attempt next = make_attempt(attempt->rule_id + 1);

	if (attempt->rule_id >= 1000)
		return;
	KUNIT_EXPECT_EQ(test, attempt->rule_id % 2, 0);
	KUNIT_EXPECT_EQ(test, lookup(test->priv, attempt),
			CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_TRUE(test, take(test->priv, &next));
	insert(test->priv, &a, T0 + TEST_SEC, 100);
}

static void expiry_reentered_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct expired *expired = alloc_expired(test);
	unsigned int i;

	for (i = 0; i < 40; i++) {
		struct cbreak_attempt a = make_attempt(i);

		KUNIT_ASSERT_EQ(test, insert(table, &a, T0,
					     i % 2 ? 2000 : 1000),
				CBREAK_ATTEMPT_NEW);
	}
	cbreak_attempt_expire(table, T0 + TEST_SEC, reenter, test);
	KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table), 20);
	expire(test, expired, T0 + TEST_SEC + TICK);
	KUNIT_EXPECT_EQ(test, expired->nr, 20);
}

static struct kunit_case attempt_expiry_cases[] = {
	KUNIT_CASE(expiry_each_tick_test),
	KUNIT_CASE(expiry_seldom_test),
	KUNIT_CASE(expiry_tick_wraps_test),
	KUNIT_CASE(expiry_no_time_test),
	KUNIT_CASE(expiry_rounds_test),
	KUNIT_CASE(expiry_pause_test),
	KUNIT_CASE(expiry_after_idle_test),
	KUNIT_CASE(expiry_unlink_test),
	KUNIT_CASE(expiry_batch_test),
	KUNIT_CASE(expiry_behind_test),
	KUNIT_CASE(expiry_replaced_test),
	KUNIT_CASE(expiry_rejected_test),
	KUNIT_CASE(expiry_stripes_test),
	KUNIT_CASE(expiry_reentered_test),
	{}
};

static struct kunit_suite attempt_expiry_suite = {
	.name = "cbreak_attempt_expiry",
	.init = table_init,
	.exit = table_exit,
	.test_cases = attempt_expiry_cases,
};

kunit_test_suite(attempt_expiry_suite);
