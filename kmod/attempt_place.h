/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_ATTEMPT_PLACE_H
#define _CBREAK_ATTEMPT_PLACE_H

/* Inside the table of attempts: for the files attempt*.c alone. */

#include <linux/math64.h>
#include <linux/spinlock.h>

#include "attempt.h"

#define CBREAK_ATTEMPT_SLOTS	64
#define CBREAK_ATTEMPT_NONE	U16_MAX

/**
 * struct cbreak_attempt_stripe - attempts that share a lock
 * @lock: guards everything below
 * @used: places taken; read without the lock as a hint
 * @live: those of them that are not CBREAK_ATTEMPT_OVER; likewise
 * @tick: the last tick whose slot was emptied
 * @slot: heads of the wheel's lists
 * @place: the places, in buckets
 */
struct cbreak_attempt_stripe {
	/* Guards everything below. */
	spinlock_t lock;
	u32 used;
	u32 live;
	u32 tick;
	u16 slot[CBREAK_ATTEMPT_SLOTS];
	struct cbreak_attempt place[CBREAK_ATTEMPT_STRIPE]
		____cacheline_aligned;
};

static inline u32 cbreak_attempt_tick(u64 ns)
{
	return div_u64(ns, CBREAK_ATTEMPT_TICK_NS);
}

void cbreak_attempt_take_place(struct cbreak_attempt_stripe *stripe,
			       struct cbreak_attempt *place,
			       const struct cbreak_attempt *attempt,
			       u64 now_ns, u32 timeout_ms);
void cbreak_attempt_free_place(struct cbreak_attempt_stripe *stripe,
			       struct cbreak_attempt *place);

#endif /* _CBREAK_ATTEMPT_PLACE_H */
