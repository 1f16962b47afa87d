// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: the way of a packet, if its connection is only forwarded
 *
 * A forwarded connection is seen at FORWARD, behind every filter of this host:
 * what those drop is no attempt at all. It cannot push anything out of a table,
 * and a breaker never answers whom the firewall would not have answered. There
 * its first SYN is admitted or refused, and there an answer ends it, which is on
 * its way to the client. At POST_ROUTING the attempt is marked as sent.
 *
 * The connection is known by the ends that its client sees. Where conntrack
 * has the packet, NAT or not, it says what those are: the tuple of the packet's
 * direction is what the sender of a SYN asked for, and the other direction's is
 * what was asked for by whom an answer goes to. Where it has not, nothing but a
 * stateless translation can have changed the packet, and its own addresses count.
 *
 * Only a neighbour that does not resolve is not seen at FORWARD: the ICMP error
 * is this host's own. It is looked for where it leaves, at POST_ROUTING.
 *
 * There is no socket. A retransmission is what the table of attempts knows, and
 * attempts that are over are remembered there for a while.
 *
 * Context: the hooks run under rcu_read_lock(), in softirq or in process context
 * with BH disabled. They never sleep.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>

#include "admit.h"
#include "answer.h"
#include "forward.h"
#include "net.h"
#include "outcome.h"
#include "syn.h"

/*
 * The ends of a connection as conntrack has them, seen by the sender of this
 * packet, or with answer by whom it goes to. False if it knows nothing.
 */
static bool tuple_of_conntrack(struct cbreak_tuple *tuple,
			       const struct sk_buff *skb, u8 family,
			       bool answer)
{
	const struct nf_conntrack_tuple *ends;
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct;

	/* An inline function: conntrack need not be there. */
	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || nf_ct_is_template(ct) || nf_ct_l3num(ct) != family ||
	    nf_ct_protonum(ct) != IPPROTO_TCP)
		return false;
	ends = &ct->tuplehash[CTINFO2DIR(ctinfo) ^ answer].tuple;
	memset(tuple, 0, sizeof(*tuple));
	if (family == AF_INET) {
		tuple->saddr.ip = ends->src.u3.ip;
		tuple->daddr.ip = ends->dst.u3.ip;
	} else {
		tuple->saddr.in6 = ends->src.u3.in6;
		tuple->daddr.in6 = ends->dst.u3.in6;
	}
	tuple->sport = ends->src.u.tcp.port;
	tuple->dport = ends->dst.u.tcp.port;
	return true;
}

static void tuple_of_packet(struct cbreak_tuple *tuple,
			    const struct sk_buff *skb, u8 family)
{
	memset(&tuple->saddr, 0, sizeof(tuple->saddr));
	memset(&tuple->daddr, 0, sizeof(tuple->daddr));
	if (family == AF_INET) {
		tuple->saddr.ip = ip_hdr(skb)->saddr;
		tuple->daddr.ip = ip_hdr(skb)->daddr;
	} else {
		tuple->saddr.in6 = ipv6_hdr(skb)->saddr;
		tuple->daddr.in6 = ipv6_hdr(skb)->daddr;
	}
}

static bool get_syn(const struct sk_buff *skb, u8 family,
		    struct cbreak_attempt *syn)
{
	if (!cbreak_syn_parse(skb, family, syn))
		return false;
	if (!tuple_of_conntrack(&syn->tuple, skb, family, false))
		tuple_of_packet(&syn->tuple, skb, family);
	return true;
}

static unsigned int admit(struct cbreak_net *cn, struct sk_buff *skb,
			  const struct net_device *out,
			  struct cbreak_attempt *syn)
{
	struct cbreak_flow flow = {
		.daddr = &syn->tuple.daddr,
		.family = syn->family,
		.dport = ntohs(syn->tuple.dport),
		.fwmark = skb->mark,
		.uid = CBREAK_NO_UID,
		.oif = out->name,
	};
	struct cbreak_rule *rule;

	rule = cbreak_rule_classify_rcu(&cn->rules, CBREAK_HOOK_FORWARD, &flow);
	if (!rule || likely(cbreak_admit_syn(cn, rule, syn, NULL,
					     CBREAK_SYN_FORWARDED) ==
			    CBREAK_ADMIT))
		return NF_ACCEPT;
	cbreak_reject_syn(&cn->reject, cn->net, skb, syn->family,
			  cbreak_rule_params_rcu(rule)->reject);
	return NF_DROP;
}

static bool get_answer(struct sk_buff *skb, u8 family,
		       struct cbreak_answer *answer)
{
	bool found = family == AF_INET ? cbreak_answer_parse4(skb, answer) :
					 cbreak_answer_parse6(skb, answer);

	/* What the check of its checksum may have left there is for input. */
	skb_forward_csum(skb);
	if (found)
		tuple_of_conntrack(&answer->tuple, skb, family, true);
	return found;
}

