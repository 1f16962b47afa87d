// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the classifier and the predicates of a match
 *
 * Precedence, loopback, port ranges and the predicates by hand and against
 * brute force. Random sets of rules are in classify_oracle_test.c.
 */
#include "classify_fixture.h"

static struct cbreak_class make6(u32 first, u32 last, u8 len, u16 min, u16 max)
{
	struct cbreak_class class = {
		.match = {
			.dst = addr6(first, 0, 0, last), .family = AF_INET6,
			.dst_len = len, .port_min = min, .port_max = max,
			.uid_max = U32_MAX,
		},
	};

	return class;
}

static struct cbreak_class make_any(u16 min, u16 max, u32 prio)
{
	struct cbreak_class class = {
		.match = {
			.port_min = min, .port_max = max, .prio = prio,
			.uid_max = U32_MAX,
		},
	};

	return class;
}

static void classify_empty_test(struct kunit *test)
{
	struct cbreak_classifier *c = test->priv;

	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(10, 0, 0, 1), 80), NULL);
	KUNIT_EXPECT_PTR_EQ(test, lookup6(c, 0x20010db8, 1, 80), NULL);
}

static void classify_longest_prefix_test(struct kunit *test)
{
	struct cbreak_class r0 = make4(0, 0, 0, 65535, 0);
	struct cbreak_class r8 = make4(IP(10, 0, 0, 0), 8, 0, 65535, 0);
	struct cbreak_class r24 = make4(IP(10, 1, 1, 0), 24, 443, 443, 9);
	struct cbreak_class r32 = make4(IP(10, 1, 1, 1), 32, 0, 65535, 9);
	struct cbreak_classifier *c = test->priv;

	/* In an order that is none. */
	insert(test, &r24);
	insert(test, &r0);
	insert(test, &r32);
	insert(test, &r8);
	/* The longest prefix wins, however wide its range and high its prio. */
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(10, 1, 1, 1), 443), &r32);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(10, 1, 1, 2), 443), &r24);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(10, 1, 1, 2), 442), &r8);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(10, 255, 255, 255), 1), &r8);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(11, 0, 0, 0), 1), &r0);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(9, 255, 255, 255), 1), &r0);
	remove(test, &r32);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(10, 1, 1, 1), 443), &r24);
	remove(test, &r8);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(10, 1, 1, 2), 442), &r0);
	remove(test, &r0);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(10, 1, 1, 2), 442), NULL);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(10, 1, 1, 2), 443), &r24);
	remove(test, &r24);
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

static void classify_narrower_range_test(struct kunit *test)
{
	struct cbreak_class wide = make4(IP(10, 0, 0, 0), 8, 1, 60000, 0);
	struct cbreak_class mid = make4(IP(10, 0, 0, 0), 8, 400, 499, 5);
	struct cbreak_class one = make4(IP(10, 0, 0, 0), 8, 443, 443, 9);
	struct cbreak_classifier *c = test->priv;
	u32 ip = IP(10, 1, 2, 3);

	insert(test, &one);
	insert(test, &wide);
	insert(test, &mid);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 443), &one);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 442), &mid);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 400), &mid);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 499), &mid);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 399), &wide);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 500), &wide);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 0), NULL);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 60001), NULL);
	remove(test, &one);
	remove(test, &mid);
	remove(test, &wide);
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

static void classify_prio_test(struct kunit *test)
{
	struct cbreak_class b = make4(IP(10, 0, 0, 0), 8, 80, 80, 7);
	struct cbreak_class a = make4(IP(10, 0, 0, 0), 8, 80, 80, 3);
	/* Equally wide, and beginning elsewhere. */
	struct cbreak_class d = make4(IP(10, 0, 0, 0), 8, 100, 109, 2);
	struct cbreak_class e = make4(IP(10, 0, 0, 0), 8, 105, 114, 1);
	struct cbreak_classifier *c = test->priv;
	u32 ip = IP(10, 1, 2, 3);

	insert(test, &a);
	insert(test, &b);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 80), &a);
	remove(test, &a);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 80), &b);
	insert(test, &a);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 80), &a);
	insert(test, &d);
	insert(test, &e);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 104), &d);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 105), &e);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 109), &e);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 114), &e);
	remove(test, &a);
	remove(test, &b);
	remove(test, &e);
	remove(test, &d);
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

