// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: the way of a packet, if its connection is one of this host
 *
 * A local connection is seen three times. At LOCAL_OUT, just after mangle and
 * before DNAT, its first SYN is admitted or refused. At POST_ROUTING, behind
 * every filter of this host, the attempt is marked as sent. At LOCAL_IN, when
 * all NAT is undone, an answer ends it. Silence ends it too, in a worker.
 *
 * The connection is known by the addresses and ports that its socket has, at
 * every hook: NAT changes the packet and leaves the socket alone. What is not
 * the SYN of a TCP socket in SYN_SENT leaves after one look at the socket;
 * what is not a SYN-ACK, an RST or an ICMP error leaves LOCAL_IN after one
 * look at the header.
 *
 * An answer is believed if its numbers prove that the sender has seen our
 * SYN, and if its checksum is right. TCP checks the same later, but a
 * forged answer must not move a breaker even if it fails to move TCP.
 *
 * Connections that are forwarded are forward.c's. The hooks of either are there
 * while there are rules for them.
 *
 * Context: the hooks run under rcu_read_lock(), LOCAL_OUT and POST_ROUTING in
 * process context or softirq, LOCAL_IN in softirq. They never sleep.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/uidgid.h>
#include <net/inet_connection_sock.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "abort.h"
#include "admit.h"
#include "answer.h"
#include "compat/compat.h"
#include "forward.h"
#include "hook.h"
#include "net.h"
#include "outcome.h"
#include "socket.h"
#include "syn.h"

/*
 * Is this the SYN of a TCP socket? A tunnel's outer packet has its sk too. Fills
 * in what is known of an attempt from its SYN.
 */
static bool get_syn(const struct sk_buff *skb, const struct sock *sk,
		    u8 family, struct cbreak_attempt *syn)
{
	if (sk->sk_protocol != IPPROTO_TCP ||
	    !cbreak_syn_parse(skb, family, syn))
		return false;
	cbreak_socket_tuple(&syn->tuple, sk, family);
	return true;
}

static struct cbreak_rule *find_rule(const struct cbreak_net *cn,
				     const struct sk_buff *skb,
				     const struct cbreak_attempt *syn)
{
	const struct cbreak_classifier *classifier =
		&cn->rules.classifier[CBREAK_HOOK_OUTPUT];
	u8 depth = READ_ONCE(classifier->cgroup_depth);
	u32 wants = READ_ONCE(classifier->wants);
	u64 cgroups[CBREAK_CGROUP_LEVEL_MAX + 1];
	struct cbreak_flow flow = {
		.daddr = &syn->tuple.daddr,
		.family = syn->family,
		.dport = ntohs(syn->tuple.dport),
		.fwmark = skb->mark,
		.uid = CBREAK_NO_UID,
	};

	/* As the namespace's owner counts; who has no number there has none. */
	if (wants & CBREAK_WANTS_UID)
		flow.uid = from_kuid(cn->net->user_ns, sk_uid(skb->sk));
	/* Mangle may have routed the packet anew since the hook began. */
	if (wants & CBREAK_WANTS_OIF)
		flow.oif = skb_dst(skb)->dev->name;
	if (depth) {
		flow.cgroups = cgroups;
		flow.cgroup_level = cbreak_cgroup_ids(skb->sk, cgroups, depth);
	}
	return cbreak_rule_classify_rcu(&cn->rules, CBREAK_HOOK_OUTPUT, &flow);
}

/*
 * TCP sends a SYN with data again at once, without option, if it is refused. So
 * with TCP Fast Open a SYN that TCP does not call a retransmission can have been
 * here before. So can one that comes out of a device: of a VRF, which it was
 * routed to, and which now routes it again.
 */
static u32 syn_flags(const struct sk_buff *skb, const struct sock *sk)
{
	if (tcp_sk(sk)->fastopen_req)
		return CBREAK_SYN_MAY_BE_KNOWN | CBREAK_SYN_COMES_TWICE;
	return skb->dev ? CBREAK_SYN_MAY_BE_KNOWN : 0;
}

static unsigned int admit(struct cbreak_net *cn, const struct sk_buff *skb,
			  u8 family)
{
	const struct sock *sk = skb->sk;
	struct cbreak_attempt syn;
	struct cbreak_rule *rule;

	if (!get_syn(skb, sk, family, &syn))
		return NF_ACCEPT;
	rule = find_rule(cn, skb, &syn);
	if (!rule)
		return NF_ACCEPT;
	/* The attempt may have ended long before its last retransmission. */
	if (inet_csk(sk)->icsk_retransmits) {
		cbreak_stats_inc(cn->stats, CBREAK_STAT_RETRANSMITS);
		return NF_ACCEPT;
	}
	if (likely(cbreak_admit_syn(cn, rule, &syn, sk, syn_flags(skb, sk)) ==
		   CBREAK_ADMIT))
		return NF_ACCEPT;
	/* The only errno that does not mean packet loss to TCP. */
	return NF_DROP_ERR(-ECONNREFUSED);
}

