// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the classifier against a list
 *
 * Random sets of rules, made to nest and overlap, asked where they begin and
 * end; and the predicates of a match against brute force.
 */
#include "classify_fixture.h"

#define RULES		24
#define SETS		1200

struct rules {
	struct cbreak_classifier classifier;
	struct rnd_state rnd;
	u32 seed;
	unsigned int nr;
	/* Those in the classifier come first; all are storage. */
	struct cbreak_class *in[RULES];
	struct cbreak_class class[RULES];
};

/* Where prefixes begin: few places, so that they nest. */
static union nf_inet_addr random_base(struct rnd_state *rnd, u8 family)
{
	static const u32 ips[] = {
		0x0a000000, 0x0a010101, 0x0a0101ff, 0x7f000001, 0x7e000000,
		0x7fffffff, 0x80000000, 0xc0a80101, 0, 0xffffffff,
	};
	static const u32 firsts[] = { 0x20010db8, 0x20010db9, 0, 0xfe800000 };
	static const u32 lasts[] = { 0, 1, 2, 3, 0x80000000, 0xffffffff };

	if (family == AF_INET)
		return addr4(ips[test_below(rnd, ARRAY_SIZE(ips))]);
	return addr6(firsts[test_below(rnd, ARRAY_SIZE(firsts))],
		     test_below(rnd, 2), test_below(rnd, 2) << 31,
		     lasts[test_below(rnd, ARRAY_SIZE(lasts))]);
}

static void random_ports(struct rnd_state *rnd, struct cbreak_match *m)
{
	static const u16 edges[] = {
		0, 1, 79, 80, 81, 443, 1023, 1024, 32767, 32768, 65534, 65535,
	};
	u16 a = edges[test_below(rnd, ARRAY_SIZE(edges))];
	u16 b = edges[test_below(rnd, ARRAY_SIZE(edges))];

	switch (test_below(rnd, 5)) {
	case 0:
		a = 0;
		b = 65535;
		break;
	case 1:
		b = a;
		break;
	case 2:
		a = prandom_u32_state(rnd);
		b = prandom_u32_state(rnd);
		break;
	case 3:
		/* Narrow and many, so that equal widths overlap. */
		a = 70 + test_below(rnd, 20);
		b = a + 7;
		break;
	}
	m->port_min = min(a, b);
	m->port_max = max(a, b);
}

static void random_match(struct rnd_state *rnd, struct cbreak_match *m)
{
	static const u8 lens4[] = { 0, 1, 7, 8, 9, 16, 24, 31, 32 };
	static const u8 lens6[] = { 0, 1, 31, 32, 33, 63, 64, 65, 127, 128 };
	static const u8 families[] = { AF_UNSPEC, AF_INET, AF_INET6 };
	unsigned int i;

	memset(m, 0, sizeof(*m));
	m->family = families[test_below(rnd, 3)];
	m->prio = test_below(rnd, 3);
	random_ports(rnd, m);
	if (m->family == AF_UNSPEC)
		return;
	m->dst_len = m->family == AF_INET ?
		     lens4[test_below(rnd, ARRAY_SIZE(lens4))] :
		     lens6[test_below(rnd, ARRAY_SIZE(lens6))];
	if (test_one_in(rnd, 3))
		m->dst_len = test_below(rnd, naive_bits(m->family) + 1);
	m->dst = random_base(rnd, m->family);
	for (i = m->dst_len; i < naive_bits(m->family); i++)
		naive_set_bit(&m->dst, i, false);
}

static bool ties_with_any(const struct rules *rules,
			  const struct cbreak_match *m)
{
	unsigned int i;

	for (i = 0; i < rules->nr; i++)
		if (cbreak_match_ties(&rules->in[i]->match, m))
			return true;
	return false;
}

static void add_rule(struct kunit *test, struct rules *rules)
{
	struct cbreak_class *class = NULL;
	struct cbreak_match match;
	unsigned int i;

	random_match(&rules->rnd, &match);
	if (rules->nr == RULES || ties_with_any(rules, &match))
		return;
	for (i = 0; i < RULES; i++)
		if (!rules->class[i].entries)
			class = &rules->class[i];
	class->match = match;
	KUNIT_ASSERT_EQ(test, cbreak_classify_insert(&rules->classifier, class),
			0);
	rules->in[rules->nr++] = class;
}

static void remove_rule(struct rules *rules)
{
	u32 i = test_below(&rules->rnd, rules->nr);

	cbreak_classify_remove(&rules->classifier, rules->in[i]);
	rules->in[i] = rules->in[--rules->nr];
}

