// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: which connections a rule is for, and which of two rules is more specific
 *
 * The order between rules is total but for ties, which are refused when a
 * rule is made: the deeper cgroup, then the longer prefix, then the narrower
 * range of ports, then the mark of which more bits are compared, then the one
 * that names an interface, then the narrower range of users, then the lower
 * prio.
 *
 * Context: any.
 */
#include <linux/bitops.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <net/ipv6.h>

#include "match.h"

/* Loopback's own prefixes, 127.0.0.0/8 and ::1/128. */
#define LOOPBACK_LEN4	8
#define LOOPBACK_LEN6	128

static u8 family_bits(u8 family)
{
	return family == AF_INET ? 32 : 128;
}

/**
 * cbreak_match_make_mask - the mask of a prefix
 * @mask: where it goes
 * @family: AF_INET or AF_INET6
 * @len: prefix length
 *
 * Context: any.
 */
void cbreak_match_make_mask(union nf_inet_addr *mask, u8 family, u8 len)
{
	unsigned int i;

	memset(mask, 0, sizeof(*mask));
	for (i = 0; i < family_bits(family) / 32 && len; i++) {
		u8 bits = min_t(u8, len, 32);

		mask->ip6[i] = htonl(~0U << (32 - bits));
		len -= bits;
	}
}

/**
 * cbreak_match_apply_mask - the prefix of an address
 * @out: where it goes
 * @addr: the address
 * @mask: its mask
 *
 * Context: any.
 */
void cbreak_match_apply_mask(union nf_inet_addr *out,
			     const union nf_inet_addr *addr,
			     const union nf_inet_addr *mask)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(out->all); i++)
		out->all[i] = addr->all[i] & mask->all[i];
}

/**
 * cbreak_match_is_loopback - is this an address of this host alone?
 * @family: AF_INET or AF_INET6
 * @addr: the address
 *
 * Context: any.
 * Return: whether it is.
 */
bool cbreak_match_is_loopback(u8 family, const union nf_inet_addr *addr)
{
	return family == AF_INET ? ipv4_is_loopback(addr->ip) :
				   ipv6_addr_loopback(&addr->in6);
}

/**
 * cbreak_match_loopback_len - prefix length from which on loopback is named
 * @family: AF_INET or AF_INET6
 *
 * Context: any.
 * Return: the length; no shorter prefix matches loopback.
 */
u8 cbreak_match_loopback_len(u8 family)
{
	return family == AF_INET ? LOOPBACK_LEN4 : LOOPBACK_LEN6;
}

/**
 * cbreak_match_covers - does a match include a destination?
 * @match: the match
 * @family: AF_INET or AF_INET6
 * @daddr: destination address, unused bytes zero
 * @dport: destination port, host byte order
 *
 * Context: any.
 * Return: whether it does.
 */
bool cbreak_match_covers(const struct cbreak_match *match, u8 family,
			 const union nf_inet_addr *daddr, u16 dport)
{
	union nf_inet_addr mask, addr;

	if (dport < match->port_min || dport > match->port_max)
		return false;
	if (match->family != AF_UNSPEC && match->family != family)
		return false;
	if (match->dst_len < cbreak_match_loopback_len(family) &&
	    cbreak_match_is_loopback(family, daddr))
		return false;
	cbreak_match_make_mask(&mask, family, match->dst_len);
	cbreak_match_apply_mask(&addr, daddr, &mask);
	return !memcmp(&addr, &match->dst, sizeof(addr));
}

/**
 * cbreak_match_equal - are two matches the same but for prio?
 * @a: a match
 * @b: another
 *
 * Context: any.
 * Return: whether they are.
 */
bool cbreak_match_equal(const struct cbreak_match *a,
			const struct cbreak_match *b)
{
	return a->hook == b->hook &&
	       a->family == b->family && a->dst_len == b->dst_len &&
	       a->port_min == b->port_min && a->port_max == b->port_max &&
	       a->cgroup == b->cgroup &&
	       a->fwmark == b->fwmark && a->fwmask == b->fwmask &&
	       a->uid_min == b->uid_min && a->uid_max == b->uid_max &&
	       !memcmp(a->oif, b->oif, sizeof(a->oif)) &&
	       !memcmp(&a->dst, &b->dst, sizeof(a->dst));
}

