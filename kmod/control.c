// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: changes of a namespace's configuration
 *
 * What netlink asks for, in terms of rules, breakers, hooks and sysfs. Every
 * change either happens as a whole or leaves everything as it was. Arguments
 * are valid already; the caller of each function holds cn->lock.
 *
 * Context: process, may sleep.
 */
#include <linux/ktime.h>
#include <linux/netlink.h>

#include "control.h"
#include "event.h"
#include "follow.h"
#include "hook.h"
#include "net.h"
#include "sysfs.h"

static void destroy_rule(struct cbreak_net *cn, struct cbreak_rule *rule)
{
	cbreak_rule_withdraw(&cn->rules, rule);
	cbreak_dest_remove_rule(&cn->dests, rule);
	cbreak_sysfs_remove_rule(cn, rule);
	if (!cn->rules.nr_hook[rule->class.match.hook])
		cbreak_hook_stop(cn, rule->class.match.hook);
	cbreak_rule_free(rule);
}

static const struct cbreak_params *get_params(const struct cbreak_net *cn,
					      const struct cbreak_rule *rule)
{
	return &rcu_dereference_protected(rule->params,
					  lockdep_is_held(&cn->lock))->params;
}

/* The same for a rule that has been in force. */
static void remove_rule(struct cbreak_net *cn, struct cbreak_rule *rule)
{
	bool follow = cbreak_params_follow(get_params(cn, rule));

	destroy_rule(cn, rule);
	if (follow)
		cbreak_follow_put(cn);
}

/**
 * cbreak_control_add_rule - create a rule and put it in force
 * @cn: the namespace
 * @name: its name
 * @identity: its match and key
 * @params: its parameters
 * @extack: where the reason of a refusal goes
 *
 * Return: 0; -EEXIST if another rule has the name or an equal claim, -ENOSPC
 *	   if there are too many rules or kinds of match, -EOPNOTSUPP if the
 *	   kernel cannot do what the hook needs, or cannot tell what the
 *	   parameters ask for, -ENOMEM.
 */
int cbreak_control_add_rule(struct cbreak_net *cn, const char *name,
			    const struct cbreak_identity *identity,
			    const struct cbreak_params *params,
			    struct netlink_ext_ack *extack)
{
	struct cbreak_rule *rule;
	int err;

	rule = cbreak_rule_create(&cn->rules, name, identity, params, extack);
	if (IS_ERR(rule))
		return PTR_ERR(rule);
	rule->dests = &cn->dests;

	if (cbreak_params_follow(params)) {
		err = cbreak_follow_get(cn, extack);
		if (err)
			goto err_destroy;
	}
	/* Hooks are there while there are rules for them. */
	err = cbreak_hook_start(cn, identity->match.hook, extack);
	if (err)
		goto err_unfollow;
	err = cbreak_sysfs_add_rule(cn, rule);
	if (err)
		goto err_unfollow;
	err = cbreak_rule_publish(&cn->rules, rule, extack);
	if (err)
		goto err_unfollow;
	cbreak_event_rule(rule, CBREAK_CMD_RULE_NEW_NTF);
	return 0;

err_unfollow:
	if (cbreak_params_follow(params))
		cbreak_follow_put(cn);
err_destroy:
	destroy_rule(cn, rule);
	return err;
}

/**
 * cbreak_control_set_params - replace a rule's parameters
 * @cn: the namespace
 * @rule: the rule
 * @params: all of its parameters
 * @extack: where the reason of a refusal goes
 *
 * Return: 0; -EOPNOTSUPP if the kernel cannot tell what the parameters ask for,
 *	   -ENOMEM.
 */
int cbreak_control_set_params(struct cbreak_net *cn, struct cbreak_rule *rule,
			      const struct cbreak_params *params,
			      struct netlink_ext_ack *extack)
{
	const struct cbreak_params *old = get_params(cn, rule);
	bool rescaled = old->response_ms != params->response_ms;
	bool followed = cbreak_params_follow(old);
	bool follow = cbreak_params_follow(params);
	int err;

	if (follow && !followed) {
		err = cbreak_follow_get(cn, extack);
		if (err)
			return err;
	}
	err = cbreak_rule_set_params(&cn->rules, rule, params);
	if (err) {
		if (follow && !followed)
			cbreak_follow_put(cn);
		return err;
	}
	if (followed && !follow)
		cbreak_follow_put(cn);
	cbreak_dest_params_changed(&cn->dests, rule, rescaled);
	cbreak_event_rule(rule, CBREAK_CMD_RULE_SET_NTF);
	return 0;
}

/**
 * cbreak_control_remove_rule - remove a rule and its breakers
 * @cn: the namespace
 * @rule: the rule
 */
void cbreak_control_remove_rule(struct cbreak_net *cn,
				struct cbreak_rule *rule)
{
	cbreak_event_rule(rule, CBREAK_CMD_RULE_DEL_NTF);
	remove_rule(cn, rule);
}

/**
 * cbreak_control_remove_all - remove every rule, without events
 * @cn: the namespace, which goes
 */
void cbreak_control_remove_all(struct cbreak_net *cn)
{
	struct cbreak_rule *rule;
	unsigned long id;

	xa_for_each(&cn->rules.by_id, id, rule)
		remove_rule(cn, rule);
}

/**
 * cbreak_control_breaker - an administrator says what a breaker's state is
 * @cn: the namespace
 * @rule: its rule
 * @key: the breaker; made if need be, but not to be reset
 * @action: see cbreak_breaker_control()
 * @for_ms: see cbreak_breaker_control()
 *
 * Return: 0; -ENOENT if there is no breaker to reset; -ENOSPC if there is no
 *	   room for one, -ENOMEM.
 */
int cbreak_control_breaker(struct cbreak_net *cn, struct cbreak_rule *rule,
			   const struct cbreak_key *key,
			   enum cbreak_hold action, u32 for_ms)
{
	struct cbreak_transition tr = {};
	u64 now_ns = ktime_get_ns();
	struct cbreak_dest *dest;
	int err = 0;

	rcu_read_lock();
	if (action == CBREAK_HOLD_RESET)
		dest = cbreak_dest_lookup_rcu(&cn->dests, key) ?:
		       ERR_PTR(-ENOENT);
	else
		dest = cbreak_dest_find_or_create_rcu(&cn->dests, rule, key,
						      now_ns);
	if (IS_ERR(dest)) {
		err = PTR_ERR(dest);
	} else {
		cbreak_breaker_control(&dest->breaker,
				       cbreak_rule_params_rcu(rule), now_ns,
				       action, for_ms, &tr);
		cbreak_dest_changed(dest, &tr, now_ns);
	}
	rcu_read_unlock();
	return err;
}
