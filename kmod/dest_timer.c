// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: transitions that time makes
 *
 * Breakers that have one to come stand in a queue, and one timer comes when the
 * first of them is due. Both are guarded by dests->lock.
 */
#include <linux/ktime.h>

#include "compat/compat.h"
#include "dest.h"

/* Breakers that one run of the timer handles. */
#define TIMER_BATCH	64

/**
 * cbreak_dest_disarm_locked - no transition is due
 * @dests: the breakers
 * @dest: the breaker
 *
 * Context: with dests->lock.
 */
void cbreak_dest_disarm_locked(struct cbreak_dests *dests,
			       struct cbreak_dest *dest)
{
	lockdep_assert_held(&dests->lock);
	if (RB_EMPTY_NODE(&dest->due.node))
		return;
	/* If it was the first, the timer comes early and looks again. */
	timerqueue_del(&dests->due, &dest->due);
}

/* Let the timer come when the first in the queue is due. */
static void start_timer(struct cbreak_dests *dests)
{
	struct timerqueue_node *first = timerqueue_getnext(&dests->due);

	lockdep_assert_held(&dests->lock);
	if (first)
		hrtimer_start(&dests->timer, first->expires,
			      HRTIMER_MODE_ABS_SOFT);
}

/**
 * cbreak_dest_arm_locked - have the timer make the transition that is due next
 * @dests: the breakers
 * @dest: the breaker; not unlinked
 * @now_ns: the present
 *
 * Context: with dests->lock, under rcu_read_lock().
 */
void cbreak_dest_arm_locked(struct cbreak_dests *dests,
			    struct cbreak_dest *dest, u64 now_ns)
{
	u64 deadline;

	lockdep_assert_held(&dests->lock);
	deadline = cbreak_breaker_deadline(&dest->breaker,
					   cbreak_rule_params_rcu(dest->rule),
					   now_ns);
	cbreak_dest_disarm_locked(dests, dest);
	if (!deadline)
		return;
	dest->due.expires = ns_to_ktime(deadline);
	if (timerqueue_add(&dests->due, &dest->due))
		start_timer(dests);
}

/* Take the first that is due out of the queue; NULL if none is. */
static struct cbreak_dest *take_due(struct cbreak_dests *dests, u64 now_ns)
{
	struct timerqueue_node *first;

	spin_lock(&dests->lock);
	first = timerqueue_getnext(&dests->due);
	if (first && ktime_to_ns(first->expires) <= now_ns)
		timerqueue_del(&dests->due, first);
	else
		first = NULL;
	spin_unlock(&dests->lock);
	return first ? container_of(first, struct cbreak_dest, due) : NULL;
}

static void make_transition(struct cbreak_dests *dests,
			    struct cbreak_dest *dest, u64 now_ns)
{
	struct cbreak_transition tr = {};

	cbreak_breaker_tick(&dest->breaker, cbreak_rule_params_rcu(dest->rule),
			    now_ns, &tr);
	cbreak_dest_changed(dest, &tr, now_ns);
	if (tr.happened)
		return;
	/* Parameters may have moved the deadline away. */
	spin_lock(&dests->lock);
	if (!dest->breaker.dead)
		cbreak_dest_arm_locked(dests, dest, now_ns);
	spin_unlock(&dests->lock);
}

/*
 * A breaker that leaves the table meanwhile stays until the end of the
 * read-side section. What a batch leaves over is due at once: the softirq
 * handler then sees to it that others run in between.
 */
static enum hrtimer_restart timer_expired(struct hrtimer *timer)
{
	struct cbreak_dests *dests = container_of(timer, struct cbreak_dests,
						  timer);
	u64 now_ns = ktime_get_ns();
	struct cbreak_dest *dest;
	int budget = TIMER_BATCH;

	rcu_read_lock();
	while (budget-- && (dest = take_due(dests, now_ns)))
		make_transition(dests, dest, now_ns);
	rcu_read_unlock();

	spin_lock(&dests->lock);
	start_timer(dests);
	spin_unlock(&dests->lock);
	return HRTIMER_NORESTART;
}

/**
 * cbreak_dest_timer_init - an empty queue, and its timer
 * @dests: the breakers
 */
void cbreak_dest_timer_init(struct cbreak_dests *dests)
{
	timerqueue_init_head(&dests->due);
	hrtimer_setup(&dests->timer, timer_expired, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_SOFT);
}
