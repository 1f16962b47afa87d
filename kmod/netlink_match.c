// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: what a request says of a rule's match and key
 *
 * Attributes to values, each checked; the first that is wrong is named. Nothing
 * is changed here, and nothing looked up but a cgroup.
 *
 * Context: process.
 */
#include <linux/netdevice.h>
#include <net/ipv6.h>

#include "netlink.h"
#include "rule.h"

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

static int parse_fwmark(struct nlattr **attrs, struct cbreak_match *match,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *mark = attrs[CBREAK_A_RULE_FWMARK];
	const struct nlattr *mask = attrs[CBREAK_A_RULE_FWMASK];

	if (!mark) {
		if (!mask)
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, mask,
				    "a mask of the mark without a mark");
		return -EINVAL;
	}
	match->fwmark = nla_get_u32(mark);
	match->fwmask = mask ? nla_get_u32(mask) : U32_MAX;
	if (!match->fwmask) {
		NL_SET_ERR_MSG_ATTR(extack, mask,
				    "a mask of 0 is any mark: leave it out");
		return -EINVAL;
	}
	if (match->fwmark & ~match->fwmask) {
		NL_SET_ERR_MSG_ATTR(extack, mark,
				    "the mark has bits set beyond its mask");
		return -EINVAL;
	}
	return 0;
}

static int parse_oif(struct nlattr **attrs, struct cbreak_match *match,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *oif = attrs[CBREAK_A_RULE_OIF];

	if (!oif)
		return 0;
	/* It need not be there yet. */
	if (!dev_valid_name(nla_data(oif))) {
		NL_SET_ERR_MSG_ATTR(extack, oif,
				    "no interface can have this name");
		return -EINVAL;
	}
	strscpy(match->oif, nla_data(oif), sizeof(match->oif));
	return 0;
}

static int parse_uid(struct nlattr **attrs, struct cbreak_match *match,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *min = attrs[CBREAK_A_RULE_UID_MIN];
	const struct nlattr *max = attrs[CBREAK_A_RULE_UID_MAX];

	if (!min) {
		if (!max) {
			match->uid_max = U32_MAX;
			return 0;
		}
		NL_SET_ERR_MSG_ATTR(extack, max,
				    "a last uid without a first one");
		return -EINVAL;
	}
	match->uid_min = nla_get_u32(min);
	match->uid_max = max ? nla_get_u32(max) : match->uid_min;
	if (match->uid_min > match->uid_max) {
		NL_SET_ERR_MSG_ATTR(extack, max,
				    "the range of uids is upside down");
		return -EINVAL;
	}
	if (match->uid_max == CBREAK_NO_UID) {
		NL_SET_ERR_MSG_ATTR(extack, max ?: min,
				    "the last uid is 4294967294");
		return -EINVAL;
	}
	return 0;
}

static int parse_hook(struct nlattr **attrs, struct cbreak_match *match,
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *hook = attrs[CBREAK_A_RULE_HOOK];
	const struct nlattr *owner;

	if (!hook)
		return 0;
	if (nla_get_u32(hook) >= CBREAK_HOOKS) {
		NL_SET_ERR_MSG_ATTR(extack, hook,
				    "hook must be output or forward");
		return -EINVAL;
	}
	match->hook = nla_get_u32(hook);
	owner = attrs[CBREAK_A_RULE_UID_MIN] ?: attrs[CBREAK_A_RULE_CGROUP_FD];
	if (match->hook != CBREAK_HOOK_FORWARD || !owner)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, owner,
			    "a forwarded connection has no socket here, and so neither an owner nor a cgroup");
	return -EINVAL;
}