static u16 port_width(const struct cbreak_match *match)
{
	return match->port_max - match->port_min;
}

static u32 uid_width(const struct cbreak_match *match)
{
	return match->uid_max - match->uid_min;
}

/**
 * cbreak_match_order - which of two matches wins where both match?
 * @a: a match
 * @b: another
 *
 * Context: any.
 * Return: negative if @a wins, positive if @b does, 0 if neither.
 */
int cbreak_match_order(const struct cbreak_match *a,
		       const struct cbreak_match *b)
{
	if (a->cgroup_level != b->cgroup_level)
		return b->cgroup_level - a->cgroup_level;
	if (a->dst_len != b->dst_len)
		return b->dst_len - a->dst_len;
	if (port_width(a) != port_width(b))
		return port_width(a) - port_width(b);
	if (hweight32(a->fwmask) != hweight32(b->fwmask))
		return (int)hweight32(b->fwmask) - (int)hweight32(a->fwmask);
	if (!a->oif[0] != !b->oif[0])
		return a->oif[0] ? -1 : 1;
	if (uid_width(a) != uid_width(b))
		return uid_width(a) < uid_width(b) ? -1 : 1;
	if (a->prio != b->prio)
		return a->prio < b->prio ? -1 : 1;
	return 0;
}

/* Is there a connection that both match, of two of the same order? */
static bool overlap(const struct cbreak_match *a, const struct cbreak_match *b)
{
	if (a->hook != b->hook)
		return false;
	if (a->family != b->family && a->family != AF_UNSPEC &&
	    b->family != AF_UNSPEC)
		return false;
	/*
	 * Cgroups of the same level and prefixes of the same length are the
	 * same or have nothing in common.
	 */
	if (a->cgroup != b->cgroup || memcmp(&a->dst, &b->dst, sizeof(a->dst)))
		return false;
	if ((a->fwmark ^ b->fwmark) & a->fwmask & b->fwmask)
		return false;
	if (a->oif[0] && b->oif[0] && memcmp(a->oif, b->oif, sizeof(a->oif)))
		return false;
	return a->port_min <= b->port_max && b->port_min <= a->port_max &&
	       a->uid_min <= b->uid_max && b->uid_min <= a->uid_max;
}

/**
 * cbreak_match_ties - is there a connection for which neither match wins?
 * @a: a match
 * @b: another
 *
 * Context: any.
 * Return: whether there is one.
 */
bool cbreak_match_ties(const struct cbreak_match *a,
		       const struct cbreak_match *b)
{
	return !cbreak_match_order(a, b) && overlap(a, b);
}

/**
 * cbreak_match_host_bits - does the destination have bits beyond its prefix?
 * @match: the match; its family is not AF_UNSPEC
 *
 * Context: any.
 * Return: whether it has.
 */
bool cbreak_match_host_bits(const struct cbreak_match *match)
{
	union nf_inet_addr mask, addr;

	cbreak_match_make_mask(&mask, match->family, match->dst_len);
	cbreak_match_apply_mask(&addr, &match->dst, &mask);
	return memcmp(&addr, &match->dst, sizeof(addr));
}

/**
 * cbreak_match_block_len - the largest aligned block that a range begins with
 * @min: first number of the range
 * @max: its last number
 * @bits: bits that a number has
 *
 * Context: any.
 * Return: length of the block's prefix, bits.
 */
u8 cbreak_match_block_len(u64 min, u64 max, u8 bits)
{
	u8 len = bits;

	while (len && !(min & BIT_ULL(bits - len)) &&
	       min + BIT_ULL(bits - len + 1) - 1 <= max)
		len--;
	return len;
}

/**
 * cbreak_match_count_blocks - how many aligned blocks make up a range?
 * @min: first number of the range
 * @max: its last number
 * @bits: bits that a number has
 *
 * Context: any.
 * Return: so many.
 */
unsigned int cbreak_match_count_blocks(u64 min, u64 max, u8 bits)
{
	unsigned int n = 0;

	for (; min <= max; n++)
		min += BIT_ULL(bits - cbreak_match_block_len(min, max, bits));
	return n;
}
