// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the attempt table: what is in it, and what answers it
 *
 * Entering, replacing and evicting; which numbers end an attempt and which do
 * not. Time is in attempt_expiry_test.c.
 */
#include "attempt_fixture.h"

#define TIMEOUT_MS	10000

static unsigned int count(struct cbreak_attempt_table *table)
{
	return cbreak_attempt_count(table);
}

static enum cbreak_attempt_match take_ack(struct cbreak_attempt_table *table,
					  const struct cbreak_attempt *a,
					  u32 ack)
{
	struct cbreak_attempt taken;

	return cbreak_attempt_take(table, a->family, &a->tuple, ack, true,
				   &taken);
}

static enum cbreak_attempt_match take_seq(struct cbreak_attempt_table *table,
					  const struct cbreak_attempt *a,
					  u32 seq)
{
	struct cbreak_attempt taken;

	return cbreak_attempt_take(table, a->family, &a->tuple, seq, false,
				   &taken);
}

static void attempt_empty_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a = make_attempt(1);

	/* What nobody entered is not found, not even all zeroes. */
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_FREE);
	memset(&a, 0, sizeof(a));
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_FALSE(test, mark_sent(table, &a));
	KUNIT_EXPECT_EQ(test, take_ack(table, &a, 1), CBREAK_ATTEMPT_STRAY);
	KUNIT_EXPECT_EQ(test, take_seq(table, &a, 0), CBREAK_ATTEMPT_STRAY);
	KUNIT_EXPECT_EQ(test, count(table), 0);
}

static void attempt_max_test(struct kunit *test)
{
	static const unsigned int max[][2] = {
		{ 1, 256 }, { 255, 256 }, { 256, 256 }, { 257, 512 },
		{ 512, 512 }, { 1000, 1024 }, { 1025, 2048 }, { 4096, 4096 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(max); i++) {
		struct cbreak_attempt_table *table;

		table = table_start(test, max[i][0], T0);
		KUNIT_EXPECT_EQ(test, table->nr_stripes * CBREAK_ATTEMPT_STRIPE,
				max[i][1]);
		KUNIT_EXPECT_EQ(test, count(table), 0);
	}
}

static void attempt_insert_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a = make_attempt(4), b = make_attempt(5);

	KUNIT_EXPECT_EQ(test, insert(table, &a, T0, TIMEOUT_MS),
			CBREAK_ATTEMPT_NEW);
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_ADMITTED);
	KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_EQ(test, count(table), 1);
	KUNIT_EXPECT_EQ(test, insert(table, &b, T0, TIMEOUT_MS),
			CBREAK_ATTEMPT_NEW);
	KUNIT_EXPECT_EQ(test, count(table), 2);
	KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_ADMITTED);
	/* The same ends with another number are another SYN. */
	a.isn++;
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_FALSE(test, mark_sent(table, &a));
}

/* The table gives back what it was given. */
static void attempt_taken_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a = make_attempt(7), taken;

	a.data_len = 1000;
	insert(table, &a, T0 + 1234567, TIMEOUT_MS);
	KUNIT_EXPECT_TRUE(test, mark_sent(table, &a));
	KUNIT_EXPECT_EQ(test, cbreak_attempt_take(table, a.family, &a.tuple,
						  a.isn + 1, true, &taken),
			CBREAK_ATTEMPT_TAKEN);
	KUNIT_EXPECT_EQ(test, memcmp(&taken.tuple, &a.tuple, sizeof(a.tuple)),
			0);
	KUNIT_EXPECT_EQ(test, taken.isn, a.isn);
	KUNIT_EXPECT_EQ(test, taken.gen, a.gen);
	KUNIT_EXPECT_EQ(test, taken.rule_id, a.rule_id);
	KUNIT_EXPECT_EQ(test, taken.data_len, 1000);
	KUNIT_EXPECT_EQ(test, taken.family, a.family);
	KUNIT_EXPECT_EQ(test, taken.state, CBREAK_ATTEMPT_SENT);
	KUNIT_EXPECT_EQ(test, taken.start_us, 1000 * USEC_PER_SEC + 1234);
	/* It is gone, and its answer is a stray now. */
	KUNIT_EXPECT_EQ(test, count(table), 0);
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_EQ(test, take_ack(table, &a, a.isn + 1),
			CBREAK_ATTEMPT_STRAY);
	KUNIT_EXPECT_EQ(test, take_seq(table, &a, a.isn), CBREAK_ATTEMPT_STRAY);
}

