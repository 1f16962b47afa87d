/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_OUTCOME_H
#define _CBREAK_OUTCOME_H

#include <linux/types.h>

struct cbreak_answer;
struct cbreak_net;
struct sk_buff;

void cbreak_outcome_init(struct cbreak_net *cn);
void cbreak_outcome_none(struct cbreak_net *cn,
			 const struct cbreak_attempt *attempt);
void cbreak_outcome_expect(struct cbreak_net *cn);
void cbreak_outcome_answer(struct cbreak_net *cn, u8 family,
			   const struct cbreak_answer *answer,
			   struct sk_buff *skb);

#endif /* _CBREAK_OUTCOME_H */
