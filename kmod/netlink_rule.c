// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: netlink requests about rules
 *
 * Context: process; every handler takes cn->lock.
 */
#include <net/sock.h>

#include "control.h"
#include "fill.h"
#include "inspect.h"
#include "net.h"
#include "netlink.h"

const struct nla_policy cbreak_rule_name_policy[CBREAK_A_RULE_NAME + 1] = {
	[CBREAK_A_RULE_NAME] = { .type = NLA_NUL_STRING,
				 .len = CBREAK_NAME_MAX },
};

static int fixed(struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack,
		       "match and key of a rule cannot be changed: delete it and add it anew");
	return -EOPNOTSUPP;
}

static int replace_rule(struct cbreak_net *cn, struct cbreak_rule *rule,
			const struct cbreak_identity *identity,
			const struct cbreak_params *params,
			struct netlink_ext_ack *extack)
{
	if (!cbreak_match_equal(&rule->class.match, &identity->match) ||
	    rule->class.match.prio != identity->match.prio ||
	    rule->key_type != identity->key_type ||
	    rule->key_len != identity->key_len)
		return fixed(extack);
	return cbreak_control_set_params(cn, rule, params, extack);
}

/* Create a rule, or replace the parameters of the one that has its name. */
static int new_rule(struct genl_info *info, bool replace)
{
	struct cbreak_net *cn = cbreak_net(genl_info_net(info));
	const struct nlattr *name = info->attrs[CBREAK_A_RULE_NAME];
	struct cbreak_params params = cbreak_netlink_default_params;
	struct cbreak_identity identity;
	struct cbreak_rule *rule = NULL;
	int err;

	if (!name) {
		NL_SET_ERR_MSG(info->extack, "the name of the rule is missing");
		return -EINVAL;
	}
	err = cbreak_netlink_check_name(name, info->extack);
	if (!err)
		err = cbreak_netlink_parse_params(info->attrs, &params,
						  info->extack);
	if (!err)
		err = cbreak_netlink_parse_identity(info->attrs, &identity,
						    info->extack);
	if (err)
		return err;
	err = cbreak_netlink_check_reject(info->attrs, &identity.match,
					  info->extack);
	if (!err)
		err = cbreak_netlink_check_follow(info->attrs, &identity.match,
						  &params, info->extack);
	if (!err)
		err = cbreak_netlink_get_inspector(info->attrs, &params,
						   info->extack);
	if (err)
		goto put_cgroup;

	mutex_lock(&cn->lock);
	if (replace)
		rule = cbreak_rule_lookup(&cn->rules, nla_data(name));
	if (rule)
		err = replace_rule(cn, rule, &identity, &params, info->extack);
	else
		err = cbreak_control_add_rule(cn, nla_data(name), &identity,
					      &params, info->extack);
	mutex_unlock(&cn->lock);
	cbreak_inspect_put(params.inspector);
put_cgroup:
	cbreak_cgroup_put(identity.cgroup);
	return err;
}

/**
 * cbreak_netlink_rule_new - CBREAK_CMD_RULE_NEW
 * @skb: the request
 * @info: the request, parsed
 *
 * Return: 0 or an error for the caller, explained in the extack.
 */
int cbreak_netlink_rule_new(struct sk_buff *skb, struct genl_info *info)
{
	return new_rule(info, false);
}

/**
 * cbreak_netlink_rule_replace - CBREAK_CMD_RULE_REPLACE
 * @skb: the request
 * @info: the request, parsed
 *
 * Return: 0 or an error for the caller, explained in the extack.
 */
int cbreak_netlink_rule_replace(struct sk_buff *skb, struct genl_info *info)
{
	return new_rule(info, true);
}

/**
 * cbreak_netlink_rule_set - CBREAK_CMD_RULE_SET
 * @skb: the request
 * @info: the request, parsed
 *
 * Return: 0 or an error for the caller, explained in the extack.
 */
