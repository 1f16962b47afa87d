/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_REJECT_H
#define _CBREAK_REJECT_H

#include <linux/skbuff.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_reject.h>

#include "uapi/linux/cbreak.h"

struct net;
struct netlink_ext_ack;

/**
 * struct cbreak_rejecter - what answers the SYN of a forwarded connection
 * @reset4: nf_send_reset()
 * @reset6: nf_send_reset6()
 *
 * Functions of other modules, which stay as long as this is in use.
 */
struct cbreak_rejecter {
	typeof(nf_send_reset) *reset4;
	typeof(nf_send_reset6) *reset6;
};

int cbreak_reject_init(struct cbreak_rejecter *rejecter,
		       struct netlink_ext_ack *extack);
void cbreak_reject_uninit(struct cbreak_rejecter *rejecter);
void cbreak_reject_syn(const struct cbreak_rejecter *rejecter, struct net *net,
		       struct sk_buff *skb, u8 family,
		       enum cbreak_reject reject);

#endif /* _CBREAK_REJECT_H */
