/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_NETLINK_H
#define _CBREAK_NETLINK_H

#include <net/genetlink.h>

#include "uapi/linux/cbreak.h"

struct cbreak_identity;
struct cbreak_match;
struct cbreak_params;
struct cbreak_rule;
struct cbreak_rules;

extern struct genl_family cbreak_genl_family;
extern const struct nla_policy cbreak_rule_policy[CBREAK_A_RULE_MAX + 1];
extern const struct nla_policy cbreak_rule_name_policy[CBREAK_A_RULE_NAME + 1];
extern const struct nla_policy cbreak_breaker_policy[CBREAK_A_BREAKER_MAX + 1];

int cbreak_netlink_register(void);
void cbreak_netlink_unregister(void);

struct cbreak_rule *cbreak_netlink_find_rule(struct cbreak_rules *rules,
					     const struct nlattr *attr,
					     struct netlink_ext_ack *extack);

/* What a request says of a rule: netlink_param.c */
extern const struct cbreak_params cbreak_netlink_default_params;
int cbreak_netlink_check_name(const struct nlattr *attr,
			      struct netlink_ext_ack *extack);
int cbreak_netlink_parse_params(struct nlattr **attrs, struct cbreak_params *p,
				struct netlink_ext_ack *extack);

/* And of its match and key: netlink_match.c */
int cbreak_netlink_parse_identity(struct nlattr **attrs,
				  struct cbreak_identity *identity,
				  struct netlink_ext_ack *extack);
int cbreak_netlink_check_reject(struct nlattr **attrs,
				const struct cbreak_match *match,
				struct netlink_ext_ack *extack);
int cbreak_netlink_check_follow(struct nlattr **attrs,
				const struct cbreak_match *match,
				const struct cbreak_params *p,
				struct netlink_ext_ack *extack);
bool cbreak_netlink_has_identity(struct nlattr **attrs);

/* What counts as failed: netlink_on.c */
extern const struct nla_policy cbreak_icmp_policy[CBREAK_A_ICMP_MAX + 1];
int cbreak_netlink_parse_on(struct nlattr **attrs, struct cbreak_params *p,
			    struct netlink_ext_ack *extack);

/* Which program inspects: netlink_inspect.c */
int cbreak_netlink_get_inspector(struct nlattr **attrs, struct cbreak_params *p,
				 struct netlink_ext_ack *extack);

/* Requests about rules. */
int cbreak_netlink_rule_new(struct sk_buff *skb, struct genl_info *info);
int cbreak_netlink_rule_replace(struct sk_buff *skb, struct genl_info *info);
int cbreak_netlink_rule_set(struct sk_buff *skb, struct genl_info *info);
int cbreak_netlink_rule_del(struct sk_buff *skb, struct genl_info *info);
int cbreak_netlink_rule_get(struct sk_buff *skb, struct genl_info *info);
int cbreak_netlink_rule_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* Requests about breakers. */
int cbreak_netlink_breaker_get(struct sk_buff *skb, struct genl_info *info);
int cbreak_netlink_breaker_start(struct netlink_callback *cb);
int cbreak_netlink_breaker_dump(struct sk_buff *skb,
				struct netlink_callback *cb);
int cbreak_netlink_breaker_done(struct netlink_callback *cb);
int cbreak_netlink_breaker_reset(struct sk_buff *skb, struct genl_info *info);
int cbreak_netlink_breaker_trip(struct sk_buff *skb, struct genl_info *info);
int cbreak_netlink_breaker_isolate(struct sk_buff *skb, struct genl_info *info);
int cbreak_netlink_breaker_bypass(struct sk_buff *skb, struct genl_info *info);

#endif /* _CBREAK_NETLINK_H */
