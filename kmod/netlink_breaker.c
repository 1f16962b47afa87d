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

const struct nla_policy cbreak_breaker_policy[CBREAK_A_BREAKER_MAX + 1] = {
	[CBREAK_A_BREAKER_RULE] = { .type = NLA_NUL_STRING,
				    .len = CBREAK_NAME_MAX },
	[CBREAK_A_BREAKER_ADDR] = { .type = NLA_BINARY,
				    .len = sizeof(struct in6_addr) },
	[CBREAK_A_BREAKER_PORT] = { .type = NLA_U16 },
	[CBREAK_A_BREAKER_ADDR_LEN] = { .type = NLA_U8 },
	[CBREAK_A_BREAKER_FOR_MS] = { .type = NLA_U32 },
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

static bool names_one(struct nlattr **attrs)
{
	return attrs[CBREAK_A_BREAKER_ADDR] || attrs[CBREAK_A_BREAKER_PORT] ||
	       attrs[CBREAK_A_BREAKER_ADDR_LEN];
}

/* What the rule's key asks for must be there; what it leaves out may be. */
static int check_names(struct nlattr **attrs, const struct cbreak_rule *rule,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *addr = attrs[CBREAK_A_BREAKER_ADDR];
	const struct nlattr *len = attrs[CBREAK_A_BREAKER_ADDR_LEN];

	if (rule->key_type == CBREAK_KEY_TYPE_ADDR_PORT &&
	    (!addr || !attrs[CBREAK_A_BREAKER_PORT])) {
		NL_SET_ERR_MSG(extack,
			       "a breaker is named by rule, address and port");
		return -EINVAL;
	}
	if (rule->key_type != CBREAK_KEY_TYPE_RULE && !addr) {
		NL_SET_ERR_MSG(extack,
			       "a breaker of this rule is named by an address");
		return -EINVAL;
	}
	if (len && (rule->key_type != CBREAK_KEY_TYPE_PREFIX ||
		    nla_get_u8(len) != rule->key_len)) {
		NL_SET_ERR_MSG_ATTR(extack, len,
				    "the rule's breakers are not for prefixes of this length");
		return -EINVAL;
	}
	return 0;
}

/*
 * A destination that a request names: its address, all zero and AF_UNSPEC if
 * it has none, and its port, 0 if it has none.
 */
struct place {
	union nf_inet_addr addr;
	u8 family;
	u16 port;
};

static int parse_place(struct nlattr **attrs, struct place *place,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *addr = attrs[CBREAK_A_BREAKER_ADDR];
	const struct nlattr *port = attrs[CBREAK_A_BREAKER_PORT];

	memset(place, 0, sizeof(*place));
	if (port)
		place->port = nla_get_u16(port);
	if (!addr)
		return 0;
	if (nla_len(addr) == sizeof(struct in_addr)) {
		place->family = AF_INET;
	} else if (nla_len(addr) == sizeof(struct in6_addr)) {
		place->family = AF_INET6;
	} else {
		NL_SET_ERR_MSG_ATTR(extack, addr,
				    "an address has 4 or 16 bytes");
		return -EINVAL;
	}
	memcpy(&place->addr, nla_data(addr), nla_len(addr));
	if (place->family == AF_INET6 &&
	    ipv6_addr_v4mapped(&place->addr.in6)) {
		NL_SET_ERR_MSG_ATTR(extack, addr,
				    "connections to IPv4-mapped addresses are IPv4: write the IPv4 address");
		return -EINVAL;
	}
	return 0;
}

static int no_such_breaker(struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack, "there is no such breaker");
	return -ENOENT;
}

/* Find the rule and make the key of the breaker that a request names. */
static struct cbreak_rule *find(struct cbreak_net *cn, struct genl_info *info,
				struct place *place, struct cbreak_key *key)
{
	struct cbreak_rule *rule;
	int err;

	rule = cbreak_netlink_find_rule(&cn->rules,
					info->attrs[CBREAK_A_BREAKER_RULE],
					info->extack);
	if (IS_ERR(rule))
		return rule;
	err = check_names(info->attrs, rule, info->extack);
	if (!err)
		err = parse_place(info->attrs, place, info->extack);
	if (err)
		return ERR_PTR(err);
	cbreak_dest_make_key(key, rule, place->family, &place->addr,
			     place->port);
	return rule;
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
	struct place place;
	void *hdr;
	int err;

	mutex_lock(&cn->lock);
	rule = find(cn, info, &place, &key);
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

