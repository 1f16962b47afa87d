// SPDX-License-Identifier: GPL-2.0
/*
 * Taking a SYN apart, and putting an answer to it together, for forge.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forge.h"

static uint32_t sum_words(const void *data, size_t len, uint32_t sum)
{
	const unsigned char *bytes = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	if (len & 1)
		sum += bytes[len - 1] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum & 0xffff);
}

/* Of TCP and ICMPv6; the pseudo header has the same fields in both families. */
static uint16_t pseudo_checksum(int family, const void *saddr,
				const void *daddr, uint8_t proto,
				const void *data, size_t len)
{
	size_t addr_len = family == AF_INET ? 4 : 16;
	uint32_t sum = proto + len;

	sum = sum_words(saddr, addr_len, sum);
	sum = sum_words(daddr, addr_len, sum);
	return fold(sum_words(data, len, sum));
}

/* --- the SYN ------------------------------------------------------------ */

/* Returns the offset of the TCP header, or 0 if this is not TCP. */
static size_t tcp_offset(const struct frame *frame, int *family)
{
	const struct ether_header *eth = (const void *)frame->data;
	const struct ip6_hdr *ip6h = (const void *)(eth + 1);
	const struct iphdr *iph = (const void *)(eth + 1);
	size_t off = sizeof(*eth);

	if (frame->len >= off + sizeof(*iph) &&
	    eth->ether_type == htons(ETHERTYPE_IP) &&
	    iph->protocol == IPPROTO_TCP) {
		*family = AF_INET;
		off += iph->ihl * 4;
	} else if (frame->len >= off + sizeof(*ip6h) &&
		   eth->ether_type == htons(ETHERTYPE_IPV6) &&
		   ip6h->ip6_nxt == IPPROTO_TCP) {
		*family = AF_INET6;
		off += sizeof(*ip6h);
	} else {
		return 0;
	}
	return frame->len >= off + sizeof(struct tcphdr) ? off : 0;
}

/* Returns false if it is none. */
bool parse_syn(const struct frame *frame, struct syn *syn)
{
	const struct ip6_hdr *ip6h;
	const struct tcphdr *th;
	const struct iphdr *iph;
	size_t off, len;

	memset(syn, 0, sizeof(*syn));
	off = tcp_offset(frame, &syn->family);
	if (!off)
		return false;
	iph = (const void *)(frame->data + sizeof(struct ether_header));
	ip6h = (const void *)iph;
	th = (const void *)(frame->data + off);
	if (!th->syn || th->ack)
		return false;
	if (syn->family == AF_INET) {
		syn->saddr.in.s_addr = iph->saddr;
		syn->daddr.in.s_addr = iph->daddr;
		len = ntohs(iph->tot_len) - iph->ihl * 4;
	} else {
		syn->saddr.in6 = ip6h->ip6_src;
		syn->daddr.in6 = ip6h->ip6_dst;
		len = ntohs(ip6h->ip6_plen);
	}
	syn->sport = ntohs(th->source);
	syn->dport = ntohs(th->dest);
	syn->seq = ntohl(th->seq);
	syn->data_len = len - th->doff * 4;
	return true;
}

static uint32_t apply(const struct number *number, uint32_t seq,
		      uint32_t right)
{
	if (!number->given)
		return seq + right;
	return number->relative ? seq + number->value : number->value;
}

static void parse_addr(int family, const char *word, void *addr)
{
	if (word && inet_pton(family, word, addr) != 1)
		usage();
}

/* Appends bytes to a frame; returns where they lie. */
static void *append(struct frame *frame, const void *data, size_t len)
{
	void *to = frame->data + frame->len;

	if (frame->len + len > sizeof(frame->data)) {
		errno = EMSGSIZE;
		die("send");
	}
	if (data)
		memcpy(to, data, len);
	else
		memset(to, 0, len);
	frame->len += len;
	return to;
}

