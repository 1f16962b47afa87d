// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: the breakers of a network namespace
 *
 * Breakers are found under RCU and hold no reference count: whoever found one
 * may use it until the end of the read-side section. They are created by the
 * first SYN to a destination, up to a maximum. When the table is full, the
 * least recently used of a handful of PASSING breakers makes room; breakers
 * in other states only when there are no PASSING ones. When none can be had,
 * the SYN passes and is counted as fail_open.
 *
 * A breaker that was removed may still be used by readers. Its machine is
 * dead then: it makes no transition, and nothing starts its timer again.
 *
 * Locks: dests->lock, with BH disabled. breaker->lock is not taken under it
 * but for cbreak_breaker_kill(), which makes dests->lock the outer one. The
 * hash table's own bucket locks are taken under it.
 *
 * Context: functions ending in _rcu, and cbreak_dest_changed(), run in any
 * context but hard interrupts, under rcu_read_lock(); the others in process
 * context, and may sleep.
 */
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "dest.h"
#include "event.h"
#include "trace.h"

/* PASSING breakers that are looked at for one to evict. */
#define EVICT_SCAN	16
/* Breakers that a walk handles before it lets others run. */
#define WALK_BATCH	64

static struct kmem_cache *dest_slab;

static const struct rhashtable_params table_params = {
	.key_len = sizeof(struct cbreak_key),
	.key_offset = offsetof(struct cbreak_dest, key),
	.head_offset = offsetof(struct cbreak_dest, node),
	.automatic_shrinking = true,
};

static void free_rcu(struct rcu_head *rcu)
{
	struct cbreak_dest *dest = container_of(rcu, struct cbreak_dest, rcu);

	free_percpu(dest->counters);
	kmem_cache_free(dest_slab, dest);
}

static void count_state(struct cbreak_dest *dest, u8 state)
{
	lockdep_assert_held(&dest->rule->dests->lock);
	WRITE_ONCE(dest->rule->nr[dest->counted],
		   dest->rule->nr[dest->counted] - 1);
	dest->counted = state;
	WRITE_ONCE(dest->rule->nr[state], dest->rule->nr[state] + 1);
}

/*
 * Take a breaker out of everything that leads to it. Its timer may still be
 * queued or running, but is never started again.
 */
static void unlink_locked(struct cbreak_dests *dests, struct cbreak_dest *dest)
{
	lockdep_assert_held(&dests->lock);
	cbreak_breaker_kill(&dest->breaker);
	rhashtable_remove_fast(&dests->table, &dest->node, table_params);
	list_del(&dest->lru);
	WRITE_ONCE(dest->rule->nr[dest->counted],
		   dest->rule->nr[dest->counted] - 1);
	WRITE_ONCE(dests->nr, dests->nr - 1);
	WRITE_ONCE(dests->seq, dests->seq + 1);
	if (dests->changed)
		dests->changed(dests->changed_arg);
}

static bool evict(struct cbreak_dests *dests, struct cbreak_dest *dest)
{
	/*
	 * A callback that runs now may be waiting for the lock that is held
	 * here, so there is no waiting for it: such a breaker stays.
	 */
	if (hrtimer_try_to_cancel(&dest->timer) < 0)
		return false;
	unlink_locked(dests, dest);
	call_rcu(&dest->rcu, free_rcu);
	cbreak_stats_inc(dests->stats, CBREAK_STAT_BREAKERS_EVICTED);
	return true;
}

/* Make room for one breaker; bounded work, as a packet waits for it. */
static bool make_room(struct cbreak_dests *dests)
{
	struct cbreak_dest *dest, *tmp, *victim = NULL;
	int budget = EVICT_SCAN;

	lockdep_assert_held(&dests->lock);
	if (dests->nr < dests->max)
		return true;

	list_for_each_entry_safe(dest, tmp, &dests->passing, lru) {
		if (!budget--)
			break;
		if (!victim || (s32)(READ_ONCE(dest->used_s) -
				     READ_ONCE(victim->used_s)) < 0)
			victim = dest;
		/* Seen: the next search begins behind these. */
		list_move_tail(&dest->lru, &dests->passing);
	}
	if (!victim)
		victim = list_first_entry_or_null(&dests->tripped,
						  struct cbreak_dest, lru);
	return victim && evict(dests, victim);
}

