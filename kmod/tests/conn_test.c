// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the table of connections
 *
 * Sockets are numbers here: the table does not look into them. The last test
 * holds it against a plain list.
 */
#include <linux/slab.h>
#include <linux/socket.h>

#include "../conn.h"
#include "cbreak_test.h"

#define WAYS	CBREAK_CONN_WAYS

static const void *name(unsigned long n)
{
	/* As far apart as sockets are. */
	return (const void *)(0x1000 + n * 2432);
}

static struct cbreak_conn make_conn(u32 n)
{
	return (struct cbreak_conn){
		.daddr.ip = htonl(n),
		.rule_id = n,
		.gen = 3 * n,
		.isn = 5 * n,
		.start_ms = 7 * n,
		.family = AF_INET,
		.state = CBREAK_CONN_CONNECTING,
	};
}

static bool is_same(const struct cbreak_conn *a, const struct cbreak_conn *b)
{
	return a->daddr.ip == b->daddr.ip && a->rule_id == b->rule_id &&
	       a->gen == b->gen && a->isn == b->isn &&
	       a->start_ms == b->start_ms && a->family == b->family &&
	       a->state == b->state;
}

static int conn_init(struct kunit *test)
{
	test->priv = cbreak_conn_table_alloc(256);
	return test->priv ? 0 : -ENOMEM;
}

static void conn_exit(struct kunit *test)
{
	cbreak_conn_table_free(test->priv);
}

static void conn_empty_test(struct kunit *test)
{
	struct cbreak_conn conn;

	KUNIT_EXPECT_FALSE(test, cbreak_conn_find(test->priv, name(1), &conn));
	KUNIT_EXPECT_FALSE(test, cbreak_conn_take(test->priv, name(1), &conn));
	KUNIT_EXPECT_FALSE(test, cbreak_conn_establish(test->priv, name(1)));
	KUNIT_EXPECT_EQ(test, cbreak_conn_count(test->priv), 0);
}

static void conn_max_test(struct kunit *test)
{
	static const unsigned int max[][2] = {
		{ 1, 16 }, { 16, 16 }, { 17, 32 }, { 256, 256 }, { 257, 512 },
		{ 1000, 1024 }, { 16384, 16384 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(max); i++) {
		struct cbreak_conn_table *table;

		table = cbreak_conn_table_alloc(max[i][0]);
		KUNIT_ASSERT_NOT_NULL(test, table);
		KUNIT_EXPECT_EQ(test, cbreak_conn_max(table), max[i][1]);
		cbreak_conn_table_free(table);
	}
}

/* In, established, out; what went in comes out. */
static void conn_life_test(struct kunit *test)
{
	struct cbreak_conn in = make_conn(1), out;

	KUNIT_EXPECT_TRUE(test, cbreak_conn_insert(test->priv, name(1), &in));
	KUNIT_EXPECT_EQ(test, cbreak_conn_count(test->priv), 1);
	KUNIT_EXPECT_FALSE(test, cbreak_conn_find(test->priv, name(2), &out));
	KUNIT_ASSERT_TRUE(test, cbreak_conn_find(test->priv, name(1), &out));
	KUNIT_EXPECT_TRUE(test, is_same(&in, &out));
	KUNIT_EXPECT_TRUE(test, cbreak_conn_establish(test->priv, name(1)));
	in.state = CBREAK_CONN_ESTABLISHED;
	KUNIT_ASSERT_TRUE(test, cbreak_conn_take(test->priv, name(1), &out));
	KUNIT_EXPECT_TRUE(test, is_same(&in, &out));
	KUNIT_EXPECT_FALSE(test, cbreak_conn_take(test->priv, name(1), &out));
	KUNIT_EXPECT_EQ(test, cbreak_conn_count(test->priv), 0);
}

/* A socket that connects anew; but not one whose SYN comes after all. */
static void conn_again_test(struct kunit *test)
{
	struct cbreak_conn first = make_conn(1), second = make_conn(2), out;

	cbreak_conn_insert(test->priv, name(1), &first);
	KUNIT_EXPECT_TRUE(test, cbreak_conn_insert(test->priv, name(1), &second));
	KUNIT_EXPECT_EQ(test, cbreak_conn_count(test->priv), 1);
	cbreak_conn_find(test->priv, name(1), &out);
	KUNIT_EXPECT_EQ(test, out.rule_id, 2);
	cbreak_conn_establish(test->priv, name(1));
	KUNIT_EXPECT_TRUE(test, cbreak_conn_insert(test->priv, name(1), &first));
	cbreak_conn_find(test->priv, name(1), &out);
	KUNIT_EXPECT_EQ(test, out.rule_id, 2);
	KUNIT_EXPECT_EQ(test, out.state, CBREAK_CONN_ESTABLISHED);
}

/* One bucket: as many as it has places, and room again when one leaves. */
static void conn_full_test(struct kunit *test)
{
	struct cbreak_conn_table *table = cbreak_conn_table_alloc(1);
	struct cbreak_conn conn, out;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, table);
	for (i = 0; i < WAYS; i++) {
		conn = make_conn(i);
		KUNIT_EXPECT_TRUE(test, cbreak_conn_insert(table, name(i), &conn));
	}
	conn = make_conn(WAYS);
	KUNIT_EXPECT_FALSE(test, cbreak_conn_insert(table, name(WAYS), &conn));
	KUNIT_EXPECT_FALSE(test, cbreak_conn_find(table, name(WAYS), &out));
	for (i = 0; i < WAYS; i++) {
		KUNIT_EXPECT_TRUE(test, cbreak_conn_find(table, name(i), &out));
		KUNIT_EXPECT_EQ(test, out.rule_id, i);
	}
	cbreak_conn_take(table, name(5), &out);
	KUNIT_EXPECT_TRUE(test, cbreak_conn_insert(table, name(WAYS), &conn));
	KUNIT_EXPECT_EQ(test, cbreak_conn_count(table), WAYS);
	cbreak_conn_table_free(table);
}