int cbreak_netlink_rule_set(struct sk_buff *skb, struct genl_info *info)
{
	struct cbreak_net *cn = cbreak_net(genl_info_net(info));
	struct cbreak_params params;
	struct cbreak_rule *rule;
	int err;

	if (cbreak_netlink_has_identity(info->attrs))
		return fixed(info->extack);
	mutex_lock(&cn->lock);
	rule = cbreak_netlink_find_rule(&cn->rules,
					info->attrs[CBREAK_A_RULE_NAME],
					info->extack);
	if (IS_ERR(rule)) {
		err = PTR_ERR(rule);
		goto unlock;
	}
	params = rcu_dereference_protected(rule->params,
					   lockdep_is_held(&cn->lock))->params;
	err = cbreak_netlink_parse_params(info->attrs, &params, info->extack);
	if (!err)
		err = cbreak_netlink_check_reject(info->attrs,
						  &rule->class.match,
						  info->extack);
	if (!err)
		err = cbreak_netlink_check_follow(info->attrs,
						  &rule->class.match, &params,
						  info->extack);
	if (!err)
		err = cbreak_netlink_get_inspector(info->attrs, &params,
						   info->extack);
	if (err)
		goto unlock;
	err = cbreak_control_set_params(cn, rule, &params, info->extack);
	cbreak_inspect_put(params.inspector);
unlock:
	mutex_unlock(&cn->lock);
	return err;
}

/**
 * cbreak_netlink_rule_del - CBREAK_CMD_RULE_DEL
 * @skb: the request
 * @info: the request, parsed
 *
 * Return: 0 or an error for the caller, explained in the extack.
 */
int cbreak_netlink_rule_del(struct sk_buff *skb, struct genl_info *info)
{
	struct cbreak_net *cn = cbreak_net(genl_info_net(info));
	struct cbreak_rule *rule;

	mutex_lock(&cn->lock);
	rule = cbreak_netlink_find_rule(&cn->rules,
					info->attrs[CBREAK_A_RULE_NAME],
					info->extack);
	if (!IS_ERR(rule))
		cbreak_control_remove_rule(cn, rule);
	mutex_unlock(&cn->lock);
	return PTR_ERR_OR_ZERO(rule);
}

/**
 * cbreak_netlink_rule_get - CBREAK_CMD_RULE_GET for one rule
 * @skb: the request
 * @info: the request, parsed
 *
 * Return: 0 or an error for the caller, explained in the extack.
 */
int cbreak_netlink_rule_get(struct sk_buff *skb, struct genl_info *info)
{
	struct cbreak_net *cn = cbreak_net(genl_info_net(info));
	struct cbreak_rule *rule;
	struct sk_buff *reply;
	void *hdr;
	int err;

	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	hdr = genlmsg_put_reply(reply, info, &cbreak_genl_family, 0,
				CBREAK_CMD_RULE_GET);
	mutex_lock(&cn->lock);
	rule = cbreak_netlink_find_rule(&cn->rules,
					info->attrs[CBREAK_A_RULE_NAME],
					info->extack);
	if (IS_ERR(rule))
		err = PTR_ERR(rule);
	else
		err = hdr ? cbreak_fill_rule(reply, rule) : -EMSGSIZE;
	mutex_unlock(&cn->lock);
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);
}

/**
 * cbreak_netlink_rule_dump - CBREAK_CMD_RULE_GET for all rules
 * @skb: where they go
 * @cb: state of the dump; args[0] is the number of the next rule
 *
 * Rules come in the order of their numbers, so that a dump resumes where it
 * was whatever happened meanwhile; whether something did is said all the same.
 *
 * Return: length of the message, 0 at the end.
 */
int cbreak_netlink_rule_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cbreak_net *cn = cbreak_net(sock_net(skb->sk));
	struct cbreak_rule *rule;
	unsigned long id;
	void *hdr;

	mutex_lock(&cn->lock);
	cb->seq = cn->rules.seq;
	xa_for_each_start(&cn->rules.by_id, id, rule, cb->args[0]) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &cbreak_genl_family,
				  NLM_F_MULTI, CBREAK_CMD_RULE_GET);
		if (!hdr)
			goto full;
		genl_dump_check_consistent(cb, hdr);
		if (cbreak_fill_rule(skb, rule)) {
			genlmsg_cancel(skb, hdr);
			goto full;
		}
		genlmsg_end(skb, hdr);
	}
	id = ULONG_MAX;
full:
	cb->args[0] = id;
	mutex_unlock(&cn->lock);
	return skb->len;
}