/* A retransmission, or the second copy of TCP Fast Open, changes nothing. */
static void attempt_known_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a = make_attempt(8), again = a, taken;

	insert(table, &a, T0, TIMEOUT_MS);
	mark_sent(table, &a);
	again.gen++;
	again.rule_id++;
	again.data_len = 500;
	again.state = CBREAK_ATTEMPT_REJECTED;
	KUNIT_EXPECT_EQ(test, insert(table, &again, T0 + TEST_SEC, TIMEOUT_MS),
			CBREAK_ATTEMPT_KNOWN);
	KUNIT_EXPECT_EQ(test, count(table), 1);
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_SENT);
	KUNIT_EXPECT_EQ(test, cbreak_attempt_take(table, a.family, &a.tuple,
						  a.isn, false, &taken),
			CBREAK_ATTEMPT_TAKEN);
	KUNIT_EXPECT_EQ(test, taken.gen, a.gen);
	KUNIT_EXPECT_EQ(test, taken.rule_id, a.rule_id);
	KUNIT_EXPECT_EQ(test, taken.data_len, 0);
	KUNIT_EXPECT_EQ(test, taken.start_us, 1000 * USEC_PER_SEC);
}

static void attempt_replaced_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a = make_attempt(8), b = a, taken;

	b.isn += 0x80000000;
	b.gen = 77;
	insert(table, &a, T0, TIMEOUT_MS);
	mark_sent(table, &a);
	KUNIT_EXPECT_EQ(test, insert(table, &b, T0, TIMEOUT_MS),
			CBREAK_ATTEMPT_REPLACED);
	KUNIT_EXPECT_EQ(test, count(table), 1);
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_ADMITTED);
	KUNIT_EXPECT_EQ(test, take_ack(table, &a, a.isn + 1),
			CBREAK_ATTEMPT_FORGED);
	KUNIT_EXPECT_EQ(test, cbreak_attempt_take(table, b.family, &b.tuple,
						  b.isn + 1, true, &taken),
			CBREAK_ATTEMPT_TAKEN);
	KUNIT_EXPECT_EQ(test, taken.gen, 77);
	KUNIT_EXPECT_EQ(test, count(table), 0);
}

static void attempt_sent_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a = make_attempt(8), other = a;

	other.isn++;
	KUNIT_EXPECT_FALSE(test, mark_sent(table, &a));
	insert(table, &a, T0, TIMEOUT_MS);
	KUNIT_EXPECT_FALSE(test, mark_sent(table, &other));
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_ADMITTED);
	KUNIT_EXPECT_TRUE(test, mark_sent(table, &a));
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_SENT);
	/* A retransmission leaves too. */
	KUNIT_EXPECT_TRUE(test, mark_sent(table, &a));
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_SENT);
}

/* One answer: what it is, and that only a good one ends the attempt. */
static void expect_ack(struct kunit *test, u32 isn, u16 data_len, u32 ack,
		       bool good)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a = make_attempt(12);

	a.isn = isn;
	a.data_len = data_len;
	insert(table, &a, T0, TIMEOUT_MS);
	KUNIT_EXPECT_EQ_MSG(test, take_ack(table, &a, ack), good ?
			    CBREAK_ATTEMPT_TAKEN : CBREAK_ATTEMPT_FORGED,
			    "isn %u data %u ack %u", isn, data_len, ack);
	KUNIT_EXPECT_EQ(test, lookup(table, &a), good ? CBREAK_ATTEMPT_FREE :
			CBREAK_ATTEMPT_ADMITTED);
	KUNIT_EXPECT_EQ(test, count(table), !good);
	take(table, &a);
}

