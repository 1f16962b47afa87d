/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_CONN_H
#define _CBREAK_CONN_H

#include <linux/netfilter.h>
#include <linux/types.h>

/* Connections that share a bucket, see conn.c. */
#define CBREAK_CONN_WAYS	16

/**
 * enum cbreak_conn_state - how far a connection is
 * @CBREAK_CONN_CONNECTING: its SYN was admitted
 * @CBREAK_CONN_ESTABLISHED: it is made, and its breaker counts it
 */
enum cbreak_conn_state {
	CBREAK_CONN_CONNECTING,
	CBREAK_CONN_ESTABLISHED,
};

/**
 * struct cbreak_conn - a connection that is followed to its end
 * @daddr: destination address; unused bytes are zero
 * @rule_id: the rule whose breaker it is for
 * @gen: generation of the breaker its attempt was admitted under
 * @isn: initial sequence number, host byte order
 * @start_ms: when it was admitted, milliseconds, wraps
 * @sport: client port
 * @dport: destination port
 * @family: AF_INET or AF_INET6
 * @state: enum cbreak_conn_state
 */
struct cbreak_conn {
	union nf_inet_addr daddr;
	u32 rule_id;
	u32 gen;
	u32 isn;
	u32 start_ms;
	__be16 sport;
	__be16 dport;
	u8 family;
	u8 state;
};

struct cbreak_conn_table;

typedef void (*cbreak_conn_fn)(void *arg, const struct cbreak_conn *conn);

struct cbreak_conn_table *cbreak_conn_table_alloc(unsigned int max);
void cbreak_conn_table_free(struct cbreak_conn_table *table);
bool cbreak_conn_insert(struct cbreak_conn_table *table, const void *sk,
			const struct cbreak_conn *conn);
bool cbreak_conn_find(struct cbreak_conn_table *table, const void *sk,
		      struct cbreak_conn *conn);
bool cbreak_conn_establish(struct cbreak_conn_table *table, const void *sk);
bool cbreak_conn_take(struct cbreak_conn_table *table, const void *sk,
		      struct cbreak_conn *conn);
void cbreak_conn_for_each(const struct cbreak_conn_table *table,
			  cbreak_conn_fn fn, void *arg);
unsigned int cbreak_conn_count(const struct cbreak_conn_table *table);
unsigned int cbreak_conn_max(const struct cbreak_conn_table *table);

#endif /* _CBREAK_CONN_H */