/* The same bits in two families are two destinations. */
static void classify_families_test(struct kunit *test)
{
	struct cbreak_class v4 = make4(IP(10, 0, 0, 0), 8, 0, 65535, 5);
	struct cbreak_class v6 = make6(IP(10, 0, 0, 0), 0, 8, 0, 65535);
	struct cbreak_class any = make_any(0, 65535, 0);
	struct cbreak_classifier *c = test->priv;
	u32 ip = IP(10, 1, 2, 3);

	insert(test, &v4);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 1), &v4);
	KUNIT_EXPECT_PTR_EQ(test, lookup6(c, ip, 0, 1), NULL);
	insert(test, &v6);
	KUNIT_EXPECT_PTR_EQ(test, lookup6(c, ip, 0, 1), &v6);
	remove(test, &v4);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 1), NULL);
	insert(test, &any);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, ip, 1), &any);
	KUNIT_EXPECT_PTR_EQ(test, lookup6(c, ip, 0, 1), &v6);
	KUNIT_EXPECT_PTR_EQ(test, lookup6(c, ~ip, 0, 1), &any);
	remove(test, &v6);
	KUNIT_EXPECT_PTR_EQ(test, lookup6(c, ip, 0, 1), &any);
	remove(test, &any);
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

struct loopback_case {
	u8 family;
	u32 dst;	/* first word, or the last one of IPv6 */
	u8 len;
	u32 addr;
	bool matches;
};

static const struct loopback_case loopback_cases[] = {
	{ AF_UNSPEC, 0, 0, IP(127, 0, 0, 1), false },
	{ AF_UNSPEC, 0, 0, IP(128, 0, 0, 0), true },
	{ AF_UNSPEC, 0, 0, IP(126, 255, 255, 255), true },
	{ AF_INET, 0, 0, IP(127, 0, 0, 1), false },
	{ AF_INET, 0, 0, IP(8, 8, 8, 8), true },
	{ AF_INET, 0, 1, IP(127, 255, 255, 255), false },
	{ AF_INET, 0, 1, IP(126, 0, 0, 1), true },
	{ AF_INET, IP(126, 0, 0, 0), 7, IP(127, 0, 0, 1), false },
	{ AF_INET, IP(126, 0, 0, 0), 7, IP(126, 0, 0, 1), true },
	{ AF_INET, IP(127, 0, 0, 0), 8, IP(127, 0, 0, 1), true },
	{ AF_INET, IP(127, 0, 0, 0), 8, IP(127, 255, 255, 255), true },
	{ AF_INET, IP(127, 0, 0, 0), 9, IP(127, 0, 0, 1), true },
	{ AF_INET, IP(127, 0, 0, 1), 32, IP(127, 0, 0, 1), true },
	{ AF_INET, IP(127, 0, 0, 1), 32, IP(127, 0, 0, 2), false },
	{ AF_INET6, 0, 0, 1, false },
	{ AF_INET6, 0, 0, 2, true },
	{ AF_INET6, 0, 0, 0, true },
	{ AF_INET6, 0, 1, 1, false },
	{ AF_INET6, 0, 127, 1, false },
	{ AF_INET6, 0, 127, 0, true },
	{ AF_INET6, 1, 128, 1, true },
	{ AF_INET6, 1, 128, 0, false },
};

static void classify_loopback_test(struct kunit *test)
{
	struct cbreak_classifier *c = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(loopback_cases); i++) {
		const struct loopback_case *l = &loopback_cases[i];
		u8 family = l->family ?: AF_INET;
		union nf_inet_addr addr = family == AF_INET ?
					  addr4(l->addr) :
					  addr6(0, 0, 0, l->addr);
		struct cbreak_class class;

		class = family == AF_INET ?
			make4(l->dst, l->len, 0, 65535, 0) :
			make6(0, l->dst, l->len, 0, 65535);
		class.match.family = l->family;
		insert(test, &class);
		KUNIT_EXPECT_EQ_MSG(test, lookup(c, family, addr, 5) == &class,
				    l->matches, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, cbreak_match_covers(&class.match,
							      family, &addr, 5),
				    l->matches, "case %u", i);
		remove(test, &class);
	}
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

