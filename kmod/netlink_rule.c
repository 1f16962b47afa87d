// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: netlink requests about rules
 *
 * Context: process; every handler takes cn->lock.
 */
#include <linux/ctype.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "control.h"
#include "fill.h"
#include "net.h"
#include "netlink.h"

#define DEFAULT_ERROR_RATIO		(CBREAK_RATIO_ONE / 2)
#define DEFAULT_RESPONSE_MS		10000
#define DEFAULT_CONNECT_TIMEOUT_MS	3000
#define DEFAULT_MIN_SAMPLES		5
#define DEFAULT_RECOVERY_SAMPLES	1
#define ALL_KINDS	(CBREAK_ON_REFUSED | CBREAK_ON_TIMEOUT | \
			 CBREAK_ON_UNREACHABLE)

const struct nla_policy cbreak_rule_policy[CBREAK_A_RULE_ON + 1] = {
	[CBREAK_A_RULE_NAME] = { .type = NLA_NUL_STRING },
	[CBREAK_A_RULE_DST] = { .type = NLA_BINARY,
				.len = sizeof(struct in6_addr) },
	[CBREAK_A_RULE_DST_LEN] = { .type = NLA_U8 },
	[CBREAK_A_RULE_PORT_MIN] = { .type = NLA_U16 },
	[CBREAK_A_RULE_PORT_MAX] = { .type = NLA_U16 },
	[CBREAK_A_RULE_PRIO] = { .type = NLA_U32 },
	[CBREAK_A_RULE_ERROR_RATIO] = { .type = NLA_U32 },
	[CBREAK_A_RULE_RESPONSE_TIME] = { .type = NLA_U32 },
	[CBREAK_A_RULE_PASSING_TIME] = { .type = NLA_U32 },
	[CBREAK_A_RULE_BROKEN_TIME] = { .type = NLA_U32 },
	[CBREAK_A_RULE_RECOVERY_TIME] = { .type = NLA_U32 },
	[CBREAK_A_RULE_CONNECT_TIMEOUT] = { .type = NLA_U32 },
	[CBREAK_A_RULE_MIN_SAMPLES] = { .type = NLA_U32 },
	[CBREAK_A_RULE_RECOVERY_SAMPLES] = { .type = NLA_U32 },
	[CBREAK_A_RULE_ON] = { .type = NLA_U32 },
};

const struct nla_policy cbreak_rule_name_policy[CBREAK_A_RULE_NAME + 1] = {
	[CBREAK_A_RULE_NAME] = { .type = NLA_NUL_STRING,
				 .len = CBREAK_NAME_MAX },
};

static const struct cbreak_params default_params = {
	.error_ratio = DEFAULT_ERROR_RATIO,
	.min_samples = DEFAULT_MIN_SAMPLES,
	.recovery_samples = DEFAULT_RECOVERY_SAMPLES,
	.on = ALL_KINDS,
	.response_ms = DEFAULT_RESPONSE_MS,
	.connect_timeout_ms = DEFAULT_CONNECT_TIMEOUT_MS,
};

/* A name becomes a directory of sysfs, so it must be a plain word. */
static int check_name(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *name = nla_data(attr);
	const char *c;

	if (strlen(name) > CBREAK_NAME_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a name has at most 31 characters");
		return -EINVAL;
	}
	if (!isalnum(name[0]) && name[0] != '_') {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a name begins with a letter, a digit or _");
		return -EINVAL;
	}
	for (c = name; *c; c++) {
		/* isalnum() knows Latin-1. */
		if (isascii(*c) && (isalnum(*c) || strchr("_-.:", *c)))
			continue;
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a name is made of letters, digits, _ - . and :");
		return -EINVAL;
	}
	return 0;
}

