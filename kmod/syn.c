// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: packets that begin an attempt
 *
 * A SYN without ACK, in one piece. Nothing here is trusted, and nothing is
 * written.
 *
 * Context: any.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "syn.h"

/* Offset of the TCP header, or negative if there is none. */
static int tcp_offset(const struct sk_buff *skb, u8 family)
{
	__be16 frag_off;
	u8 nexthdr;
	int off;

	if (family == AF_INET)
		return ip_hdr(skb)->protocol == IPPROTO_TCP &&
		       !ip_is_fragment(ip_hdr(skb)) ?
		       skb_network_offset(skb) + ip_hdrlen(skb) : -1;

	nexthdr = ipv6_hdr(skb)->nexthdr;
	off = skb_network_offset(skb) + sizeof(struct ipv6hdr);
	if (likely(nexthdr == IPPROTO_TCP))
		return off;
	off = ipv6_skip_exthdr(skb, off, &nexthdr, &frag_off);
	return off >= 0 && nexthdr == IPPROTO_TCP && !frag_off ? off : -1;
}

/**
 * cbreak_syn_parse - is this packet the SYN of an attempt?
 * @skb: the packet
 * @family: AF_INET or AF_INET6
 * @syn: its ports, isn, data_len and family are filled in if it is one; the
 *	 rest is left alone
 *
 * Return: whether it is one.
 */
bool cbreak_syn_parse(const struct sk_buff *skb, u8 family,
		      struct cbreak_attempt *syn)
{
	const struct tcphdr *th;
	int off, data_len;
	struct tcphdr buf;

	off = tcp_offset(skb, family);
	if (off < 0)
		return false;
	th = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!th || !th->syn || th->ack)
		return false;
	syn->tuple.sport = th->source;
	syn->tuple.dport = th->dest;
	syn->isn = ntohl(th->seq);
	syn->family = family;
	data_len = skb->len - off - th->doff * 4;
	syn->data_len = clamp(data_len, 0, U16_MAX);
	return true;
}
