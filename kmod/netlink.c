// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: the generic netlink family
 *
 * Documentation/netlink/specs/cbreak.yaml describes it. Requests are
 * validated strictly: by the policies what can be said there, by code what
 * deserves a better message than "Attribute failed policy validation".
 *
 * Context: process; handlers may run in parallel and take cn->lock.
 */
#include "control.h"
#include "event.h"
#include "follow.h"
#include "net.h"
#include "netlink.h"

/**
 * cbreak_netlink_find_rule - the rule that a request names
 * @rules: the namespace's rules, with its mutex held
 * @attr: the name, or NULL
 * @extack: where the reason of a refusal goes
 *
 * Return: the rule, -EINVAL if no name was given, -ENOENT if there is no such
 *	   rule.
 */
struct cbreak_rule *cbreak_netlink_find_rule(struct cbreak_rules *rules,
					     const struct nlattr *attr,
					     struct netlink_ext_ack *extack)
{
	struct cbreak_rule *rule;

	if (!attr) {
		NL_SET_ERR_MSG(extack, "the name of a rule is missing");
		return ERR_PTR(-EINVAL);
	}
	rule = cbreak_rule_lookup(rules, nla_data(attr));
	if (!rule) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "there is no such rule");
		return ERR_PTR(-ENOENT);
	}
	return rule;
}

static int put_stat(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, CBREAK_A_STATS_PAD);
}

static int put_counter(struct sk_buff *skb, struct cbreak_net *cn, int type,
		       enum cbreak_counter counter)
{
	return put_stat(skb, type,
			cbreak_counters_sum(&cn->stats->counters, counter));
}

static int fill_gauges(struct sk_buff *skb, struct cbreak_net *cn)
{
	const struct cbreak_classifier *classifier = cn->rules.classifier;
	unsigned int masks =
		max(cbreak_classify_masks(&classifier[CBREAK_HOOK_OUTPUT]),
		    cbreak_classify_masks(&classifier[CBREAK_HOOK_FORWARD]));
	u32 breakers = READ_ONCE(cn->dests.nr);
	u32 shown = READ_ONCE(cn->sysfs.nr_shown);
	const struct cbreak_conn_table *conns;

	conns = rcu_dereference_protected(cn->conns,
					  lockdep_is_held(&cn->lock));

	if (put_stat(skb, CBREAK_A_STATS_RULES, cn->rules.nr) ||
	    put_stat(skb, CBREAK_A_STATS_BREAKERS, breakers) ||
	    put_stat(skb, CBREAK_A_STATS_BREAKERS_MAX, cn->dests.max) ||
	    put_stat(skb, CBREAK_A_STATS_ATTEMPTS,
		     cbreak_attempt_count(&cn->attempts)) ||
	    put_stat(skb, CBREAK_A_STATS_ATTEMPTS_MAX, cn->max_attempts) ||
	    put_stat(skb, CBREAK_A_STATS_MASKS, masks) ||
	    put_stat(skb, CBREAK_A_STATS_MASKS_MAX, CBREAK_MASKS_MAX) ||
	    put_stat(skb, CBREAK_A_STATS_FROZEN,
		     cbreak_guard_is_frozen(&cn->dests.guard)) ||
	    put_stat(skb, CBREAK_A_STATS_SYSFS_HIDDEN,
		     breakers > shown ? breakers - shown : 0) ||
	    put_stat(skb, CBREAK_A_STATS_FOLLOWED,
		     conns ? cbreak_conn_count(conns) : 0) ||
	    put_stat(skb, CBREAK_A_STATS_FOLLOWED_MAX,
		     conns ? cbreak_conn_max(conns) : 0) ||
	    put_stat(skb, CBREAK_A_STATS_TRACEPOINT,
		     cbreak_follow_is_attached()))
		return -EMSGSIZE;
	return 0;
}

static int fill_stats(struct sk_buff *skb, struct cbreak_net *cn)
{
	unsigned int i;

	BUILD_BUG_ON(CBREAK_A_STATS_ADMITTED + CBREAK_COUNTERS !=
		     CBREAK_A_STATS_ORPHANED);
	for (i = 0; i < CBREAK_COUNTERS; i++)
		if (put_counter(skb, cn, CBREAK_A_STATS_ADMITTED + i, i))
			return -EMSGSIZE;
	BUILD_BUG_ON(CBREAK_A_STATS_ORPHANED + CBREAK_STATS !=
		     CBREAK_A_STATS_SYSFS_HIDDEN);
	for (i = 0; i < CBREAK_STATS; i++)
		if (put_stat(skb, CBREAK_A_STATS_ORPHANED + i,
			     cbreak_stats_sum(cn->stats, i)))
			return -EMSGSIZE;
	return fill_gauges(skb, cn);
}