static void add_rule_id(void *arg, const struct cbreak_conn *conn)
{
	*(u32 *)arg += conn->rule_id;
}

static void conn_each_test(struct kunit *test)
{
	struct cbreak_conn conn;
	u32 sum = 0;
	u32 i;

	for (i = 1; i <= 10; i++) {
		conn = make_conn(i);
		cbreak_conn_insert(test->priv, name(i), &conn);
	}
	cbreak_conn_take(test->priv, name(4), &conn);
	cbreak_conn_for_each(test->priv, add_rule_id, &sum);
	KUNIT_EXPECT_EQ(test, sum, 55 - 4);
}

/* Names as far apart as sockets are fill a table well. */
static void conn_spread_test(struct kunit *test)
{
	struct cbreak_conn_table *table = cbreak_conn_table_alloc(16384);
	struct cbreak_conn conn = make_conn(1);
	unsigned int i, in = 0;

	KUNIT_ASSERT_NOT_NULL(test, table);
	for (i = 0; i < 8192; i++)
		in += cbreak_conn_insert(table, name(i), &conn);
	KUNIT_EXPECT_EQ(test, in, cbreak_conn_count(table));
	/* At random, 16 or fewer of a mean of 8 would be 99.6 %. */
	KUNIT_EXPECT_GT(test, in, 8192 * 99 / 100);
	cbreak_conn_table_free(table);
}

#define SOCKETS	600

struct plain {
	bool there;
	struct cbreak_conn conn;
};

static void conn_model_step(struct kunit *test, struct plain *list, u32 n,
			    struct rnd_state *rnd)
{
	struct cbreak_conn conn = make_conn(prandom_u32_state(rnd)), out;
	struct plain *p = &list[n];
	bool done;

	switch (test_below(rnd, 4)) {
	case 0:
		done = cbreak_conn_insert(test->priv, name(n), &conn);
		KUNIT_EXPECT_TRUE(test, done || !p->there);
		if (done && !(p->there &&
			      p->conn.state == CBREAK_CONN_ESTABLISHED))
			*p = (struct plain){ true, conn };
		return;
	case 1:
		done = cbreak_conn_establish(test->priv, name(n));
		KUNIT_EXPECT_EQ(test, done, p->there);
		p->conn.state = CBREAK_CONN_ESTABLISHED;
		return;
	case 2:
		done = cbreak_conn_find(test->priv, name(n), &out);
		break;
	default:
		done = cbreak_conn_take(test->priv, name(n), &out);
		KUNIT_EXPECT_EQ(test, done, p->there);
		p->there = false;
		break;
	}
	if (done)
		KUNIT_EXPECT_TRUE(test, is_same(&out, &p->conn));
	KUNIT_EXPECT_EQ(test, cbreak_conn_find(test->priv, name(n), &out),
			p->there);
}

static void conn_model_test(struct kunit *test)
{
	struct plain *list = kcalloc(SOCKETS, sizeof(*list), GFP_KERNEL);
	unsigned int i, count = 0;
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, list);
	prandom_seed_state(&rnd, 4711);
	for (i = 0; i < 50000; i++)
		conn_model_step(test, list, test_below(&rnd, SOCKETS), &rnd);
	for (i = 0; i < SOCKETS; i++)
		count += list[i].there;
	KUNIT_EXPECT_EQ(test, cbreak_conn_count(test->priv), count);
	kfree(list);
}

static struct kunit_case conn_cases[] = {
	KUNIT_CASE(conn_empty_test),
	KUNIT_CASE(conn_max_test),
	KUNIT_CASE(conn_life_test),
	KUNIT_CASE(conn_again_test),
	KUNIT_CASE(conn_full_test),
	KUNIT_CASE(conn_each_test),
	KUNIT_CASE(conn_spread_test),
	KUNIT_CASE(conn_model_test),
	{ }
};

static struct kunit_suite conn_suite = {
	.name = "cbreak_conn",
	.init = conn_init,
	.exit = conn_exit,
	.test_cases = conn_cases,
};

kunit_test_suite(conn_suite);