/* Not inlined: its room on the stack would be made for every packet. */
static noinline unsigned int look(struct cbreak_net *cn, struct sk_buff *skb,
				  const struct net_device *out, u8 family)
{
	struct cbreak_answer answer;
	struct cbreak_attempt syn;

	if (get_syn(skb, family, &syn))
		return admit(cn, skb, out, &syn);
	if (get_answer(skb, family, &answer))
		cbreak_outcome_answer(cn, family, &answer, skb);
	return NF_ACCEPT;
}

/* Which flags its TCP header has; if that is not known yet, those that matter. */
static __be32 tcp_flags(const struct sk_buff *skb, unsigned int off)
{
	const struct tcphdr *th = (const void *)(skb->data + off);

	if (unlikely(skb_headlen(skb) < off + sizeof(*th)))
		return TCP_FLAG_SYN | TCP_FLAG_RST;
	return tcp_flag_word(th);
}

static bool begins_or_ends(__be32 flags)
{
	return flags & (TCP_FLAG_SYN | TCP_FLAG_RST);
}

static bool is_syn(__be32 flags)
{
	return flags & TCP_FLAG_SYN && !(flags & TCP_FLAG_ACK);
}

static unsigned int off_tcp4(const struct sk_buff *skb)
{
	return skb_network_offset(skb) + ip_hdrlen(skb);
}

static unsigned int off_tcp6(const struct sk_buff *skb)
{
	return skb_network_offset(skb) + sizeof(struct ipv6hdr);
}

static unsigned int forward4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);

	/* Nobody has put fragments together here, but conntrack. */
	if (unlikely(ip_is_fragment(iph)))
		return NF_ACCEPT;
	if (iph->protocol == IPPROTO_TCP ?
	    begins_or_ends(tcp_flags(skb, off_tcp4(skb))) :
	    iph->protocol == IPPROTO_ICMP)
		return look(priv, skb, state->out, AF_INET);
	return NF_ACCEPT;
}

static unsigned int forward6(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	u8 nexthdr = ipv6_hdr(skb)->nexthdr;

	if (nexthdr == IPPROTO_TCP ?
	    begins_or_ends(tcp_flags(skb, off_tcp6(skb))) :
	    nexthdr == IPPROTO_ICMPV6 || ipv6_ext_hdr(nexthdr))
		return look(priv, skb, state->out, AF_INET6);
	return NF_ACCEPT;
}

static noinline void mark_sent(struct cbreak_net *cn, const struct sk_buff *skb,
			       u8 family)
{
	struct cbreak_attempt syn;

	if (get_syn(skb, family, &syn))
		cbreak_attempt_mark_sent(&cn->attempts, family, &syn.tuple,
					 syn.isn);
}

/*
 * An error that this host makes itself. Of those that come after FORWARD it is
 * this one alone: see above.
 */
static noinline void own_error(struct cbreak_net *cn, struct sk_buff *skb,
			       u8 family)
{
	struct cbreak_answer answer;
	u8 type = ICMP_DEST_UNREACH, code = ICMP_HOST_UNREACH;

	if (family == AF_INET6) {
		type = ICMPV6_DEST_UNREACH;
		code = ICMPV6_ADDR_UNREACH;
	}
	if (get_answer(skb, family, &answer) && answer.is_icmp &&
	    answer.outcome.type == type && answer.outcome.code == code)
		cbreak_outcome_answer(cn, family, &answer, skb);
}

/* What has a socket is this host's own, and of that errors alone matter. */
static unsigned int post_routing4(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (unlikely(skb->sk)) {
		if (iph->protocol == IPPROTO_ICMP)
			own_error(priv, skb, AF_INET);
	} else if (iph->protocol == IPPROTO_TCP && !ip_is_fragment(iph) &&
		   unlikely(is_syn(tcp_flags(skb, off_tcp4(skb))))) {
		mark_sent(priv, skb, AF_INET);
	}
	return NF_ACCEPT;
}

static unsigned int post_routing6(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	u8 nexthdr = ipv6_hdr(skb)->nexthdr;

	if (unlikely(skb->sk)) {
		if (nexthdr == IPPROTO_ICMPV6)
			own_error(priv, skb, AF_INET6);
	} else if (nexthdr == IPPROTO_TCP ?
		   is_syn(tcp_flags(skb, off_tcp6(skb))) :
		   ipv6_ext_hdr(nexthdr)) {
		mark_sent(priv, skb, AF_INET6);
	}
	return NF_ACCEPT;
}

const struct nf_hook_ops cbreak_forward_ops[CBREAK_FORWARD_OPS] = {
	{
		.hook = forward4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_FORWARD,
		.priority = NF_IP_PRI_LAST,
	}, {
		.hook = post_routing4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP_PRI_LAST,
	}, {
		.hook = forward6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_FORWARD,
		.priority = NF_IP6_PRI_LAST,
	}, {
		.hook = post_routing6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP6_PRI_LAST,
	},
};
