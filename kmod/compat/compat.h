/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kernels before the newest one lack. The core is written for the newest
 * kernel; every difference between versions lives in this folder.
 */
#ifndef _CBREAK_COMPAT_H
#define _CBREAK_COMPAT_H

#include <linux/device/class.h>
#include <linux/hrtimer.h>
#include <linux/kobject.h>
#include <linux/rhashtable.h>
#include <net/genetlink.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#ifndef HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

#ifndef HAVE_KTYPE_CONST
#define kobject_init_and_add(kobj, ktype, ...) \
	kobject_init_and_add(kobj, (struct kobj_type *)(ktype), __VA_ARGS__)
#endif

#ifndef HAVE_SK_UID
static inline kuid_t sk_uid(const struct sock *sk)
{
	return READ_ONCE(sk->sk_uid);
}
#endif

/* The socket that is connected from a remote to a local address, or NULL. */
static inline struct sock *
cbreak_compat_lookup4(struct net *net, __be32 remote, __be16 remote_port,
		      __be32 local, u16 local_port, int ifindex)
{
#ifdef HAVE_LOOKUP_BY_NET
	return __inet_lookup_established(net, remote, remote_port, local,
					 local_port, ifindex, 0);
#else
	return __inet_lookup_established(net,
					 net->ipv4.tcp_death_row.hashinfo,
					 remote, remote_port, local,
					 local_port, ifindex, 0);
#endif
}

static inline struct sock *
cbreak_compat_lookup6(struct net *net, const struct in6_addr *remote,
		      __be16 remote_port, const struct in6_addr *local,
		      u16 local_port, int ifindex)
{
#ifdef HAVE_LOOKUP_BY_NET
	return __inet6_lookup_established(net, remote, remote_port, local,
					  local_port, ifindex, 0);
#else
	return __inet6_lookup_established(net,
					  net->ipv4.tcp_death_row.hashinfo,
					  remote, remote_port, local,
					  local_port, ifindex, 0);
#endif
}

/* Attributes of a dump request. */
static inline struct nlattr **
cbreak_compat_dump_attrs(struct netlink_callback *cb)
{
#ifdef HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/*
 * rhashtable_walk_start_check(). When the table was replaced while a walk was
 * stopped, the walk begins anew; but many kernels, 5.10.262 among them, keep what
 * it had come to, which may have been freed. They hand that out, and go on
 * behind it, past all that is in the first bucket. Nothing that they declare
 * tells them apart: the walk is entered anew in all.
 */
static inline int cbreak_compat_walk_start(struct rhashtable *table,
					   struct rhashtable_iter *iter)
	__acquires(RCU)
{
	int err = rhashtable_walk_start_check(iter);

	if (err) {
		rhashtable_walk_stop(iter);
		rhashtable_walk_exit(iter);
		rhashtable_walk_enter(table, iter);
		rhashtable_walk_start(iter);
	}
	return err;
}

/* What struct class.namespace takes and returns. */
#ifdef HAVE_CLASS_NS_CONST
#define CBREAK_COMPAT_NS_DEVICE	const struct device
#else
#define CBREAK_COMPAT_NS_DEVICE	struct device
#endif
#ifdef HAVE_CLASS_NS_COMMON
#define CBREAK_COMPAT_NS	struct ns_common
#define cbreak_compat_ns(net)	(to_ns_common(net))
#else
#define CBREAK_COMPAT_NS	void
#define cbreak_compat_ns(net)	((const void *)(net))
#endif

#endif /* _CBREAK_COMPAT_H */