/* The place that was taken last is looked at first, whoever is there now. */
static void attempt_sent_last_test(struct kunit *test)
{
	struct cbreak_attempt a = make_attempt(4), b = make_attempt(5), old;
	struct cbreak_attempt_table *table;
	unsigned int n;

	table = table_start(test, 4 * CBREAK_ATTEMPT_STRIPE, T0);
	insert(table, &a, T0, TIMEOUT_MS);
	insert(table, &b, T0, TIMEOUT_MS);
	KUNIT_EXPECT_TRUE(test, mark_sent(table, &a));
	KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_ADMITTED);
	KUNIT_EXPECT_TRUE(test, mark_sent(table, &b));
	KUNIT_EXPECT_TRUE(test, mark_sent(table, &b));
	/* Its answer was faster. */
	KUNIT_EXPECT_EQ(test, take_ack(table, &b, b.isn + 1),
			CBREAK_ATTEMPT_TAKEN);
	KUNIT_EXPECT_FALSE(test, mark_sent(table, &b));
	/* Others are where it was: with another number, or rejected. */
	old = b;
	b.isn++;
	insert(table, &b, T0, TIMEOUT_MS);
	KUNIT_EXPECT_FALSE(test, mark_sent(table, &old));
	KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_ADMITTED);
	old = b;
	b.isn++;
	b.state = CBREAK_ATTEMPT_REJECTED;
	insert(table, &b, T0, TIMEOUT_MS);
	KUNIT_EXPECT_FALSE(test, mark_sent(table, &b));
	KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_REJECTED);
	/* It was a place of a larger table. */
	for (n = 0; n < 100; n++) {
		a = make_attempt(n);
		table = table_start(test, 4 * CBREAK_ATTEMPT_STRIPE, T0);
		insert(table, &a, T0, TIMEOUT_MS);
		table = table_start(test, 1, T0);
		KUNIT_EXPECT_FALSE(test, mark_sent(table, &a));
	}
}

/* An ack is good in (ISN, ISN + 1 + data], modulo 2^32. */
static void attempt_ack_test(struct kunit *test)
{
	static const u32 isns[] = {
		1000, 0, U32_MAX, U32_MAX - 1, U32_MAX - 100, 0x7fffffff,
		0x80000000, U32_MAX - 65536,
	};
	static const u16 lens[] = { 0, 1, 100, 1460, U16_MAX };
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(isns); i++) {
		for (k = 0; k < ARRAY_SIZE(lens); k++) {
			u32 isn = isns[i], len = lens[k];

			expect_ack(test, isn, len, isn - 1, false);
			expect_ack(test, isn, len, isn, false);
			expect_ack(test, isn, len, isn + 1, true);
			expect_ack(test, isn, len, isn + 1 + len, true);
			expect_ack(test, isn, len, isn + 1 + len / 2, true);
			expect_ack(test, isn, len, isn + 2 + len, false);
			expect_ack(test, isn, len, isn + 0x80000000, false);
			expect_ack(test, isn, len, isn + 0x80000001, false);
		}
	}
}

/* A quoted sequence number is the ISN, with data or without. */
static void attempt_seq_test(struct kunit *test)
{
	static const u32 isns[] = { 1000, 0, U32_MAX, 0x7fffffff };
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a = make_attempt(13);
	u32 i, len;

	for (i = 0; i < ARRAY_SIZE(isns); i++) {
		for (len = 0; len < 200; len += 100) {
			a.isn = isns[i];
			a.data_len = len;
			insert(table, &a, T0, TIMEOUT_MS);
			KUNIT_EXPECT_EQ(test, take_seq(table, &a, a.isn + 1),
					CBREAK_ATTEMPT_FORGED);
			KUNIT_EXPECT_EQ(test, take_seq(table, &a, a.isn - 1),
					CBREAK_ATTEMPT_FORGED);
			KUNIT_EXPECT_EQ(test, take_seq(table, &a,
						       a.isn + 1 + len),
					CBREAK_ATTEMPT_FORGED);
			KUNIT_EXPECT_EQ(test, lookup(table, &a),
					CBREAK_ATTEMPT_ADMITTED);
			KUNIT_EXPECT_EQ(test, take_seq(table, &a, a.isn),
					CBREAK_ATTEMPT_TAKEN);
			KUNIT_EXPECT_EQ(test, count(table), 0);
		}
	}
}

