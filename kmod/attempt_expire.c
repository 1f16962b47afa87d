// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: when attempts expire
 *
 * A hashed timing wheel (Varghese and Lauck, 1987, scheme 6) of 64 slots of
 * 100 ms. An attempt hangs in the slot of its deadline, in a list linked by
 * indices. A turn of the wheel looks at one slot of each stripe and leaves those
 * attempts alone whose deadline is a later round. There is no timer per attempt;
 * the owner calls cbreak_attempt_expire() now and then.
 *
 * Context: any but hard interrupts, with the lock of the stripe, unless said
 * otherwise.
 */
#include <linux/sched.h>

#include "attempt_place.h"

#define SLOTS	CBREAK_ATTEMPT_SLOTS
#define NONE	CBREAK_ATTEMPT_NONE
/* Expired attempts that are handed out each time the lock is taken. */
#define BATCH	8

static void wheel_add(struct cbreak_attempt_stripe *stripe,
		      struct cbreak_attempt *attempt)
{
	u16 *head = &stripe->slot[attempt->deadline % SLOTS];
	u16 index = attempt - stripe->place;

	attempt->prev = NONE;
	attempt->next = *head;
	if (*head != NONE)
		stripe->place[*head].prev = index;
	*head = index;
}

static void wheel_del(struct cbreak_attempt_stripe *stripe,
		      struct cbreak_attempt *attempt)
{
	if (attempt->next != NONE)
		stripe->place[attempt->next].prev = attempt->prev;
	if (attempt->prev != NONE)
		stripe->place[attempt->prev].next = attempt->next;
	else
		stripe->slot[attempt->deadline % SLOTS] = attempt->next;
}

/**
 * cbreak_attempt_free_place - an attempt leaves the table
 * @stripe: its stripe, locked
 * @place: its place; still holds it, but for its state
 */
void cbreak_attempt_free_place(struct cbreak_attempt_stripe *stripe,
			       struct cbreak_attempt *place)
{
	wheel_del(stripe, place);
	if (place->state != CBREAK_ATTEMPT_OVER)
		WRITE_ONCE(stripe->live, stripe->live - 1);
	place->state = CBREAK_ATTEMPT_FREE;
	WRITE_ONCE(stripe->used, stripe->used - 1);
}

/**
 * cbreak_attempt_take_place - an attempt enters the table
 * @stripe: its stripe, locked
 * @place: a free place of its bucket
 * @attempt: the attempt
 * @now_ns: the present
 * @timeout_ms: when it expires, at most one tick late and never early
 */
void cbreak_attempt_take_place(struct cbreak_attempt_stripe *stripe,
			       struct cbreak_attempt *place,
			       const struct cbreak_attempt *attempt,
			       u64 now_ns, u32 timeout_ms)
{
	*place = *attempt;
	place->start_us = div_u64(now_ns, NSEC_PER_USEC);
	/* The next tick after the deadline: late rather than early. */
	place->deadline = cbreak_attempt_tick(now_ns +
					      (u64)timeout_ms * NSEC_PER_MSEC +
					      CBREAK_ATTEMPT_TICK_NS - 1);
	/* The wheel may have turned since the caller read the clock. */
	if ((s32)(place->deadline - stripe->tick) <= 0)
		place->deadline = stripe->tick + 1;
	wheel_add(stripe, place);
	WRITE_ONCE(stripe->used, stripe->used + 1);
	if (place->state != CBREAK_ATTEMPT_OVER)
		WRITE_ONCE(stripe->live, stripe->live + 1);
}

/*
 * Remove attempts whose time is over, up to a batch of them. The stripe's
 * tick moves past a slot only once the slot holds nothing that is due.
 */
static unsigned int expire_batch(struct cbreak_attempt_stripe *stripe, u32 now,
				 struct cbreak_attempt *batch)
{
	unsigned int n = 0;
	u32 turns;

	/* After a long pause one full turn sees every slot. */
	turns = min_t(u32, now - stripe->tick, SLOTS);
	for (stripe->tick = now - turns; stripe->tick != now; stripe->tick++) {
		u16 index = stripe->slot[(stripe->tick + 1) % SLOTS];

		while (index != NONE) {
			struct cbreak_attempt *attempt = &stripe->place[index];

			index = attempt->next;
			if ((s32)(attempt->deadline - now) > 0)
				continue;
			if (n == BATCH)
				return n;
			batch[n++] = *attempt;
			cbreak_attempt_free_place(stripe, attempt);
		}
	}
	return n;
}

/**
 * cbreak_attempt_expire - end the attempts whose time is over
 * @table: the table
 * @now_ns: the present; never before that of an earlier call
 * @fn: called for each with a copy of it, without locks
 * @arg: handed to @fn
 *
 * Context: process, may sleep. Not to be called twice at the same time.
 * Return: number of attempts that are still in flight.
 */
unsigned int cbreak_attempt_expire(struct cbreak_attempt_table *table,
				   u64 now_ns, cbreak_attempt_fn fn, void *arg)
{
	u32 now = cbreak_attempt_tick(now_ns);
	unsigned int i, j, n;

	for (i = 0; i < table->nr_stripes; i++) {
		struct cbreak_attempt_stripe *stripe = &table->stripes[i];
		struct cbreak_attempt batch[BATCH];

		if (!READ_ONCE(stripe->used))
			continue;
		do {
			spin_lock_bh(&stripe->lock);
			n = expire_batch(stripe, now, batch);
			spin_unlock_bh(&stripe->lock);
			for (j = 0; j < n; j++)
				fn(arg, &batch[j]);
			cond_resched();
		} while (n == BATCH);
	}
	return cbreak_attempt_count(table);
}
