// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: rules of a network namespace
 *
 * A rule is made in steps, so that every failure can be undone: created,
 * which reserves its number and finds conflicts; then published, when SYNs
 * begin to find it. It goes in the reverse order: withdrawn, its breakers
 * removed by the owner, then freed after a grace period.
 *
 * Locks: the caller holds the namespace's mutex for every function but
 * cbreak_rule_classify_rcu(). rule->params is replaced under that mutex and
 * read under RCU.
 *
 * Context: process, may sleep, unless said otherwise.
 */
#include <linux/netlink.h>
#include <linux/slab.h>

#include "inspect.h"
#include "rule.h"

static void bump_seq(struct cbreak_rules *rules)
{
	/* 0 would tell a dump that nothing is to be checked. */
	rules->seq = rules->seq + 1 ?: 1;
}

/**
 * cbreak_rules_init - no rules
 * @rules: the rules
 * @guard: the namespace's; outlives them
 */
void cbreak_rules_init(struct cbreak_rules *rules, struct cbreak_guard *guard)
{
	unsigned int hook;

	rules->guard = guard;
	xa_init_flags(&rules->by_id, XA_FLAGS_ALLOC1);
	for (hook = 0; hook < CBREAK_HOOKS; hook++) {
		cbreak_classify_init(&rules->classifier[hook]);
		rules->nr_hook[hook] = 0;
	}
	/* xa_alloc_cyclic() gives out numbers from here on. */
	rules->next_id = 1;
	rules->nr = 0;
	rules->seq = 1;
}

/**
 * cbreak_rules_uninit - free what an empty set of rules holds
 * @rules: the rules, all removed
 */
void cbreak_rules_uninit(struct cbreak_rules *rules)
{
	WARN_ON_ONCE(rules->nr);
	xa_destroy(&rules->by_id);
}

/**
 * cbreak_rule_lookup - find a rule by name
 * @rules: the rules
 * @name: its name
 *
 * Return: the rule, valid as long as the mutex is held, or NULL.
 */
struct cbreak_rule *cbreak_rule_lookup(struct cbreak_rules *rules,
				       const char *name)
{
	struct cbreak_rule *rule;
	unsigned long id;

	xa_for_each(&rules->by_id, id, rule)
		if (!strcmp(rule->name, name))
			return rule;
	return NULL;
}

static void params_free(struct cbreak_rule_params *params)
{
	cbreak_inspect_put(params->params.inspector);
	kfree(params);
}

static void params_free_rcu(struct rcu_head *rcu)
{
	params_free(container_of(rcu, struct cbreak_rule_params, rcu));
}

static int check_conflicts(struct cbreak_rules *rules, const char *name,
			   const struct cbreak_match *match,
			   struct netlink_ext_ack *extack)
{
	struct cbreak_rule *rule;
	unsigned long id;

	xa_for_each(&rules->by_id, id, rule) {
		const struct cbreak_match *other = &rule->class.match;

		if (!strcmp(rule->name, name)) {
			NL_SET_ERR_MSG(extack,
				       "a rule of this name exists already");
			return -EEXIST;
		}
		if (!cbreak_match_ties(match, other))
			continue;
		if (cbreak_match_equal(match, other))
			NL_SET_ERR_MSG(extack,
				       "another rule has the same match and prio");
		else
			NL_SET_ERR_MSG(extack,
				       "overlaps an equally specific rule of the same prio");
		return -EEXIST;
	}
	return 0;
}

/**
 * cbreak_rule_create - make a rule that no SYN finds yet
 * @rules: the rules it will belong to
 * @name: a valid name
 * @identity: a valid match and key
 * @params: valid parameters
 * @extack: where the reason of a refusal goes
 *
 * Return: the rule; or -EEXIST if its name is taken or a rule with the same
 *	   claim exists, -ENOSPC if there are too many rules, -ENOMEM.
 */
struct cbreak_rule *cbreak_rule_create(struct cbreak_rules *rules,
				       const char *name,
				       const struct cbreak_identity *identity,
				       const struct cbreak_params *params,
				       struct netlink_ext_ack *extack)
{
	struct cbreak_rule *rule;
	int err;

	err = check_conflicts(rules, name, &identity->match, extack);
	if (err)
		return ERR_PTR(err);
	if (rules->nr >= CBREAK_RULES_MAX) {
		NL_SET_ERR_MSG(extack,
			       "too many rules in this network namespace");
		return ERR_PTR(-ENOSPC);
	}

