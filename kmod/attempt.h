/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_ATTEMPT_H
#define _CBREAK_ATTEMPT_H

#include <linux/netfilter.h>
#include <linux/time64.h>
#include <linux/types.h>

/* Coarseness of an attempt's deadline. */
#define CBREAK_ATTEMPT_TICK_NS	(100 * NSEC_PER_MSEC)

/* One stripe: 64 buckets of four, see attempt.c. */
#define CBREAK_ATTEMPT_STRIPE	256

/**
 * struct cbreak_tuple - the ends of a connection, as the client sees them
 * @saddr: client address; unused bytes are zero
 * @daddr: destination address; unused bytes are zero
 * @sport: client port
 * @dport: destination port
 */
struct cbreak_tuple {
	union nf_inet_addr saddr;
	union nf_inet_addr daddr;
	__be16 sport;
	__be16 dport;
};

/**
 * enum cbreak_attempt_state - what is known of an attempt
 * @CBREAK_ATTEMPT_FREE: no attempt
 * @CBREAK_ATTEMPT_ADMITTED: let through, not yet seen leaving the host
 * @CBREAK_ATTEMPT_SENT: has left the host
 * @CBREAK_ATTEMPT_REJECTED: was refused; remembered because the same SYN comes
 *	a second time with TCP Fast Open
 * @CBREAK_ATTEMPT_OVER: was let through, and is none any more; remembered
 *	because its SYN may come again, which nothing but the table tells from a
 *	new one
 */
enum cbreak_attempt_state {
	CBREAK_ATTEMPT_FREE,
	CBREAK_ATTEMPT_ADMITTED,
	CBREAK_ATTEMPT_SENT,
	CBREAK_ATTEMPT_REJECTED,
	CBREAK_ATTEMPT_OVER,
};

/**
 * struct cbreak_attempt - one connection attempt
 * @tuple: its ends
 * @isn: initial sequence number, host byte order
 * @gen: generation of the breaker it was admitted under
 * @rule_id: the rule whose breaker it is for
 * @counted_by: the breaker that counts it as pending, its cbreak_dest.serial,
 *	or 0 if none does
 * @start_us: when it was admitted, microseconds, wraps
 * @deadline: tick at which silence ends it
 * @next: neighbour in its wheel slot, index in its stripe
 * @prev: neighbour in its wheel slot
 * @data_len: payload of the SYN, for TCP Fast Open
 * @family: AF_INET or AF_INET6
 * @state: enum cbreak_attempt_state
 */
struct cbreak_attempt {
	struct cbreak_tuple tuple;
	u32 isn;
	u32 gen;
	u32 rule_id;
	u32 counted_by;
	u32 start_us;
	u32 deadline;
	u16 next;
	u16 prev;
	u16 data_len;
	u8 family;
	u8 state;
};

/**
 * struct cbreak_attempt_table - attempts in flight
 * @stripes: the stripes, a power of two of them
 * @nr_stripes: how many
 * @seed: secret of the hash
 */
struct cbreak_attempt_table {
	struct cbreak_attempt_stripe *stripes;
	unsigned int nr_stripes;
	u32 seed;
};

/**
 * enum cbreak_attempt_insert - what became of a new attempt
 * @CBREAK_ATTEMPT_NEW: entered in a free place
 * @CBREAK_ATTEMPT_KNOWN: the same SYN was there already; nothing was changed
 * @CBREAK_ATTEMPT_REPLACED: took the place of one with the same ends, which is
 *	handed out
 * @CBREAK_ATTEMPT_EVICTED: took the place of the oldest of a full bucket, which
 *	is handed out
 */
enum cbreak_attempt_insert {
	CBREAK_ATTEMPT_NEW,
	CBREAK_ATTEMPT_KNOWN,
	CBREAK_ATTEMPT_REPLACED,
	CBREAK_ATTEMPT_EVICTED,
};

/**
 * enum cbreak_attempt_match - what an answer is to the table
 * @CBREAK_ATTEMPT_STRAY: no such attempt
 * @CBREAK_ATTEMPT_FORGED: there is one, but the answer's number is wrong
 * @CBREAK_ATTEMPT_TAKEN: it ended the attempt, which has left the table
 */
enum cbreak_attempt_match {
	CBREAK_ATTEMPT_STRAY,
	CBREAK_ATTEMPT_FORGED,
	CBREAK_ATTEMPT_TAKEN,
};

typedef void (*cbreak_attempt_fn)(void *arg,
				  const struct cbreak_attempt *attempt);

/**
 * cbreak_attempt_in_flight - does an attempt wait for its outcome?
 * @attempt: the attempt
 *
 * Context: any.
 * Return: false if it is only remembered, or none.
 */
static inline bool
cbreak_attempt_in_flight(const struct cbreak_attempt *attempt)
{
	return attempt->state == CBREAK_ATTEMPT_ADMITTED ||
	       attempt->state == CBREAK_ATTEMPT_SENT;
}

int cbreak_attempt_table_init(struct cbreak_attempt_table *table,
			      unsigned int max, u64 now_ns);
void cbreak_attempt_table_uninit(struct cbreak_attempt_table *table);
enum cbreak_attempt_insert
cbreak_attempt_insert(struct cbreak_attempt_table *table,
		      const struct cbreak_attempt *attempt, u64 now_ns,
		      u32 timeout_ms, struct cbreak_attempt *gone);
void cbreak_attempt_remember(struct cbreak_attempt_table *table,
			     const struct cbreak_attempt *attempt, u64 now_ns,
			     u32 for_ms);
enum cbreak_attempt_state
cbreak_attempt_lookup(struct cbreak_attempt_table *table, u8 family,
		      const struct cbreak_tuple *tuple, u32 isn);
bool cbreak_attempt_mark_sent(struct cbreak_attempt_table *table, u8 family,
			      const struct cbreak_tuple *tuple, u32 isn);
enum cbreak_attempt_match
cbreak_attempt_take(struct cbreak_attempt_table *table, u8 family,
		    const struct cbreak_tuple *tuple, u32 number, bool is_ack,
		    struct cbreak_attempt *taken);
unsigned int cbreak_attempt_expire(struct cbreak_attempt_table *table,
				   u64 now_ns, cbreak_attempt_fn fn, void *arg);
unsigned int cbreak_attempt_copy(struct cbreak_attempt_table *table,
				 unsigned int index, unsigned int *from,
				 struct cbreak_attempt *copy, unsigned int max);
unsigned int cbreak_attempt_count(const struct cbreak_attempt_table *table);

#endif /* _CBREAK_ATTEMPT_H */
