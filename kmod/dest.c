// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: the breakers of a network namespace
 *
 * Breakers are found under RCU and hold no reference count: whoever found one
 * may use it until the end of the read-side section. They are created by the
 * first SYN to a destination, up to a maximum. When the table is full, the
 * least recently used of a handful of PASSING breakers makes room; breakers
 * in other states only when there are no PASSING ones, and those that an
 * administrator holds in their state, or that count connections, never. When
 * none can be had, the SYN passes and is counted as fail_open.
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
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "dest.h"
#include "event.h"
#include "trace.h"

/* PASSING breakers that are looked at for one to evict. */
#define EVICT_SCAN	16

static struct kmem_cache *dest_slab;

/*
 * A packet waits, and failing is harmless. Accounted: whoever may make network
 * namespaces may make breakers.
 */
#define DEST_GFP	(GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT)

/* Of an IPv4 address three words are zero: half of the work. */
static u32 hash_key(const void *data, u32 len, u32 seed)
{
	const struct cbreak_key *key = data;

	if (key->family == AF_INET)
		return jhash_3words((__force u32)key->addr.ip, key->rule_id,
				    key->port, seed);
	return jhash2(data, len / sizeof(u32), seed);
}

static int compare_key(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct cbreak_dest *dest = obj;
	const struct cbreak_key *key = arg->key;

	return key->rule_id != dest->key.rule_id ||
	       key->port != dest->key.port ||
	       key->family != dest->key.family ||
	       !nf_inet_addr_cmp(&key->addr, &dest->key.addr);
}

static const struct rhashtable_params table_params = {
	.key_len = sizeof(struct cbreak_key),
	.key_offset = offsetof(struct cbreak_dest, key),
	.head_offset = offsetof(struct cbreak_dest, node),
	.hashfn = hash_key,
	.obj_cmpfn = compare_key,
	.automatic_shrinking = true,
};

static void free_rcu(struct rcu_head *rcu)
{
	struct cbreak_dest *dest = container_of(rcu, struct cbreak_dest, rcu);

	free_percpu(dest->counters);
	kmem_cache_free(dest_slab, dest);
}

/**
 * cbreak_dest_free - free an unlinked breaker after a grace period
 * @dest: the breaker
 *
 * Context: any but hard interrupts.
 */
void cbreak_dest_free(struct cbreak_dest *dest)
{
	call_rcu(&dest->rcu, free_rcu);
}

static void count_state(struct cbreak_dest *dest, u8 state)
{
	lockdep_assert_held(&dest->rule->dests->lock);
	WRITE_ONCE(dest->rule->nr[dest->counted],
		   dest->rule->nr[dest->counted] - 1);
	dest->counted = state;
	WRITE_ONCE(dest->rule->nr[state], dest->rule->nr[state] + 1);
}

/**
 * cbreak_dest_unlink_locked - take a breaker out of all that leads to it
 * @dests: the breakers
 * @dest: the breaker; not unlinked yet
 *
 * The timer may have taken it from the queue already; it does not come back.
 *
 * Context: with dests->lock.
 */
void cbreak_dest_unlink_locked(struct cbreak_dests *dests,
			       struct cbreak_dest *dest)
{
	lockdep_assert_held(&dests->lock);
	if (cbreak_breaker_kill(&dest->breaker) == CBREAK_STATE_BROKEN)
		cbreak_limit_put(&dest->rule->peers.broken);
	WRITE_ONCE(dest->rule->peers.live, dest->rule->peers.live - 1);
	rhashtable_remove_fast(&dests->table, &dest->node, table_params);
	list_del(&dest->lru);
	cbreak_guard_forget(&dests->guard, &dest->mark);
	cbreak_dest_disarm_locked(dests, dest);
	WRITE_ONCE(dest->rule->nr[dest->counted],
		   dest->rule->nr[dest->counted] - 1);
	WRITE_ONCE(dests->nr, dests->nr - 1);
	WRITE_ONCE(dests->seq, dests->seq + 1);
	if (dests->changed)
		dests->changed(dests->changed_arg);
}

/* The first of the tripped ones that may go. */
static struct cbreak_dest *oldest_tripped(struct cbreak_dests *dests,
					  u64 now_ns)
{
	struct cbreak_dest *dest;
	int budget = EVICT_SCAN;

	list_for_each_entry(dest, &dests->tripped, lru) {
		if (!budget--)
			break;
		if (!cbreak_breaker_held(&dest->breaker, now_ns) &&
		    !cbreak_dest_conns(dest))
			return dest;
	}
	return NULL;
}

