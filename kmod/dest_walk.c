// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: what is done to many breakers at once
 *
 * Resetting or removing those of a rule, collecting idle ones, and whatever
 * others want to see of them. All of it walks the hash table under RCU and
 * takes dests->lock for one breaker at a time, so that no packet waits long.
 *
 * Context: process, may sleep.
 */
#include <linux/ktime.h>

#include "compat/compat.h"
#include "dest.h"
#include "event.h"
#include "trace.h"

/* Breakers that a walk handles before it lets others run. */
#define WALK_BATCH	64

typedef void (*visit_fn)(struct cbreak_dests *dests, struct cbreak_dest *dest,
			 void *arg);

/*
 * Visit every breaker, under RCU and with no lock. A breaker that comes or
 * goes meanwhile may be missed, or visited twice when the table is resized.
 * Others run while the walk stands at one that is yet to be visited: if that
 * one goes, what was behind it has its place.
 */
static void walk(struct cbreak_dests *dests, visit_fn visit, void *arg)
{
	struct rhashtable_iter iter;
	struct cbreak_dest *dest;
	unsigned int n;

	rhashtable_walk_enter(&dests->table, &iter);
	do {
		cbreak_compat_walk_start(&dests->table, &iter);
		dest = rhashtable_walk_peek(&iter);
		for (n = 0; dest && n < WALK_BATCH; n++) {
			/* An error is a resize; it goes on in the new table. */
			if (!IS_ERR(dest))
				visit(dests, dest, arg);
			dest = rhashtable_walk_next(&iter);
		}
		rhashtable_walk_stop(&iter);
		cond_resched();
	} while (dest);
	rhashtable_walk_exit(&iter);
}

struct each {
	void (*fn)(struct cbreak_dest *dest, void *arg);
	void *arg;
};

static void visit_each(struct cbreak_dests *dests, struct cbreak_dest *dest,
		       void *arg)
{
	const struct each *each = arg;

	each->fn(dest, each->arg);
}

/**
 * cbreak_dest_for_each - call a function for every breaker
 * @dests: the breakers
 * @fn: called under rcu_read_lock(); may miss a breaker that comes or goes
 *	meanwhile, and may see one twice
 * @arg: handed to @fn
 */
void cbreak_dest_for_each(struct cbreak_dests *dests,
			  void (*fn)(struct cbreak_dest *dest, void *arg),
			  void *arg)
{
	struct each each = { .fn = fn, .arg = arg };

	walk(dests, visit_each, &each);
}

static void doom_locked(struct cbreak_dests *dests, struct cbreak_dest *dest)
{
	lockdep_assert_held(&dests->lock);
	cbreak_dest_unlink_locked(dests, dest);
	cbreak_dest_free(dest);
}

static void visit_remove(struct cbreak_dests *dests, struct cbreak_dest *dest,
			 void *rule)
{
	if (dest->rule != rule)
		return;
	spin_lock_bh(&dests->lock);
	/* A resize can show one twice, and a packet may have evicted it. */
	if (!dest->breaker.dead)
		doom_locked(dests, dest);
	spin_unlock_bh(&dests->lock);
}

static bool rule_has_dests(struct cbreak_rule *rule)
{
	unsigned int i;
	u32 n = 0;

	spin_lock_bh(&rule->dests->lock);
	for (i = 0; i < CBREAK_STATES; i++)
		n += rule->nr[i];
	spin_unlock_bh(&rule->dests->lock);
	return n;
}

/**
 * cbreak_dest_remove_rule - remove the breakers of a rule for good
 * @dests: the breakers
 * @rule: the rule; no new breaker is made for it from now on
 */
void cbreak_dest_remove_rule(struct cbreak_dests *dests,
			     struct cbreak_rule *rule)
{
	spin_lock_bh(&dests->lock);
	rule->dead = true;
	spin_unlock_bh(&dests->lock);

	/* A walk can miss some while the table is resized. */
	while (rule_has_dests(rule))
		walk(dests, visit_remove, rule);
}

struct reset {
	struct cbreak_rule *rule;
	u32 for_ms;
};

static void visit_reset(struct cbreak_dests *dests, struct cbreak_dest *dest,
			void *arg)
{
	const struct reset *reset = arg;
	struct cbreak_transition tr = {};
	u64 now_ns = ktime_get_ns();

	if (dest->rule != reset->rule)
		return;
	cbreak_breaker_control(&dest->breaker,
			       cbreak_rule_params_rcu(reset->rule), now_ns,
			       CBREAK_HOLD_RESET, reset->for_ms, &tr);
	cbreak_dest_changed(dest, &tr, now_ns);
}

/**
 * cbreak_dest_reset_rule - put all breakers of a rule into PASSING
 * @dests: the breakers
 * @rule: the rule
 * @for_ms: how long they stay there at least, 0 for passing_time
 */
void cbreak_dest_reset_rule(struct cbreak_dests *dests,
			    struct cbreak_rule *rule, u32 for_ms)
{
	struct reset reset = { .rule = rule, .for_ms = for_ms };

	walk(dests, visit_reset, &reset);
}