static int stats_get(struct sk_buff *skb, struct genl_info *info)
{
	struct cbreak_net *cn = cbreak_net(genl_info_net(info));
	struct sk_buff *reply;
	void *hdr;
	int err;

	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	hdr = genlmsg_put_reply(reply, info, &cbreak_genl_family, 0,
				CBREAK_CMD_STATS_GET);
	/* The tables come and go with the rules. */
	mutex_lock(&cn->lock);
	err = hdr ? fill_stats(reply, cn) : -EMSGSIZE;
	mutex_unlock(&cn->lock);
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);
}

/* A request without attributes. */
static const struct nla_policy empty_policy[CBREAK_A_STATS_PAD + 1] = {
	[CBREAK_A_STATS_PAD] = { .type = NLA_REJECT },
};

static const struct genl_ops genl_ops[] = {
	{
		.cmd = CBREAK_CMD_RULE_NEW,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = cbreak_rule_policy,
		.maxattr = CBREAK_A_RULE_MAX,
		.doit = cbreak_netlink_rule_new,
	}, {
		.cmd = CBREAK_CMD_RULE_REPLACE,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = cbreak_rule_policy,
		.maxattr = CBREAK_A_RULE_MAX,
		.doit = cbreak_netlink_rule_replace,
	}, {
		.cmd = CBREAK_CMD_RULE_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = cbreak_rule_policy,
		.maxattr = CBREAK_A_RULE_MAX,
		.doit = cbreak_netlink_rule_set,
	}, {
		.cmd = CBREAK_CMD_RULE_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = cbreak_rule_name_policy,
		.maxattr = CBREAK_A_RULE_NAME,
		.doit = cbreak_netlink_rule_del,
	}, {
		.cmd = CBREAK_CMD_RULE_GET,
		.policy = cbreak_rule_name_policy,
		.maxattr = CBREAK_A_RULE_NAME,
		.doit = cbreak_netlink_rule_get,
		.dumpit = cbreak_netlink_rule_dump,
	}, {
		.cmd = CBREAK_CMD_BREAKER_GET,
		.policy = cbreak_breaker_policy,
		.maxattr = CBREAK_A_BREAKER_MAX,
		.doit = cbreak_netlink_breaker_get,
		.start = cbreak_netlink_breaker_start,
		.dumpit = cbreak_netlink_breaker_dump,
		.done = cbreak_netlink_breaker_done,
	}, {
		.cmd = CBREAK_CMD_BREAKER_RESET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = cbreak_breaker_policy,
		.maxattr = CBREAK_A_BREAKER_MAX,
		.doit = cbreak_netlink_breaker_reset,
	}, {
		.cmd = CBREAK_CMD_BREAKER_TRIP,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = cbreak_breaker_policy,
		.maxattr = CBREAK_A_BREAKER_MAX,
		.doit = cbreak_netlink_breaker_trip,
	}, {
		.cmd = CBREAK_CMD_BREAKER_ISOLATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = cbreak_breaker_policy,
		.maxattr = CBREAK_A_BREAKER_MAX,
		.doit = cbreak_netlink_breaker_isolate,
	}, {
		.cmd = CBREAK_CMD_BREAKER_BYPASS,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = cbreak_breaker_policy,
		.maxattr = CBREAK_A_BREAKER_MAX,
		.doit = cbreak_netlink_breaker_bypass,
	}, {
		.cmd = CBREAK_CMD_STATS_GET,
		.policy = empty_policy,
		.maxattr = CBREAK_A_STATS_PAD,
		.doit = stats_get,
	},
};

static const struct genl_multicast_group genl_groups[] = {
	{ .name = CBREAK_MCGRP_EVENTS },
};

struct genl_family cbreak_genl_family __ro_after_init = {
	.name = CBREAK_FAMILY_NAME,
	.version = CBREAK_FAMILY_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = genl_ops,
	.n_ops = ARRAY_SIZE(genl_ops),
	.mcgrps = genl_groups,
	.n_mcgrps = ARRAY_SIZE(genl_groups),
};

/**
 * cbreak_netlink_register - answer requests and send events
 *
 * Return: 0 or an error.
 */
int cbreak_netlink_register(void)
{
	int err = genl_register_family(&cbreak_genl_family);

	if (!err)
		cbreak_event_start(&cbreak_genl_family);
	return err;
}

/**
 * cbreak_netlink_unregister - no request and no event from now on
 */
void cbreak_netlink_unregister(void)
{
	cbreak_event_stop();
	genl_unregister_family(&cbreak_genl_family);
}