/* A rejected SYN is remembered, and is nothing else. */
static void attempt_rejected_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a = make_attempt(20), b = a;

	a.state = CBREAK_ATTEMPT_REJECTED;
	b.isn++;
	KUNIT_EXPECT_EQ(test, insert(table, &a, T0, TIMEOUT_MS),
			CBREAK_ATTEMPT_NEW);
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_REJECTED);
	KUNIT_EXPECT_FALSE(test, mark_sent(table, &a));
	KUNIT_EXPECT_EQ(test, take_ack(table, &a, a.isn + 1),
			CBREAK_ATTEMPT_STRAY);
	KUNIT_EXPECT_EQ(test, take_seq(table, &a, a.isn), CBREAK_ATTEMPT_STRAY);
	KUNIT_EXPECT_EQ(test, take_seq(table, &a, a.isn + 5),
			CBREAK_ATTEMPT_STRAY);
	KUNIT_EXPECT_EQ(test, lookup(table, &a), CBREAK_ATTEMPT_REJECTED);
	KUNIT_EXPECT_EQ(test, insert(table, &a, T0, TIMEOUT_MS),
			CBREAK_ATTEMPT_KNOWN);
	/* Nobody waits for it: its successor replaces no attempt. */
	KUNIT_EXPECT_EQ(test, insert(table, &b, T0, TIMEOUT_MS),
			CBREAK_ATTEMPT_NEW);
	KUNIT_EXPECT_EQ(test, lookup(table, &b), CBREAK_ATTEMPT_ADMITTED);
	KUNIT_EXPECT_EQ(test, count(table), 1);
	/* But it can be the successor of one that somebody waited for. */
	KUNIT_EXPECT_EQ(test, insert(table, &a, T0, TIMEOUT_MS),
			CBREAK_ATTEMPT_REPLACED);
	KUNIT_EXPECT_EQ(test, count(table), 1);
}

/* Whatever differs in the ends makes another connection. */
static void attempt_ends_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a[11];
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(a); i++) {
		a[i] = make_attempt(31);
		a[i].rule_id = i;
	}
	for (i = 0; i < 4; i++) {
		a[i].tuple.saddr.ip6[i] ^= htonl(0x80);
		a[4 + i].tuple.daddr.ip6[i] ^= htonl(0x80);
	}
	a[8].tuple.sport ^= htons(1);
	a[9].tuple.dport ^= htons(1);
	for (i = 0; i < ARRAY_SIZE(a); i++)
		KUNIT_EXPECT_EQ(test, insert(table, &a[i], T0, TIMEOUT_MS),
				CBREAK_ATTEMPT_NEW);
	for (i = 0; i < ARRAY_SIZE(a); i++) {
		KUNIT_EXPECT_TRUE(test, take(table, &a[i]));
		for (k = 0; k < ARRAY_SIZE(a); k++)
			KUNIT_EXPECT_EQ(test, lookup(table, &a[k]), k <= i ?
					CBREAK_ATTEMPT_FREE :
					CBREAK_ATTEMPT_ADMITTED);
	}
}

/* The same bits, ports and number in both families. */
static void attempt_families_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt v4 = make_attempt(40), v6 = v4, taken;

	v6.family = AF_INET6;
	v6.gen = 99;
	KUNIT_EXPECT_EQ(test, insert(table, &v4, T0, TIMEOUT_MS),
			CBREAK_ATTEMPT_NEW);
	KUNIT_EXPECT_EQ(test, lookup(table, &v6), CBREAK_ATTEMPT_FREE);
	KUNIT_EXPECT_EQ(test, take_ack(table, &v6, v6.isn + 1),
			CBREAK_ATTEMPT_STRAY);
	KUNIT_EXPECT_EQ(test, insert(table, &v6, T0, TIMEOUT_MS),
			CBREAK_ATTEMPT_NEW);
	KUNIT_EXPECT_TRUE(test, mark_sent(table, &v6));
	KUNIT_EXPECT_EQ(test, lookup(table, &v4), CBREAK_ATTEMPT_ADMITTED);
	KUNIT_EXPECT_EQ(test, cbreak_attempt_take(table, AF_INET6, &v6.tuple,
						  v6.isn + 1, true, &taken),
			CBREAK_ATTEMPT_TAKEN);
	KUNIT_EXPECT_EQ(test, taken.gen, 99);
	KUNIT_EXPECT_TRUE(test, take(table, &v4));
}