static int parse_dst(struct nlattr **attrs, struct cbreak_match *match,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *dst = attrs[CBREAK_A_RULE_DST];
	const struct nlattr *len = attrs[CBREAK_A_RULE_DST_LEN];
	unsigned int size;

	if (!dst) {
		if (!len)
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, len,
				    "a prefix length without a destination");
		return -EINVAL;
	}
	size = nla_len(dst);
	if (size != sizeof(struct in_addr) && size != sizeof(struct in6_addr)) {
		NL_SET_ERR_MSG_ATTR(extack, dst,
				    "a destination has 4 or 16 bytes");
		return -EINVAL;
	}
	memcpy(&match->dst, nla_data(dst), size);
	match->family = size == sizeof(struct in_addr) ? AF_INET : AF_INET6;
	match->dst_len = len ? nla_get_u8(len) : size * BITS_PER_BYTE;
	if (match->dst_len > size * BITS_PER_BYTE) {
		NL_SET_ERR_MSG_ATTR(extack, len,
				    "the prefix is longer than the address");
		return -EINVAL;
	}
	if (match->family == AF_INET6 &&
	    ipv6_addr_v4mapped(&match->dst.in6)) {
		NL_SET_ERR_MSG_ATTR(extack, dst,
				    "connections to IPv4-mapped addresses are IPv4: write the IPv4 address");
		return -EINVAL;
	}
	if (cbreak_match_host_bits(match)) {
		NL_SET_ERR_MSG_ATTR(extack, dst,
				    "the destination has bits set beyond its prefix");
		return -EINVAL;
	}
	return 0;
}

static int parse_port(struct nlattr **attrs, struct cbreak_match *match,
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *min = attrs[CBREAK_A_RULE_PORT_MIN];
	const struct nlattr *max = attrs[CBREAK_A_RULE_PORT_MAX];

	if (!min) {
		if (!max) {
			match->port_max = U16_MAX;
			return 0;
		}
		NL_SET_ERR_MSG_ATTR(extack, max,
				    "a last port without a first one");
		return -EINVAL;
	}
	match->port_min = nla_get_u16(min);
	match->port_max = max ? nla_get_u16(max) : match->port_min;
	if (match->port_min > match->port_max) {
		NL_SET_ERR_MSG_ATTR(extack, max,
				    "the port range is upside down");
		return -EINVAL;
	}
	return 0;
}

static int parse_match(struct nlattr **attrs, struct cbreak_match *match,
		       struct netlink_ext_ack *extack)
{
	int err;

	memset(match, 0, sizeof(*match));
	err = parse_dst(attrs, match, extack);
	if (err)
		return err;
	err = parse_port(attrs, match, extack);
	if (err)
		return err;
	if (attrs[CBREAK_A_RULE_PRIO])
		match->prio = nla_get_u32(attrs[CBREAK_A_RULE_PRIO]);
	return 0;
}

static bool has_match(struct nlattr **attrs)
{
	return attrs[CBREAK_A_RULE_DST] || attrs[CBREAK_A_RULE_DST_LEN] ||
	       attrs[CBREAK_A_RULE_PORT_MIN] ||
	       attrs[CBREAK_A_RULE_PORT_MAX] || attrs[CBREAK_A_RULE_PRIO];
}

/* Take a number if it was given and lies in min..max. */
static int parse_u32(const struct nlattr *attr, u32 min, u32 max,
		     const char *msg, u32 *value,
		     struct netlink_ext_ack *extack)
{
	u32 v;

	if (!attr)
		return 0;
	v = nla_get_u32(attr);
	if (v < min || v > max) {
		NL_SET_BAD_ATTR(extack, attr);
		if (extack)
			extack->_msg = msg;
		return -ERANGE;
	}
	*value = v;
	return 0;
}

#define TIME_MSG " must be from 100 ms to 24 h"
#define CONNECT_TIMEOUT_MSG "connect_timeout must be from 100 ms to 5 min"

static int parse_times(struct nlattr **attrs, struct cbreak_params *p,
		       struct netlink_ext_ack *extack)
{
	int err;

