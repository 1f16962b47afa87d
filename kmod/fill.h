/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_FILL_H
#define _CBREAK_FILL_H

#include <linux/types.h>

struct cbreak_counters;
struct cbreak_dest;
struct cbreak_key;
struct cbreak_rule;
struct cbreak_transition;
struct sk_buff;

u32 cbreak_fill_ratio(u32 failed, u32 total);
int cbreak_fill_rule(struct sk_buff *skb, struct cbreak_rule *rule);
int cbreak_fill_dest_rcu(struct sk_buff *skb, struct cbreak_dest *dest,
			 u64 now_ns);
int cbreak_fill_transition(struct sk_buff *skb, struct cbreak_dest *dest,
			   const struct cbreak_transition *tr);

#endif /* _CBREAK_FILL_H */
