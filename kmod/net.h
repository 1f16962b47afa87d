/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_NET_H
#define _CBREAK_NET_H

#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "attempt.h"
#include "conn.h"
#include "dest.h"
#include "reject.h"
#include "rule.h"
#include "stats.h"

/* Buckets of the table of breakers shown in sysfs. */
#define CBREAK_SYSFS_BUCKETS	256

/**
 * struct cbreak_sysfs - what is shown of a namespace in sysfs
 * @work: makes and removes the directories of breakers
 * @max: most breakers that have a directory
 * @lock: guards everything below, and cbreak_rule.dev
 * @shown: breakers that have one, by key
 * @nr_shown: how many
 */
struct cbreak_sysfs {
	struct delayed_work work;
	unsigned int max;
	/* See above; taken inside cbreak_net.lock. */
	struct mutex lock;
	struct hlist_head shown[CBREAK_SYSFS_BUCKETS];
	unsigned int nr_shown;
};

/**
 * struct cbreak_net - everything cbreak knows of a network namespace
 * @net: the namespace
 * @stats: its counters
 * @rules: its rules
 * @dests: its breakers
 * @attempts: its attempts in flight; allocated while there are hooks
 * @max_attempts: size to allocate
 * @expire: ends attempts that nobody answers
 * @conns: connections that are followed; there while rules ask for it
 * @nr_follow: rules that do
 * @max_followed: size to allocate
 * @abort: ends those of breakers that trip
 * @may_abort: whether @abort may be started
 * @hooks: the registered netfilter hooks, by enum cbreak_hook; NULL while there
 *	   is no rule for it
 * @reject: what answers forwarded SYNs; there while their hooks are
 * @sysfs: what is shown in sysfs
 * @lock: serialises changes of the configuration
 */
struct cbreak_net {
	struct net *net;
	struct cbreak_stats __percpu *stats;
	struct cbreak_rules rules;
	struct cbreak_dests dests;
	struct cbreak_attempt_table attempts;
	unsigned int max_attempts;
	struct delayed_work expire;
	struct cbreak_conn_table __rcu *conns;
	unsigned int nr_follow;
	unsigned int max_followed;
	struct delayed_work abort;
	bool may_abort;
	struct nf_hook_ops *hooks[CBREAK_HOOKS];
	struct cbreak_rejecter reject;
	struct cbreak_sysfs sysfs;
	/* See above; the outermost lock. */
	struct mutex lock;
};

extern unsigned int cbreak_net_id;

static inline struct cbreak_net *cbreak_net(const struct net *net)
{
	return net_generic(net, cbreak_net_id);
}

static inline void cbreak_net_count(struct cbreak_net *cn,
				    struct cbreak_dest *dest,
				    enum cbreak_counter counter)
{
	this_cpu_inc(dest->counters->value[counter]);
	this_cpu_inc(dest->rule->counters->value[counter]);
	this_cpu_inc(cn->stats->counters.value[counter]);
}

#endif /* _CBREAK_NET_H */
