/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_DEST_H
#define _CBREAK_DEST_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/rhashtable.h>
#include <linux/timerqueue.h>
#include <linux/workqueue.h>

#include "breaker.h"
#include "guard.h"
#include "rule.h"
#include "stats.h"

struct net;

/**
 * struct cbreak_key - what a breaker is found by
 * @addr: destination address or prefix; unused bytes are zero
 * @rule_id: number of its rule
 * @port: destination port, host byte order; 0 if all ports share a breaker
 * @family: AF_INET or AF_INET6; AF_UNSPEC if the whole rule shares a breaker
 * @pad: zero
 */
struct cbreak_key {
	union nf_inet_addr addr;
	u32 rule_id;
	u16 port;
	u8 family;
	u8 pad;
};

/**
 * struct cbreak_dest - a breaker in its table
 * @node: place in the hash table
 * @key: what it is found by; constant
 * @rule: its rule, which outlives it by a grace period
 * @counters: its counters
 * @breaker: the state machine; its first words share the first cache line
 * @pending: attempts in flight that it counts, while its rule limits them
 * @serial: its number in the namespace, not 0; tells attempts that it counts
 *	    from those of a breaker that was there for the same key before
 * @mark: of the guard against local faults
 * @used_s: when a SYN last asked for it, or a connection that it counted ended,
 *	    in seconds of the monotonic clock
 * @counted: the state in which @rule counts it; guarded by the table's lock
 * @conns: established connections that it counts; CBREAK_CONNS_GONE once it is
 *	   removed for want of use, and counts none any more
 * @shown: has a directory in sysfs; written by the worker of sysfs.c alone
 * @lru: place in one of the table's lists; guarded by the table's lock
 * @rcu: for freeing, once it has left the lists
 * @due: place in the table's queue while the breaker is not PASSING and a
 *	 transition is due; guarded by the table's lock
 */
struct cbreak_dest {
	struct rhash_head node;
	struct cbreak_key key;
	struct cbreak_rule *rule;
	struct cbreak_counters __percpu *counters;
	struct cbreak_breaker breaker;
	atomic_t pending;
	u32 serial;
	u32 mark;
	u32 used_s;
	atomic_t conns;
	u8 counted;
	bool shown;
	union {
		struct list_head lru;
		struct rcu_head rcu;
	};
	struct timerqueue_node due;
};

/**
 * cbreak_dest_touch - a breaker is in use
 * @dest: the breaker
 *
 * Context: any.
 */
static inline void cbreak_dest_touch(struct cbreak_dest *dest)
{
	u32 now_s = ktime_get_seconds();

	/* At most one write a second: the line is shared. */
	if (READ_ONCE(dest->used_s) != now_s)
		WRITE_ONCE(dest->used_s, now_s);
}

/* cbreak_dest.conns of a breaker that goes although its rule stays */
#define CBREAK_CONNS_GONE	(-1)

/**
 * cbreak_dest_get_conn - a breaker counts one more connection
 * @dest: the breaker; stays in its table from now on
 *
 * Context: any, under rcu_read_lock().
 * Return: false if it is just being removed, and does not count it.
 */
static inline bool cbreak_dest_get_conn(struct cbreak_dest *dest)
{
	return atomic_inc_unless_negative(&dest->conns);
}

/**
 * cbreak_dest_put_conn - a breaker counts one connection less
 * @dest: a breaker that counts it
 *
 * Context: any, under rcu_read_lock().
 */
static inline void cbreak_dest_put_conn(struct cbreak_dest *dest)
{
	atomic_dec(&dest->conns);
}

/**
 * cbreak_dest_conns - connections that a breaker counts
 * @dest: the breaker
 *
 * Context: any.
 * Return: how many.
 */
static inline u32 cbreak_dest_conns(const struct cbreak_dest *dest)
{
	return max(atomic_read(&dest->conns), 0);
}

/**
 * cbreak_dest_may_go - may a breaker be removed while its rule stays?
 * @dest: the breaker
 *
 * Context: with the table's lock.
 * Return: true if it counts no connection; it does not count any from now on,
 *	   and has to be removed.
 */
static inline bool cbreak_dest_may_go(struct cbreak_dest *dest)
{
	return !atomic_cmpxchg(&dest->conns, 0, CBREAK_CONNS_GONE);
}