	if (names_one(attrs)) {
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

/* Never 0, which would mean that nothing is checked. */
static void set_seq(struct netlink_callback *cb, const struct cbreak_net *cn,
		    const struct dump *dump)
{
	cb->seq = (READ_ONCE(cn->dests.seq) + dump->restarts) | BIT(31);
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

	if (cbreak_compat_walk_start(&cn->dests.table, &dump->iter))
		dump->restarts++;
	/* What did not fit last time comes first. */
	for (dest = rhashtable_walk_peek(&dump->iter); dest;
	     dest = rhashtable_walk_next(&dump->iter)) {
		if (IS_ERR(dest)) {
			/* Resized: some will be seen twice. */
			dump->restarts++;
			continue;
		}
		set_seq(cb, cn, dump);
		if (dump->rule_id && dest->key.rule_id != dump->rule_id)
			continue;
		if (dump_one(skb, cb, dest))
			break;
	}
	rhashtable_walk_stop(&dump->iter);
	/* All that were to come may have gone: the end of the dump says so. */
	set_seq(cb, cn, dump);
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

static bool is_never(const struct cbreak_rule *rule,
		     struct netlink_ext_ack *extack)
{
	bool never;

	rcu_read_lock();
	never = cbreak_rule_params_rcu(rule)->mode == CBREAK_MODE_NEVER;
	rcu_read_unlock();
	if (never)
		NL_SET_ERR_MSG(extack, "the mode of the rule is never: it has no breakers");
	return never;
}

/* Does the rule guard that destination, as far as it is said what it is? */
static bool may_trip(const struct cbreak_rule *rule, struct genl_info *info,
		     const struct place *place)
{
	const struct cbreak_match *match = &rule->class.match;
	const struct nlattr *addr = info->attrs[CBREAK_A_BREAKER_ADDR];
	u16 port = place->port;

	if (is_never(rule, info->extack))
		return false;
	if (!info->attrs[CBREAK_A_BREAKER_PORT])
		port = match->port_min;
	if (!addr || cbreak_match_covers(match, place->family, &place->addr,
					 port))
		return true;
	NL_SET_ERR_MSG_ATTR(info->extack, addr,
			    "the rule does not match this destination");
	return false;
}

/* How long what is asked for lasts; 0 if that is not said. */
static int parse_for(const struct nlattr *attr, u32 *for_ms,
		     struct netlink_ext_ack *extack)
{
	*for_ms = attr ? nla_get_u32(attr) : 0;
	if (!attr || (*for_ms >= CBREAK_TIME_MIN_MS &&
		      *for_ms <= CBREAK_FOR_MAX_MS))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "for must be from 100 ms to a week");
	return -ERANGE;
}

static int control_one(struct cbreak_net *cn, struct genl_info *info,
		       enum cbreak_hold action, u32 for_ms)
{
	struct cbreak_rule *rule;
	struct cbreak_key key;
	struct place place;
	int err;

	rule = find(cn, info, &place, &key);
	if (IS_ERR(rule))
		return PTR_ERR(rule);
	if (action != CBREAK_HOLD_RESET && !may_trip(rule, info, &place))
		return -ERANGE;
	err = cbreak_control_breaker(cn, rule, &key, action, for_ms);
	if (err == -ENOENT)
		return no_such_breaker(info->extack);
	if (err == -ENOSPC)
		NL_SET_ERR_MSG(info->extack, "no room for another breaker");
	return err;
}

static int reset_rule(struct cbreak_net *cn, struct genl_info *info, u32 for_ms)
{
	struct cbreak_rule *rule;

	rule = cbreak_netlink_find_rule(&cn->rules,
					info->attrs[CBREAK_A_BREAKER_RULE],
					info->extack);
	if (IS_ERR(rule))
		return PTR_ERR(rule);
	cbreak_dest_reset_rule(&cn->dests, rule, for_ms);
	return 0;
}

static int control(struct genl_info *info, enum cbreak_hold action)
{
	struct cbreak_net *cn = cbreak_net(genl_info_net(info));
	u32 for_ms;
	int err;

	err = parse_for(info->attrs[CBREAK_A_BREAKER_FOR_MS], &for_ms,
			info->extack);
	if (err)
		return err;
	mutex_lock(&cn->lock);
	if (action == CBREAK_HOLD_RESET && !names_one(info->attrs))
		err = reset_rule(cn, info, for_ms);
	else
		err = control_one(cn, info, action, for_ms);
	mutex_unlock(&cn->lock);
	return err;
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
	return control(info, CBREAK_HOLD_RESET);
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
	return control(info, CBREAK_HOLD_TRIP);
}

/**
 * cbreak_netlink_breaker_isolate - CBREAK_CMD_BREAKER_ISOLATE
 * @skb: the request
 * @info: the request, parsed
 *
 * Return: 0 or an error for the caller, explained in the extack.
 */
int cbreak_netlink_breaker_isolate(struct sk_buff *skb, struct genl_info *info)
{
	return control(info, CBREAK_HOLD_ISOLATE);
}

/**
 * cbreak_netlink_breaker_bypass - CBREAK_CMD_BREAKER_BYPASS
 * @skb: the request
 * @info: the request, parsed
 *
 * Return: 0 or an error for the caller, explained in the extack.
 */
int cbreak_netlink_breaker_bypass(struct sk_buff *skb, struct genl_info *info)
{
	return control(info, CBREAK_HOLD_BYPASS);
}
