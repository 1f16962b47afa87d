// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the attempt table: full buckets
 *
 * The hash is not this suite's business: which attempts share a bucket is found
 * out by filling a table and seeing who has to go.
 */
#include "attempt_fixture.h"

#define TIMEOUT_MS	300000
#define MAPPED		1000

/* The resident that is not there any more, or -1. */
static int find_lost(struct cbreak_attempt_table *table, const u32 *resident,
		     unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct cbreak_attempt a = make_attempt(resident[i]);

		if (lookup(table, &a) == CBREAK_ATTEMPT_FREE)
			return i;
	}
	return -1;
}

/* As many residents as fit, so that every bucket is full. */
static void fill_table(struct kunit *test, u32 *resident, u64 *now)
{
	struct cbreak_attempt_table *table = table_start(test, 1, *now);
	unsigned int n, full = 0;

	for (n = 0; n < 10000 && full < CBREAK_ATTEMPT_STRIPE; n++) {
		struct cbreak_attempt a = make_attempt(n);
		int lost;

		*now += 1000;
		if (insert(table, &a, *now, TIMEOUT_MS) == CBREAK_ATTEMPT_NEW) {
			resident[full++] = n;
			continue;
		}
		lost = find_lost(table, resident, full);
		KUNIT_ASSERT_GE(test, lost, 0);
		resident[lost] = n;
	}
	KUNIT_ASSERT_EQ(test, full, CBREAK_ATTEMPT_STRIPE);
}

/*
 * The index of a resident in the newcomer's bucket. Everything is as it was
 * before, but that this resident is now the youngest of the bucket.
 */
static int find_neighbour(struct kunit *test, const u32 *resident, u32 n,
			  u64 *now)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt a = make_attempt(n), b;
	int lost;

	*now += 1000;
	KUNIT_ASSERT_EQ(test, insert(table, &a, *now, TIMEOUT_MS),
			CBREAK_ATTEMPT_EVICTED);
	lost = find_lost(table, resident, CBREAK_ATTEMPT_STRIPE);
	KUNIT_ASSERT_GE(test, lost, 0);
	KUNIT_ASSERT_TRUE(test, take(table, &a));
	b = make_attempt(resident[lost]);
	*now += 1000;
	KUNIT_ASSERT_EQ(test, insert(table, &b, *now, TIMEOUT_MS),
			CBREAK_ATTEMPT_NEW);
	return lost;
}

/**
 * cbreak_test_map_buckets - find out which attempts share a bucket
 * @test: the test; its table is used, and is not empty afterwards
 * @map: where it goes
 * @nr: how many attempts, from number 0
 */
void cbreak_test_map_buckets(struct kunit *test, struct bucket_map *map,
			     unsigned int nr)
{
	struct cbreak_attempt_table *table = test->priv;
	u32 *resident, *bucket;
	u32 n, i, known = 0;
	u64 now = T0;

	KUNIT_ASSERT_LE(test, nr, ARRAY_SIZE(map->bucket));
	resident = kunit_kcalloc(test, CBREAK_ATTEMPT_STRIPE, sizeof(u32),
				 GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, resident);
	bucket = kunit_kcalloc(test, CBREAK_ATTEMPT_STRIPE, sizeof(u32),
			       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bucket);
	memset(bucket, 0xff, CBREAK_ATTEMPT_STRIPE * sizeof(u32));
	fill_table(test, resident, &now);
	for (n = 0; n < nr || known < BUCKETS; n++) {
		struct cbreak_attempt a = make_attempt(n);
		int neighbour;

		KUNIT_ASSERT_LT(test, n, 10000);
		if (lookup(table, &a) != CBREAK_ATTEMPT_FREE)
			continue;
		neighbour = find_neighbour(test, resident, n, &now);
		if (bucket[neighbour] == U32_MAX) {
			u32 number = known++;

			/* A bucket not seen before: who else is in it? */
			bucket[neighbour] = number;
			for (i = 1; i < WAYS; i++)
				bucket[find_neighbour(test, resident, n,
						      &now)] = number;
		}
		if (n < nr)
			map->bucket[n] = bucket[neighbour];
	}
	for (i = 0; i < CBREAK_ATTEMPT_STRIPE; i++)
		if (resident[i] < nr)
			map->bucket[resident[i]] = bucket[i];
	KUNIT_ASSERT_EQ(test, known, BUCKETS);
	map->nr = nr;
}

