// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the predicates of a match, against brute force
 */
#include "classify_random.h"

/* Brute force: a connection that both match, and where neither wins. */
static bool naive_ties(const struct cbreak_match *a,
		       const struct cbreak_match *b)
{
	const u8 families[] = { AF_INET, AF_INET6 };
	const u16 ports[] = { a->port_min, a->port_max, b->port_min,
			      b->port_max };
	/* Of two cgroups of the same level, a socket cannot be in both. */
	u64 cgroups[TEST_LEVELS + 1] = { };
	/* If any mark is right for both, then this one, and so on. */
	const struct cbreak_flow flow = {
		.fwmark = a->fwmark | b->fwmark,
		.cgroups = cgroups,
		.cgroup_level = TEST_LEVELS,
		.oif = a->oif[0] ? a->oif : b->oif,
		.uid = max(a->uid_min, b->uid_min),
	};
	unsigned int f, d, p;

	cgroups[a->cgroup_level] = a->cgroup;
	cgroups[b->cgroup_level] = b->cgroup;
	if (naive_wins(a, b) || naive_wins(b, a) ||
	    !naive_selects(a, &flow) || !naive_selects(b, &flow))
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
		if (!test_one_in(&rnd, 4)) {
			b.fwmark = a.fwmark;
			b.fwmask = a.fwmask;
			memcpy(b.oif, a.oif, sizeof(b.oif));
			b.cgroup = a.cgroup;
			b.cgroup_level = a.cgroup_level;
		}
		if (!test_one_in(&rnd, 4)) {
			b.uid_min = a.uid_min;
			b.uid_max = a.uid_max;
		}
		want = naive_ties(&a, &b);
		ties += want;
		KUNIT_ASSERT_EQ_MSG(test, cbreak_match_ties(&a, &b), want,
				    "seed %u step %u", seed, i);
		KUNIT_ASSERT_EQ_MSG(test, cbreak_match_ties(&b, &a), want,
				    "seed %u step %u", seed, i);
		want = a.family == b.family && a.dst_len == b.dst_len &&
		       a.port_min == b.port_min && a.port_max == b.port_max &&
		       a.fwmark == b.fwmark && a.fwmask == b.fwmask &&
		       a.cgroup == b.cgroup && !strcmp(a.oif, b.oif) && a.uid_min == b.uid_min &&
		       a.uid_max == b.uid_max &&
		       !memcmp(a.dst.all, b.dst.all, 16);
		equal += want;
		KUNIT_ASSERT_EQ_MSG(test, cbreak_match_equal(&a, &b), want,
				    "seed %u step %u", seed, i);
		KUNIT_ASSERT_TRUE(test, cbreak_match_equal(&a, &a));
	}
	KUNIT_EXPECT_GT(test, ties, 1000);
	KUNIT_EXPECT_GT(test, equal, 1000);
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

static struct kunit_case match_cases[] = {
	KUNIT_CASE(match_ties_test),
	KUNIT_CASE(match_host_bits_test),
	{}
};

static struct kunit_suite match_suite = {
	.name = "cbreak_match",
	.test_cases = match_cases,
};

kunit_test_suite(match_suite);