/* From the SYN's destination to its source. */
static void append_eth(struct frame *frame, const struct frame *syn_frame)
{
	const struct ether_header *syn_eth = (const void *)syn_frame->data;
	struct ether_header *eth;

	eth = append(frame, NULL, sizeof(*eth));
	memcpy(eth->ether_shost, syn_eth->ether_dhost, ETH_ALEN);
	memcpy(eth->ether_dhost, syn_eth->ether_shost, ETH_ALEN);
	eth->ether_type = syn_eth->ether_type;
}

static void append_tcp(struct frame *frame, const struct syn *syn,
		       const char *kind)
{
	struct tcphdr *th = append(frame, NULL, sizeof(*th));

	th->source = htons(ask.sport < 0 ? syn->dport : ask.sport);
	th->dest = htons(ask.dport < 0 ? syn->sport : ask.dport);
	th->doff = sizeof(*th) / 4;
	th->syn = !strncmp(kind, "syn", 3);
	th->rst = !strncmp(kind, "rst", 3);
	th->ack = !!strstr(kind, "ack");
	th->window = htons(64240);
	/* An RST without ACK has to guess the number that comes next. */
	th->seq = htonl(th->syn ? 0x1234567 : 0);
	if (th->ack)
		th->ack_seq = htonl(apply(&ask.ack, syn->seq,
					  1 + syn->data_len));
}

/* One of 8 bytes behind an IPv6 header, if it is asked for. */
static void append_ext(struct frame *frame, size_t ip_off, long number)
{
	struct ip6_hdr *ip6h = (void *)(frame->data + ip_off);
	struct ip6_ext *ext;

	if (number < 0)
		return;
	ext = append(frame, NULL, 8);
	ext->ip6e_nxt = ip6h->ip6_nxt;
	ip6h->ip6_nxt = number;
	/* Options have to be there; other headers are right with zeroes. */
	if (number == IPPROTO_HOPOPTS || number == IPPROTO_DSTOPTS)
		memcpy(ext + 1, (unsigned char[]){ IP6OPT_PADN, 4 }, 2);
}

/* The SYN as it was, but for what is asked to be wrong. */
static void append_quote(struct frame *frame, const struct syn *syn,
			 const struct frame *syn_frame)
{
	size_t eth_len = sizeof(struct ether_header);
	struct frame copy = *syn_frame;
	struct ip6_hdr *ip6h = (void *)(copy.data + eth_len);
	struct iphdr *iph = (void *)ip6h;
	size_t ip_off = frame->len, ip_len = 0;
	struct tcphdr *th;
	size_t len;
	int family;

	th = (void *)(copy.data + tcp_offset(&copy, &family));
	th->seq = htonl(apply(&ask.quote_seq, syn->seq, 0));
	if (ask.quote_sport >= 0)
		th->source = htons(ask.quote_sport);
	if (ask.quote_dport >= 0)
		th->dest = htons(ask.quote_dport);
	if (syn->family == AF_INET) {
		parse_addr(AF_INET, ask.quote_src, &iph->saddr);
		parse_addr(AF_INET, ask.quote_dst, &iph->daddr);
		if (ask.quote_proto >= 0)
			iph->protocol = ask.quote_proto;
		if (ask.fragment)
			iph->frag_off = htons(1);
		iph->check = 0;
		iph->check = fold(sum_words(iph, iph->ihl * 4, 0));
	} else {
		parse_addr(AF_INET6, ask.quote_src, &ip6h->ip6_src);
		parse_addr(AF_INET6, ask.quote_dst, &ip6h->ip6_dst);
		if (ask.quote_proto >= 0)
			ip6h->ip6_nxt = ask.quote_proto;
	}
	len = copy.len - eth_len;
	if (ask.quote_len >= 0 && (size_t)ask.quote_len < len)
		len = ask.quote_len;
	if (ask.quote_ext >= 0) {
		ip_len = sizeof(*ip6h);
		append(frame, ip6h, ip_len);
		append_ext(frame, ip_off, ask.quote_ext);
	}
	append(frame, copy.data + eth_len + ip_len, len - ip_len);
}