	rule = kzalloc(sizeof(*rule), GFP_KERNEL_ACCOUNT);
	if (!rule)
		return ERR_PTR(-ENOMEM);
	strscpy(rule->name, name, sizeof(rule->name));
	rule->class.match = identity->match;
	rule->cgroup = cbreak_cgroup_get(identity->cgroup);
	rule->key_type = identity->key_type;
	rule->key_len = identity->key_len;
	cbreak_match_make_mask(&rule->key_mask, identity->match.family,
			       identity->key_len);
	rule->counters = alloc_percpu_gfp(struct cbreak_counters,
					  GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!rule->counters) {
		err = -ENOMEM;
		goto err_free;
	}
	err = cbreak_rule_set_params(rules, rule, params);
	if (err)
		goto err_counters;
	err = xa_alloc_cyclic(&rules->by_id, &rule->id, rule, xa_limit_31b,
			      &rules->next_id, GFP_KERNEL_ACCOUNT);
	if (err < 0)
		goto err_params;
	rules->nr++;
	rules->nr_hook[identity->match.hook]++;
	bump_seq(rules);
	return rule;

err_params:
	params_free(rcu_dereference_protected(rule->params, true));
err_counters:
	free_percpu(rule->counters);
err_free:
	cbreak_cgroup_put(rule->cgroup);
	kfree(rule);
	return ERR_PTR(err);
}

/**
 * cbreak_rule_publish - let SYNs find a rule
 * @rules: the rules
 * @rule: a created rule
 * @extack: where the reason of a refusal goes
 *
 * Return: 0, -ENOSPC if its match is of one kind too many, or -ENOMEM.
 */
int cbreak_rule_publish(struct cbreak_rules *rules, struct cbreak_rule *rule,
			struct netlink_ext_ack *extack)
{
	u8 hook = rule->class.match.hook;
	int err;

	err = cbreak_classify_insert(&rules->classifier[hook], &rule->class);
	if (err == -ENOSPC)
		NL_SET_ERR_MSG(extack,
			       "too many kinds of match: each SYN has to look for every one");
	return err;
}

/**
 * cbreak_rule_withdraw - let no further lookup find a rule
 * @rules: the rules
 * @rule: a created rule, published or not
 *
 * Readers may hold it for another grace period. Its breakers are the caller's
 * business.
 */
void cbreak_rule_withdraw(struct cbreak_rules *rules,
			  struct cbreak_rule *rule)
{
	u8 hook = rule->class.match.hook;

	if (rule->class.entries)
		cbreak_classify_remove(&rules->classifier[hook], &rule->class);
	xa_erase(&rules->by_id, rule->id);
	rules->nr--;
	rules->nr_hook[hook]--;
	bump_seq(rules);
}

static void free_rcu(struct rcu_head *rcu)
{
	struct cbreak_rule *rule = container_of(rcu, struct cbreak_rule, rcu);

	cbreak_cgroup_put(rule->cgroup);
	free_percpu(rule->counters);
	params_free(rcu_dereference_protected(rule->params, true));
	kfree(rule);
}

/**
 * cbreak_rule_free - free a withdrawn rule after a grace period
 * @rule: the rule; it has no breakers left
 */
void cbreak_rule_free(struct cbreak_rule *rule)
{
	call_rcu(&rule->rcu, free_rcu);
}

/**
 * cbreak_rule_set_params - replace a rule's parameters
 * @rules: the rules
 * @rule: the rule
 * @params: valid parameters; the rule takes a reference to the inspector
 *
 * Return: 0 or -ENOMEM, with nothing changed.
 */
int cbreak_rule_set_params(struct cbreak_rules *rules,
			   struct cbreak_rule *rule,
			   const struct cbreak_params *params)
{
	struct cbreak_rule_params *new, *old;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->params = *params;
	new->params.peers = &rule->peers;
	new->params.guard = params->local_fault_guard ? rules->guard : NULL;
	cbreak_inspect_get(new->params.inspector);
	old = rcu_replace_pointer(rule->params, new, true);
	if (old)
		call_rcu(&old->rcu, params_free_rcu);
	bump_seq(rules);
	return 0;
}

/**
 * cbreak_rule_classify_rcu - the rule that a connection falls under
 * @rules: the rules
 * @hook: whose connection it is
 * @flow: the connection
 *
 * Context: any, under rcu_read_lock().
 * Return: the rule, without a reference, or NULL.
 */
struct cbreak_rule *
cbreak_rule_classify_rcu(const struct cbreak_rules *rules,
			 enum cbreak_hook hook, const struct cbreak_flow *flow)
{
	struct cbreak_class *class;

	class = cbreak_classify_lookup_rcu(&rules->classifier[hook], flow);
	return class ? container_of(class, struct cbreak_rule, class) : NULL;
}
