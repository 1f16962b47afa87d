/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_FORWARD_H
#define _CBREAK_FORWARD_H

#include <linux/netfilter.h>

#define CBREAK_FORWARD_OPS	4

extern const struct nf_hook_ops cbreak_forward_ops[CBREAK_FORWARD_OPS];

#endif /* _CBREAK_FORWARD_H */
