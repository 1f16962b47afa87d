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

static struct kunit_case limit_cases[] = {
	KUNIT_CASE(limit_take_test),
	KUNIT_CASE(limit_moves_test),
	KUNIT_CASE(limit_refusal_test),
	{}
};

static struct kunit_suite limit_suite = {
	.name = "cbreak_limit",
	.test_cases = limit_cases,
};

kunit_test_suite(limit_suite);