static void append_icmp(struct frame *frame, const struct syn *syn,
			const struct frame *syn_frame)
{
	/* The two headers differ only in what their numbers mean. */
	struct icmphdr *icmph = append(frame, NULL, sizeof(*icmph));

	if (syn->family == AF_INET) {
		icmph->type = ask.type < 0 ? ICMP_DEST_UNREACH : ask.type;
		icmph->code = ask.code < 0 ? ICMP_PORT_UNREACH : ask.code;
		icmph->un.frag.mtu = htons(ask.mtu);
	} else {
		icmph->type = ask.type < 0 ? ICMP6_DST_UNREACH : ask.type;
		icmph->code = ask.code < 0 ? ICMP6_DST_UNREACH_NOPORT : ask.code;
		icmph->un.gateway = htonl(ask.mtu);
	}
	append_quote(frame, syn, syn_frame);
}

/* The checksum of what follows the IP header, and the IPv4 header's own. */
static void finish_packet(struct frame *frame, const struct syn *syn,
			  size_t ip_off, size_t l4_off, uint8_t proto)
{
	struct ip6_hdr *ip6h = (void *)(frame->data + ip_off);
	struct iphdr *iph = (void *)ip6h;
	void *l4 = frame->data + l4_off;
	size_t len = frame->len - l4_off;
	struct icmphdr *icmph = l4;
	struct tcphdr *th = l4;
	uint16_t *check = proto == IPPROTO_TCP ? &th->check : &icmph->checksum;

	if (syn->family == AF_INET6) {
		ip6h->ip6_plen = htons(frame->len - ip_off - sizeof(*ip6h));
		*check = pseudo_checksum(AF_INET6, &ip6h->ip6_src,
					 &ip6h->ip6_dst, proto, l4, len);
	} else {
		iph->tot_len = htons(frame->len - ip_off);
		iph->check = fold(sum_words(iph, sizeof(*iph), 0));
		if (proto == IPPROTO_TCP)
			*check = pseudo_checksum(AF_INET, &iph->saddr,
						 &iph->daddr, proto, l4, len);
		else
			*check = fold(sum_words(l4, len, 0));
	}
	if (ask.bad_checksum)
		*check ^= htons(0x5555);
}

void build(struct frame *frame, const struct frame *syn_frame,
	   const struct syn *syn, const char *kind)
{
	bool is_icmp = !strcmp(kind, "icmp");
	struct ip6_hdr *ip6h;
	size_t ip_off, l4_off;
	struct iphdr *iph;
	uint8_t proto;

	append_eth(frame, syn_frame);
	ip_off = frame->len;
	if (syn->family == AF_INET) {
		proto = is_icmp ? IPPROTO_ICMP : IPPROTO_TCP;
		iph = append(frame, NULL, sizeof(*iph));
		iph->version = 4;
		iph->ihl = sizeof(*iph) / 4;
		iph->ttl = 64;
		iph->protocol = proto;
		iph->saddr = syn->daddr.in.s_addr;
		iph->daddr = syn->saddr.in.s_addr;
		parse_addr(AF_INET, ask.src, &iph->saddr);
		parse_addr(AF_INET, ask.dst, &iph->daddr);
	} else {
		proto = is_icmp ? IPPROTO_ICMPV6 : IPPROTO_TCP;
		ip6h = append(frame, NULL, sizeof(*ip6h));
		ip6h->ip6_flow = htonl(6 << 28);
		ip6h->ip6_hlim = 64;
		ip6h->ip6_nxt = proto;
		ip6h->ip6_src = syn->daddr.in6;
		ip6h->ip6_dst = syn->saddr.in6;
		parse_addr(AF_INET6, ask.src, &ip6h->ip6_src);
		parse_addr(AF_INET6, ask.dst, &ip6h->ip6_dst);
		append_ext(frame, ip_off, ask.ext);
	}
	l4_off = frame->len;
	if (is_icmp)
		append_icmp(frame, syn, syn_frame);
	else
		append_tcp(frame, syn, kind);
	finish_packet(frame, syn, ip_off, l4_off, proto);
}

/* --- commands ----------------------------------------------------------- */