/* Make room for one breaker; bounded work, as a packet waits for it. */
static bool make_room(struct cbreak_dests *dests, u64 now_ns)
{
	struct cbreak_dest *dest, *tmp, *victim = NULL;
	int budget = EVICT_SCAN;
	bool in_use = false;

	lockdep_assert_held(&dests->lock);
	if (dests->nr < dests->max)
		return true;

	list_for_each_entry_safe(dest, tmp, &dests->passing, lru) {
		if (!budget--)
			break;
		if (cbreak_dest_conns(dest))
			in_use = true;
		else if (!cbreak_breaker_held(&dest->breaker, now_ns) &&
			 (!victim || (s32)(READ_ONCE(dest->used_s) -
					   READ_ONCE(victim->used_s)) < 0))
			victim = dest;
		/* Seen: the next search begins behind these. */
		list_move_tail(&dest->lru, &dests->passing);
	}
	/* Behind those in use there may be one that is not: let SYNs look. */
	if (!victim && !in_use)
		victim = oldest_tripped(dests, now_ns);
	if (!victim || !cbreak_dest_may_go(victim))
		return false;
	cbreak_dest_unlink_locked(dests, victim);
	cbreak_dest_free(victim);
	cbreak_stats_inc(dests->stats, CBREAK_STAT_BREAKERS_EVICTED);
	return true;
}

static void report_withheld(struct cbreak_dest *dest,
			    const struct cbreak_transition *tr)
{
	this_cpu_inc(dest->counters->value[CBREAK_COUNTER_WITHHELD]);
	this_cpu_inc(dest->rule->counters->value[CBREAK_COUNTER_WITHHELD]);
	this_cpu_inc(dest->rule->dests->stats->counters.value[CBREAK_COUNTER_WITHHELD]);
	trace_cbreak_withheld(dest, tr);
	/* Of a local fault there is one event, and not one for each breaker. */
	if (tr->withheld != CBREAK_WITHHELD_LOCAL_FAULT)
		cbreak_event_state(dest, tr);
}

/* Not inlined: nearly every SYN and outcome would save registers for it. */
static noinline void changed(struct cbreak_dest *dest,
			     const struct cbreak_transition *tr, u64 now_ns)
{
	struct cbreak_dests *dests = dest->rule->dests;
	u8 state;

	if (!tr->happened) {
		report_withheld(dest, tr);
		return;
	}

	spin_lock_bh(&dests->lock);
	if (!dest->breaker.dead) {
		state = cbreak_word_state(READ_ONCE(dest->breaker.word));
		count_state(dest, state);
		list_move_tail(&dest->lru, state == CBREAK_STATE_PASSING ?
					   &dests->passing : &dests->tripped);
		cbreak_dest_arm_locked(dests, dest, now_ns);
	}
	spin_unlock_bh(&dests->lock);

	if (tr->to == CBREAK_STATE_BROKEN && dests->on_trip &&
	    cbreak_rule_params_rcu(dest->rule)->abort_pending)
		dests->on_trip(dests->on_trip_arg);
	trace_cbreak_state(dest, tr);
	cbreak_event_state(dest, tr);
}

/**
 * cbreak_dest_changed - a breaker made a transition, or one was withheld
 * @dest: the breaker
 * @tr: the transition; nothing is done if there was none
 * @now_ns: the present
 *
 * Counts it, puts it in the queue, and tells everybody. When two transitions
 * follow each other at once on two CPUs, lists and queue settle on the later;
 * the events can be told apart by their generation.
 */
void cbreak_dest_changed(struct cbreak_dest *dest,
			 const struct cbreak_transition *tr, u64 now_ns)
{
	if (unlikely(tr->happened || tr->withheld != CBREAK_WITHHELD_NONE))
		changed(dest, tr, now_ns);
}

/**
 * cbreak_dest_note - an attempt ended, of a rule with a guard
 * @dest: its breaker
 * @answered: whether anything came from the destination
 * @now_ns: the present
 *
 * If most destinations fall silent, no breaker is tripped for a while.
 */
void cbreak_dest_note(struct cbreak_dest *dest, bool answered, u64 now_ns)
{
	struct cbreak_dests *dests = dest->rule->dests;
	struct cbreak_guard_view view;

	switch (cbreak_guard_note(&dests->guard, &dest->mark, answered, now_ns,
				  &view)) {
	case CBREAK_GUARD_FREEZE:
		schedule_delayed_work(&dests->thaw_late, dests->freeze_s * HZ);
		cbreak_stats_inc(dests->stats, CBREAK_STAT_LOCAL_FAULTS);
		trace_cbreak_guard(true, &view);
		cbreak_event_guard(dests, CBREAK_CMD_FREEZE_NTF, &view);
		return;
	case CBREAK_GUARD_THAW:
		schedule_work(&dests->thaw);
		return;
	case CBREAK_GUARD_SAME:
		return;
	}
}

