// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the classifier against a list
 *
 * Random sets of rules, made to nest and overlap, asked where they begin and
 * end.
 */
#include "classify_random.h"

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
	int err;

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
	err = cbreak_classify_insert(&rules->classifier, class);
	if (err == -ENOSPC)
		return;
	KUNIT_ASSERT_EQ(test, err, 0);
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

/* What a rule asks for, now and then off by a bit or by one. */
static void interesting_rest(struct rules *rules, struct cbreak_flow *flow,
			     u64 *cgroups)
{
	struct rnd_state *rnd = &rules->rnd;
	const struct cbreak_match *m;

	m = &rules->in[test_below(rnd, rules->nr)]->match;
	flow->fwmark = m->fwmark | (prandom_u32_state(rnd) & ~m->fwmask);
	if (test_one_in(rnd, 4))
		flow->fwmark ^= BIT(test_below(rnd, 32));
	/* In a rule's cgroup or in any other, or above one. */
	flow->cgroups = cgroups;
	flow->cgroup_level = m->cgroup_level;
	if (!m->cgroup || test_one_in(rnd, 2)) {
		flow->cgroup_level = test_below(rnd, TEST_LEVELS + 1);
		cgroup_path(random_cgroup(rnd, flow->cgroup_level),
			    flow->cgroup_level, cgroups);
	} else {
		cgroup_path(m->cgroup, m->cgroup_level, cgroups);
	}
	flow->oif = m->oif[0] ? m->oif : "eth0";
	if (test_one_in(rnd, 8))
		flow->oif = NULL;
	switch (test_below(rnd, 6)) {
	case 0:
		flow->uid = m->uid_max;
		break;
	case 1:
		flow->uid = m->uid_min - 1;
		break;
	case 2:
		flow->uid = m->uid_max + 1;
		break;
	case 3:
		flow->uid = CBREAK_NO_UID;
		break;
	default:
		flow->uid = m->uid_min;
	}
}

/* The classifier, the list, and the predicate about each rule. */
static void ask(struct kunit *test, struct rules *rules, u32 *found)
{
	const struct cbreak_match *best = NULL;
	u64 cgroups[TEST_LEVELS + 1];
	struct cbreak_flow flow = { };
	struct cbreak_class *class;
	union nf_inet_addr addr;
	unsigned int i;
	u8 family;
	u16 port;

	port = interesting(rules, &family, &addr);
	flow.daddr = &addr;
	flow.family = family;
	flow.dport = port;
	interesting_rest(rules, &flow, cgroups);
	for (i = 0; i < rules->nr; i++) {
		const struct cbreak_match *m = &rules->in[i]->match;
		bool covers = naive_covers(m, family, &addr, port);

		KUNIT_ASSERT_EQ_MSG(test, covers,
				    cbreak_match_covers(m, family, &addr, port),
				    "seed %u", rules->seed);
		if (covers && naive_selects(m, &flow) &&
		    (!best || naive_wins(m, best)))
			best = m;
	}
	class = lookup_flow(&rules->classifier, &flow);
	KUNIT_ASSERT_PTR_EQ_MSG(test, class ? &class->match : NULL, best,
				"seed %u: family %u addr %pI6 port %u mark %x uid %u cgroup %llx",
				rules->seed, family, &addr, port, flow.fwmark,
				flow.uid, flow.cgroup_level ?
				cgroups[flow.cgroup_level] : 0);
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
		m->uid_max = U32_MAX;
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

static struct kunit_case classify_oracle_cases[] = {
	KUNIT_CASE(classify_oracle_test),
	KUNIT_CASE(classify_many_test),
	{}
};

static struct kunit_suite classify_oracle_suite = {
	.name = "cbreak_classify_oracle",
	.test_cases = classify_oracle_cases,
};

kunit_test_suite(classify_oracle_suite);
