/* SPDX-License-Identifier: GPL-2.0 */
/* Attempts by number, a table with a known hash, and what shares a bucket. */
#ifndef _CBREAK_ATTEMPT_FIXTURE_H
#define _CBREAK_ATTEMPT_FIXTURE_H

#include <linux/socket.h>
#include <linux/string.h>

#include "../attempt.h"
#include "cbreak_test.h"

#define TICK		((u64)CBREAK_ATTEMPT_TICK_NS)
#define WAYS		4
#define BUCKETS		(CBREAK_ATTEMPT_STRIPE / WAYS)

/* When a table begins, on a tick. */
#define T0		(1000 * TEST_SEC)

/**
 * make_attempt - an attempt with ends of its own
 * @n: its number; also its rule_id. Odd ones are IPv6
 *
 * Return: the attempt, admitted.
 */
static inline struct cbreak_attempt make_attempt(u32 n)
{
	struct cbreak_attempt attempt = {
		.tuple = {
			.sport = htons(1024 + n % 50000),
			.dport = htons(443),
		},
		.isn = 0x10000000 + n,
		.gen = 3 * n,
		.rule_id = n,
		.family = n % 2 ? AF_INET6 : AF_INET,
		.state = CBREAK_ATTEMPT_ADMITTED,
	};

	attempt.tuple.saddr.ip = htonl(0x0a000001);
	attempt.tuple.daddr.ip = htonl(0xc0000200 + n);
	if (attempt.family == AF_INET6) {
		attempt.tuple.saddr.ip6[3] = htonl(1);
		attempt.tuple.daddr.ip6[3] = htonl(n);
	}
	return attempt;
}

/**
 * table_start - a new table, with a key that is no secret
 * @test: its priv becomes the table
 * @max: attempts
 * @now: the present
 *
 * Return: the table, empty.
 */
static inline struct cbreak_attempt_table *table_start(struct kunit *test,
						       unsigned int max,
						       u64 now)
{
	struct cbreak_attempt_table *table = test->priv;

	cbreak_attempt_table_uninit(table);
	KUNIT_ASSERT_EQ(test, cbreak_attempt_table_init(table, max, now), 0);
	table->seed = 0x5a5a5a5a;
	return table;
}

/* Test init: one stripe. */
static inline int table_init(struct kunit *test)
{
	struct cbreak_attempt_table *table;

	table = kunit_kzalloc(test, sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	test->priv = table;
	if (cbreak_attempt_table_init(table, 1, T0))
		return -ENOMEM;
	table->seed = 0x5a5a5a5a;
	return 0;
}

/* Test exit. */
static inline void table_exit(struct kunit *test)
{
	if (test->priv)
		cbreak_attempt_table_uninit(test->priv);
}

static inline u8 insert(struct cbreak_attempt_table *table,
			const struct cbreak_attempt *a, u64 now, u32 timeout_ms)
{
	struct cbreak_attempt gone;

	return cbreak_attempt_insert(table, a, now, timeout_ms, &gone);
}

static inline enum cbreak_attempt_state
lookup(struct cbreak_attempt_table *table, const struct cbreak_attempt *a)
{
	return cbreak_attempt_lookup(table, a->family, &a->tuple, a->isn);
}

static inline bool mark_sent(struct cbreak_attempt_table *table,
			     const struct cbreak_attempt *a)
{
	return cbreak_attempt_mark_sent(table, a->family, &a->tuple, a->isn);
}

/* Take it out by the plainest answer; whether it was there. */
static inline bool take(struct cbreak_attempt_table *table,
			const struct cbreak_attempt *a)
{
	struct cbreak_attempt taken;

	return cbreak_attempt_take(table, a->family, &a->tuple, a->isn, false,
				   &taken) == CBREAK_ATTEMPT_TAKEN;
}

/**
 * struct bucket_map - which attempts share a bucket
 * @nr: attempts it knows, by number
 * @bucket: the bucket of each, below BUCKETS
 */
struct bucket_map {
	unsigned int nr;
	u8 bucket[1024];
};

void cbreak_test_map_buckets(struct kunit *test, struct bucket_map *map,
			     unsigned int nr);
void cbreak_test_collide(struct kunit *test, struct cbreak_attempt *a,
			 unsigned int nr);

#endif /* _CBREAK_ATTEMPT_FIXTURE_H */
