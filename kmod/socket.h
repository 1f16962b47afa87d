/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_SOCKET_H
#define _CBREAK_SOCKET_H

#include <linux/ipv6.h>
#include <linux/string.h>
#include <net/inet_sock.h>

#include "attempt.h"

/**
 * cbreak_socket_tuple - the ends of a connection, as its socket has them
 * @tuple: where they go
 * @sk: the socket
 * @family: AF_INET or AF_INET6; that of its packets
 *
 * Context: any.
 */
static inline void cbreak_socket_tuple(struct cbreak_tuple *tuple,
				       const struct sock *sk, u8 family)
{
	const struct inet_sock *inet = inet_sk(sk);

	memset(tuple, 0, sizeof(*tuple));
	/* An IPv6 socket with a mapped address sends IPv4. */
	if (family == AF_INET) {
		tuple->saddr.ip = inet->inet_saddr;
		tuple->daddr.ip = inet->inet_daddr;
	} else {
		tuple->saddr.in6 = inet6_sk(sk)->saddr;
		tuple->daddr.in6 = sk->sk_v6_daddr;
	}
	tuple->sport = inet->inet_sport;
	tuple->dport = inet->inet_dport;
}

#endif /* _CBREAK_SOCKET_H */