static void visit_rearm(struct cbreak_dests *dests, struct cbreak_dest *dest,
			void *rule)
{
	struct cbreak_transition tr = {};
	u64 now_ns = ktime_get_ns();

	if (dest->rule != rule)
		return;
	cbreak_breaker_tick(&dest->breaker, cbreak_rule_params_rcu(rule),
			    now_ns, &tr);
	cbreak_dest_changed(dest, &tr, now_ns);
	if (tr.happened)
		return;
	spin_lock_bh(&dests->lock);
	if (!dest->breaker.dead)
		cbreak_dest_arm_locked(dests, dest, now_ns);
	spin_unlock_bh(&dests->lock);
}

static void visit_rescale(struct cbreak_dests *dests, struct cbreak_dest *dest,
			  void *rule)
{
	if (dest->rule == rule)
		cbreak_window_clear(&dest->breaker.window);
}

/**
 * cbreak_dest_params_changed - a rule has got new parameters
 * @dests: the breakers
 * @rule: the rule
 * @rescaled: whether the window has another length, which empties the windows:
 *	      outcomes that are in buckets cannot be spread over other buckets
 *
 * States stay; a transition that the new times make due happens at once.
 */
void cbreak_dest_params_changed(struct cbreak_dests *dests,
				struct cbreak_rule *rule, bool rescaled)
{
	if (rescaled) {
		/* From then on nobody counts in buckets of the old length. */
		synchronize_rcu();
		walk(dests, visit_rescale, rule);
	}
	walk(dests, visit_rearm, rule);
}

/* The failures of a time in which nothing could succeed say nothing. */
static void visit_thaw(struct cbreak_dests *dests, struct cbreak_dest *dest,
		       void *arg)
{
	if (!cbreak_rule_params_rcu(dest->rule)->guard)
		return;
	cbreak_window_clear(&dest->breaker.window);
	atomic_set(&dest->breaker.streak, 0);
}

/*
 * Let breakers trip again. Windows are emptied while nothing can trip yet, or
 * what they hold would trip their breakers at the next outcome, even a success.
 * Two that do it at once do it once.
 */
static void thaw(struct cbreak_dests *dests)
{
	struct cbreak_guard_view view;

	walk(dests, visit_thaw, NULL);
	if (!cbreak_guard_thaw(&dests->guard, ktime_get_ns(), &view))
		return;
	rcu_read_lock();
	trace_cbreak_guard(false, &view);
	cbreak_event_guard(dests, CBREAK_CMD_THAW_NTF, &view);
	rcu_read_unlock();
}

/**
 * cbreak_dest_thaw - the work of cbreak_dests.thaw
 * @work: the work
 */
void cbreak_dest_thaw(struct work_struct *work)
{
	struct cbreak_dests *dests = container_of(work, struct cbreak_dests,
						  thaw);

	if (!cbreak_guard_may_thaw(&dests->guard))
		return;
	/* It is of this freeze, and not to end the next one. */
	cancel_delayed_work(&dests->thaw_late);
	thaw(dests);
}

/**
 * cbreak_dest_thaw_late - the work of cbreak_dests.thaw_late
 * @work: the work
 */
void cbreak_dest_thaw_late(struct work_struct *work)
{
	struct cbreak_dests *dests = container_of(to_delayed_work(work),
						  struct cbreak_dests,
						  thaw_late);

	if (cbreak_guard_is_frozen(&dests->guard))
		thaw(dests);
}

/*
 * Will nothing happen to it any more unless somebody connects? That is so in
 * PASSING, and in RECOVERING when its time is over and outcomes are wanting;
 * destinations that went for good would stay there for ever. What an
 * administrator has said stays said.
 */
static bool is_open_ended(const struct cbreak_dest *dest,
			  const struct cbreak_params *p)
{
	u64 now_ns = ktime_get_ns();

	return !cbreak_breaker_deadline(&dest->breaker, p, now_ns) &&
	       !cbreak_breaker_held(&dest->breaker, now_ns);
}

static void visit_idle(struct cbreak_dests *dests, struct cbreak_dest *dest,
		       void *arg)
{
	const struct cbreak_params *p = cbreak_rule_params_rcu(dest->rule);
	u32 now_s = ktime_get_seconds();
	u32 idle_s;

	/* Outcomes that are still in the window, or to come, are needed. */
	idle_s = max(dests->idle_s, DIV_ROUND_UP(p->response_ms +
						 p->connect_timeout_ms, 1000));
	if (now_s - READ_ONCE(dest->used_s) < idle_s ||
	    !is_open_ended(dest, p))
		return;
	spin_lock_bh(&dests->lock);
	if (!dest->breaker.dead && cbreak_dest_may_go(dest)) {
		doom_locked(dests, dest);
		cbreak_stats_inc(dests->stats, CBREAK_STAT_BREAKERS_EXPIRED);
	}
	spin_unlock_bh(&dests->lock);
}

/**
 * cbreak_dest_collect_idle - the work of cbreak_dests.gc
 * @work: the work
 */
void cbreak_dest_collect_idle(struct work_struct *work)
{
	struct cbreak_dests *dests = container_of(to_delayed_work(work),
						  struct cbreak_dests, gc);
	unsigned int period_s = max(dests->idle_s / 4, 1U);

	walk(dests, visit_idle, NULL);
	spin_lock_bh(&dests->lock);
	if (dests->nr)
		schedule_delayed_work(&dests->gc, period_s * HZ);
	spin_unlock_bh(&dests->lock);
}
