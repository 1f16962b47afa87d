/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_ANSWER_H
#define _CBREAK_ANSWER_H

#include "attempt.h"
#include "breaker.h"

struct sk_buff;

/**
 * struct cbreak_answer - a packet that may end an attempt
 * @tuple: the ends of the connection, as the client sees them
 * @number: acknowledgment number, or with @is_icmp the quoted sequence number
 * @is_icmp: whether it is an ICMP error
 * @outcome: what it means for the attempt
 */
struct cbreak_answer {
	struct cbreak_tuple tuple;
	u32 number;
	bool is_icmp;
	struct cbreak_outcome outcome;
};

bool cbreak_answer_parse4(struct sk_buff *skb, struct cbreak_answer *answer);
bool cbreak_answer_parse6(struct sk_buff *skb, struct cbreak_answer *answer);

#endif /* _CBREAK_ANSWER_H */