/* The same, often enough for some of the pairs to share a bucket. */
static void attempt_families_collide_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	u32 n;

	for (n = 0; n < 1000; n += 2) {
		struct cbreak_attempt v4 = make_attempt(n), v6 = v4;

		v6.family = AF_INET6;
		KUNIT_ASSERT_EQ(test, insert(table, &v4, T0, TIMEOUT_MS),
				CBREAK_ATTEMPT_NEW);
		KUNIT_ASSERT_EQ_MSG(test, insert(table, &v6, T0, TIMEOUT_MS),
				    CBREAK_ATTEMPT_NEW, "pair %u", n);
		KUNIT_ASSERT_TRUE(test, take(table, &v4));
		KUNIT_ASSERT_TRUE(test, take(table, &v6));
	}
}

/* Everything that went in without a loss is there, in any number of stripes. */
static void attempt_stripes_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = table_start(test, 4096, T0);
	unsigned int i, in = 0, evicted = 0, found = 0;

	for (i = 0; i < 4096; i++) {
		struct cbreak_attempt a = make_attempt(i);

		if (insert(table, &a, T0 + i * 1000, TIMEOUT_MS) ==
		    CBREAK_ATTEMPT_EVICTED)
			evicted++;
		else
			in++;
	}
	KUNIT_EXPECT_EQ(test, count(table), in);
	KUNIT_EXPECT_EQ(test, in + evicted, 4096);
	/* Poisson: a fifth of 4096 does not find room. */
	KUNIT_EXPECT_LT(test, evicted, 1000);
	for (i = 0; i < 4096; i++) {
		struct cbreak_attempt a = make_attempt(i);

		found += take(table, &a);
	}
	KUNIT_EXPECT_EQ(test, found, in);
	KUNIT_EXPECT_EQ(test, count(table), 0);
}

/* Whatever of the ends differs spreads the attempts over the buckets. */
static void attempt_spread_test(struct kunit *test)
{
	unsigned int what, family, i;

	for (what = 0; what < 10; what++) {
		for (family = 0; family < 2; family++) {
			struct cbreak_attempt_table *table;

			/* IPv4 has one word of each address. */
			if (!family && what < 8 && what % 4)
				continue;
			table = table_start(test, 1, T0);
			for (i = 0; i < 100; i++) {
				struct cbreak_attempt a = make_attempt(family);

				if (what < 4)
					a.tuple.saddr.ip6[what] = htonl(i);
				else if (what < 8)
					a.tuple.daddr.ip6[what - 4] = htonl(i);
				else if (what == 8)
					a.tuple.sport = htons(i);
				else
					a.tuple.dport = htons(i);
				insert(table, &a, T0, TIMEOUT_MS);
			}
			KUNIT_EXPECT_GT_MSG(test, count(table), 80,
					    "field %u of family %u", what,
					    family);
		}
	}
}

static struct kunit_case attempt_cases[] = {
	KUNIT_CASE(attempt_empty_test),
	KUNIT_CASE(attempt_max_test),
	KUNIT_CASE(attempt_insert_test),
	KUNIT_CASE(attempt_taken_test),
	KUNIT_CASE(attempt_known_test),
	KUNIT_CASE(attempt_replaced_test),
	KUNIT_CASE(attempt_sent_test),
	KUNIT_CASE(attempt_sent_last_test),
	KUNIT_CASE(attempt_ack_test),
	KUNIT_CASE(attempt_seq_test),
	KUNIT_CASE(attempt_rejected_test),
	KUNIT_CASE(attempt_ends_test),
	KUNIT_CASE(attempt_families_test),
	KUNIT_CASE(attempt_families_collide_test),
	KUNIT_CASE(attempt_stripes_test),
	KUNIT_CASE(attempt_spread_test),
	{}
};

static struct kunit_suite attempt_suite = {
	.name = "cbreak_attempt",
	.init = table_init,
	.exit = table_exit,
	.test_cases = attempt_cases,
};

kunit_test_suite(attempt_suite);