/* Start the timer for the transition that is due, or stop it. */
static void arm_locked(struct cbreak_dests *dests, struct cbreak_dest *dest,
		       u64 now_ns)
{
	u64 deadline;

	lockdep_assert_held(&dests->lock);
	deadline = cbreak_breaker_deadline(&dest->breaker,
					   cbreak_rule_params_rcu(dest->rule),
					   now_ns);
	if (deadline)
		hrtimer_start(&dest->timer, ns_to_ktime(deadline),
			      HRTIMER_MODE_ABS_SOFT);
	else
		hrtimer_try_to_cancel(&dest->timer);
}

/**
 * cbreak_dest_changed - a breaker made a transition
 * @dest: the breaker
 * @tr: the transition; nothing is done if there was none
 * @now_ns: the present
 *
 * Counts it, starts its timer, and tells everybody. When two transitions
 * follow each other at once on two CPUs, lists and timer settle on the later;
 * the events can be told apart by their generation.
 */
void cbreak_dest_changed(struct cbreak_dest *dest,
			 const struct cbreak_transition *tr, u64 now_ns)
{
	struct cbreak_dests *dests = dest->rule->dests;
	u8 state;

	if (!tr->happened)
		return;

	spin_lock_bh(&dests->lock);
	if (!dest->breaker.dead) {
		state = cbreak_word_state(READ_ONCE(dest->breaker.word));
		count_state(dest, state);
		list_move_tail(&dest->lru, state == CBREAK_STATE_PASSING ?
					   &dests->passing : &dests->tripped);
		arm_locked(dests, dest, now_ns);
	}
	spin_unlock_bh(&dests->lock);

	trace_cbreak_state(dest, tr);
	cbreak_event_state(dest, tr);
}

static enum hrtimer_restart timer_expired(struct hrtimer *timer)
{
	struct cbreak_dest *dest = container_of(timer, struct cbreak_dest,
						timer);
	struct cbreak_dests *dests = dest->rule->dests;
	struct cbreak_transition tr = {};
	u64 now_ns = ktime_get_ns();

