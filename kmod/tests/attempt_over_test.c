// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the attempt table: what is remembered
 *
 * An attempt that is over is known again, and is nothing else: no answer takes
 * it, nobody counts it, and it costs no attempt its place.
 */
#include "attempt_fixture.h"

#define TIMEOUT_MS	300000
#define FOR_MS		75000

static void remember(struct cbreak_attempt_table *table,
		     const struct cbreak_attempt *a, u64 now)
{
	cbreak_attempt_remember(table, a, now, FOR_MS);
}

static unsigned int nr_expired;

static void count_expired(void *arg, const struct cbreak_attempt *attempt)
{
	struct kunit *test = arg;

	KUNIT_EXPECT_EQ(test, attempt->state, CBREAK_ATTEMPT_OVER);
	nr_expired++;
}

static unsigned int expire(struct kunit *test, u64 now)
{
	nr_expired = 0;
	KUNIT_EXPECT_EQ(test, cbreak_attempt_expire(test->priv, now,
						    count_expired, test), 0);
	return nr_expired;
}

static void over_known_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	unsigned int n;

	/* Both families. */
	for (n = 6; n < 8; n++) {
		struct cbreak_attempt a = make_attempt(n), b = a, taken;

		b.isn += 70000;
		insert(table, &a, T0, TIMEOUT_MS);
		mark_sent(table, &a);
		KUNIT_ASSERT_TRUE(test, take(table, &a));
		KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_FREE);
		remember(table, &a, T0);
		KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_OVER);
		KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_FREE);
		KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table), 0);
		/* A retransmission is neither new nor sent. */
		KUNIT_EXPECT_EQ(test, insert(table, &a, T0, TIMEOUT_MS),
				CBREAK_ATTEMPT_KNOWN);
		KUNIT_EXPECT_FALSE(test, mark_sent(table, &a));
		KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_OVER);
		/* What answers it is stray, even with a wrong number. */
		KUNIT_EXPECT_FALSE(test, take(table, &a));
		KUNIT_EXPECT_EQ(test,
				cbreak_attempt_take(table, a.family, &a.tuple,
						    a.isn + 9, true, &taken),
				CBREAK_ATTEMPT_STRAY);
		/* Its ends are used again: nobody loses an attempt. */
		KUNIT_EXPECT_EQ(test, insert(table, &b, T0, TIMEOUT_MS),
				CBREAK_ATTEMPT_NEW);
		KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table), 1);
		KUNIT_EXPECT_TRUE(test, take(table, &b));
		KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table), 0);
	}
}

/* Whose ends are in use is not remembered. */
static void over_in_use_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a = make_attempt(1), b = a;

	b.isn++;
	insert(table, &b, T0, TIMEOUT_MS);
	remember(table, &a, T0);
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_ADMITTED);
	KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table), 1);
	/* Nor twice: the first time holds. */
	remember(table, &b, T0);
	KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_ADMITTED);
	KUNIT_ASSERT_TRUE(test, take(table, &b));
	remember(table, &b, T0);
	remember(table, &b, T0 + 10 * TEST_SEC);
	KUNIT_EXPECT_EQ(test, expire(test, T0 + FOR_MS * TEST_MS), 1);
	KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_FREE);
}

/* For that time, and no attempt is in flight meanwhile. */
static void over_expires_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a = make_attempt(1), b = make_attempt(2);

	remember(table, &a, T0);
	remember(table, &b, T0 + TICK);
	KUNIT_EXPECT_EQ(test, expire(test, T0 + FOR_MS * TEST_MS - 1), 0);
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_OVER);
	KUNIT_EXPECT_EQ(test, expire(test, T0 + FOR_MS * TEST_MS), 1);
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_OVER);
	/* However late somebody looks. */
	KUNIT_EXPECT_EQ(test, expire(test, T0 + 1000 * TEST_SEC), 1);
	KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_FREE);
}

/* In a full bucket it goes before any attempt, however old that is. */
static void over_goes_first_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a[8];
	unsigned int i;

	cbreak_test_collide(test, a, 8);
	for (i = 0; i < 2; i++)
		insert(table, &a[i], T0 + i * TEST_MS, TIMEOUT_MS);
	for (i = 2; i < 4; i++)
		remember(table, &a[i], T0 + i * TEST_MS);
	KUNIT_EXPECT_EQ(test, insert(table, &a[4], T0 + TEST_SEC, TIMEOUT_MS),
			CBREAK_ATTEMPT_NEW);
	/* The older of the two went. */
	KUNIT_EXPECT_EQ(test, lookup(table, &a[2]), CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_EQ(test, lookup(table, &a[3]), CBREAK_ATTEMPT_OVER);
	/* One that is remembered later takes its place. */
	remember(table, &a[5], T0 + TEST_SEC);
	KUNIT_EXPECT_EQ(test, lookup(table, &a[3]), CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_EQ(test, lookup(table, &a[5]), CBREAK_ATTEMPT_OVER);
	KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table), 3);
	KUNIT_EXPECT_EQ(test, insert(table, &a[6], T0 + TEST_SEC, TIMEOUT_MS),
			CBREAK_ATTEMPT_NEW);
	KUNIT_EXPECT_EQ(test, lookup(table, &a[5]), CBREAK_ATTEMPT_FREE);
	/* Four in flight: nothing is remembered, nobody goes for it. */
	remember(table, &a[7], T0 + TEST_SEC);
	KUNIT_EXPECT_EQ(test, lookup(table, &a[7]), CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table), 4);
	KUNIT_EXPECT_EQ(test, insert(table, &a[7], T0 + TEST_SEC, TIMEOUT_MS),
			CBREAK_ATTEMPT_EVICTED);
	KUNIT_EXPECT_EQ(test, lookup(table, &a[0]), CBREAK_ATTEMPT_FREE);
}

/* A table full of them has room for as many attempts. */
static void over_flood_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	unsigned int n, in = 0;

	for (n = 0; n < 4000; n++) {
		struct cbreak_attempt a = make_attempt(n);

		remember(table, &a, T0);
	}
	KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table), 0);
	for (n = 4000; n < 8000; n++) {
		struct cbreak_attempt a = make_attempt(n);

		if (insert(table, &a, T0, TIMEOUT_MS) == CBREAK_ATTEMPT_NEW)
			in++;
	}
	KUNIT_EXPECT_EQ(test, in, CBREAK_ATTEMPT_STRIPE);
	KUNIT_EXPECT_EQ(test, cbreak_attempt_count(table),
			CBREAK_ATTEMPT_STRIPE);
}

static struct kunit_case attempt_over_cases[] = {
	KUNIT_CASE(over_known_test),
	KUNIT_CASE(over_in_use_test),
	KUNIT_CASE(over_expires_test),
	KUNIT_CASE(over_goes_first_test),
	KUNIT_CASE(over_flood_test),
	{}
};

static struct kunit_suite attempt_over_suite = {
	.name = "cbreak_attempt_over",
	.init = table_init,
	.exit = table_exit,
	.test_cases = attempt_over_cases,
};

kunit_test_suite(attempt_over_suite);
