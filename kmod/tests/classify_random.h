/* SPDX-License-Identifier: GPL-2.0 */
/* Random matches, made to nest and overlap. */
#ifndef _CBREAK_CLASSIFY_RANDOM_H
#define _CBREAK_CLASSIFY_RANDOM_H

#include "classify_fixture.h"

/* Where prefixes begin: few places, so that they nest. */
static inline union nf_inet_addr random_base(struct rnd_state *rnd, u8 family)
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

static inline void random_ports(struct rnd_state *rnd, struct cbreak_match *m)
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

/* Few bits, so that marks meet and masks overlap. */
static inline void random_fwmark(struct rnd_state *rnd,
				 struct cbreak_match *m)
{
	static const u32 masks[] = {
		1, 2, 3, 6, 0xf, 0xf0, 0x80000000, 0x80000001, U32_MAX,
	};

	if (test_one_in(rnd, 2))
		return;
	m->fwmask = masks[test_below(rnd, ARRAY_SIZE(masks))];
	m->fwmark = test_below(rnd, 8) * 0x10000003 & m->fwmask;
}

static inline void random_oif(struct rnd_state *rnd, struct cbreak_match *m)
{
	static const char names[][IFNAMSIZ] = {
		"eth0", "eth1", "e", "abcdefghijklmno",
	};

	if (test_one_in(rnd, 4))
		memcpy(m->oif, names[test_below(rnd, ARRAY_SIZE(names))],
		       sizeof(m->oif));
}

/* Mostly all; seldom a range of many blocks, since there are ports too. */
static inline void random_uids(struct rnd_state *rnd, struct cbreak_match *m)
{
	static const u32 edges[] = {
		0, 1, 2, 999, 1000, 1001, 65535, 65536, 0x7fffffff, 0x80000000,
		U32_MAX - 1,
	};
	u32 a = edges[test_below(rnd, ARRAY_SIZE(edges))];
	u32 b = edges[test_below(rnd, ARRAY_SIZE(edges))];

	switch (test_below(rnd, 8)) {
	case 0:
		b = a;
		break;
	case 1:
		/* As containers have them. */
		a = (1 + test_below(rnd, 3)) << 16;
		b = a + 65535;
		break;
	case 2:
		a = 1000 + test_below(rnd, 8);
		b = a + test_below(rnd, 3);
		break;
	case 3:
		break;
	default:
		a = 0;
		b = U32_MAX;
	}
	m->uid_min = min(a, b);
	m->uid_max = max(a, b);
}

#define TEST_LEVELS	4

/* Of a tree in which each cgroup has two children: 1; 2, 3; 4, 5, 6, 7 ... */
static inline u64 random_cgroup(struct rnd_state *rnd, u8 level)
{
	u64 id = BIT(level) + test_below(rnd, BIT(level));

	/* Its number is one of 64 bits. */
	return id << 32 | id;
}

/* The cgroups above one, and itself. */
static inline void cgroup_path(u64 id, u8 level, u64 *ids)
{
	for (; level; level--) {
		ids[level] = id;
		id = (id & U32_MAX) >> 1;
		id |= id << 32;
	}
}

static inline void random_match(struct rnd_state *rnd, struct cbreak_match *m)
{
	static const u8 lens4[] = { 0, 1, 7, 8, 9, 16, 24, 31, 32 };
	static const u8 lens6[] = { 0, 1, 31, 32, 33, 63, 64, 65, 127, 128 };
	static const u8 families[] = { AF_UNSPEC, AF_INET, AF_INET6 };
	unsigned int i;

	memset(m, 0, sizeof(*m));
	m->family = families[test_below(rnd, 3)];
	m->prio = test_below(rnd, 3);
	random_ports(rnd, m);
	random_fwmark(rnd, m);
	random_oif(rnd, m);
	random_uids(rnd, m);
	if (test_one_in(rnd, 3)) {
		m->cgroup_level = 1 + test_below(rnd, TEST_LEVELS);
		m->cgroup = random_cgroup(rnd, m->cgroup_level);
	}
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

#endif /* _CBREAK_CLASSIFY_RANDOM_H */