	rcu_read_lock();
	cbreak_breaker_tick(&dest->breaker, cbreak_rule_params_rcu(dest->rule),
			    now_ns, &tr);
	if (tr.happened) {
		cbreak_dest_changed(dest, &tr, now_ns);
	} else {
		/* Parameters may have moved the deadline away. */
		spin_lock(&dests->lock);
		if (!dest->breaker.dead)
			arm_locked(dests, dest, now_ns);
		spin_unlock(&dests->lock);
	}
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/**
 * cbreak_dest_make_key - the key of a destination's breaker
 * @key: where it goes
 * @rule: the rule
 * @family: AF_INET or AF_INET6
 * @addr: destination address, unused bytes zero
 * @port: destination port, host byte order
 */
void cbreak_dest_make_key(struct cbreak_key *key,
			  const struct cbreak_rule *rule, u8 family,
			  const union nf_inet_addr *addr, u16 port)
{
	key->addr = *addr;
	key->rule_id = rule->id;
	key->port = port;
	key->family = family;
	key->pad = 0;
}

/**
 * cbreak_dest_lookup_rcu - find a breaker
 * @dests: the breakers
 * @key: its key
 *
 * Return: the breaker, valid until the end of the read-side section, or NULL.
 */
struct cbreak_dest *cbreak_dest_lookup_rcu(struct cbreak_dests *dests,
					   const struct cbreak_key *key)
{
	return rhashtable_lookup(&dests->table, key, table_params);
}

static struct cbreak_dest *alloc_dest(struct cbreak_rule *rule,
				      const struct cbreak_key *key, u64 now_ns)
{
	struct cbreak_dest *dest;

	dest = kmem_cache_zalloc(dest_slab, GFP_ATOMIC | __GFP_NOWARN);
	if (!dest)
		return NULL;
	dest->counters = alloc_percpu_gfp(struct cbreak_counters,
					  GFP_ATOMIC | __GFP_NOWARN);
	if (!dest->counters) {
		kmem_cache_free(dest_slab, dest);
		return NULL;
	}
	dest->key = *key;
	dest->rule = rule;
	dest->used_s = ktime_get_seconds();
	dest->counted = CBREAK_STATE_PASSING;
	/* Random, so that attempts of a predecessor are late for this one. */
	cbreak_breaker_init(&dest->breaker, now_ns, get_random_u32());
	hrtimer_setup(&dest->timer, timer_expired, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_SOFT);
	return dest;
}

/* Enter a new breaker; false if it is not wanted after all. */
static bool insert_locked(struct cbreak_dests *dests, struct cbreak_dest *dest)
{
	lockdep_assert_held(&dests->lock);
	if (dest->rule->dead || !make_room(dests))
		return false;
	if (rhashtable_lookup_insert_fast(&dests->table, &dest->node,
					  table_params))
		return false;
	list_add_tail(&dest->lru, &dests->passing);
	WRITE_ONCE(dest->rule->nr[CBREAK_STATE_PASSING],
		   dest->rule->nr[CBREAK_STATE_PASSING] + 1);
	/* The first one wakes the collector. */
	if (!dests->nr)
		schedule_delayed_work(&dests->gc, HZ);
	WRITE_ONCE(dests->nr, dests->nr + 1);
	WRITE_ONCE(dests->seq, dests->seq + 1);
	if (dests->changed)
		dests->changed(dests->changed_arg);
	return true;
}

/**
 * cbreak_dest_find_or_create_rcu - find a breaker, make it if there is none
 * @dests: the breakers
 * @rule: its rule
 * @key: its key
 * @now_ns: the present
 *
 * Return: the breaker, valid until the end of the read-side section; or NULL
 *	   if none could be made, which is counted.
 */
struct cbreak_dest *cbreak_dest_find_or_create_rcu(struct cbreak_dests *dests,
						   struct cbreak_rule *rule,
						   const struct cbreak_key *key,
						   u64 now_ns)
{
	struct cbreak_dest *dest;
	u32 now_s;
	bool done;

	dest = cbreak_dest_lookup_rcu(dests, key);
	if (likely(dest)) {
		now_s = ktime_get_seconds();
		/* At most one write a second: the line is shared. */
		if (READ_ONCE(dest->used_s) != now_s)
			WRITE_ONCE(dest->used_s, now_s);
		return dest;
	}

	dest = alloc_dest(rule, key, now_ns);
	if (dest) {
		spin_lock_bh(&dests->lock);
		done = insert_locked(dests, dest);
		spin_unlock_bh(&dests->lock);
		if (done)
			return dest;
		free_percpu(dest->counters);
		kmem_cache_free(dest_slab, dest);
		/* Somebody else may have been faster. */
		dest = cbreak_dest_lookup_rcu(dests, key);
	}
	if (!dest)
		cbreak_stats_inc(dests->stats, CBREAK_STAT_FAIL_OPEN);
	return dest;
}

static void free_list(struct list_head *doomed)
{
	struct cbreak_dest *dest, *tmp;

	list_for_each_entry_safe(dest, tmp, doomed, lru) {
		list_del(&dest->lru);
		hrtimer_cancel(&dest->timer);
		call_rcu(&dest->rcu, free_rcu);
	}
}

typedef void (*visit_fn)(struct cbreak_dests *dests, struct cbreak_dest *dest,
			 void *arg, struct list_head *doomed);

/*
 * Visit every breaker, under RCU and with no lock. A breaker that comes or
 * goes meanwhile may be missed, or visited twice when the table is resized.
 */
static void walk(struct cbreak_dests *dests, visit_fn visit, void *arg)
{
	struct rhashtable_iter iter;
	struct cbreak_dest *dest;
	LIST_HEAD(doomed);
	int n = 0;

	rhashtable_walk_enter(&dests->table, &iter);
	rhashtable_walk_start(&iter);
	while ((dest = rhashtable_walk_next(&iter))) {
		if (IS_ERR(dest))
			continue;
		visit(dests, dest, arg, &doomed);
		if (++n % WALK_BATCH)
			continue;
		rhashtable_walk_stop(&iter);
		free_list(&doomed);
		cond_resched();
		rhashtable_walk_start(&iter);
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	free_list(&doomed);
}

struct each {
	void (*fn)(struct cbreak_dest *dest, void *arg);
	void *arg;
};

static void visit_each(struct cbreak_dests *dests, struct cbreak_dest *dest,
		       void *arg, struct list_head *doomed)
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

static void doom(struct cbreak_dests *dests, struct cbreak_dest *dest,
		 struct list_head *doomed)
{
	spin_lock_bh(&dests->lock);
	/* A resize can show one twice, and a packet may have evicted it. */
	if (!dest->breaker.dead) {
		unlink_locked(dests, dest);
		list_add(&dest->lru, doomed);
	}
	spin_unlock_bh(&dests->lock);
}

static void visit_remove(struct cbreak_dests *dests, struct cbreak_dest *dest,
			 void *rule, struct list_head *doomed)
{
	if (dest->rule == rule)
		doom(dests, dest, doomed);
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

static void visit_reset(struct cbreak_dests *dests, struct cbreak_dest *dest,
			void *rule, struct list_head *doomed)
{
	struct cbreak_transition tr = {};
	u64 now_ns = ktime_get_ns();

	if (dest->rule != rule)
		return;
	cbreak_breaker_reset(&dest->breaker, cbreak_rule_params_rcu(rule),
			     now_ns, &tr);
	cbreak_dest_changed(dest, &tr, now_ns);
}

/**
 * cbreak_dest_reset_rule - put all breakers of a rule into PASSING
 * @dests: the breakers
 * @rule: the rule
 */
void cbreak_dest_reset_rule(struct cbreak_dests *dests,
			    struct cbreak_rule *rule)
{
	walk(dests, visit_reset, rule);
}

static void visit_rearm(struct cbreak_dests *dests, struct cbreak_dest *dest,
			void *rule, struct list_head *doomed)
{
	if (dest->rule != rule)
		return;
	spin_lock_bh(&dests->lock);
	if (!dest->breaker.dead)
		arm_locked(dests, dest, ktime_get_ns());
	spin_unlock_bh(&dests->lock);
}

static void visit_rescale(struct cbreak_dests *dests, struct cbreak_dest *dest,
			  void *rule, struct list_head *doomed)
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

static void visit_idle(struct cbreak_dests *dests, struct cbreak_dest *dest,
		       void *arg, struct list_head *doomed)
{
	const struct cbreak_params *p = cbreak_rule_params_rcu(dest->rule);
	u32 now_s = ktime_get_seconds();
	u32 idle_s;

	/* Outcomes that are still in the window, or to come, are needed. */
	idle_s = max(dests->idle_s, DIV_ROUND_UP(p->response_ms +
						 p->connect_timeout_ms, 1000));
	if (cbreak_word_state(READ_ONCE(dest->breaker.word)) !=
	    CBREAK_STATE_PASSING || now_s - READ_ONCE(dest->used_s) < idle_s)
		return;
	doom(dests, dest, doomed);
	cbreak_stats_inc(dests->stats, CBREAK_STAT_BREAKERS_EXPIRED);
}

static void collect_idle(struct work_struct *work)
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

/**
 * cbreak_dests_init - an empty table of breakers
 * @dests: the breakers
 * @net: their namespace
 * @stats: its counters
 * @max: most breakers that there may be, at least 1
 * @idle_s: see struct cbreak_dests
 *
 * Return: 0 or -ENOMEM.
 */
int cbreak_dests_init(struct cbreak_dests *dests, struct net *net,
		      struct cbreak_stats __percpu *stats, unsigned int max,
		      unsigned int idle_s)
{
	dests->net = net;
	dests->stats = stats;
	dests->max = max;
	dests->idle_s = idle_s;
	spin_lock_init(&dests->lock);
	INIT_LIST_HEAD(&dests->passing);
	INIT_LIST_HEAD(&dests->tripped);
	INIT_DELAYED_WORK(&dests->gc, collect_idle);
	return rhashtable_init(&dests->table, &table_params);
}

/**
 * cbreak_dests_uninit - free an empty table
 * @dests: the breakers; all rules are removed and no packet comes any more
 */
void cbreak_dests_uninit(struct cbreak_dests *dests)
{
	WARN_ON_ONCE(dests->nr);
	cancel_delayed_work_sync(&dests->gc);
	rhashtable_destroy(&dests->table);
}

/**
 * cbreak_dest_slab_init - at module load
 *
 * Return: 0 or -ENOMEM.
 */
int cbreak_dest_slab_init(void)
{
	/* What is promised; debug options make locks and timers larger. */
	BUILD_BUG_ON(IS_ENABLED(CONFIG_64BIT) && !IS_ENABLED(CONFIG_LOCKDEP) &&
		     sizeof(struct cbreak_dest) > 256);
	dest_slab = KMEM_CACHE(cbreak_dest, SLAB_HWCACHE_ALIGN);
	return dest_slab ? 0 : -ENOMEM;
}

/**
 * cbreak_dest_slab_uninit - at module unload, after rcu_barrier()
 */
void cbreak_dest_slab_uninit(void)
{
	kmem_cache_destroy(dest_slab);
}
