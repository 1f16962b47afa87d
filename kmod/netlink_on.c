// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: what a request says of the failures that count
 *
 * Kinds and ICMP errors are one set in two attributes: who gives one of them
 * gives the whole set.
 *
 * Context: process.
 */
#include "answer.h"
#include "netlink.h"

const struct nla_policy cbreak_icmp_policy[CBREAK_A_ICMP_MAX + 1] = {
	[CBREAK_A_ICMP_V4] = { .type = NLA_U16 },
	[CBREAK_A_ICMP_V6] = { .type = NLA_U16 },
};

static int add_icmp(struct cbreak_params *p, const struct nlattr *list,
		    const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	u8 family = nla_type(attr) == CBREAK_A_ICMP_V4 ? AF_INET : AF_INET6;
	u8 type = nla_get_u16(attr) >> 8;
	u8 code = nla_get_u16(attr);

	if (family == AF_INET ? !cbreak_answer_icmp4_ends(type, code) :
				!cbreak_answer_icmp6_ends(type)) {
		NL_SET_ERR_MSG_ATTR(extack, list,
				    "only ICMP types 3 (but not 3/4), 11 and 12, and ICMPv6 types 1, 3 and 4, end a connection attempt");
		return -EINVAL;
	}
	if (cbreak_breaker_has_icmp(p, family, type, code))
		return 0;
	if (p->nr_icmp == CBREAK_ON_ICMP_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, list,
				    "on can name at most 16 ICMP codes");
		return -E2BIG;
	}
	p->icmp[p->nr_icmp++] = (struct cbreak_icmp){
		.family = family,
		.type = type,
		.code = code,
	};
	return 0;
}

/**
 * cbreak_netlink_parse_on - the failures that count, if a request gives them
 * @attrs: the request's attributes
 * @p: the parameters as they are
 * @extack: where the reason of a refusal goes
 *
 * Return: 0, -EINVAL or -E2BIG.
 */
int cbreak_netlink_parse_on(struct nlattr **attrs, struct cbreak_params *p,
			    struct netlink_ext_ack *extack)
{
	const struct nlattr *on = attrs[CBREAK_A_RULE_ON];
	const struct nlattr *list = attrs[CBREAK_A_RULE_ON_ICMP];
	const struct nlattr *attr;
	int err, rem;

	if (!on && !list)
		return 0;
	p->on = on ? nla_get_u32(on) : 0;
	memset(p->icmp, 0, sizeof(p->icmp));
	p->nr_icmp = 0;
	if (list) {
		nla_for_each_nested(attr, list, rem) {
			err = add_icmp(p, list, attr, extack);
			if (err)
				return err;
		}
	}
	if (p->on & ~CBREAK_ON_ALL || (!p->on && !p->nr_icmp)) {
		NL_SET_ERR_MSG_ATTR(extack, on ?: list,
				    "on must name one or more of refused, timeout, unreachable, slow, reset, stalled, or ICMP codes");
		return -EINVAL;
	}
	return 0;
}