/**
 * cbreak_dest_make_key - the key of a destination's breaker
 * @key: where it goes; what the rule's key leaves out is zero
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
	if (likely(rule->key_type == CBREAK_KEY_TYPE_ADDR_PORT))
		return;
	key->port = 0;
	if (rule->key_type == CBREAK_KEY_TYPE_PREFIX) {
		cbreak_match_apply_mask(&key->addr, addr, &rule->key_mask);
	} else if (rule->key_type == CBREAK_KEY_TYPE_RULE) {
		memset(&key->addr, 0, sizeof(key->addr));
		key->family = AF_UNSPEC;
	}
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

	dest = kmem_cache_zalloc(dest_slab, DEST_GFP);
	if (!dest)
		return NULL;
	dest->counters = alloc_percpu_gfp(struct cbreak_counters, DEST_GFP);
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
	timerqueue_init(&dest->due);
	return dest;
}

/* Enter a new breaker; -EEXIST if another one was faster. */
static int insert_locked(struct cbreak_dests *dests, struct cbreak_dest *dest,
			 u64 now_ns)
{
	int err;

	lockdep_assert_held(&dests->lock);
	if (dest->rule->dead || !make_room(dests, now_ns))
		return -ENOSPC;
	/* 0 is nobody's. An attempt ends long before a number comes again. */
	dests->serial = dests->serial + 1 ?: 1;
	dest->serial = dests->serial;
	err = rhashtable_lookup_insert_fast(&dests->table, &dest->node,
					    table_params);
	if (err)
		/* -EBUSY: no memory for the larger table that is wanted. */
		return err == -EEXIST ? err : -ENOMEM;
	list_add_tail(&dest->lru, &dests->passing);
	WRITE_ONCE(dest->rule->nr[CBREAK_STATE_PASSING],
		   dest->rule->nr[CBREAK_STATE_PASSING] + 1);
	WRITE_ONCE(dest->rule->peers.live, dest->rule->peers.live + 1);
	/* The first one wakes the collector. */
	if (!dests->nr)
		schedule_delayed_work(&dests->gc, HZ);
	WRITE_ONCE(dests->nr, dests->nr + 1);
	WRITE_ONCE(dests->seq, dests->seq + 1);
	if (dests->changed)
		dests->changed(dests->changed_arg);
	return 0;
}

/**
 * cbreak_dest_find_or_create_rcu - find a breaker, make it if there is none
 * @dests: the breakers
 * @rule: its rule
 * @key: its key
 * @now_ns: the present
 *
 * Return: the breaker, valid until the end of the read-side section; -ENOMEM,
 *	   or -ENOSPC if the table is full and none of it may go.
 */
struct cbreak_dest *cbreak_dest_find_or_create_rcu(struct cbreak_dests *dests,
						   struct cbreak_rule *rule,
						   const struct cbreak_key *key,
						   u64 now_ns)
{
	struct cbreak_dest *dest;
	int err;

	dest = cbreak_dest_lookup_rcu(dests, key);
	if (likely(dest)) {
		cbreak_dest_touch(dest);
		return dest;
	}

	dest = alloc_dest(rule, key, now_ns);
	if (!dest)
		return ERR_PTR(-ENOMEM);
	spin_lock_bh(&dests->lock);
	err = insert_locked(dests, dest, now_ns);
	spin_unlock_bh(&dests->lock);
	if (!err)
		return dest;
	free_percpu(dest->counters);
	kmem_cache_free(dest_slab, dest);
	if (err == -EEXIST)
		dest = cbreak_dest_lookup_rcu(dests, key);
	else
		dest = NULL;
	/* It may have gone again, to make room. */
	return dest ?: ERR_PTR(err == -EEXIST ? -ENOSPC : err);
}

/**
 * cbreak_dests_init - an empty table of breakers
 * @dests: the breakers
 * @net: their namespace
 * @stats: its counters
 * @max: most breakers that there may be, at least 1
 * @idle_s: see struct cbreak_dests
 * @freeze_s: see struct cbreak_dests
 *
 * Return: 0 or -ENOMEM.
 */
int cbreak_dests_init(struct cbreak_dests *dests, struct net *net,
		      struct cbreak_stats __percpu *stats, unsigned int max,
		      unsigned int idle_s, unsigned int freeze_s)
{
	dests->net = net;
	dests->stats = stats;
	dests->max = max;
	dests->idle_s = idle_s;
	dests->freeze_s = freeze_s;
	cbreak_guard_init(&dests->guard);
	spin_lock_init(&dests->lock);
	INIT_LIST_HEAD(&dests->passing);
	INIT_LIST_HEAD(&dests->tripped);
	cbreak_dest_timer_init(dests);
	INIT_DELAYED_WORK(&dests->gc, cbreak_dest_collect_idle);
	INIT_WORK(&dests->thaw, cbreak_dest_thaw);
	INIT_DELAYED_WORK(&dests->thaw_late, cbreak_dest_thaw_late);
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
	cancel_work_sync(&dests->thaw);
	cancel_delayed_work_sync(&dests->thaw_late);
	/* With an empty queue it does not start itself again. */
	hrtimer_cancel(&dests->timer);
	rhashtable_destroy(&dests->table);
}

/**
 * cbreak_dest_slab_init - at module load
 *
 * Return: 0 or -ENOMEM.
 */
int cbreak_dest_slab_init(void)
{
	/* What is promised; debug options make locks larger. */
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