/* Not inlined: its room on the stack would be made for every packet. */
static noinline void mark_sent(struct cbreak_net *cn, const struct sk_buff *skb,
			       const struct sock *sk, u8 family)
{
	struct cbreak_attempt syn;

	if (get_syn(skb, sk, family, &syn))
		cbreak_attempt_mark_sent(&cn->attempts, family, &syn.tuple,
					 syn.isn);
}

static bool is_connecting(const struct sk_buff *skb)
{
	/* sk_state is there in every kind of socket that a packet can have. */
	return skb->sk && READ_ONCE(skb->sk->sk_state) == TCP_SYN_SENT;
}

/*
 * A VRF shows a packet to LOCAL_OUT twice, first as if it left by the VRF's own
 * device, and what that pass returns does not reach TCP: its refusal would
 * be a hang. Unless the VRF has a queue: then the packet is routed to its
 * device, and that pass is the one that TCP hears of.
 */
static bool is_vrf_preview(const struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	return netif_is_l3_master(state->out) &&
	       skb_dst(skb)->dev != state->out;
}

static unsigned int local_out4(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	if (likely(!is_connecting(skb)) || is_vrf_preview(skb, state))
		return NF_ACCEPT;
	return admit(priv, skb, AF_INET);
}

static unsigned int local_out6(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	if (likely(!is_connecting(skb)) || is_vrf_preview(skb, state))
		return NF_ACCEPT;
	return admit(priv, skb, AF_INET6);
}

/* What a VRF's own device sends passes the filters once more after that. */
static bool is_leaving(const struct sk_buff *skb,
		       const struct nf_hook_state *state)
{
	return is_connecting(skb) && !netif_is_l3_master(state->out);
}

static unsigned int post_routing4(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	if (unlikely(is_leaving(skb, state)))
		mark_sent(priv, skb, skb->sk, AF_INET);
	return NF_ACCEPT;
}

static unsigned int post_routing6(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	if (unlikely(is_leaving(skb, state)))
		mark_sent(priv, skb, skb->sk, AF_INET6);
	return NF_ACCEPT;
}

/*
 * Is it worth a closer look? Of an established connection nothing is, and this
 * is all that its packets cost. The TCP header lies off bytes behind skb->data.
 */
static bool may_be_answer(const struct sk_buff *skb, unsigned int off)
{
	const struct tcphdr *th = (const void *)(skb->data + off);

	if (unlikely(skb_headlen(skb) < off + sizeof(*th)))
		return true;
	return tcp_flag_word(th) & (TCP_FLAG_SYN | TCP_FLAG_RST) &&
	       tcp_flag_word(th) & TCP_FLAG_ACK;
}

/* Not inlined: room for an answer is zeroed on entry where it is on the stack. */
static noinline void answer4(struct cbreak_net *cn, struct sk_buff *skb)
{
	struct cbreak_answer answer;

	if (cbreak_answer_parse4(skb, &answer))
		cbreak_outcome_answer(cn, AF_INET, &answer, skb);
}

static noinline void answer6(struct cbreak_net *cn, struct sk_buff *skb)
{
	struct cbreak_answer answer;

	if (cbreak_answer_parse6(skb, &answer))
		cbreak_outcome_answer(cn, AF_INET6, &answer, skb);
}

static unsigned int local_in4(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (unlikely(iph->protocol != IPPROTO_TCP) ||
	    unlikely(may_be_answer(skb, skb_network_offset(skb) +
					iph->ihl * 4)))
		answer4(priv, skb);
	return NF_ACCEPT;
}

static unsigned int local_in6(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	if (unlikely(ipv6_hdr(skb)->nexthdr != IPPROTO_TCP) ||
	    unlikely(may_be_answer(skb, skb_network_offset(skb) +
					sizeof(struct ipv6hdr))))
		answer6(priv, skb);
	return NF_ACCEPT;
}

static const struct nf_hook_ops output_ops[] = {
	{
		.hook = local_out4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP_PRI_MANGLE + 1,
	}, {
		.hook = post_routing4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP_PRI_LAST,
	}, {
		.hook = local_in4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_LAST,
	}, {
		.hook = local_out6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP6_PRI_MANGLE + 1,
	}, {
		.hook = post_routing6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP6_PRI_LAST,
	}, {
		.hook = local_in6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP6_PRI_LAST,
	},
};

