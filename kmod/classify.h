/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_CLASSIFY_H
#define _CBREAK_CLASSIFY_H

#include <linux/bits.h>
#include <linux/list.h>

#include "match.h"

/**
 * struct cbreak_flow - a connection that looks for its rule
 * @daddr: destination address, unused bytes zero
 * @family: AF_INET or AF_INET6
 * @dport: destination port, host byte order
 * @fwmark: the mark of its SYN
 * @uid: owner of its socket; CBREAK_NO_UID if it has none here, or if the
 *	 classifier does not want it
 * @cgroups: numbers by level, from 1 on, of the cgroups that its socket is in
 * @cgroup_level: the last of them; 0 if the classifier does not want it
 * @oif: name of the interface that it leaves by; NULL if the classifier does
 *	 not want it
 */
struct cbreak_flow {
	const union nf_inet_addr *daddr;
	u8 family;
	u16 dport;
	u32 fwmark;
	u32 uid;
	const u64 *cgroups;
	u8 cgroup_level;
	const char *oif;
};

/* No match asks for it. */
#define CBREAK_NO_UID		U32_MAX

/* What is worth finding out about a flow: it is in a mask. */
#define CBREAK_WANTS_UID	BIT(0)
#define CBREAK_WANTS_OIF	BIT(1)

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
 * struct cbreak_masks - the masks of an address family
 * @list: the deepest cgroup first, of those the longest prefix
 * @nr: how many
 */
struct cbreak_masks {
	struct list_head list;
	unsigned int nr;
};

/**
 * struct cbreak_classifier - the matches of a network namespace
 * @masks4: masks of IPv4 destinations
 * @masks6: masks of IPv6 destinations
 * @wants: CBREAK_WANTS_*, what @masks4 and @masks6 look at
 * @cgroup_depth: the deepest level of a cgroup that they look at, or 0
 *
 * Changes are serialised by the owner; lookups run under RCU.
 */
struct cbreak_classifier {
	struct cbreak_masks masks4;
	struct cbreak_masks masks6;
	u32 wants;
	u8 cgroup_depth;
};

/*
 * Each costs every SYN of the family one lookup. A single rule needs no more
 * than 15 * 31, for the sizes of the blocks that make up its ranges of ports
 * and of users.
 */
#define CBREAK_MASKS_MAX	512

void cbreak_classify_init(struct cbreak_classifier *classifier);
int cbreak_classify_insert(struct cbreak_classifier *classifier,
			   struct cbreak_class *class);
unsigned int cbreak_classify_masks(const struct cbreak_classifier *classifier);
void cbreak_classify_remove(struct cbreak_classifier *classifier,
			    struct cbreak_class *class);
struct cbreak_class *
cbreak_classify_lookup_rcu(const struct cbreak_classifier *classifier,
			   const struct cbreak_flow *flow);

#endif /* _CBREAK_CLASSIFY_H */