/* An address at the edge of a rule, or just outside, and a port likewise. */
static u16 interesting(struct rules *rules, u8 *family,
		       union nf_inet_addr *addr)
{
	struct rnd_state *rnd = &rules->rnd;
	const struct cbreak_match *m;
	unsigned int i, bits;

	m = &rules->in[test_below(rnd, rules->nr)]->match;
	*family = m->family ?: test_one_in(rnd, 2) ? AF_INET : AF_INET6;
	bits = naive_bits(*family);
	*addr = m->dst;
	switch (test_below(rnd, 5)) {
	case 0:
		/* The last address of the prefix. */
		for (i = m->dst_len; i < bits; i++)
			naive_set_bit(addr, i, true);
		break;
	case 1:
		/* Outside by one bit of the prefix. */
		if (m->dst_len) {
			i = test_below(rnd, m->dst_len);
			naive_set_bit(addr, i, !naive_bit(addr, i));
		}
		break;
	case 2:
		*addr = random_base(rnd, *family);
		break;
	case 3:
		for (i = m->dst_len; i < bits; i++)
			naive_set_bit(addr, i, test_below(rnd, 2));
		break;
	}
	switch (test_below(rnd, 6)) {
	case 0:
		return m->port_min;
	case 1:
		return m->port_max;
	case 2:
		return m->port_min - 1;
	case 3:
		return m->port_max + 1;
	case 4:
		return m->port_min +
		       test_below(rnd, m->port_max - m->port_min + 1);
	}
	return prandom_u32_state(rnd);
}

/* The classifier, the list, and the predicate about each rule. */
static void ask(struct kunit *test, struct rules *rules, u32 *found)
{
	const struct cbreak_match *best = NULL;
	struct cbreak_class *class;
	union nf_inet_addr addr;
	unsigned int i;
	u8 family;
	u16 port;

	port = interesting(rules, &family, &addr);
	for (i = 0; i < rules->nr; i++) {
		const struct cbreak_match *m = &rules->in[i]->match;
		bool covers = naive_covers(m, family, &addr, port);

		KUNIT_ASSERT_EQ_MSG(test, covers,
				    cbreak_match_covers(m, family, &addr, port),
				    "seed %u", rules->seed);
		if (covers && (!best || naive_wins(m, best)))
			best = m;
	}
	class = lookup(&rules->classifier, family, addr, port);
	KUNIT_ASSERT_PTR_EQ_MSG(test, class ? &class->match : NULL, best,
				"seed %u: family %u addr %pI6 port %u",
				rules->seed, family, &addr, port);
	*found += !!best;
}

static void run_set(struct kunit *test, struct rules *rules, u32 *found)
{
	unsigned int i, rounds = 8 + test_below(&rules->rnd, 32);

	for (i = 0; i < rounds; i++) {
		if (rules->nr && test_one_in(&rules->rnd, 4))
			remove_rule(rules);
		else
			add_rule(test, rules);
		if (rules->nr)
			ask(test, rules, found);
	}
	for (i = 0; i < 40 && rules->nr; i++)
		ask(test, rules, found);
	while (rules->nr) {
		ask(test, rules, found);
		remove_rule(rules);
	}
	KUNIT_ASSERT_TRUE_MSG(test, classifier_empty(&rules->classifier),
			      "seed %u", rules->seed);
}

static void classify_oracle_test(struct kunit *test)
{
	struct rules *rules;
	u32 found = 0;

	rules = kunit_kzalloc(test, sizeof(*rules), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rules);
	cbreak_classify_init(&rules->classifier);
	for (rules->seed = 1; rules->seed <= SETS; rules->seed++) {
		prandom_seed_state(&rules->rnd, rules->seed);
		run_set(test, rules, &found);
		cond_resched();
	}
	KUNIT_EXPECT_GT(test, found, SETS * 20);
}

#define MANY	4000

