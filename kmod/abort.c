// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: connects that hang when their breaker trips
 *
 * A rule with abort_pending does not leave them to their timeouts. When one of
 * its breakers enters BROKEN, a work item looks through the attempts, and those
 * of a breaker that is BROKEN then fail with ECONNREFUSED, as if an RST had
 * come.
 *
 * And that is how it is done: the socket is given an RST that acknowledges its
 * SYN, under its spinlock, by the function that takes packets in softirq. TCP
 * sees to the rest as it always does. tcp_abort() is not used because it takes
 * the lock itself: between a look at the socket and that, the connection may be
 * made, or the socket be used for another, and it would be reset. Also, it
 * sleeps for as long as a program has the socket in a system call, and a program
 * can make that long. A socket in use is tried again a moment later.
 *
 * With the lock held, the attempt is taken out of the table, as an answer would
 * take it. So either an answer has ended it, and then the socket is left alone
 * and finds that answer in its backlog; or it is ended here, has no outcome, and
 * what still comes belongs to no attempt.
 *
 * Locks: the socket's spinlock with BH disabled, and under it, for a moment, that
 * of a stripe of attempts.
 *
 * Context: process; the work may sleep.
 */
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/tcp.h>

#include "abort.h"
#include "compat/compat.h"
#include "net.h"
#include "outcome.h"
#include "trace.h"

/* Attempts that are looked at for each time that a stripe is locked. */
#define BATCH		8
/* Devices that a socket may be bound to for it to be found. */
#define DEVICES_MAX	64
/* When sockets that were in use are tried again. */
#define RETRY		msecs_to_jiffies(20)

/* A socket of any kind with these ends, bound to that device if to any. */
static struct sock *lookup(struct net *net, const struct cbreak_attempt *attempt,
			   int ifindex)
{
	const struct cbreak_tuple *tuple = &attempt->tuple;

	if (attempt->family == AF_INET)
		return cbreak_compat_lookup4(net, tuple->daddr.ip, tuple->dport,
					     tuple->saddr.ip,
					     ntohs(tuple->sport), ifindex);
	return cbreak_compat_lookup6(net, &tuple->daddr.in6, tuple->dport,
				     &tuple->saddr.in6, ntohs(tuple->sport),
				     ifindex);
}

/*
 * Return: a strong reference, to be given back with sock_gen_put(), or NULL. A
 * socket that is bound to a device is found by no other, so all are tried.
 */
static struct sock *find_socket(struct net *net,
				const struct cbreak_attempt *attempt)
{
	int budget = DEVICES_MAX;
	struct net_device *dev;
	struct sock *sk;

	rcu_read_lock();
	sk = lookup(net, attempt, 0);
	if (sk)
		goto out;
	for_each_netdev_rcu(net, dev) {
		sk = lookup(net, attempt, dev->ifindex);
		if (sk || !--budget)
			break;
	}
out:
	rcu_read_unlock();
	return sk;
}

/* Does the breaker want its attempts to end? */
static bool is_wanted(struct cbreak_net *cn,
		      const struct cbreak_attempt *attempt)
{
	const struct cbreak_params *p;
	struct cbreak_dest *dest;
	bool wanted = false;

	rcu_read_lock();
	dest = cbreak_outcome_find_dest_rcu(cn, attempt);
	if (dest) {
		p = cbreak_rule_params_rcu(dest->rule);
		wanted = p->abort_pending && p->mode == CBREAK_MODE_ENFORCE &&
			 cbreak_word_state(READ_ONCE(dest->breaker.word)) ==
			 CBREAK_STATE_BROKEN;
	}
	rcu_read_unlock();
	return wanted;
}

/* An RST that acknowledges the SYN, as it looks when it gets to the socket. */
static struct sk_buff *make_rst(const struct cbreak_attempt *attempt)
{
	unsigned int ip_len = attempt->family == AF_INET ?
			      sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	struct tcphdr *th;
	struct sk_buff *skb;

	skb = alloc_skb(ip_len + sizeof(*th), GFP_KERNEL);
	if (!skb)
		return NULL;
	skb->protocol = attempt->family == AF_INET ? htons(ETH_P_IP) :
						     htons(ETH_P_IPV6);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb_reset_network_header(skb);
	memset(skb_put(skb, ip_len), 0, ip_len);
	skb_pull(skb, ip_len);
	skb_reset_transport_header(skb);
	th = skb_put_zero(skb, sizeof(*th));
	th->source = attempt->tuple.dport;
	th->dest = attempt->tuple.sport;
	th->ack_seq = htonl(attempt->isn + 1);
	th->doff = sizeof(*th) / 4;
	th->ack = 1;
	th->rst = 1;
	memset(TCP_SKB_CB(skb), 0, sizeof(*TCP_SKB_CB(skb)));
	TCP_SKB_CB(skb)->ack_seq = attempt->isn + 1;
	TCP_SKB_CB(skb)->tcp_flags = TCPHDR_ACK | TCPHDR_RST;
	return skb;
}