static int parse_match(struct nlattr **attrs, struct cbreak_match *match,
		       struct netlink_ext_ack *extack)
{
	static int (*const parsers[])(struct nlattr **attrs,
				      struct cbreak_match *match,
				      struct netlink_ext_ack *extack) = {
		parse_dst, parse_port, parse_fwmark, parse_oif, parse_uid,
		parse_hook,
	};
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(parsers); i++) {
		err = parsers[i](attrs, match, extack);
		if (err)
			return err;
	}
	if (attrs[CBREAK_A_RULE_PRIO])
		match->prio = nla_get_u32(attrs[CBREAK_A_RULE_PRIO]);
	return 0;
}

static int parse_key(struct nlattr **attrs, struct cbreak_identity *identity,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *key = attrs[CBREAK_A_RULE_KEY];
	const struct nlattr *len = attrs[CBREAK_A_RULE_KEY_LEN];
	const struct cbreak_match *match = &identity->match;
	u32 type = key ? nla_get_u32(key) : CBREAK_KEY_TYPE_ADDR_PORT;

	if (type > CBREAK_KEY_TYPE_RULE) {
		NL_SET_ERR_MSG_ATTR(extack, key,
				    "key must be addr+port, addr, a prefix or rule");
		return -EINVAL;
	}
	identity->key_type = type;
	if (type != CBREAK_KEY_TYPE_PREFIX) {
		if (!len)
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, len,
				    "only a prefix as key has a length");
		return -EINVAL;
	}
	if (match->family == AF_UNSPEC) {
		NL_SET_ERR_MSG_ATTR(extack, key,
				    "a prefix as key needs a destination, which says of which family it is");
		return -EINVAL;
	}
	if (!len || nla_get_u8(len) < match->dst_len ||
	    nla_get_u8(len) > (match->family == AF_INET ? 32 : 128)) {
		NL_SET_ERR_MSG_ATTR(extack, len ?: key,
				    "a prefix as key is at least as long as the destination's, and at most an address");
		return -EINVAL;
	}
	identity->key_len = nla_get_u8(len);
	return 0;
}

/* The reference goes to identity->cgroup. */
static int open_cgroup(const struct nlattr *fd,
		       struct cbreak_identity *identity,
		       struct netlink_ext_ack *extack)
{
	struct cbreak_cgroup *cgroup = cbreak_cgroup_open(nla_get_s32(fd));

	if (!IS_ERR(cgroup)) {
		identity->cgroup = cgroup;
		return 0;
	}
	switch (PTR_ERR(cgroup)) {
	case -EOPNOTSUPP:
		NL_SET_ERR_MSG_ATTR(extack, fd,
				    "this kernel has no cgroups of sockets");
		break;
	case -ENOENT:
	case -ENODEV:
		NL_SET_ERR_MSG_ATTR(extack, fd,
				    "the cgroup has been deleted");
		break;
	case -ENAMETOOLONG:
		NL_SET_ERR_MSG_ATTR(extack, fd,
				    "the path of the cgroup is too long");
		break;
	case -ENOMEM:
		break;
	default:
		NL_SET_ERR_MSG_ATTR(extack, fd,
				    "this is not a directory of cgroup v2");
		return -EINVAL;
	}
	return PTR_ERR(cgroup);
}

/* Last of all, lest its reference be forgotten. */
static int parse_cgroup(struct nlattr **attrs, struct cbreak_identity *identity,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *fd = attrs[CBREAK_A_RULE_CGROUP_FD];
	unsigned int level;
	int err;

	if (!fd)
		return 0;
	err = open_cgroup(fd, identity, extack);
	if (err)
		return err;
	level = cbreak_cgroup_level(identity->cgroup);
	if (level > 0 && level <= CBREAK_CGROUP_LEVEL_MAX) {
		identity->match.cgroup = cbreak_cgroup_id(identity->cgroup);
		identity->match.cgroup_level = level;
		return 0;
	}
	if (level)
		NL_SET_ERR_MSG_ATTR(extack, fd,
				    "the cgroup is more than 32 levels deep");
	else
		NL_SET_ERR_MSG_ATTR(extack, fd,
				    "every socket is in the root cgroup: leave it out");
	cbreak_cgroup_put(identity->cgroup);
	return -EINVAL;
}