/**
 * struct cbreak_dests - the breakers of a network namespace
 * @table: all of them, by key
 * @net: the namespace
 * @stats: its counters
 * @changed: called when breakers came or went, with the lock held; may be NULL
 * @changed_arg: for @changed
 * @on_trip: called when a breaker entered BROKEN whose rule wants the attempts
 *	     to it to end, under rcu_read_lock(); may be NULL
 * @on_trip_arg: for @on_trip
 * @max: most breakers that there may be
 * @idle_s: time without a SYN after which a breaker is removed that is in
 *	    PASSING, or in RECOVERING beyond its end
 * @freeze_s: time after which @guard is thawed in any case
 * @gc: removes idle breakers
 * @guard: says whether it is this host's own link that fails
 * @thaw: thaws it, because destinations answer
 * @thaw_late: thaws it after @freeze_s
 * @timer: runs while there is something in @due
 * @lock: guards everything below, cbreak_dest.lru, .counted and .due, the
 *	  starting of @timer, and cbreak_rule.nr and .dead
 * @passing: breakers in PASSING, roughly the least recently used first
 * @tripped: the others, the longest in their state first
 * @due: those whose next transition has a date, the earliest first
 * @nr: how many there are
 * @seq: changes whenever a breaker comes or goes
 * @serial: of the last one that came
 */
struct cbreak_dests {
	struct rhashtable table;
	struct net *net;
	struct cbreak_stats __percpu *stats;
	void (*changed)(void *arg);
	void *changed_arg;
	void (*on_trip)(void *arg);
	void *on_trip_arg;
	unsigned int max;
	unsigned int idle_s;
	unsigned int freeze_s;
	struct delayed_work gc;
	struct cbreak_guard guard;
	struct work_struct thaw;
	struct delayed_work thaw_late;
	struct hrtimer timer;
	/* See above. */
	spinlock_t lock;
	struct list_head passing;
	struct list_head tripped;
	struct timerqueue_head due;
	unsigned int nr;
	unsigned int seq;
	u32 serial;
};

int cbreak_dest_slab_init(void);
void cbreak_dest_slab_uninit(void);
int cbreak_dests_init(struct cbreak_dests *dests, struct net *net,
		      struct cbreak_stats __percpu *stats, unsigned int max,
		      unsigned int idle_s, unsigned int freeze_s);
void cbreak_dests_uninit(struct cbreak_dests *dests);
struct cbreak_dest *cbreak_dest_lookup_rcu(struct cbreak_dests *dests,
					   const struct cbreak_key *key);
struct cbreak_dest *cbreak_dest_find_or_create_rcu(struct cbreak_dests *dests,
						   struct cbreak_rule *rule,
						   const struct cbreak_key *key,
						   u64 now_ns);
void cbreak_dest_changed(struct cbreak_dest *dest,
			 const struct cbreak_transition *tr, u64 now_ns);
void cbreak_dest_unlink_locked(struct cbreak_dests *dests,
			       struct cbreak_dest *dest);
void cbreak_dest_free(struct cbreak_dest *dest);
void cbreak_dest_note(struct cbreak_dest *dest, bool answered, u64 now_ns);
void cbreak_dest_make_key(struct cbreak_key *key,
			  const struct cbreak_rule *rule, u8 family,
			  const union nf_inet_addr *addr, u16 port);

/* Transitions that time makes: dest_timer.c */
void cbreak_dest_timer_init(struct cbreak_dests *dests);
void cbreak_dest_arm_locked(struct cbreak_dests *dests,
			    struct cbreak_dest *dest, u64 now_ns);
void cbreak_dest_disarm_locked(struct cbreak_dests *dests,
			       struct cbreak_dest *dest);

/* Of many at once: dest_walk.c */
void cbreak_dest_collect_idle(struct work_struct *work);
void cbreak_dest_thaw(struct work_struct *work);
void cbreak_dest_thaw_late(struct work_struct *work);
void cbreak_dest_params_changed(struct cbreak_dests *dests,
				struct cbreak_rule *rule, bool rescaled);
void cbreak_dest_reset_rule(struct cbreak_dests *dests,
			    struct cbreak_rule *rule, u32 for_ms);
void cbreak_dest_remove_rule(struct cbreak_dests *dests,
			     struct cbreak_rule *rule);
void cbreak_dest_for_each(struct cbreak_dests *dests,
			  void (*fn)(struct cbreak_dest *dest, void *arg),
			  void *arg);

#endif /* _CBREAK_DEST_H */
