/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_OUTCOME_H
#define _CBREAK_OUTCOME_H

#include <linux/types.h>

#include "uapi/linux/cbreak.h"

struct cbreak_answer;
struct cbreak_attempt;
struct cbreak_dest;
struct cbreak_net;
struct sk_buff;

void cbreak_outcome_init(struct cbreak_net *cn);
struct cbreak_dest *
cbreak_outcome_find_dest_rcu(struct cbreak_net *cn,
			     const struct cbreak_attempt *attempt);
void cbreak_outcome_aborted(struct cbreak_net *cn,
			    const struct cbreak_attempt *attempt);
void cbreak_outcome_none(struct cbreak_net *cn,
			 const struct cbreak_attempt *attempt);
void cbreak_outcome_expect(struct cbreak_net *cn);
void cbreak_outcome_answer(struct cbreak_net *cn, u8 family,
			   const struct cbreak_answer *answer,
			   struct sk_buff *skb);
void cbreak_outcome_followed(struct cbreak_net *cn, struct cbreak_dest *dest,
			     const struct cbreak_attempt *attempt,
			     enum cbreak_kind kind, u32 latency_us);

#endif /* _CBREAK_OUTCOME_H */
