/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses by hand, and the deliberately naive way to match them. */
#ifndef _CBREAK_CLASSIFY_FIXTURE_H
#define _CBREAK_CLASSIFY_FIXTURE_H

#include <linux/rcupdate.h>
#include <linux/socket.h>
#include <linux/string.h>

#include "../classify.h"
#include "cbreak_test.h"

/**
 * addr4 - an IPv4 address
 * @ip: in host byte order
 *
 * Return: the address, unused bytes zero.
 */
static inline union nf_inet_addr addr4(u32 ip)
{
	union nf_inet_addr addr = { .ip = htonl(ip) };

	return addr;
}

/**
 * addr6 - an IPv6 address
 * @a: first 32 bits, in host byte order
 * @b: next 32 bits
 * @c: next 32 bits
 * @d: last 32 bits
 *
 * Return: the address.
 */
static inline union nf_inet_addr addr6(u32 a, u32 b, u32 c, u32 d)
{
	union nf_inet_addr addr = {
		.ip6 = { htonl(a), htonl(b), htonl(c), htonl(d) },
	};

	return addr;
}

#define IP(a, b, c, d)	((u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static inline struct cbreak_class make4(u32 ip, u8 len, u16 min,
					u16 max, u32 prio)
{
	struct cbreak_class class = {
		.match = {
			.dst = addr4(ip), .family = AF_INET, .dst_len = len,
			.port_min = min, .port_max = max, .prio = prio,
			.uid_max = U32_MAX,
		},
	};

	return class;
}

static inline unsigned int naive_bits(u8 family)
{
	return family == AF_INET ? 32 : 128;
}

/* Bit number i of an address, the first one is the most significant. */
static inline bool naive_bit(const union nf_inet_addr *addr, unsigned int i)
{
	return ((const u8 *)addr)[i / 8] >> (7 - i % 8) & 1;
}

static inline void naive_set_bit(union nf_inet_addr *addr, unsigned int i,
				 bool value)
{
	u8 *byte = &((u8 *)addr)[i / 8];
	u8 bit = 0x80 >> i % 8;

	*byte = value ? *byte | bit : *byte & ~bit;
}

static inline bool naive_loopback(u8 family, const union nf_inet_addr *addr)
{
	unsigned int i;

	if (family == AF_INET)
		return *(const u8 *)addr == 127;
	for (i = 0; i < 127; i++)
		if (naive_bit(addr, i))
			return false;
	return naive_bit(addr, 127);
}

/* Does the rule match, word by word of the design? */
static inline bool naive_covers(const struct cbreak_match *m, u8 family,
				const union nf_inet_addr *addr, u16 port)
{
	unsigned int i;

	if (m->family != AF_UNSPEC && m->family != family)
		return false;
	if (port < m->port_min || port > m->port_max)
		return false;
	for (i = 0; i < m->dst_len; i++)
		if (naive_bit(addr, i) != naive_bit(&m->dst, i))
			return false;
	/* Loopback is for those who name it, or a part of it. */
	if (naive_loopback(family, addr))
		return family == AF_INET ? m->dst_len >= 8 : m->dst_len == 128;
	return true;
}

/* What a rule asks for besides the destination, bit by bit. */
static inline bool naive_selects(const struct cbreak_match *m,
				 const struct cbreak_flow *flow)
{
	unsigned int i;

	for (i = 0; i < 32; i++)
		if (m->fwmask >> i & 1 &&
		    (m->fwmark >> i & 1) != (flow->fwmark >> i & 1))
			return false;
	if (m->cgroup && (flow->cgroup_level < m->cgroup_level ||
			  flow->cgroups[m->cgroup_level] != m->cgroup))
		return false;
	if (m->oif[0] && strcmp(m->oif, flow->oif ?: ""))
		return false;
	if (!m->uid_min && m->uid_max == U32_MAX)
		return true;
	return flow->uid != CBREAK_NO_UID && flow->uid >= m->uid_min &&
	       flow->uid <= m->uid_max;
}

static inline unsigned int naive_count_bits(u32 word)
{
	unsigned int n = 0;

	for (; word; word >>= 1)
		n += word & 1;
	return n;
}

/*
 * The deeper cgroup, then the more specific prefix, then the narrower range of
 * ports, then more bits of the mark, then an interface, then the narrower range
 * of users, then the lower prio.
 */
static inline bool naive_wins(const struct cbreak_match *a,
			      const struct cbreak_match *b)
{
	int width_a = (int)a->port_max - a->port_min;
	int width_b = (int)b->port_max - b->port_min;
	s64 users_a = (s64)a->uid_max - a->uid_min;
	s64 users_b = (s64)b->uid_max - b->uid_min;

	if (a->cgroup_level != b->cgroup_level)
		return a->cgroup_level > b->cgroup_level;
	if (a->dst_len != b->dst_len)
		return a->dst_len > b->dst_len;
	if (width_a != width_b)
		return width_a < width_b;
	if (naive_count_bits(a->fwmask) != naive_count_bits(b->fwmask))
		return naive_count_bits(a->fwmask) >
		       naive_count_bits(b->fwmask);
	if (!!a->oif[0] != !!b->oif[0])
		return a->oif[0];
	if (users_a != users_b)
		return users_a < users_b;
	return a->prio < b->prio;
}

static inline struct cbreak_class *
lookup_flow(const struct cbreak_classifier *c, const struct cbreak_flow *flow)
{
	struct cbreak_class *class;

	rcu_read_lock();
	class = cbreak_classify_lookup_rcu(c, flow);
	rcu_read_unlock();
	return class;
}

static inline struct cbreak_class *lookup(const struct cbreak_classifier *c,
					  u8 family, union nf_inet_addr addr,
					  u16 port)
{
	struct cbreak_flow flow = {
		.daddr = &addr, .family = family, .dport = port,
		.uid = CBREAK_NO_UID,
	};

	return lookup_flow(c, &flow);
}

static inline struct cbreak_class *
lookup4(const struct cbreak_classifier *c, u32 ip, u16 port)
{
	return lookup(c, AF_INET, addr4(ip), port);
}

static inline struct cbreak_class *
lookup6(const struct cbreak_classifier *c, u32 first, u32 last, u16 port)
{
	return lookup(c, AF_INET6, addr6(first, 0, 0, last), port);
}

static inline bool classifier_empty(const struct cbreak_classifier *c)
{
	return list_empty(&c->masks4.list) && list_empty(&c->masks6.list) &&
	       !c->masks4.nr && !c->masks6.nr;
}

/* How many tables a lookup asks at most; ~0 if the number kept is wrong. */
static inline unsigned int count_masks(const struct cbreak_masks *masks)
{
	struct list_head *pos;
	unsigned int n = 0;

	list_for_each(pos, &masks->list)
		n++;
	return n == masks->nr ? n : ~0U;
}

static inline int classify_init(struct kunit *test)
{
	struct cbreak_classifier *c;

	c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	cbreak_classify_init(c);
	test->priv = c;
	return 0;
}

static inline void insert(struct kunit *test, struct cbreak_class *class)
{
	KUNIT_ASSERT_EQ(test, cbreak_classify_insert(test->priv, class), 0);
}

static inline void remove(struct kunit *test, struct cbreak_class *class)
{
	cbreak_classify_remove(test->priv, class);
	KUNIT_EXPECT_PTR_EQ(test, class->entries, NULL);
}

#endif /* _CBREAK_CLASSIFY_FIXTURE_H */
