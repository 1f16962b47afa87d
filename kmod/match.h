/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_MATCH_H
#define _CBREAK_MATCH_H

#include <linux/if.h>
#include <linux/netfilter.h>
#include <linux/types.h>

#include "uapi/linux/cbreak.h"

/**
 * struct cbreak_match - which connections a rule is for
 * @dst: destination prefix, host bits clear; unused bytes are zero
 * @cgroup: number of a cgroup that the socket is in, or in a descendant of;
 *	    0 for any
 * @cgroup_level: its distance from the root
 * @family: AF_INET, AF_INET6, or AF_UNSPEC for every destination of both
 * @dst_len: prefix length, 0 for AF_UNSPEC
 * @hook: enum cbreak_hook: whose connections; rules of different hooks have
 *	  nothing to do with each other
 * @port_min: first destination port, host byte order; 0 with @port_max 65535
 *	      for any port
 * @port_max: last destination port
 * @fwmark: the packet's mark, no bits set beyond @fwmask
 * @fwmask: which bits of the mark are compared; 0 for any mark
 * @oif: output interface, padded with zeros; empty for any
 * @uid_min: first owner of the socket, in the user namespace that owns the
 *	     network namespace; 0 with @uid_max 4294967295 for any
 * @uid_max: last owner
 * @prio: the lower one wins between equally specific rules
 */
struct cbreak_match {
	union nf_inet_addr dst;
	u64 cgroup;
	u8 cgroup_level;
	u8 family;
	u8 dst_len;
	u8 hook;
	u16 port_min;
	u16 port_max;
	u32 fwmark;
	u32 fwmask;
	char oif[IFNAMSIZ];
	u32 uid_min;
	u32 uid_max;
	u32 prio;
};

#define CBREAK_HOOKS		(CBREAK_HOOK_FORWARD + 1)

/* Of a match's cgroup. */
#define CBREAK_CGROUP_LEVEL_MAX	32

void cbreak_match_make_mask(union nf_inet_addr *mask, u8 family, u8 len);
void cbreak_match_apply_mask(union nf_inet_addr *out,
			     const union nf_inet_addr *addr,
			     const union nf_inet_addr *mask);
bool cbreak_match_is_loopback(u8 family, const union nf_inet_addr *addr);
u8 cbreak_match_loopback_len(u8 family);
bool cbreak_match_covers(const struct cbreak_match *match, u8 family,
			 const union nf_inet_addr *daddr, u16 dport);
bool cbreak_match_equal(const struct cbreak_match *a,
			const struct cbreak_match *b);
int cbreak_match_order(const struct cbreak_match *a,
		       const struct cbreak_match *b);
bool cbreak_match_ties(const struct cbreak_match *a,
		       const struct cbreak_match *b);
bool cbreak_match_host_bits(const struct cbreak_match *match);
u8 cbreak_match_block_len(u64 min, u64 max, u8 bits);
unsigned int cbreak_match_count_blocks(u64 min, u64 max, u8 bits);

#endif /* _CBREAK_MATCH_H */
