// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: netlink requests about breakers
 *
 * Context: process.
 */
#include <linux/ktime.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "compat/compat.h"
#include "control.h"
#include "fill.h"
#include "net.h"
#include "netlink.h"

const struct nla_policy cbreak_breaker_policy[CBREAK_A_BREAKER_PORT + 1] = {
	[CBREAK_A_BREAKER_RULE] = { .type = NLA_NUL_STRING,
				    .len = CBREAK_NAME_MAX },
	[CBREAK_A_BREAKER_ADDR] = { .type = NLA_BINARY,
				    .len = sizeof(struct in6_addr) },
	[CBREAK_A_BREAKER_PORT] = { .type = NLA_U16 },
};

/**
 * struct dump - state of a dump of breakers
 * @iter: where it is
 * @begun: @rule_id is known
 * @rule_id: the rule whose breakers are wanted, 0 for all
 * @restarts: how often the table was resized under it
 */
struct dump {
	struct rhashtable_iter iter;
	bool begun;
	u32 rule_id;
	unsigned int restarts;
};

static int parse_key(struct nlattr **attrs, const struct cbreak_rule *rule,
		     struct cbreak_key *key, struct netlink_ext_ack *extack)
{
	const struct nlattr *addr = attrs[CBREAK_A_BREAKER_ADDR];
	const struct nlattr *port = attrs[CBREAK_A_BREAKER_PORT];
	union nf_inet_addr daddr = {};
	u8 family = AF_INET6;

	if (!addr || !port) {
		NL_SET_ERR_MSG(extack,
			       "a breaker is named by rule, address and port");
		return -EINVAL;
	}
	if (nla_len(addr) == sizeof(struct in_addr)) {
		family = AF_INET;
	} else if (nla_len(addr) != sizeof(struct in6_addr)) {
		NL_SET_ERR_MSG_ATTR(extack, addr,
				    "an address has 4 or 16 bytes");
		return -EINVAL;
	}
	memcpy(&daddr, nla_data(addr), nla_len(addr));
	if (family == AF_INET6 && ipv6_addr_v4mapped(&daddr.in6)) {
		NL_SET_ERR_MSG_ATTR(extack, addr,
				    "connections to IPv4-mapped addresses are IPv4: write the IPv4 address");
		return -EINVAL;
	}
	cbreak_dest_make_key(key, rule, family, &daddr, nla_get_u16(port));
	return 0;
}

static int no_such_breaker(struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack, "there is no such breaker");
	return -ENOENT;
}

/* Find the rule and make the key of the breaker that a request names. */
static struct cbreak_rule *find(struct cbreak_net *cn, struct genl_info *info,
				struct cbreak_key *key)
{
	struct cbreak_rule *rule;
	int err;

	rule = cbreak_netlink_find_rule(&cn->rules,
					info->attrs[CBREAK_A_BREAKER_RULE],
					info->extack);
	if (IS_ERR(rule))
		return rule;
	err = parse_key(info->attrs, rule, key, info->extack);
	return err ? ERR_PTR(err) : rule;
}

/**
 * cbreak_netlink_breaker_get - CBREAK_CMD_BREAKER_GET for one breaker
 * @skb: the request
 * @info: the request, parsed
 *
 * Return: 0 or an error for the caller, explained in the extack.
 */
int cbreak_netlink_breaker_get(struct sk_buff *skb, struct genl_info *info)
{
	struct cbreak_net *cn = cbreak_net(genl_info_net(info));
	struct cbreak_rule *rule;
	struct cbreak_dest *dest;
	struct sk_buff *reply;
	struct cbreak_key key;
	void *hdr;
	int err;

	mutex_lock(&cn->lock);
	rule = find(cn, info, &key);
	mutex_unlock(&cn->lock);
	if (IS_ERR(rule))
		return PTR_ERR(rule);

	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	hdr = genlmsg_put_reply(reply, info, &cbreak_genl_family, 0,
				CBREAK_CMD_BREAKER_GET);
	rcu_read_lock();
	dest = cbreak_dest_lookup_rcu(&cn->dests, &key);
	if (!dest)
		err = no_such_breaker(info->extack);
	else
		err = hdr ? cbreak_fill_dest_rcu(reply, dest, ktime_get_ns()) :
			    -EMSGSIZE;
	rcu_read_unlock();
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);
}

/**
 * cbreak_netlink_breaker_start - a dump of breakers begins
 * @cb: state of the dump; args[0] is its struct dump
 *
 * What is wrong with the request is found out later: there is no extack here.
 *
 * Return: 0 or -ENOMEM.
 */
int cbreak_netlink_breaker_start(struct netlink_callback *cb)
{
	struct cbreak_net *cn = cbreak_net(sock_net(cb->skb->sk));
	struct dump *dump = kzalloc(sizeof(*dump), GFP_KERNEL);

	if (!dump)
		return -ENOMEM;
	rhashtable_walk_enter(&cn->dests.table, &dump->iter);
	cb->args[0] = (long)dump;
	return 0;
}

/* Look at the request, once. */
static int begin(struct cbreak_net *cn, struct netlink_callback *cb,
		 struct dump *dump)
{
	struct nlattr **attrs = cbreak_compat_dump_attrs(cb);
	struct cbreak_rule *rule;