/**
 * cbreak_netlink_parse_identity - match and key of a rule
 * @attrs: the request's attributes
 * @identity: where they go
 * @extack: where the reason of a refusal goes
 *
 * Return: 0, and the caller gives the reference to @identity's cgroup back; or
 *	   -EINVAL or another error.
 */
int cbreak_netlink_parse_identity(struct nlattr **attrs,
				  struct cbreak_identity *identity,
				  struct netlink_ext_ack *extack)
{
	int err;

	memset(identity, 0, sizeof(*identity));
	err = parse_match(attrs, &identity->match, extack);
	if (!err)
		err = parse_key(attrs, identity, extack);
	return err ?: parse_cgroup(attrs, identity, extack);
}

/**
 * cbreak_netlink_check_reject - can a rule's breakers refuse like that?
 * @attrs: the request's attributes
 * @match: the rule's match
 * @extack: where the reason of a refusal goes
 *
 * Return: 0 or -EOPNOTSUPP.
 */
int cbreak_netlink_check_reject(struct nlattr **attrs,
				const struct cbreak_match *match,
				struct netlink_ext_ack *extack)
{
	const struct nlattr *reject = attrs[CBREAK_A_RULE_REJECT];
	const struct nlattr *abort = attrs[CBREAK_A_RULE_ABORT_PENDING];

	if (abort && nla_get_u32(abort) &&
	    match->hook == CBREAK_HOOK_FORWARD) {
		NL_SET_ERR_MSG_ATTR(extack, abort,
				    "a forwarded connection has no socket here that could be aborted");
		return -EOPNOTSUPP;
	}
	if (!reject || match->hook == CBREAK_HOOK_FORWARD ||
	    nla_get_u32(reject) == CBREAK_REJECT_RESET)
		return 0;
	/* TCP takes everything but ECONNREFUSED for a lost packet. */
	NL_SET_ERR_MSG_ATTR(extack, reject,
			    "a connect() on this host can be refused in no other way than reset: the rest is for hook forward");
	return -EOPNOTSUPP;
}

/**
 * cbreak_netlink_check_follow - can it be known what the parameters ask for?
 * @attrs: the request's attributes
 * @match: the rule's match
 * @p: the rule's parameters
 * @extack: where the reason of a refusal goes
 *
 * Return: 0 or -EOPNOTSUPP.
 */
int cbreak_netlink_check_follow(struct nlattr **attrs,
				const struct cbreak_match *match,
				const struct cbreak_params *p,
				struct netlink_ext_ack *extack)
{
	if (match->hook != CBREAK_HOOK_FORWARD || !cbreak_params_follow(p))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attrs[p->max_conns ?
					  CBREAK_A_RULE_MAX_CONNECTIONS :
					  CBREAK_A_RULE_ON],
			    "what becomes of a connection is told by its socket: reset, stalled and max_connections are for hook output");
	return -EOPNOTSUPP;
}

/**
 * cbreak_netlink_has_identity - does a request say which rule it would be?
 * @attrs: the request's attributes
 *
 * Return: whether it names a part of a match or a key.
 */
bool cbreak_netlink_has_identity(struct nlattr **attrs)
{
	static const u16 types[] = {
		CBREAK_A_RULE_DST, CBREAK_A_RULE_DST_LEN,
		CBREAK_A_RULE_PORT_MIN, CBREAK_A_RULE_PORT_MAX,
		CBREAK_A_RULE_FWMARK, CBREAK_A_RULE_FWMASK,
		CBREAK_A_RULE_OIF,
		CBREAK_A_RULE_UID_MIN, CBREAK_A_RULE_UID_MAX,
		CBREAK_A_RULE_CGROUP_FD,
		CBREAK_A_RULE_HOOK,
		CBREAK_A_RULE_PRIO,
		CBREAK_A_RULE_KEY, CBREAK_A_RULE_KEY_LEN,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (attrs[types[i]])
			return true;
	return false;
}