/* Thousands of rules in one table, which grows and shrinks on the way. */
static void classify_many_test(struct kunit *test)
{
	struct cbreak_classifier c;
	struct cbreak_class *many;
	u32 i, left = MANY / 2;

	many = kunit_kcalloc(test, MANY, sizeof(*many), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, many);
	cbreak_classify_init(&c);
	for (i = 0; i < MANY; i++) {
		struct cbreak_match *m = &many[i].match;

		m->family = AF_INET;
		m->dst = addr4(0x0a000000 + i * 7);
		m->dst_len = 32;
		m->port_min = 80 + i % 3;
		m->port_max = 80 + i % 3;
		KUNIT_ASSERT_EQ(test, cbreak_classify_insert(&c, &many[i]), 0);
	}
	KUNIT_EXPECT_EQ(test, count_masks(&c.masks4), 1);
	for (i = 0; i < 7 * MANY; i++) {
		struct cbreak_class *want = i % 7 ? NULL : &many[i / 7];
		u32 ip = 0x0a000000 + i;

		KUNIT_ASSERT_PTR_EQ(test, lookup4(&c, ip, 80 + i / 7 % 3),
				    want);
		KUNIT_ASSERT_PTR_EQ(test, lookup4(&c, ip, 81 + i / 7 % 3),
				    NULL);
	}
	/* Every second one, then the rest from behind. */
	for (i = 0; i < MANY; i += 2)
		cbreak_classify_remove(&c, &many[i]);
	for (i = 0; i < MANY; i++)
		KUNIT_ASSERT_PTR_EQ(test, lookup4(&c, 0x0a000000 + i * 7,
						  80 + i % 3),
				    i % 2 ? &many[i] : NULL);
	while (left--)
		cbreak_classify_remove(&c, &many[2 * left + 1]);
	KUNIT_EXPECT_TRUE(test, classifier_empty(&c));
}

/* Brute force: a destination that both cover, and where neither wins. */
static bool naive_ties(const struct cbreak_match *a,
		       const struct cbreak_match *b)
{
	const u8 families[] = { AF_INET, AF_INET6 };
	const u16 ports[] = { a->port_min, a->port_max, b->port_min,
			      b->port_max };
	unsigned int f, d, p;

	if (naive_wins(a, b) || naive_wins(b, a))
		return false;
	for (f = 0; f < 2; f++) {
		for (d = 0; d < 2; d++) {
			const union nf_inet_addr *dst = d ? &a->dst : &b->dst;

			for (p = 0; p < 4; p++)
				if (naive_covers(a, families[f], dst,
						 ports[p]) &&
				    naive_covers(b, families[f], dst,
						 ports[p]))
					return true;
		}
	}
	return false;
}

static void match_ties_test(struct kunit *test)
{
	const u32 seed = 4711;
	u32 i, ties = 0, equal = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, seed);
	for (i = 0; i < 200000; i++) {
		struct cbreak_match a, b;
		bool want;

		random_match(&rnd, &a);
		random_match(&rnd, &b);
		if (test_one_in(&rnd, 2)) {
			b.family = a.family;
			b.dst = a.dst;
			b.dst_len = a.dst_len;
		}
		want = naive_ties(&a, &b);
		ties += want;
		KUNIT_ASSERT_EQ_MSG(test, cbreak_match_ties(&a, &b), want,
				    "seed %u step %u", seed, i);
		KUNIT_ASSERT_EQ_MSG(test, cbreak_match_ties(&b, &a), want,
				    "seed %u step %u", seed, i);
		want = a.family == b.family && a.dst_len == b.dst_len &&
		       a.port_min == b.port_min && a.port_max == b.port_max &&
		       !memcmp(a.dst.all, b.dst.all, 16);
		equal += want;
		KUNIT_ASSERT_EQ_MSG(test, cbreak_match_equal(&a, &b), want,
				    "seed %u step %u", seed, i);
		KUNIT_ASSERT_TRUE(test, cbreak_match_equal(&a, &a));
	}
	KUNIT_EXPECT_GT(test, ties, 2000);
	KUNIT_EXPECT_GT(test, equal, 2000);
}

/* Every length, and every bit alone. */
static void match_host_bits_test(struct kunit *test)
{
	const u8 families[] = { AF_INET, AF_INET6 };
	unsigned int f, len, i;

	for (f = 0; f < 2; f++) {
		unsigned int bits = naive_bits(families[f]);
		struct cbreak_match m = { .family = families[f] };

		for (len = 0; len <= bits; len++) {
			m.dst_len = len;
			memset(&m.dst, 0, sizeof(m.dst));
			KUNIT_ASSERT_FALSE(test, cbreak_match_host_bits(&m));
			for (i = 0; i < bits; i++) {
				naive_set_bit(&m.dst, i, true);
				KUNIT_ASSERT_EQ_MSG(test, i >= len,
						    cbreak_match_host_bits(&m),
						    "bit %u of /%u", i, len);
				naive_set_bit(&m.dst, i, false);
			}
		}
	}
}

static struct kunit_case classify_oracle_cases[] = {
	KUNIT_CASE(classify_oracle_test),
	KUNIT_CASE(classify_many_test),
	KUNIT_CASE(match_ties_test),
	KUNIT_CASE(match_host_bits_test),
	{}
};

static struct kunit_suite classify_oracle_suite = {
	.name = "cbreak_classify_oracle",
	.test_cases = classify_oracle_cases,
};

kunit_test_suite(classify_oracle_suite);
