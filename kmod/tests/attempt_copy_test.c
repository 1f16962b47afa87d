// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the attempt table: copies of what is in it
 */
#include "attempt_fixture.h"

#define TIMEOUT_MS	300000
#define MANY		600

/* How often each was copied, in steps of at most max. */
static unsigned int copy_all(struct kunit *test, unsigned int max, u8 *seen)
{
	struct cbreak_attempt_table *table = test->priv;
	unsigned int i, j, n, from, sum = 0;
	struct cbreak_attempt copy[8];

	memset(seen, 0, MANY);
	for (i = 0; i < table->nr_stripes; i++) {
		from = 0;
		while ((n = cbreak_attempt_copy(table, i, &from, copy, max))) {
			KUNIT_ASSERT_LE(test, n, max);
			for (j = 0; j < n; j++) {
				KUNIT_ASSERT_LT(test, copy[j].rule_id, MANY);
				seen[copy[j].rule_id]++;
			}
			sum += n;
		}
		KUNIT_EXPECT_TRUE(test, from == 0 ||
				  from == CBREAK_ATTEMPT_STRIPE);
	}
	return sum;
}

/* Each that is in flight, once, whatever the size of the steps. */
static void copy_once_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = table_start(test, 4096, T0);
	static const unsigned int max[] = { 1, 3, 8 };
	unsigned int i, n, in;
	u8 *seen;

	seen = kunit_kzalloc(test, MANY, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, seen);
	for (n = 0; n < MANY; n++) {
		struct cbreak_attempt a = make_attempt(n);

		insert(table, &a, T0 + n * 1000, TIMEOUT_MS);
	}
	for (i = 0; i < ARRAY_SIZE(max); i++) {
		in = 0;
		KUNIT_EXPECT_EQ(test, copy_all(test, max[i], seen),
				cbreak_attempt_count(table));
		for (n = 0; n < MANY; n++) {
			struct cbreak_attempt a = make_attempt(n);

			KUNIT_ASSERT_EQ_MSG(test, seen[n],
					    lookup(table, &a) !=
					    CBREAK_ATTEMPT_FREE,
					    "attempt %u", n);
			in += seen[n];
		}
		KUNIT_EXPECT_EQ(test, in, cbreak_attempt_count(table));
	}
}

/* Not those that wait for nothing. */
static void copy_in_flight_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt rejected = make_attempt(1);
	struct cbreak_attempt over = make_attempt(2);
	struct cbreak_attempt sent = make_attempt(3);
	struct cbreak_attempt taken = make_attempt(4);
	unsigned int from = 0;
	struct cbreak_attempt copy;

	rejected.state = CBREAK_ATTEMPT_REJECTED;
	insert(table, &rejected, T0, TIMEOUT_MS);
	cbreak_attempt_remember(table, &over, T0, TIMEOUT_MS);
	insert(table, &sent, T0, TIMEOUT_MS);
	KUNIT_EXPECT_TRUE(test, mark_sent(table, &sent));
	insert(table, &taken, T0, TIMEOUT_MS);
	KUNIT_EXPECT_TRUE(test, take(table, &taken));
	KUNIT_ASSERT_EQ(test, cbreak_attempt_copy(table, 0, &from, &copy, 1),
			1U);
	KUNIT_EXPECT_EQ(test, copy.isn, sent.isn);
	KUNIT_EXPECT_EQ(test, copy.state, CBREAK_ATTEMPT_SENT);
	KUNIT_EXPECT_EQ(test, cbreak_attempt_copy(table, 0, &from, &copy, 1),
			0U);
}

static void copy_empty_test(struct kunit *test)
{
	unsigned int from = 0;
	struct cbreak_attempt copy;

	KUNIT_EXPECT_EQ(test, cbreak_attempt_copy(test->priv, 0, &from, &copy,
						  1), 0U);
}

static struct kunit_case attempt_copy_cases[] = {
	KUNIT_CASE(copy_once_test),
	KUNIT_CASE(copy_in_flight_test),
	KUNIT_CASE(copy_empty_test),
	{}
};

static struct kunit_suite attempt_copy_suite = {
	.name = "cbreak_attempt_copy",
	.init = table_init,
	.exit = table_exit,
	.test_cases = attempt_copy_cases,
};

kunit_test_suite(attempt_copy_suite);