/**
 * struct hook_set - what is registered for one enum cbreak_hook
 * @ops: templates
 * @nr: how many
 */
struct hook_set {
	const struct nf_hook_ops *ops;
	unsigned int nr;
};

static const struct hook_set hook_sets[CBREAK_HOOKS] = {
	[CBREAK_HOOK_OUTPUT] = { output_ops, ARRAY_SIZE(output_ops) },
	[CBREAK_HOOK_FORWARD] = { cbreak_forward_ops, CBREAK_FORWARD_OPS },
};

static bool has_hooks(const struct cbreak_net *cn)
{
	return cn->hooks[CBREAK_HOOK_OUTPUT] || cn->hooks[CBREAK_HOOK_FORWARD];
}

/* None of these hooks is registered any more. */
static void free_hooks(struct cbreak_net *cn, enum cbreak_hook hook)
{
	/* Of forwarded connections nobody here waits. */
	if (hook == CBREAK_HOOK_OUTPUT)
		cbreak_abort_forbid(cn);
	/* Until then packets may be inside, and may start the workers. */
	synchronize_net();
	kfree(cn->hooks[hook]);
	cn->hooks[hook] = NULL;
	if (hook == CBREAK_HOOK_OUTPUT)
		cbreak_abort_stop(cn);
	if (!has_hooks(cn))
		cancel_delayed_work_sync(&cn->expire);
}

static int register_hooks(struct cbreak_net *cn, enum cbreak_hook hook)
{
	const struct hook_set *set = &hook_sets[hook];
	struct nf_hook_ops *ops;
	unsigned int i;
	int err;

	ops = kmemdup(set->ops, set->nr * sizeof(*ops), GFP_KERNEL_ACCOUNT);
	if (!ops)
		return -ENOMEM;
	for (i = 0; i < set->nr; i++)
		ops[i].priv = cn;
	cn->hooks[hook] = ops;
	err = nf_register_net_hooks(cn->net, ops, set->nr);
	if (err)
		/* The first of them may have been seen by packets. */
		free_hooks(cn, hook);
	return err;
}

/**
 * cbreak_hook_start - watch some of a namespace's packets
 * @cn: the namespace; it is about to get a rule for them
 * @hook: whose packets; nothing is done if they are watched already
 * @extack: where the reason of a refusal goes
 *
 * Context: process, with cn->lock; may sleep.
 * Return: 0 or an error, with nothing changed.
 */
int cbreak_hook_start(struct cbreak_net *cn, enum cbreak_hook hook,
		      struct netlink_ext_ack *extack)
{
	int err;

	if (cn->hooks[hook])
		return 0;
	if (hook == CBREAK_HOOK_FORWARD) {
		err = cbreak_reject_init(&cn->reject, extack);
		if (err)
			return err;
	}
	if (!has_hooks(cn)) {
		err = cbreak_attempt_table_init(&cn->attempts, cn->max_attempts,
						ktime_get_ns());
		if (err)
			goto err_reject;
	}
	err = register_hooks(cn, hook);
	if (err)
		goto err_table;
	if (hook == CBREAK_HOOK_OUTPUT)
		cbreak_abort_start(cn);
	return 0;

err_table:
	if (!has_hooks(cn))
		cbreak_attempt_table_uninit(&cn->attempts);
err_reject:
	if (hook == CBREAK_HOOK_FORWARD)
		cbreak_reject_uninit(&cn->reject);
	return err;
}

/**
 * cbreak_hook_stop - leave some of a namespace's packets alone
 * @cn: the namespace
 * @hook: whose packets; nothing is done if they are not watched
 *
 * Attempts in flight are forgotten with the last hook.
 *
 * Context: process, with cn->lock or as the namespace's only user; may sleep.
 */
void cbreak_hook_stop(struct cbreak_net *cn, enum cbreak_hook hook)
{
	if (!cn->hooks[hook])
		return;
	nf_unregister_net_hooks(cn->net, cn->hooks[hook], hook_sets[hook].nr);
	free_hooks(cn, hook);
	if (!has_hooks(cn))
		cbreak_attempt_table_uninit(&cn->attempts);
	if (hook == CBREAK_HOOK_FORWARD)
		cbreak_reject_uninit(&cn->reject);
}

/**
 * cbreak_hook_stop_all - leave a namespace's packets alone
 * @cn: the namespace
 *
 * Context: as cbreak_hook_stop().
 */
void cbreak_hook_stop_all(struct cbreak_net *cn)
{
	cbreak_hook_stop(cn, CBREAK_HOOK_OUTPUT);
	cbreak_hook_stop(cn, CBREAK_HOOK_FORWARD);
}