/* Is this still the SYN that the socket waits for an answer to? */
static bool still_waits(const struct sock *sk,
			const struct cbreak_attempt *attempt)
{
	return sk->sk_state == TCP_SYN_SENT &&
	       tcp_sk(sk)->snd_una == attempt->isn &&
	       inet_sk(sk)->inet_sport == attempt->tuple.sport &&
	       inet_sk(sk)->inet_dport == attempt->tuple.dport;
}

/* Return: false if the socket is in use: it is to be tried again. */
static bool abort_attempt(struct cbreak_net *cn,
			  const struct cbreak_attempt *attempt)
{
	struct cbreak_attempt taken;
	struct sk_buff *rst;
	struct sock *sk;
	bool in_use;

	sk = find_socket(cn->net, attempt);
	if (!sk)
		return true;
	/* Not what waits for its time to pass, or for a handshake to us. */
	if (!sk_fullsock(sk)) {
		sock_gen_put(sk);
		return true;
	}
	rst = make_rst(attempt);
	if (!rst) {
		sock_gen_put(sk);
		return false;
	}
	local_bh_disable();
	bh_lock_sock(sk);
	in_use = sock_owned_by_user(sk);
	if (!in_use && still_waits(sk, attempt) &&
	    cbreak_attempt_take(&cn->attempts, attempt->family,
				&attempt->tuple, attempt->isn, false,
				&taken) == CBREAK_ATTEMPT_TAKEN) {
		cbreak_outcome_aborted(cn, &taken);
		/* As tcp_v4_rcv() does with what comes. */
		sk->sk_backlog_rcv(sk, rst);
		rst = NULL;
	}
	bh_unlock_sock(sk);
	local_bh_enable();
	kfree_skb(rst);
	sock_gen_put(sk);
	return !in_use;
}

static void abort_pending(struct work_struct *work)
{
	struct cbreak_net *cn = container_of(to_delayed_work(work),
					     struct cbreak_net, abort);
	struct cbreak_attempt batch[BATCH];
	unsigned int i, j, n, from;
	bool again = false;

	for (i = 0; i < cn->attempts.nr_stripes; i++) {
		from = 0;
		while ((n = cbreak_attempt_copy(&cn->attempts, i, &from, batch,
						BATCH))) {
			for (j = 0; j < n; j++)
				if (is_wanted(cn, &batch[j]) &&
				    !abort_attempt(cn, &batch[j]))
					again = true;
			cond_resched();
		}
	}
	/* At the latest until the attempt has ended in silence. */
	if (again)
		schedule_delayed_work(&cn->abort, RETRY);
}

/* A breaker whose rule asks for it is BROKEN now; under rcu_read_lock(). */
static void tripped(void *arg)
{
	struct cbreak_net *cn = arg;

	if (READ_ONCE(cn->may_abort))
		schedule_delayed_work(&cn->abort, 0);
}

/**
 * cbreak_abort_init - prepare a namespace
 * @cn: the namespace
 */
void cbreak_abort_init(struct cbreak_net *cn)
{
	INIT_DELAYED_WORK(&cn->abort, abort_pending);
	cn->dests.on_trip = tripped;
	cn->dests.on_trip_arg = cn;
}

/**
 * cbreak_abort_start - there is a table of attempts now
 * @cn: the namespace
 *
 * Context: process, with cn->lock.
 */
void cbreak_abort_start(struct cbreak_net *cn)
{
	WRITE_ONCE(cn->may_abort, true);
}

/**
 * cbreak_abort_forbid - the table of attempts is about to go
 * @cn: the namespace
 *
 * A grace period after this nobody starts the work any more: timers of breakers
 * go on after packets have ended.
 *
 * Context: process, with cn->lock or as the namespace's only user.
 */
void cbreak_abort_forbid(struct cbreak_net *cn)
{
	WRITE_ONCE(cn->may_abort, false);
}

/**
 * cbreak_abort_stop - wait until nobody uses the table
 * @cn: the namespace; a grace period after cbreak_abort_forbid()
 *
 * Context: process, may sleep; with cn->lock or as the namespace's only user.
 */
void cbreak_abort_stop(struct cbreak_net *cn)
{
	cancel_delayed_work_sync(&cn->abort);
}
