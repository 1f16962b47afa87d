// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the limits
 */
#include "../limit.h"
#include "cbreak_test.h"

static void limit_take_test(struct kunit *test)
{
	atomic_t nr = ATOMIC_INIT(0);
	int i;

	KUNIT_EXPECT_FALSE(test, cbreak_limit_take(&nr, 0));
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, cbreak_limit_take(&nr, 3));
	KUNIT_EXPECT_FALSE(test, cbreak_limit_take(&nr, 3));
	KUNIT_EXPECT_EQ(test, atomic_read(&nr), 3);
	cbreak_limit_put(&nr);
	KUNIT_EXPECT_TRUE(test, cbreak_limit_take(&nr, 3));
	KUNIT_EXPECT_FALSE(test, cbreak_limit_take(&nr, 3));
}

/* The limit moves while some are there. */
static void limit_moves_test(struct kunit *test)
{
	atomic_t nr = ATOMIC_INIT(0);
	int i;

	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_TRUE(test, cbreak_limit_take(&nr, 5));
	KUNIT_EXPECT_FALSE(test, cbreak_limit_take(&nr, 2));
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_FALSE(test, cbreak_limit_take(&nr, 2));
		cbreak_limit_put(&nr);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&nr), 2);
	KUNIT_EXPECT_FALSE(test, cbreak_limit_take(&nr, 2));
	KUNIT_EXPECT_TRUE(test, cbreak_limit_take(&nr, U32_MAX));
	KUNIT_EXPECT_EQ(test, atomic_read(&nr), 3);
}

/* Whoever is turned away leaves no trace for others to stumble over. */
static void limit_refusal_test(struct kunit *test)
{
	atomic_t nr = ATOMIC_INIT(0);
	int i;

	KUNIT_EXPECT_TRUE(test, cbreak_limit_take(&nr, 1));
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_FALSE(test, cbreak_limit_take(&nr, 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&nr), 1);
	cbreak_limit_put(&nr);
	KUNIT_EXPECT_EQ(test, atomic_read(&nr), 0);
	KUNIT_EXPECT_TRUE(test, cbreak_limit_take(&nr, 1));
}

/* Every combination of small numbers against the words of the rule. */
static void limit_attempt_test(struct kunit *test)
{
	u32 i, pending, conns, max_pending, max_conns, wrong = 0;
	enum cbreak_limit limit;
	bool few, room;
	atomic_t nr;

	for (i = 0; i < 5 * 5 * 5 * 8; i++) {
		pending = i % 5;
		conns = i / 5 % 5;
		max_pending = i / 25 % 5;
		max_conns = i / 125;
		atomic_set(&nr, pending);
		few = !max_pending || pending < max_pending;
		room = !max_conns || conns + pending < max_conns;
		limit = cbreak_limit_attempt(&nr, conns, max_pending, max_conns);
		wrong += (limit == CBREAK_LIMIT_NONE) != (few && room);
		/* Where both say no, either may be named. */
		wrong += limit == CBREAK_LIMIT_PENDING && few;
		wrong += limit == CBREAK_LIMIT_CONNECTIONS && room;
		wrong += atomic_read(&nr) != pending + (few && room);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static struct kunit_case limit_cases[] = {
	KUNIT_CASE(limit_take_test),
	KUNIT_CASE(limit_moves_test),
	KUNIT_CASE(limit_refusal_test),
	KUNIT_CASE(limit_attempt_test),
	{}
};

static struct kunit_suite limit_suite = {
	.name = "cbreak_limit",
	.test_cases = limit_cases,
};

kunit_test_suite(limit_suite);
