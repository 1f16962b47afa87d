/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_GUARD_H
#define _CBREAK_GUARD_H

#include <linux/compiler.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Length of the window, in seconds. */
#define CBREAK_GUARD_WINDOW_S	10

/* Fewer destinations than that are no reason to suspect the uplink. */
#define CBREAK_GUARD_LOST_MIN	3

/**
 * struct cbreak_guard - is it this host's own link that fails?
 * @frozen: whether it seems so; read without the lock
 * @lock: guards everything below, and the destinations' marks
 * @epoch: the latest second that was seen, from 1
 * @base: marks of this second and before count no more
 * @well: destinations that last answered in a second of the window
 * @fallen: destinations that fell silent in one, after they had answered
 * @nr_well: sum of @well
 * @nr_fallen: sum of @fallen
 * @lost_since: while frozen: the second from which on silence is the fault's
 * @nr_lost: while frozen: destinations that fell silent since then, and have
 *	     not answered yet
 * @most_lost: the most that there were of them
 */
struct cbreak_guard {
	bool frozen;
	/* See above; a leaf. */
	spinlock_t lock;
	u32 epoch;
	u32 base;
	u32 well[CBREAK_GUARD_WINDOW_S];
	u32 fallen[CBREAK_GUARD_WINDOW_S];
	u32 nr_well;
	u32 nr_fallen;
	u32 lost_since;
	u32 nr_lost;
	u32 most_lost;
};

/**
 * enum cbreak_guard_change - what an outcome changed
 * @CBREAK_GUARD_SAME: nothing
 * @CBREAK_GUARD_FREEZE: most destinations have fallen silent
 * @CBREAK_GUARD_THAW: half of them have answered again; the owner is to call
 *	cbreak_guard_thaw() if cbreak_guard_may_thaw() says so still, since it may
 *	be told more than once
 */
enum cbreak_guard_change {
	CBREAK_GUARD_SAME,
	CBREAK_GUARD_FREEZE,
	CBREAK_GUARD_THAW,
};

/**
 * struct cbreak_guard_view - the numbers that made it freeze, or thaw
 * @lost: destinations that have fallen silent, and not answered since
 * @destinations: of how many
 */
struct cbreak_guard_view {
	u32 lost;
	u32 destinations;
};

static inline bool cbreak_guard_is_frozen(const struct cbreak_guard *guard)
{
	return READ_ONCE(guard->frozen);
}

void cbreak_guard_init(struct cbreak_guard *guard);
enum cbreak_guard_change cbreak_guard_note(struct cbreak_guard *guard,
					   u32 *mark, bool answered, u64 now_ns,
					   struct cbreak_guard_view *view);
bool cbreak_guard_may_thaw(struct cbreak_guard *guard);
void cbreak_guard_forget(struct cbreak_guard *guard, u32 *mark);
bool cbreak_guard_thaw(struct cbreak_guard *guard, u64 now_ns,
		       struct cbreak_guard_view *view);

#endif /* _CBREAK_GUARD_H */
