/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_CONTROL_H
#define _CBREAK_CONTROL_H

#include <linux/types.h>

#include "uapi/linux/cbreak.h"

struct cbreak_identity;
struct cbreak_key;
struct cbreak_net;
struct cbreak_params;
struct cbreak_rule;
struct netlink_ext_ack;

int cbreak_control_add_rule(struct cbreak_net *cn, const char *name,
			    const struct cbreak_identity *identity,
			    const struct cbreak_params *params,
			    struct netlink_ext_ack *extack);
int cbreak_control_set_params(struct cbreak_net *cn, struct cbreak_rule *rule,
			      const struct cbreak_params *params,
			      struct netlink_ext_ack *extack);
void cbreak_control_remove_rule(struct cbreak_net *cn,
				struct cbreak_rule *rule);
void cbreak_control_remove_all(struct cbreak_net *cn);
int cbreak_control_breaker(struct cbreak_net *cn, struct cbreak_rule *rule,
			   const struct cbreak_key *key,
			   enum cbreak_hold action, u32 for_ms);

#endif /* _CBREAK_CONTROL_H */
