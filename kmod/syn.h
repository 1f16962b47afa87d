/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_SYN_H
#define _CBREAK_SYN_H

#include "attempt.h"

struct sk_buff;

bool cbreak_syn_parse(const struct sk_buff *skb, u8 family,
		      struct cbreak_attempt *syn);

#endif /* _CBREAK_SYN_H */