	if (attrs[CBREAK_A_BREAKER_ADDR] || attrs[CBREAK_A_BREAKER_PORT]) {
		NL_SET_ERR_MSG(cb->extack,
			       "breakers are dumped by rule, not by address");
		return -EINVAL;
	}
	if (attrs[CBREAK_A_BREAKER_RULE]) {
		mutex_lock(&cn->lock);
		rule = cbreak_netlink_find_rule(&cn->rules,
						attrs[CBREAK_A_BREAKER_RULE],
						cb->extack);
		if (!IS_ERR(rule))
			dump->rule_id = rule->id;
		mutex_unlock(&cn->lock);
		if (IS_ERR(rule))
			return PTR_ERR(rule);
	}
	dump->begun = true;
	return 0;
}

static int dump_one(struct sk_buff *skb, struct netlink_callback *cb,
		    struct cbreak_dest *dest)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				cb->nlh->nlmsg_seq, &cbreak_genl_family,
				NLM_F_MULTI, CBREAK_CMD_BREAKER_GET);

	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	if (cbreak_fill_dest_rcu(skb, dest, ktime_get_ns())) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * cbreak_netlink_breaker_dump - CBREAK_CMD_BREAKER_GET for all breakers
 * @skb: where they go
 * @cb: state of the dump
 *
 * Return: length of the message, 0 at the end; -ENOENT if the rule that was
 *	   asked for does not exist, -EINVAL for an attribute that a dump does
 *	   not take.
 */
int cbreak_netlink_breaker_dump(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct cbreak_net *cn = cbreak_net(sock_net(skb->sk));
	struct dump *dump = (struct dump *)cb->args[0];
	struct cbreak_dest *dest;
	int err;

	err = dump->begun ? 0 : begin(cn, cb, dump);
	if (err)
		return err;

	rhashtable_walk_start(&dump->iter);
	/* What did not fit last time comes first. */
	for (dest = rhashtable_walk_peek(&dump->iter); dest;
	     dest = rhashtable_walk_next(&dump->iter)) {
		if (IS_ERR(dest)) {
			/* Resized: some will be seen twice. */
			dump->restarts++;
			continue;
		}
		/* Never 0, which would mean that nothing is checked. */
		cb->seq = (READ_ONCE(cn->dests.seq) + dump->restarts) |
			  BIT(31);
		if (dump->rule_id && dest->key.rule_id != dump->rule_id)
			continue;
		if (dump_one(skb, cb, dest))
			break;
	}
	rhashtable_walk_stop(&dump->iter);
	return skb->len;
}

/**
 * cbreak_netlink_breaker_done - a dump of breakers ends
 * @cb: state of the dump
 *
 * Return: 0.
 */
int cbreak_netlink_breaker_done(struct netlink_callback *cb)
{
	struct dump *dump = (struct dump *)cb->args[0];

	if (dump) {
		rhashtable_walk_exit(&dump->iter);
		kfree(dump);
	}
	return 0;
}

/**
 * cbreak_netlink_breaker_reset - CBREAK_CMD_BREAKER_RESET
 * @skb: the request
 * @info: the request, parsed
 *
 * Return: 0 or an error for the caller, explained in the extack.
 */
int cbreak_netlink_breaker_reset(struct sk_buff *skb, struct genl_info *info)
{
	struct cbreak_net *cn = cbreak_net(genl_info_net(info));
	struct cbreak_rule *rule;
	struct cbreak_key key;
	int err = 0;

	mutex_lock(&cn->lock);
	if (!info->attrs[CBREAK_A_BREAKER_ADDR] &&
	    !info->attrs[CBREAK_A_BREAKER_PORT]) {
		rule = cbreak_netlink_find_rule(&cn->rules,
						info->attrs[CBREAK_A_BREAKER_RULE],
						info->extack);
		if (IS_ERR(rule))
			err = PTR_ERR(rule);
		else
			cbreak_dest_reset_rule(&cn->dests, rule);
		goto unlock;
	}
	rule = find(cn, info, &key);
	if (IS_ERR(rule))
		err = PTR_ERR(rule);
	else if (cbreak_control_reset(cn, &key))
		err = no_such_breaker(info->extack);
unlock:
	mutex_unlock(&cn->lock);
	return err;
}

/**
 * cbreak_netlink_breaker_trip - CBREAK_CMD_BREAKER_TRIP
 * @skb: the request
 * @info: the request, parsed
 *
 * Return: 0 or an error for the caller, explained in the extack.
 */
int cbreak_netlink_breaker_trip(struct sk_buff *skb, struct genl_info *info)
{
	struct cbreak_net *cn = cbreak_net(genl_info_net(info));
	struct cbreak_rule *rule;
	struct cbreak_key key;
	int err;

	mutex_lock(&cn->lock);
	rule = find(cn, info, &key);
	if (IS_ERR(rule)) {
		err = PTR_ERR(rule);
	} else if (!cbreak_match_covers(&rule->class.match, key.family,
					&key.addr, key.port)) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[CBREAK_A_BREAKER_ADDR],
				    "the rule does not match this destination");
		err = -ERANGE;
	} else {
		err = cbreak_control_trip(cn, rule, &key);
		if (err)
			NL_SET_ERR_MSG(info->extack,
				       "no room for another breaker");
	}
	mutex_unlock(&cn->lock);
	return err;
}
