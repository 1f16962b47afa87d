// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: what is in the table of attempts
 *
 * Context: any but hard interrupts.
 */
#include "attempt_place.h"

/**
 * cbreak_attempt_copy - some of the attempts in flight of a stripe
 * @table: the table
 * @index: the stripe, below table->nr_stripes
 * @from: the first place to look at, 0 in the beginning; moved behind the last
 *	  one that was looked at
 * @copy: where they go
 * @max: how many at the most
 *
 * Those that come or go between two calls may be missed; none is there twice.
 *
 * Return: how many; 0 at the end of the stripe.
 */
unsigned int cbreak_attempt_copy(struct cbreak_attempt_table *table,
				 unsigned int index, unsigned int *from,
				 struct cbreak_attempt *copy, unsigned int max)
{
	struct cbreak_attempt_stripe *stripe = &table->stripes[index];
	unsigned int n = 0;

	if (!READ_ONCE(stripe->used))
		return 0;
	spin_lock_bh(&stripe->lock);
	for (; *from < CBREAK_ATTEMPT_STRIPE && n < max; ++*from)
		if (cbreak_attempt_in_flight(&stripe->place[*from]))
			copy[n++] = stripe->place[*from];
	spin_unlock_bh(&stripe->lock);
	return n;
}
