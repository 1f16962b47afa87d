// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: limits that do not ask how a destination is
 *
 * Pure functions on a number that many may change at once.
 *
 * Locks: none. Any context.
 */
#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "limit.h"

/**
 * cbreak_limit_take - one more, if there is room for it
 * @nr: how many there are
 * @max: most that there may be; may have been more, or less, before
 *
 * A number that does not fit is never there, not even for a moment, so that
 * nobody is turned away because of one who is.
 *
 * Return: whether it is counted now, and is to be given back once.
 */
bool cbreak_limit_take(atomic_t *nr, u32 max)
{
	int old = atomic_read(nr);

	do {
		if (old < 0 || old >= max)
			return false;
	} while (!atomic_try_cmpxchg(nr, &old, old + 1));
	return true;
}

/**
 * cbreak_limit_put - one less
 * @nr: how many there are; one of them was taken by the caller
 */
void cbreak_limit_put(atomic_t *nr)
{
	WARN_ON_ONCE(atomic_dec_return(nr) < 0);
}

/**
 * cbreak_limit_broken - how many breakers of a rule may be BROKEN at once
 * @live: how many it has
 * @pct: the share of them, percent, at most 100
 *
 * At least one: a destination that fails alone is what breakers are for.
 *
 * Return: the number.
 */
u32 cbreak_limit_broken(u32 live, u32 pct)
{
	/* A million breakers at the most: this does not overflow. */
	return max(live * pct / 100, 1U);
}

/**
 * cbreak_limit_attempt - may another attempt be made?
 * @pending: attempts in flight
 * @conns: connections that have come of earlier ones
 * @max_pending: most of the former, 0 for any number
 * @max_conns: most of both together, 0 for any number. What is in flight may
 *	become a connection: without it, as many as come at once would all pass
 *
 * Return: the limit that says no; CBREAK_LIMIT_NONE if it is counted in
 *	   @pending now, and is to be given back once.
 */
enum cbreak_limit cbreak_limit_attempt(atomic_t *pending, u32 conns,
				       u32 max_pending, u32 max_conns)
{
	enum cbreak_limit limit = CBREAK_LIMIT_PENDING;
	u32 max = max_pending ?: INT_MAX;

	if (max_conns && max_conns - min(conns, max_conns) < max) {
		limit = CBREAK_LIMIT_CONNECTIONS;
		max = max_conns - min(conns, max_conns);
	}
	return cbreak_limit_take(pending, max) ? CBREAK_LIMIT_NONE : limit;
}
