// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: what there is to see of a breaker
 *
 * How long its state lasts, and a picture of it. Nothing here changes it.
 */
#include "breaker.h"

/**
 * cbreak_breaker_held - does an administrator hold the breaker in its state?
 * @b: the breaker
 * @now_ns: the present
 *
 * Context: any.
 * Return: whether that lasts.
 */
bool cbreak_breaker_held(const struct cbreak_breaker *b, u64 now_ns)
{
	u32 hold_ms = READ_ONCE(b->hold_ms);

	return READ_ONCE(b->hold) != CBREAK_HOLD_NONE &&
	       (hold_ms == CBREAK_HOLD_FOREVER ||
		cbreak_elapsed_ns(READ_ONCE(b->since_ns), now_ns) <
		cbreak_ms_to_ns(hold_ms));
}

/**
 * cbreak_breaker_stay_ns - time to spend in BROKEN, this time
 * @b: the breaker, in BROKEN
 * @p: its parameters
 *
 * Context: any.
 * Return: the time, ns; meaningless while it has no end.
 */
u64 cbreak_breaker_stay_ns(const struct cbreak_breaker *b,
			   const struct cbreak_params *p)
{
	if (READ_ONCE(b->hold) != CBREAK_HOLD_NONE)
		return cbreak_ms_to_ns(READ_ONCE(b->hold_ms));
	return cbreak_breaker_broken_ns(p, READ_ONCE(b->trips),
					cbreak_word_gen(READ_ONCE(b->word)));
}

/**
 * cbreak_breaker_deadline - when the next timed transition is due
 * @b: the breaker
 * @p: its parameters
 * @now_ns: the present
 *
 * Context: any.
 * Return: the time, ns, or 0 if time causes no transition: in PASSING, in
 *	   RECOVERING after its end, and in BROKEN until told otherwise.
 */
u64 cbreak_breaker_deadline(const struct cbreak_breaker *b,
			    const struct cbreak_params *p, u64 now_ns)
{
	/* Pairs with the release in enter(): b->since_ns is at least as new. */
	u8 state = cbreak_word_state(smp_load_acquire(&b->word));
	u64 end = READ_ONCE(b->since_ns);

	switch (state) {
	case CBREAK_STATE_BROKEN:
		if (READ_ONCE(b->hold) != CBREAK_HOLD_NONE &&
		    READ_ONCE(b->hold_ms) == CBREAK_HOLD_FOREVER)
			return 0;
		return end + cbreak_breaker_stay_ns(b, p);
	case CBREAK_STATE_RECOVERING:
		end += cbreak_ms_to_ns(cbreak_recovery_ms(p));
		return now_ns < end ? end : 0;
	}
	return 0;
}

/**
 * cbreak_breaker_snapshot - the breaker as it is now
 * @b: the breaker
 * @p: its parameters
 * @now_ns: the present
 * @snap: where it goes
 *
 * Context: BH disabled or process; takes b->lock, so that the parts of the
 *	    picture belong together.
 */
void cbreak_breaker_snapshot(struct cbreak_breaker *b,
			     const struct cbreak_params *p, u64 now_ns,
			     struct cbreak_snapshot *snap)
{
	u64 deadline;

	spin_lock_bh(&b->lock);
	deadline = cbreak_breaker_deadline(b, p, now_ns);
	snap->state = cbreak_word_state(b->word);
	snap->gen = cbreak_word_gen(b->word);
	snap->since_ns = cbreak_elapsed_ns(b->since_ns, now_ns);
	snap->next_ns = cbreak_elapsed_ns(now_ns, deadline);
	snap->counts = snap->state == CBREAK_STATE_BROKEN ?
		       b->entry_counts :
		       cbreak_window_sum(&b->window, snap->gen,
					 cbreak_bucket_ns(p), now_ns);
	snap->hold = CBREAK_HOLD_NONE;
	if (cbreak_breaker_held(b, now_ns)) {
		snap->hold = b->hold;
		snap->hold_ns = b->hold_ms == CBREAK_HOLD_FOREVER ? U64_MAX :
				cbreak_ms_to_ns(b->hold_ms) - snap->since_ns;
	}
	snap->last.kind = READ_ONCE(b->last_kind);
	snap->last.type = READ_ONCE(b->last_type);
	snap->last.code = READ_ONCE(b->last_code);
	spin_unlock_bh(&b->lock);
}