/* A rule that names loopback does not open it for the broader ones. */
static void classify_loopback_falls_test(struct kunit *test)
{
	struct cbreak_class lo = make4(IP(127, 0, 0, 0), 8, 80, 80, 0);
	struct cbreak_class lo6 = make6(0, 1, 128, 80, 80);
	struct cbreak_class any = make_any(0, 65535, 0);
	struct cbreak_classifier *c = test->priv;

	insert(test, &any);
	insert(test, &lo);
	insert(test, &lo6);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(127, 0, 0, 1), 80), &lo);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(127, 0, 0, 1), 81), NULL);
	KUNIT_EXPECT_PTR_EQ(test, lookup4(c, IP(128, 0, 0, 1), 81), &any);
	KUNIT_EXPECT_PTR_EQ(test, lookup6(c, 0, 1, 80), &lo6);
	KUNIT_EXPECT_PTR_EQ(test, lookup6(c, 0, 1, 81), NULL);
	KUNIT_EXPECT_PTR_EQ(test, lookup6(c, 0, 2, 80), &any);
	remove(test, &any);
	remove(test, &lo);
	remove(test, &lo6);
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

struct range_case {
	u16 min;
	u16 max;
	unsigned int masks;	/* distinct block lengths */
};

static const struct range_case range_cases[] = {
	{ 0, 65535, 1 }, { 80, 80, 1 }, { 0, 0, 1 }, { 65535, 65535, 1 },
	{ 1, 65534, 15 }, { 1, 65535, 16 }, { 0, 65534, 16 }, { 0, 32767, 1 },
	{ 32768, 65535, 1 }, { 32767, 32768, 1 }, { 1023, 1025, 2 },
	{ 1024, 49151, 5 }, { 3, 12, 2 }, { 1000, 60000, 11 }, { 2, 2, 1 },
	{ 65534, 65535, 1 }, { 21845, 43690, 8 },
};

/* Every port, and no port beside. */
static void classify_ranges_test(struct kunit *test)
{
	struct cbreak_classifier *c = test->priv;
	u32 i, port;

	for (i = 0; i < ARRAY_SIZE(range_cases); i++) {
		const struct range_case *r = &range_cases[i];
		struct cbreak_class class;

		class = make4(IP(10, 0, 0, 0), 8, r->min, r->max, 0);
		insert(test, &class);
		KUNIT_EXPECT_EQ_MSG(test, count_masks(&c->masks4), r->masks,
				    "range %u-%u", r->min, r->max);
		for (port = 0; port <= 65535; port++) {
			bool found = lookup4(c, IP(10, 9, 8, 7), port);

			KUNIT_ASSERT_EQ_MSG(test, found, port >= r->min &&
					    port <= r->max, "port %u in %u-%u",
					    port, r->min, r->max);
		}
		remove(test, &class);
		KUNIT_EXPECT_TRUE(test, classifier_empty(c));
	}
}

/* All ranges at once on one prefix: at each port the narrowest. */
static void classify_ranges_overlap_test(struct kunit *test)
{
	struct cbreak_class class[ARRAY_SIZE(range_cases)];
	struct cbreak_classifier *c = test->priv;
	u32 i, port;

	for (i = 0; i < ARRAY_SIZE(class); i++) {
		class[i] = make4(0, 0, range_cases[i].min, range_cases[i].max,
				 100 - i);
		insert(test, &class[i]);
	}
	for (port = 0; port <= 65535; port++) {
		const struct cbreak_match *best = NULL;
		struct cbreak_class *found;

		for (i = 0; i < ARRAY_SIZE(class); i++) {
			const struct cbreak_match *m = &class[i].match;

			if (port >= m->port_min && port <= m->port_max &&
			    (!best || naive_wins(m, best)))
				best = m;
		}
		found = lookup4(c, IP(1, 2, 3, 4), port);
		KUNIT_ASSERT_NOT_NULL(test, found);
		KUNIT_ASSERT_PTR_EQ_MSG(test, &found->match, best, "port %u",
					port);
	}
	for (i = 0; i < ARRAY_SIZE(class); i++)
		remove(test, &class[i]);
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

static struct kunit_case classify_cases[] = {
	KUNIT_CASE(classify_empty_test),
	KUNIT_CASE(classify_longest_prefix_test),
	KUNIT_CASE(classify_narrower_range_test),
	KUNIT_CASE(classify_prio_test),
	KUNIT_CASE(classify_families_test),
	KUNIT_CASE(classify_loopback_test),
	KUNIT_CASE(classify_loopback_falls_test),
	KUNIT_CASE(classify_ranges_test),
	KUNIT_CASE(classify_ranges_overlap_test),
	{}
};

static struct kunit_suite classify_suite = {
	.name = "cbreak_classify",
	.init = classify_init,
	.test_cases = classify_cases,
};

kunit_test_suite(classify_suite);