/**
 * cbreak_test_collide - attempts that share a bucket
 * @test: the test; its table is a new one afterwards, of one stripe
 * @a: where they go
 * @nr: how many
 */
void cbreak_test_collide(struct kunit *test, struct cbreak_attempt *a,
			 unsigned int nr)
{
	struct bucket_map *map;
	unsigned int n, found = 0;

	map = kunit_kzalloc(test, sizeof(*map), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, map);
	cbreak_test_map_buckets(test, map, MAPPED);
	for (n = 0; n < MAPPED && found < nr; n++)
		if (map->bucket[n] == map->bucket[0])
			a[found++] = make_attempt(n);
	KUNIT_ASSERT_EQ(test, found, nr);
	table_start(test, 1, T0);
}

/* The buckets that were found out are 64, and about equally used. */
static void evict_map_test(struct kunit *test)
{
	struct bucket_map *map;
	u32 used[BUCKETS] = {};
	unsigned int n;

	map = kunit_kzalloc(test, sizeof(*map), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, map);
	cbreak_test_map_buckets(test, map, MAPPED);
	for (n = 0; n < MAPPED; n++) {
		KUNIT_ASSERT_LT(test, map->bucket[n], BUCKETS);
		used[map->bucket[n]]++;
	}
	for (n = 0; n < BUCKETS; n++)
		KUNIT_EXPECT_LT(test, used[n], 5 * MAPPED / BUCKETS);
}

static void expect_in(struct kunit *test, const struct cbreak_attempt *a,
		      unsigned int in)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ_MSG(test, lookup(test->priv, &a[i]) !=
				    CBREAK_ATTEMPT_FREE, in >> i & 1,
				    "attempt %u", i);
}

static void evict_oldest_test(struct kunit *test)
{
	/* Entered in this order, at these times. */
	static const u8 order[] = { 40, 10, 30, 20, 50, 60, 70, 80 };
	struct cbreak_attempt a[8];
	unsigned int i;

	cbreak_test_collide(test, a, 8);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, insert(test->priv, &a[i],
					     T0 + order[i] * TEST_MS,
					     TIMEOUT_MS), CBREAK_ATTEMPT_NEW);
	expect_in(test, a, 0x0f);
	for (; i < 8; i++) {
		static const u8 in[] = { 0x1d, 0x35, 0x71, 0xf0 };

		KUNIT_EXPECT_EQ(test, insert(test->priv, &a[i],
					     T0 + order[i] * TEST_MS,
					     TIMEOUT_MS),
				CBREAK_ATTEMPT_EVICTED);
		expect_in(test, a, in[i - 4]);
		KUNIT_EXPECT_EQ(test, cbreak_attempt_count(test->priv), 4);
	}
}

/* Room in the bucket, a known SYN or a new one on known ends evict nobody. */
static void evict_nobody_test(struct kunit *test)
{
	struct cbreak_attempt a[8], again;
	unsigned int i;

	cbreak_test_collide(test, a, 8);
	for (i = 0; i < 4; i++)
		insert(test->priv, &a[i], T0 + i * TEST_MS, TIMEOUT_MS);
	KUNIT_EXPECT_EQ(test, insert(test->priv, &a[2], T0 + TEST_SEC,
				     TIMEOUT_MS), CBREAK_ATTEMPT_KNOWN);
	again = a[3];
	again.isn++;
	KUNIT_EXPECT_EQ(test, insert(test->priv, &again, T0 + TEST_SEC,
				     TIMEOUT_MS), CBREAK_ATTEMPT_REPLACED);
	expect_in(test, a, 0x07);
	KUNIT_EXPECT_EQ(test, lookup(test->priv, &again),
			CBREAK_ATTEMPT_ADMITTED);
	KUNIT_EXPECT_TRUE(test, take(test->priv, &a[1]));
	KUNIT_EXPECT_EQ(test, insert(test->priv, &a[5], T0 + TEST_SEC,
				     TIMEOUT_MS), CBREAK_ATTEMPT_NEW);
	expect_in(test, a, 0x25);
}

