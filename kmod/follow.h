/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_FOLLOW_H
#define _CBREAK_FOLLOW_H

#include <linux/types.h>

struct cbreak_attempt;
struct cbreak_net;
struct netlink_ext_ack;
struct sock;

int cbreak_follow_get(struct cbreak_net *cn, struct netlink_ext_ack *extack);
void cbreak_follow_put(struct cbreak_net *cn);
void cbreak_follow_stop(struct cbreak_net *cn);
bool cbreak_follow_is_attached(void);
void cbreak_follow_expect(struct cbreak_net *cn, const struct sock *sk,
			  const struct cbreak_attempt *syn, u64 now_ns);

#endif /* _CBREAK_FOLLOW_H */
