/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit suites share. Randomness comes from seeds that are written in
 * the tests and named in their messages, so that a failure repeats itself.
 */
#ifndef _CBREAK_TEST_H
#define _CBREAK_TEST_H

#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/time64.h>

#define TEST_MS		((u64)NSEC_PER_MSEC)
#define TEST_SEC	((u64)NSEC_PER_SEC)

/**
 * test_below - a number from 0 to @ceil - 1
 * @rnd: the test's generator
 * @ceil: not zero
 *
 * Return: the number, evenly distributed but for rounding.
 */
static inline u32 test_below(struct rnd_state *rnd, u32 ceil)
{
	return (u64)prandom_u32_state(rnd) * ceil >> 32;
}

/**
 * test_one_in - true once in a while
 * @rnd: the test's generator
 * @n: how rarely, not zero
 *
 * Return: true in one of @n calls on average.
 */
static inline bool test_one_in(struct rnd_state *rnd, u32 n)
{
	return !test_below(rnd, n);
}

#endif /* _CBREAK_TEST_H */
