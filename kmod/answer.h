/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_ANSWER_H
#define _CBREAK_ANSWER_H

#include <linux/icmp.h>
#include <linux/icmpv6.h>

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

/**
 * cbreak_answer_icmp4_ends - does this ICMP error end an attempt?
 * @type: ICMP type
 * @code: ICMP code
 *
 * Context: any.
 * Return: whether tcp_v4_err() makes connect() fail.
 */
static inline bool cbreak_answer_icmp4_ends(u8 type, u8 code)
{
	switch (type) {
	case ICMP_DEST_UNREACH:
		return code != ICMP_FRAG_NEEDED && code <= NR_ICMP_UNREACH;
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		return true;
	}
	return false;
}

/**
 * cbreak_answer_icmp6_ends - does this ICMPv6 error end an attempt?
 * @type: ICMPv6 type
 *
 * Context: any.
 * Return: whether tcp_v6_err() makes connect() fail.
 */
static inline bool cbreak_answer_icmp6_ends(u8 type)
{
	return type == ICMPV6_DEST_UNREACH || type == ICMPV6_TIME_EXCEED ||
	       type == ICMPV6_PARAMPROB;
}

bool cbreak_answer_parse4(struct sk_buff *skb, struct cbreak_answer *answer);
bool cbreak_answer_parse6(struct sk_buff *skb, struct cbreak_answer *answer);

#endif /* _CBREAK_ANSWER_H */
