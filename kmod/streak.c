// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: failures in a row
 *
 * One word, so that no lock is needed: the low 8 bits of the breaker's
 * generation above, 24 bits of count below. A word of another generation counts
 * as none, so a transition has nothing to clear: 256 of them would have to pass
 * without an outcome for an old word to be taken for a new one, and its first
 * success would end that row.
 *
 * Locks: none. Any context.
 */
#include <linux/bits.h>
#include <linux/minmax.h>

#include "streak.h"

#define GEN_SHIFT	24
#define COUNT_MAX	GENMASK(GEN_SHIFT - 1, 0)

static u32 count_of(u32 word, u32 gen)
{
	return word >> GEN_SHIFT == (u8)gen ? word & COUNT_MAX : 0;
}

/**
 * cbreak_streak_count - an outcome makes the row longer, or ends it
 * @streak: the word
 * @gen: generation of the breaker that the outcome belongs to
 * @failed: whether it counts as failed
 */
void cbreak_streak_count(atomic_t *streak, u32 gen, bool failed)
{
	int old = atomic_read(streak);
	u32 count;

	do {
		count = count_of(old, gen);
		/* A success without a row to end writes nothing. */
		if (!failed && !count)
			return;
		count = failed ? min_t(u32, count + 1, COUNT_MAX) : 0;
	} while (!atomic_try_cmpxchg(streak, &old, gen << GEN_SHIFT | count));
}

/**
 * cbreak_streak_read - length of the row
 * @streak: the word
 * @gen: the breaker's generation
 *
 * Return: failures in a row, in this generation.
 */
u32 cbreak_streak_read(const atomic_t *streak, u32 gen)
{
	return count_of(atomic_read(streak), gen);
}
