// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of what a rule asks for besides the destination, by hand
 */
#include "classify_fixture.h"

static struct cbreak_class *lookup_mark(const struct cbreak_classifier *c,
					u32 ip, u16 port, u32 mark)
{
	union nf_inet_addr addr = addr4(ip);
	struct cbreak_flow flow = {
		.daddr = &addr, .family = AF_INET, .dport = port,
		.fwmark = mark, .uid = CBREAK_NO_UID,
	};

	return lookup_flow(c, &flow);
}

static struct cbreak_class make_mark(u32 mark, u32 mask, u32 prio)
{
	struct cbreak_class class = make4(IP(10, 0, 0, 0), 8, 0, 65535, prio);

	class.match.fwmark = mark;
	class.match.fwmask = mask;
	return class;
}

static void classify_fwmark_test(struct kunit *test)
{
	struct cbreak_class any = make_mark(0, 0, 0);
	struct cbreak_class low = make_mark(0x10, 0xff, 9);
	struct cbreak_class high = make_mark(0x1200, 0xff00, 8);
	struct cbreak_class full = make_mark(0x1210, U32_MAX, 9);
	struct cbreak_class zero = make_mark(0, U32_MAX, 9);
	struct cbreak_class port = make4(IP(10, 0, 0, 0), 8, 80, 80, 9);
	struct cbreak_class host = make4(IP(10, 1, 2, 3), 32, 0, 65535, 9);
	struct cbreak_classifier *c = test->priv;
	u32 ip = IP(10, 1, 2, 4);

	insert(test, &low);
	/* A rule with a mark is for no other. */
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 1, 0x10), &low);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 1, 0xffffff10), &low);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 1, 0x11), NULL);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 1, 0), NULL);
	insert(test, &any);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 1, 0x11), &any);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 1, 0x10), &low);
	/* No mark is a mark too, if all bits are asked for. */
	insert(test, &zero);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 1, 0), &zero);
	/* As many bits: the lower prio; more bits win. */
	insert(test, &high);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 1, 0x91210), &high);
	insert(test, &full);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 1, 0x1210), &full);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 1, 0x91210), &high);
	/* The destination comes before the mark. */
	insert(test, &port);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 80, 0x1210), &port);
	insert(test, &host);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, IP(10, 1, 2, 3), 80, 0x1210),
			    &host);
	KUNIT_EXPECT_EQ(test, count_masks(&c->masks4), 6);
	remove(test, &port);
	remove(test, &host);
	remove(test, &full);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 80, 0x1210), &high);
	remove(test, &high);
	remove(test, &any);
	remove(test, &low);
	KUNIT_EXPECT_PTR_EQ(test, lookup_mark(c, ip, 1, 0x10), NULL);
	remove(test, &zero);
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