/* An evicted tombstone is no loss; a tombstone that evicts is one. */
static void evict_rejected_test(struct kunit *test)
{
	struct cbreak_attempt a[8];
	unsigned int i;

	cbreak_test_collide(test, a, 8);
	a[0].state = CBREAK_ATTEMPT_REJECTED;
	a[5].state = CBREAK_ATTEMPT_REJECTED;
	for (i = 0; i < 4; i++)
		insert(test->priv, &a[i], T0 + i * TEST_MS, TIMEOUT_MS);
	KUNIT_EXPECT_EQ(test, insert(test->priv, &a[4], T0 + TEST_SEC,
				     TIMEOUT_MS), CBREAK_ATTEMPT_NEW);
	expect_in(test, a, 0x1e);
	KUNIT_EXPECT_EQ(test, insert(test->priv, &a[5], T0 + TEST_SEC,
				     TIMEOUT_MS), CBREAK_ATTEMPT_EVICTED);
	expect_in(test, a, 0x3c);
	KUNIT_EXPECT_EQ(test, cbreak_attempt_count(test->priv), 4);
}

/* 2^32 us are 71 minutes and 35 seconds. */
static void evict_start_wraps_test(struct kunit *test)
{
	const u64 wrap = (1ULL << 32) * NSEC_PER_USEC;
	struct cbreak_attempt a[8];
	unsigned int i;

	cbreak_test_collide(test, a, 8);
	for (i = 0; i < 4; i++)
		insert(test->priv, &a[i], wrap + i * TEST_SEC - 2 * TEST_SEC,
		       TIMEOUT_MS);
	for (; i < 8; i++) {
		KUNIT_EXPECT_EQ(test, insert(test->priv, &a[i],
					     wrap + i * TEST_SEC, TIMEOUT_MS),
				CBREAK_ATTEMPT_EVICTED);
		expect_in(test, a, 0x1e << (i - 4));
	}
}

/*
 * Two CPUs' clocks are a little apart: an attempt that was entered with a time
 * just after the present is the youngest, not the oldest.
 */
static void evict_clock_disorder_test(struct kunit *test)
{
	struct cbreak_attempt a[8];
	unsigned int i;

	cbreak_test_collide(test, a, 8);
	for (i = 0; i < 4; i++)
		insert(test->priv, &a[i], T0 + i * NSEC_PER_USEC, TIMEOUT_MS);
	insert(test->priv, &a[4], T0 + 2 * NSEC_PER_USEC, TIMEOUT_MS);
	expect_in(test, a, 0x1e);
}

/* What a newcomer takes the place of is handed out whole, once. */
static void evict_hands_out_test(struct kunit *test)
{
	struct cbreak_attempt_table *table = test->priv;
	struct cbreak_attempt gone, a = make_attempt(1), b = a;
	unsigned int n, evicted = 0;
	bool was[MAPPED] = {};

	a.counted_by = 17;
	KUNIT_EXPECT_EQ(test, insert(table, &a, T0, TIMEOUT_MS),
			CBREAK_ATTEMPT_NEW);
	b.isn++;
	b.counted_by = 18;
	KUNIT_EXPECT_EQ(test, cbreak_attempt_insert(table, &b, T0, TIMEOUT_MS,
						    &gone),
			CBREAK_ATTEMPT_REPLACED);
	KUNIT_EXPECT_EQ(test, gone.isn, a.isn);
	KUNIT_EXPECT_EQ(test, gone.counted_by, 17U);

	table = table_start(test, 1, T0);
	for (n = 1; n < MAPPED; n++) {
		a = make_attempt(n);
		a.counted_by = 2 * n;
		if (cbreak_attempt_insert(table, &a, T0 + n * 1000, TIMEOUT_MS,
					  &gone) != CBREAK_ATTEMPT_EVICTED)
			continue;
		KUNIT_ASSERT_LT(test, gone.rule_id, n);
		KUNIT_ASSERT_EQ(test, gone.counted_by, 2 * gone.rule_id);
		KUNIT_ASSERT_FALSE(test, was[gone.rule_id]);
		was[gone.rule_id] = true;
		evicted++;
	}
	KUNIT_EXPECT_EQ(test, evicted + cbreak_attempt_count(table), MAPPED - 1);
}

static struct kunit_case attempt_evict_cases[] = {
	KUNIT_CASE(evict_map_test),
	KUNIT_CASE(evict_oldest_test),
	KUNIT_CASE(evict_nobody_test),
	KUNIT_CASE(evict_rejected_test),
	KUNIT_CASE(evict_start_wraps_test),
	KUNIT_CASE(evict_clock_disorder_test),
	KUNIT_CASE(evict_hands_out_test),
	{}
};

static struct kunit_suite attempt_evict_suite = {
	.name = "cbreak_attempt_evict",
	.init = table_init,
	.exit = table_exit,
	.test_cases = attempt_evict_cases,
};

kunit_test_suite(attempt_evict_suite);
