/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_CLASSIFY_H
#define _CBREAK_CLASSIFY_H

#include <linux/list.h>
#include <linux/netfilter.h>
#include <linux/types.h>

/**
 * struct cbreak_match - which connections a rule is for
 * @dst: destination prefix, host bits clear; unused bytes are zero
 * @family: AF_INET, AF_INET6, or AF_UNSPEC for every destination of both
 * @dst_len: prefix length, 0 for AF_UNSPEC
 * @port_min: first destination port, host byte order; 0 with @port_max 65535
 *	      for any port
 * @port_max: last destination port
 * @prio: the lower one wins between equally specific rules
 */
struct cbreak_match {
	union nf_inet_addr dst;
	u8 family;
	u8 dst_len;
	u16 port_min;
	u16 port_max;
	u32 prio;
};

struct cbreak_class_entries;

/**
 * struct cbreak_class - one match in a classifier, embedded in its rule
 * @match: set by the owner, constant while the class is in a classifier
 * @entries: its places in the hash tables; owned by the classifier
 */
struct cbreak_class {
	struct cbreak_match match;
	struct cbreak_class_entries *entries;
};

/**
 * struct cbreak_classifier - the matches of a network namespace
 * @masks4: masks of IPv4 destinations, longest prefix first
 * @masks6: masks of IPv6 destinations, longest prefix first
 *
 * Changes are serialised by the owner; lookups run under RCU.
 */
struct cbreak_classifier {
	struct list_head masks4;
	struct list_head masks6;
};

void cbreak_classify_init(struct cbreak_classifier *classifier);
int cbreak_classify_insert(struct cbreak_classifier *classifier,
			   struct cbreak_class *class);
void cbreak_classify_remove(struct cbreak_classifier *classifier,
			    struct cbreak_class *class);
struct cbreak_class *
cbreak_classify_lookup_rcu(const struct cbreak_classifier *classifier,
			   u8 family, const union nf_inet_addr *daddr,
			   u16 dport);
void cbreak_match_make_mask(union nf_inet_addr *mask, u8 family, u8 len);
void cbreak_match_apply_mask(union nf_inet_addr *out,
			     const union nf_inet_addr *addr,
			     const union nf_inet_addr *mask);
bool cbreak_match_covers(const struct cbreak_match *match, u8 family,
			 const union nf_inet_addr *daddr, u16 dport);
bool cbreak_match_equal(const struct cbreak_match *a,
			const struct cbreak_match *b);
bool cbreak_match_ties(const struct cbreak_match *a,
		       const struct cbreak_match *b);
bool cbreak_match_host_bits(const struct cbreak_match *match);

#endif /* _CBREAK_CLASSIFY_H */