/* One kind of match too many is refused, and changes nothing. */
static void classify_masks_max_test(struct kunit *test)
{
	struct cbreak_classifier *c = test->priv;
	struct cbreak_class *many, more;
	u32 i;

	many = kunit_kcalloc(test, CBREAK_MASKS_MAX, sizeof(*many), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, many);
	for (i = 0; i < CBREAK_MASKS_MAX; i++) {
		many[i] = make_mark(0, i + 1, i);
		insert(test, &many[i]);
	}
	KUNIT_EXPECT_EQ(test, count_masks(&c->masks4), CBREAK_MASKS_MAX);
	more = make_mark(0, CBREAK_MASKS_MAX + 1, 0);
	KUNIT_EXPECT_EQ(test, cbreak_classify_insert(c, &more), -ENOSPC);
	KUNIT_EXPECT_PTR_EQ(test, more.entries, NULL);
	/* Half of it fits, in the family that has room. */
	more.match.family = AF_UNSPEC;
	more.match.dst_len = 0;
	KUNIT_EXPECT_EQ(test, cbreak_classify_insert(c, &more), -ENOSPC);
	KUNIT_EXPECT_EQ(test, count_masks(&c->masks4), CBREAK_MASKS_MAX);
	KUNIT_EXPECT_EQ(test, count_masks(&c->masks6), 0);
	/* Of a kind that is there, there may be more. */
	more = make_mark(1, 1, 0);
	insert(test, &more);
	remove(test, &more);
	remove(test, &many[0]);
	more = make_mark(0, CBREAK_MASKS_MAX + 1, 0);
	insert(test, &more);
	remove(test, &more);
	for (i = 1; i < CBREAK_MASKS_MAX; i++)
		remove(test, &many[i]);
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

static struct cbreak_class *lookup_user(const struct cbreak_classifier *c,
					const char *oif, u32 uid)
{
	union nf_inet_addr addr = addr4(IP(10, 1, 2, 3));
	struct cbreak_flow flow = {
		.daddr = &addr, .family = AF_INET, .dport = 80,
		.uid = uid, .oif = oif,
	};

	return lookup_flow(c, &flow);
}

static struct cbreak_class make_user(const char *oif, u32 min, u32 max,
				     u32 prio)
{
	struct cbreak_class class = make4(IP(10, 0, 0, 0), 8, 0, 65535, prio);

	class.match.uid_min = min;
	class.match.uid_max = max;
	strscpy_pad(class.match.oif, oif, IFNAMSIZ);
	return class;
}

static void classify_oif_test(struct kunit *test)
{
	struct cbreak_class eth0 = make_user("eth0", 0, U32_MAX, 9);
	struct cbreak_class eth00 = make_user("eth00", 0, U32_MAX, 9);
	struct cbreak_class any = make_user("", 0, U32_MAX, 0);
	struct cbreak_class marked = make_mark(0, 1, 9);
	struct cbreak_class user = make_user("", 5, 5, 0);
	struct cbreak_classifier *c = test->priv;
	/* What stands behind the name does not count. */
	char dirty[IFNAMSIZ] = "eth0\0junk";

	KUNIT_EXPECT_EQ(test, c->wants, 0);
	insert(test, &eth0);
	insert(test, &eth00);
	KUNIT_EXPECT_EQ(test, c->wants, CBREAK_WANTS_OIF);
	KUNIT_EXPECT_EQ(test, count_masks(&c->masks4), 1);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, "eth0", 1), &eth0);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, dirty, 1), &eth0);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, "eth00", 1), &eth00);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, "eth", 1), NULL);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, NULL, 1), NULL);
	insert(test, &any);
	insert(test, &user);
	KUNIT_EXPECT_EQ(test, c->wants, CBREAK_WANTS_OIF | CBREAK_WANTS_UID);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, "eth0", 5), &eth0);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, "eth2", 5), &user);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, "eth2", 4), &any);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, NULL, 4), &any);
	insert(test, &marked);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, "eth0", 5), &marked);
	remove(test, &marked);
	remove(test, &eth0);
	remove(test, &eth00);
	KUNIT_EXPECT_EQ(test, c->wants, CBREAK_WANTS_UID);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, "eth0", 5), &user);
	remove(test, &user);
	remove(test, &any);
	KUNIT_EXPECT_EQ(test, c->wants, 0);
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

static struct cbreak_class *lookup_cgroup(const struct cbreak_classifier *c,
					  u32 ip, const u64 *cgroups, u8 level)
{
	union nf_inet_addr addr = addr4(ip);
	struct cbreak_flow flow = {
		.daddr = &addr, .family = AF_INET, .dport = 80,
		.uid = CBREAK_NO_UID, .cgroups = cgroups, .cgroup_level = level,
	};

	return lookup_flow(c, &flow);
}

