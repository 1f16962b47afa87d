// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: telling the client of a forwarded connection that it is refused
 *
 * With the kernel's own means, those of its firewalls: they route the answer,
 * undo NAT, and know bridges and VRFs. The functions that send a TCP RST live
 * in modules. They are looked up when they are first needed, and not by the
 * linker: who has no rules for forwarded connections can do without them, and
 * insmod, which does not load what a module depends on, is enough.
 */
#include <linux/icmpv6.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <linux/socket.h>
#include <net/icmp.h>

#include "reject.h"

/**
 * cbreak_reject_init - get hold of what answers
 * @rejecter: where it goes
 * @extack: where the reason of a refusal goes
 *
 * Context: process, may sleep: modules may be loaded.
 * Return: 0; -EOPNOTSUPP if the kernel has not got it; -ENOMEM.
 */
int cbreak_reject_init(struct cbreak_rejecter *rejecter,
		       struct netlink_ext_ack *extack)
{
	int err = 0;

	rejecter->reset4 = symbol_get(nf_send_reset);
	if (!rejecter->reset4) {
		err = request_module("nf_reject_ipv4");
		rejecter->reset4 = symbol_get(nf_send_reset);
	}
	rejecter->reset6 = symbol_get(nf_send_reset6);
	if (!rejecter->reset6 && err != -ENOMEM) {
		err = request_module("nf_reject_ipv6");
		rejecter->reset6 = symbol_get(nf_send_reset6);
	}
	if (rejecter->reset4 && rejecter->reset6)
		return 0;
	cbreak_reject_uninit(rejecter);
	if (err == -ENOMEM)
		return err;
	NL_SET_ERR_MSG(extack,
		       "hook forward needs the kernel's modules nf_reject_ipv4 and nf_reject_ipv6, which cannot be loaded");
	return -EOPNOTSUPP;
}

/**
 * cbreak_reject_uninit - let go of it
 * @rejecter: what cbreak_reject_init() found; no packet uses it any more
 *
 * Context: process.
 */
void cbreak_reject_uninit(struct cbreak_rejecter *rejecter)
{
	if (rejecter->reset4)
		symbol_put(nf_send_reset);
	if (rejecter->reset6)
		symbol_put(nf_send_reset6);
	memset(rejecter, 0, sizeof(*rejecter));
}

/**
 * cbreak_reject_syn - answer a SYN that will be dropped
 * @rejecter: what sends it
 * @net: the namespace
 * @skb: the SYN, at FORWARD
 * @family: AF_INET or AF_INET6
 * @reject: how
 *
 * Context: softirq or process, under rcu_read_lock().
 */
void cbreak_reject_syn(const struct cbreak_rejecter *rejecter, struct net *net,
		       struct sk_buff *skb, u8 family,
		       enum cbreak_reject reject)
{
	switch (reject) {
	case CBREAK_REJECT_RESET:
		if (family == AF_INET)
			rejecter->reset4(net, NULL, skb, NF_INET_FORWARD);
		else
			rejecter->reset6(net, NULL, skb, NF_INET_FORWARD);
		return;
	case CBREAK_REJECT_ICMP:
		if (family == AF_INET)
			icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, 0);
		else
			icmpv6_send(skb, ICMPV6_DEST_UNREACH,
				    ICMPV6_ADM_PROHIBITED, 0);
		return;
	case CBREAK_REJECT_DROP:
		return;
	}
}