	err = parse_u32(attrs[CBREAK_A_RULE_RESPONSE_TIME], CBREAK_TIME_MIN_MS,
			CBREAK_TIME_MAX_MS, "response_time" TIME_MSG,
			&p->response_ms, extack);
	if (err)
		return err;
	err = parse_u32(attrs[CBREAK_A_RULE_PASSING_TIME], CBREAK_TIME_MIN_MS,
			CBREAK_TIME_MAX_MS, "passing_time" TIME_MSG,
			&p->passing_ms, extack);
	if (err)
		return err;
	err = parse_u32(attrs[CBREAK_A_RULE_BROKEN_TIME], CBREAK_TIME_MIN_MS,
			CBREAK_TIME_MAX_MS, "broken_time" TIME_MSG,
			&p->broken_ms, extack);
	if (err)
		return err;
	err = parse_u32(attrs[CBREAK_A_RULE_RECOVERY_TIME], CBREAK_TIME_MIN_MS,
			CBREAK_TIME_MAX_MS, "recovery_time" TIME_MSG,
			&p->recovery_ms, extack);
	if (err)
		return err;
	return parse_u32(attrs[CBREAK_A_RULE_CONNECT_TIMEOUT],
			 CBREAK_TIME_MIN_MS, CBREAK_CONNECT_TIMEOUT_MAX_MS,
			 CONNECT_TIMEOUT_MSG, &p->connect_timeout_ms, extack);
}

static int parse_params(struct nlattr **attrs, struct cbreak_params *p,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *on = attrs[CBREAK_A_RULE_ON];
	int err;

	err = parse_u32(attrs[CBREAK_A_RULE_ERROR_RATIO], 1,
			CBREAK_RATIO_ONE - 1,
			"error_ratio must be greater than 0 and less than 1",
			&p->error_ratio, extack);
	if (err)
		return err;
	err = parse_times(attrs, p, extack);
	if (err)
		return err;
	err = parse_u32(attrs[CBREAK_A_RULE_MIN_SAMPLES], 1,
			CBREAK_SAMPLES_MAX,
			"min_samples must be from 1 to 65535",
			&p->min_samples, extack);
	if (err)
		return err;
	err = parse_u32(attrs[CBREAK_A_RULE_RECOVERY_SAMPLES], 0,
			CBREAK_SAMPLES_MAX,
			"recovery_samples must be from 0 to 65535",
			&p->recovery_samples, extack);
	if (err || !on)
		return err;
	if (!nla_get_u32(on) || nla_get_u32(on) & ~ALL_KINDS) {
		NL_SET_ERR_MSG_ATTR(extack, on,
				    "on must name one or more of refused, timeout, unreachable");
		return -EINVAL;
	}
	p->on = nla_get_u32(on);
	return 0;
}

static int replace_rule(struct cbreak_net *cn, struct cbreak_rule *rule,
			const struct cbreak_match *match,
			const struct cbreak_params *params,
			struct netlink_ext_ack *extack)
{
	if (!cbreak_match_equal(&rule->class.match, match) ||
	    rule->class.match.prio != match->prio) {
		NL_SET_ERR_MSG(extack,
			       "the match of a rule cannot be changed: delete it and add it anew");
		return -EOPNOTSUPP;
	}
	return cbreak_control_set_params(cn, rule, params);
}

/* Create a rule, or replace the parameters of the one that has its name. */
static int new_rule(struct genl_info *info, bool replace)
{
	struct cbreak_net *cn = cbreak_net(genl_info_net(info));
	const struct nlattr *name = info->attrs[CBREAK_A_RULE_NAME];
	struct cbreak_params params = default_params;
	struct cbreak_rule *rule = NULL;
	struct cbreak_match match;
	int err;

	if (!name) {
		NL_SET_ERR_MSG(info->extack, "the name of the rule is missing");
		return -EINVAL;
	}
	err = check_name(name, info->extack);
	if (!err)
		err = parse_match(info->attrs, &match, info->extack);
	if (!err)
		err = parse_params(info->attrs, &params, info->extack);
	if (err)
		return err;

	mutex_lock(&cn->lock);
	if (replace)
		rule = cbreak_rule_lookup(&cn->rules, nla_data(name));
	if (rule)
		err = replace_rule(cn, rule, &match, &params, info->extack);
	else
		err = cbreak_control_add_rule(cn, nla_data(name), &match,
					      &params, info->extack);
	mutex_unlock(&cn->lock);
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

	if (has_match(info->attrs)) {
		NL_SET_ERR_MSG(info->extack,
			       "the match of a rule cannot be changed: delete it and add it anew");
		return -EOPNOTSUPP;
	}
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
	err = parse_params(info->attrs, &params, info->extack);
	if (!err)
		err = cbreak_control_set_params(cn, rule, &params);
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
