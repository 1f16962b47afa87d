/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_ADMIT_H
#define _CBREAK_ADMIT_H

#include <linux/bits.h>

#include "breaker.h"

struct cbreak_attempt;
struct cbreak_net;
struct cbreak_rule;
struct sock;

/* The SYN may have been decided about before. */
#define CBREAK_SYN_MAY_BE_KNOWN	BIT(0)
/* Should it be refused, its second copy comes at once. */
#define CBREAK_SYN_COMES_TWICE	BIT(1)
/* There is no socket that could tell a retransmission. */
#define CBREAK_SYN_FORWARDED	BIT(2)

/*
 * How long the SYN of a forwarded attempt is known again once that is over. Linux
 * sends its last retransmission after 63 s, others give up after 75.
 */
#define CBREAK_REMEMBER_MS	75000

enum cbreak_verdict cbreak_admit_syn(struct cbreak_net *cn,
				     struct cbreak_rule *rule,
				     struct cbreak_attempt *syn,
				     const struct sock *sk, u32 flags);

#endif /* _CBREAK_ADMIT_H */
