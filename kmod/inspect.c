// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: asking a BPF program whether a failure counts
 *
 * A socket filter, so that it reads the packet and writes nothing, and is
 * short enough for the packet path by the verifier's word. It is shown the
 * packet that carries the failure; of a timeout, where there is none, a SYN
 * that is made for the purpose and freed at once.
 *
 * A program belongs to the parameters of a rule, which hold a reference until a
 * grace period after they have been replaced.
 *
 * Context: said at each function.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>

#include "inspect.h"

/**
 * cbreak_inspect_find_get - the program that a descriptor stands for
 * @fd: a descriptor of the current process
 *
 * Context: process.
 * Return: the program with a reference; -EBADF if there is no such descriptor,
 *	   -EINVAL if it is no BPF program or one of another type, -EOPNOTSUPP if
 *	   the kernel has no BPF.
 */
struct bpf_prog *cbreak_inspect_find_get(int fd)
{
	return bpf_prog_get_type_dev(fd, BPF_PROG_TYPE_SOCKET_FILTER, false);
}

/**
 * cbreak_inspect_get - take another reference
 * @prog: a program to which there is one, or NULL
 *
 * Context: any.
 */
void cbreak_inspect_get(struct bpf_prog *prog)
{
	if (prog)
		bpf_prog_inc(prog);
}

/**
 * cbreak_inspect_put - give a reference back
 * @prog: the program, or NULL
 *
 * Context: process or softirq.
 */
void cbreak_inspect_put(struct bpf_prog *prog)
{
	if (prog)
		bpf_prog_put(prog);
}

/**
 * cbreak_inspect_describe - what a program is called
 * @prog: the program
 * @inspector: where it goes
 *
 * Context: any.
 */
void cbreak_inspect_describe(const struct bpf_prog *prog,
			     struct cbreak_inspector *inspector)
{
	BUILD_BUG_ON(CBREAK_INSPECTOR_NAME != BPF_OBJ_NAME_LEN);
	BUILD_BUG_ON(CBREAK_INSPECTOR_TAG != BPF_TAG_SIZE);
	inspector->id = prog->aux->id;
	strscpy(inspector->name, prog->aux->name, sizeof(inspector->name));
	memcpy(inspector->tag, prog->tag, sizeof(inspector->tag));
}

static void fill_ipv4(struct iphdr *iph, const struct cbreak_tuple *tuple)
{
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = htons(sizeof(*iph) + sizeof(struct tcphdr));
	iph->ttl = IPDEFTTL;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = tuple->saddr.ip;
	iph->daddr = tuple->daddr.ip;
}

static void fill_ipv6(struct ipv6hdr *ip6h, const struct cbreak_tuple *tuple)
{
	ip6h->version = 6;
	ip6h->payload_len = htons(sizeof(struct tcphdr));
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->hop_limit = IPDEFTTL;
	ip6h->saddr = tuple->saddr.in6;
	ip6h->daddr = tuple->daddr.in6;
}

/*
 * What identifies the SYN, as its socket sees it; options and checksums are not
 * kept for each attempt.
 */
static struct sk_buff *make_syn(const struct cbreak_attempt *attempt)
{
	bool is_ipv4 = attempt->family == AF_INET;
	unsigned int len = is_ipv4 ? sizeof(struct iphdr) :
				     sizeof(struct ipv6hdr);
	struct sk_buff *skb;
	struct tcphdr *th;

	skb = alloc_skb(len + sizeof(*th), GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb->protocol = is_ipv4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	skb->pkt_type = PACKET_OUTGOING;
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	if (is_ipv4)
		fill_ipv4(skb_put_zero(skb, len), &attempt->tuple);
	else
		fill_ipv6(skb_put_zero(skb, len), &attempt->tuple);
	skb_set_transport_header(skb, len);
	th = skb_put_zero(skb, sizeof(*th));
	th->source = attempt->tuple.sport;
	th->dest = attempt->tuple.dport;
	th->seq = htonl(attempt->isn);
	th->doff = sizeof(*th) / 4;
	th->syn = 1;
	return skb;
}

/* bpf_prog_run_save_cb() with something in cb[]. */
static bool run(const struct bpf_prog *prog, struct sk_buff *skb,
		const struct cbreak_outcome *outcome, u32 latency_us,
		u32 number)
{
	u32 cb[BPF_SKB_CB_LEN / sizeof(u32)] = {
		[CBREAK_INSPECTOR_CB_KIND] = outcome->kind,
		[CBREAK_INSPECTOR_CB_ICMP] = outcome->type << 8 | outcome->code,
		[CBREAK_INSPECTOR_CB_LATENCY_US] = latency_us,
		[CBREAK_INSPECTOR_CB_ATTEMPT] = number,
	};
	u8 *cb_data = bpf_skb_cb(skb);
	u8 saved[BPF_SKB_CB_LEN];
	bool counts;

	/* IP has its own there, which it still needs. */
	memcpy(saved, cb_data, sizeof(saved));
	memcpy(cb_data, cb, sizeof(cb));
	counts = bpf_prog_run_pin_on_cpu(prog, skb);
	memcpy(cb_data, saved, sizeof(saved));
	return counts;
}

/**
 * cbreak_inspect_ask - does a failure count?
 * @prog: whom to ask
 * @skb: the packet that carries it, with its data at the IP header; NULL if
 *	 there is none
 * @attempt: the attempt that failed
 * @outcome: how it failed
 * @latency_us: how long that took
 * @number: attempts of the breaker so far
 *
 * Context: softirq, or process without @skb; under rcu_read_lock().
 * Return: what came of it.
 */
enum cbreak_inspection cbreak_inspect_ask(const struct bpf_prog *prog,
					  struct sk_buff *skb,
					  const struct cbreak_attempt *attempt,
					  const struct cbreak_outcome *outcome,
					  u32 latency_us, u32 number)
{
	struct sk_buff *syn = NULL;
	bool counts;

	if (!skb) {
		syn = make_syn(attempt);
		if (!syn)
			return CBREAK_INSPECTION_NO_MEMORY;
		skb = syn;
	}
	/* As everywhere that socket filters run; some helpers rely on it. */
	local_bh_disable();
	counts = run(prog, skb, outcome, latency_us, number);
	local_bh_enable();
	consume_skb(syn);
	return counts ? CBREAK_INSPECTION_COUNTS : CBREAK_INSPECTION_EXCUSED;
}
