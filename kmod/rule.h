/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_RULE_H
#define _CBREAK_RULE_H

#include <linux/mutex.h>
#include <linux/xarray.h>

#include "breaker.h"
#include "cgroup.h"
#include "classify.h"
#include "stats.h"

struct cbreak_dests;
struct netlink_ext_ack;

/**
 * struct cbreak_rule_params - parameters that can be replaced under RCU
 * @params: the parameters
 * @rcu: for freeing
 */
struct cbreak_rule_params {
	struct cbreak_params params;
	struct rcu_head rcu;
};

/**
 * struct cbreak_identity - what makes a rule the one that it is
 * @match: which connections
 * @cgroup: that of @match, or NULL; whoever parsed this gives it back
 * @key_type: enum cbreak_key_type
 * @key_len: prefix length of its breakers' keys, for CBREAK_KEY_TYPE_PREFIX
 */
struct cbreak_identity {
	struct cbreak_match match;
	struct cbreak_cgroup *cgroup;
	u8 key_type;
	u8 key_len;
};

/**
 * struct cbreak_rule - a rule of a network namespace
 * @class: its match and place in the classifier
 * @cgroup: that of its match, referenced, or NULL
 * @id: its number, the key of its breakers
 * @key_type: enum cbreak_key_type: what shares a breaker
 * @key_len: length of @key_mask
 * @key_mask: for CBREAK_KEY_TYPE_PREFIX
 * @params: replaced as a whole; writers hold the namespace's mutex
 * @counters: totals of its breakers, those that are gone included
 * @dests: the namespace's breakers
 * @nr: its breakers by enum cbreak_state, guarded by @dests' lock
 * @peers: the same, as the machine needs it
 * @dead: being removed, no new breakers; guarded by @dests' lock
 * @dev: its directory in sysfs; owned by sysfs.c
 * @rcu: for freeing
 * @name: its name, unique in the namespace
 */
struct cbreak_rule {
	struct cbreak_class class;
	struct cbreak_cgroup *cgroup;
	u32 id;
	u8 key_type;
	u8 key_len;
	union nf_inet_addr key_mask;
	struct cbreak_rule_params __rcu *params;
	struct cbreak_counters __percpu *counters;
	struct cbreak_dests *dests;
	u32 nr[CBREAK_STATES];
	struct cbreak_peers peers;
	bool dead;
	struct device *dev;
	struct rcu_head rcu;
	char name[CBREAK_NAME_MAX + 1];
};

/**
 * struct cbreak_rules - the rules of a network namespace
 * @by_id: all of them
 * @next_id: where to look for a free id
 * @nr: how many
 * @nr_hook: how many of each enum cbreak_hook
 * @seq: changes whenever a rule comes, changes or goes; never 0
 * @classifier: their matches, by enum cbreak_hook
 * @guard: for those that have a guard against local faults
 *
 * Changes are serialised by the namespace's mutex; lookups run under RCU.
 */
struct cbreak_rules {
	struct xarray by_id;
	u32 next_id;
	unsigned int nr;
	unsigned int nr_hook[CBREAK_HOOKS];
	unsigned int seq;
	struct cbreak_classifier classifier[CBREAK_HOOKS];
	struct cbreak_guard *guard;
};

/* More would only make changes slow; a SYN does not notice. */
#define CBREAK_RULES_MAX	65536

static inline const struct cbreak_params *
cbreak_rule_params_rcu(const struct cbreak_rule *rule)
{
	return &rcu_dereference(rule->params)->params;
}

void cbreak_rules_init(struct cbreak_rules *rules, struct cbreak_guard *guard);
void cbreak_rules_uninit(struct cbreak_rules *rules);
struct cbreak_rule *cbreak_rule_lookup(struct cbreak_rules *rules,
				       const char *name);
struct cbreak_rule *cbreak_rule_create(struct cbreak_rules *rules,
				       const char *name,
				       const struct cbreak_identity *identity,
				       const struct cbreak_params *params,
				       struct netlink_ext_ack *extack);
int cbreak_rule_publish(struct cbreak_rules *rules, struct cbreak_rule *rule,
			struct netlink_ext_ack *extack);
void cbreak_rule_withdraw(struct cbreak_rules *rules,
			  struct cbreak_rule *rule);
void cbreak_rule_free(struct cbreak_rule *rule);
int cbreak_rule_set_params(struct cbreak_rules *rules,
			   struct cbreak_rule *rule,
			   const struct cbreak_params *params);
struct cbreak_rule *
cbreak_rule_classify_rcu(const struct cbreak_rules *rules,
			 enum cbreak_hook hook,
			 const struct cbreak_flow *flow);

#endif /* _CBREAK_RULE_H */
