// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: packets that may end an attempt
 *
 * A SYN-ACK, an RST with an ACK, or an ICMP error that quotes a SYN; nothing
 * else is parsed beyond its first header. Which ICMP errors count follows
 * tcp_v4_err() and tcp_v6_err(): those that make connect() fail.
 *
 * Context: softirq. Nothing here is trusted, and nothing is written but a
 * checksum state that the stack would find as well.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "answer.h"

/* What an ICMP error is sure to quote of the TCP header. */
struct tcp_ports_seq {
	__be16 source;
	__be16 dest;
	__be32 seq;
};

static bool parse_tcp(struct sk_buff *skb, int off, u8 family,
		      struct cbreak_answer *answer)
{
	const struct tcphdr *th;
	struct tcphdr buf;

	th = skb_header_pointer(skb, off, sizeof(buf), &buf);
	/* Without ACK neither ends an attempt: TCP ignores it too. */
	if (likely(!th || !(th->syn | th->rst) || !th->ack))
		return false;
	answer->tuple.sport = th->dest;
	answer->tuple.dport = th->source;
	answer->number = ntohl(th->ack_seq);
	answer->is_icmp = false;
	answer->outcome = (struct cbreak_outcome){
		.kind = th->rst ? CBREAK_KIND_REFUSED : CBREAK_KIND_SUCCESS,
		.family = family,
	};
	return !nf_checksum(skb, NF_INET_LOCAL_IN, off, IPPROTO_TCP, family);
}

/* The quoted TCP header lies at off; the addresses are known already. */
static bool parse_quote(struct sk_buff *skb, int off, u8 family, u8 type,
			u8 code, struct cbreak_answer *answer)
{
	const struct tcp_ports_seq *th;
	struct tcp_ports_seq buf;

	th = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!th)
		return false;
	answer->tuple.sport = th->source;
	answer->tuple.dport = th->dest;
	answer->number = ntohl(th->seq);
	answer->is_icmp = true;
	answer->outcome = (struct cbreak_outcome){
		.kind = CBREAK_KIND_UNREACHABLE,
		.type = type,
		.code = code,
		.family = family,
	};
	return true;
}

static bool parse_icmp4(struct sk_buff *skb, int off,
			struct cbreak_answer *answer)
{
	struct icmphdr icmp_buf;
	const struct icmphdr *icmph;
	struct iphdr ip_buf;
	const struct iphdr *iph;

	icmph = skb_header_pointer(skb, off, sizeof(icmp_buf), &icmp_buf);
	if (!icmph || likely(!cbreak_answer_icmp4_ends(icmph->type, icmph->code)))
		return false;
	iph = skb_header_pointer(skb, off + sizeof(*icmph), sizeof(ip_buf),
				 &ip_buf);
	if (!iph || iph->version != 4 || iph->ihl < 5 ||
	    iph->protocol != IPPROTO_TCP || iph->frag_off & htons(IP_OFFSET))
		return false;
	answer->tuple.saddr.ip = iph->saddr;
	answer->tuple.daddr.ip = iph->daddr;
	if (nf_checksum(skb, NF_INET_LOCAL_IN, off, IPPROTO_ICMP, AF_INET))
		return false;
	return parse_quote(skb, off + sizeof(*icmph) + iph->ihl * 4, AF_INET,
			   icmph->type, icmph->code, answer);
}

/**
 * cbreak_answer_parse4 - is this IPv4 packet an answer to a SYN?
 * @skb: a packet at LOCAL_IN, not a fragment
 * @answer: filled in if it is
 *
 * Return: whether it is one, with a correct checksum.
 */
bool cbreak_answer_parse4(struct sk_buff *skb, struct cbreak_answer *answer)
{
	int off = skb_network_offset(skb) + ip_hdrlen(skb);
	const struct iphdr *iph = ip_hdr(skb);

	switch (iph->protocol) {
	case IPPROTO_TCP:
		if (likely(!parse_tcp(skb, off, AF_INET, answer)))
			return false;
		memset(&answer->tuple.saddr, 0, sizeof(answer->tuple.saddr));
		memset(&answer->tuple.daddr, 0, sizeof(answer->tuple.daddr));
		answer->tuple.saddr.ip = iph->daddr;
		answer->tuple.daddr.ip = iph->saddr;
		return true;
	case IPPROTO_ICMP:
		memset(&answer->tuple, 0, sizeof(answer->tuple));
		return parse_icmp4(skb, off, answer);
	}
	return false;
}

static bool parse_icmp6(struct sk_buff *skb, int off,
			struct cbreak_answer *answer)
{
	const struct icmp6hdr *icmph;
	const struct ipv6hdr *ip6h;
	struct icmp6hdr icmp_buf;
	struct ipv6hdr ip6_buf;
	__be16 frag_off = 0;
	u8 nexthdr;
	int inner;

	icmph = skb_header_pointer(skb, off, sizeof(icmp_buf), &icmp_buf);
	if (!icmph || !cbreak_answer_icmp6_ends(icmph->icmp6_type))
		return false;
	inner = off + sizeof(*icmph);
	ip6h = skb_header_pointer(skb, inner, sizeof(ip6_buf), &ip6_buf);
	if (!ip6h || ip6h->version != 6)
		return false;
	answer->tuple.saddr.in6 = ip6h->saddr;
	answer->tuple.daddr.in6 = ip6h->daddr;
	nexthdr = ip6h->nexthdr;
	inner = ipv6_skip_exthdr(skb, inner + sizeof(*ip6h), &nexthdr,
				 &frag_off);
	if (inner < 0 || nexthdr != IPPROTO_TCP ||
	    frag_off & htons(IP6_OFFSET))
		return false;
	if (nf_checksum(skb, NF_INET_LOCAL_IN, off, IPPROTO_ICMPV6, AF_INET6))
		return false;
	return parse_quote(skb, inner, AF_INET6, icmph->icmp6_type,
			   icmph->icmp6_code, answer);
}

/**
 * cbreak_answer_parse6 - is this IPv6 packet an answer to a SYN?
 * @skb: a packet at LOCAL_IN
 * @answer: filled in if it is
 *
 * Return: whether it is one, with a correct checksum.
 */
bool cbreak_answer_parse6(struct sk_buff *skb, struct cbreak_answer *answer)
{
	int off = skb_network_offset(skb) + sizeof(struct ipv6hdr);
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	u8 nexthdr = ip6h->nexthdr;
	__be16 frag_off;

	if (unlikely(nexthdr != IPPROTO_TCP && nexthdr != IPPROTO_ICMPV6)) {
		off = ipv6_skip_exthdr(skb, off, &nexthdr, &frag_off);
		/* Defragmentation comes after this hook, without conntrack. */
		if (off < 0 || frag_off)
			return false;
	}
	switch (nexthdr) {
	case IPPROTO_TCP:
		if (likely(!parse_tcp(skb, off, AF_INET6, answer)))
			return false;
		answer->tuple.saddr.in6 = ip6h->daddr;
		answer->tuple.daddr.in6 = ip6h->saddr;
		return true;
	case IPPROTO_ICMPV6:
		memset(&answer->tuple, 0, sizeof(answer->tuple));
		return parse_icmp6(skb, off, answer);
	}
	return false;
}