static void classify_cgroup_test(struct kunit *test)
{
	/* Numbers that differ in one half alone. */
	const u64 here[] = { 0, 0x100000001, 0x100000002, 0x100000003 };
	const u64 near[] = { 0, 0x100000001, 0x200000002, 0x200000003 };
	const u64 away[] = { 0, 0x100000009, 0x100000002, 0x100000003 };
	struct cbreak_class top = make4(0, 0, 0, 65535, 9);
	struct cbreak_class deep = make4(0, 0, 0, 65535, 9);
	struct cbreak_class host = make4(IP(10, 1, 2, 3), 32, 80, 80, 0);
	struct cbreak_class deep_net = make4(IP(10, 0, 0, 0), 8, 0, 65535, 9);
	struct cbreak_class loop = make4(IP(127, 0, 0, 0), 8, 0, 65535, 9);
	struct cbreak_classifier *c = test->priv;
	u32 ip = IP(10, 1, 2, 3);

	top.match.cgroup = here[1];
	top.match.cgroup_level = 1;
	deep.match.cgroup = here[2];
	deep.match.cgroup_level = 2;
	deep_net.match.cgroup = here[2];
	deep_net.match.cgroup_level = 2;
	insert(test, &host);
	KUNIT_EXPECT_EQ(test, c->cgroup_depth, 0);
	insert(test, &top);
	KUNIT_EXPECT_EQ(test, c->cgroup_depth, 1);
	/* A cgroup is for its descendants, and comes before the destination. */
	KUNIT_EXPECT_PTR_EQ(test, lookup_cgroup(c, ip, here, 3), &top);
	KUNIT_EXPECT_PTR_EQ(test, lookup_cgroup(c, ip, near, 1), &top);
	KUNIT_EXPECT_PTR_EQ(test, lookup_cgroup(c, ip, away, 3), &host);
	KUNIT_EXPECT_PTR_EQ(test, lookup_cgroup(c, ip, NULL, 0), &host);
	insert(test, &deep);
	KUNIT_EXPECT_EQ(test, c->cgroup_depth, 2);
	KUNIT_EXPECT_PTR_EQ(test, lookup_cgroup(c, ip, here, 3), &deep);
	KUNIT_EXPECT_PTR_EQ(test, lookup_cgroup(c, ip, here, 2), &deep);
	KUNIT_EXPECT_PTR_EQ(test, lookup_cgroup(c, ip, here, 1), &top);
	KUNIT_EXPECT_PTR_EQ(test, lookup_cgroup(c, ip, near, 3), &top);
	insert(test, &deep_net);
	KUNIT_EXPECT_PTR_EQ(test, lookup_cgroup(c, ip, here, 3), &deep_net);
	KUNIT_EXPECT_PTR_EQ(test, lookup_cgroup(c, ~ip, here, 3), &deep);
	/* What leaves loopback alone does not hide what names it. */
	insert(test, &loop);
	KUNIT_EXPECT_PTR_EQ(test, lookup_cgroup(c, IP(127, 0, 0, 1), here, 3),
			    &loop);
	remove(test, &loop);
	KUNIT_EXPECT_PTR_EQ(test, lookup_cgroup(c, IP(127, 0, 0, 1), here, 3),
			    NULL);
	remove(test, &deep_net);
	remove(test, &deep);
	KUNIT_EXPECT_EQ(test, c->cgroup_depth, 1);
	remove(test, &host);
	remove(test, &top);
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

struct user_case {
	u32 min;
	u32 max;
	unsigned int masks;
};

static const struct user_case user_cases[] = {
	{ 0, U32_MAX, 1 }, { 0, 0, 1 }, { 1000, 1000, 1 },
	{ 100000, 165535, 11 }, { 65536, 131071, 1 }, { 0, U32_MAX - 1, 32 },
	{ U32_MAX - 1, U32_MAX - 1, 1 }, { 1, U32_MAX - 2, 31 },
	{ 0x7fffffff, 0x80000000, 1 },
};

/* At the edges of each range, and at the edges of all others. */
static void classify_uid_test(struct kunit *test)
{
	struct cbreak_classifier *c = test->priv;
	unsigned int i, j, k;

	for (i = 0; i < ARRAY_SIZE(user_cases); i++) {
		const struct user_case *u = &user_cases[i];
		struct cbreak_class class = make_user("", u->min, u->max, 0);

		insert(test, &class);
		KUNIT_EXPECT_EQ_MSG(test, count_masks(&c->masks4), u->masks,
				    "case %u", i);
		for (j = 0; j < ARRAY_SIZE(user_cases); j++) {
			const u32 uids[] = {
				user_cases[j].min - 1, user_cases[j].min,
				user_cases[j].max, user_cases[j].max + 1,
			};

			for (k = 0; k < ARRAY_SIZE(uids); k++)
				KUNIT_EXPECT_EQ_MSG(test,
						    !!lookup_user(c, "", uids[k]),
						    uids[k] >= u->min &&
						    uids[k] <= u->max,
						    "uid %u in %u-%u", uids[k],
						    u->min, u->max);
		}
		remove(test, &class);
	}
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

/* The rule that needs the most masks and entries has room, in both families. */
static void classify_worst_rule_test(struct kunit *test)
{
	struct cbreak_class class = make4(0, 0, 1, 65534, 0);
	struct cbreak_classifier *c = test->priv;

	class.match.family = AF_UNSPEC;
	class.match.uid_min = 1;
	class.match.uid_max = U32_MAX - 2;
	insert(test, &class);
	KUNIT_EXPECT_EQ(test, count_masks(&c->masks4), 15 * 31);
	KUNIT_EXPECT_EQ(test, count_masks(&c->masks6), 15 * 31);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, "", 1), &class);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, "", U32_MAX - 2), &class);
	KUNIT_EXPECT_PTR_EQ(test, lookup_user(c, "", 0), NULL);
	remove(test, &class);
	KUNIT_EXPECT_TRUE(test, classifier_empty(c));
}

static struct kunit_case classify_select_cases[] = {
	KUNIT_CASE(classify_fwmark_test),
	KUNIT_CASE(classify_oif_test),
	KUNIT_CASE(classify_cgroup_test),
	KUNIT_CASE(classify_uid_test),
	KUNIT_CASE(classify_worst_rule_test),
	KUNIT_CASE(classify_masks_max_test),
	{}
};

static struct kunit_suite classify_select_suite = {
	.name = "cbreak_classify_select",
	.init = classify_init,
	.test_cases = classify_select_cases,
};

kunit_test_suite(classify_select_suite);
