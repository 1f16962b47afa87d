/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_CLASSIFY_H
#define _CBREAK_CLASSIFY_H

#include <linux/list.h>

#include "match.h"

/**
 * struct cbreak_flow - a connection that looks for its rule
 * @daddr: destination address, unused bytes zero
 * @family: AF_INET or AF_INET6
 * @dport: destination port, host byte order
 * @fwmark: the mark of its SYN
 */
struct cbreak_flow {
	const union nf_inet_addr *daddr;
	u8 family;
	u16 dport;
	u32 fwmark;
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
 * struct cbreak_masks - the masks of an address family
 * @list: the longest prefix first
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
 *
 * Changes are serialised by the owner; lookups run under RCU.
 */
struct cbreak_classifier {
	struct cbreak_masks masks4;
	struct cbreak_masks masks6;
};

/*
 * Each costs every SYN of the family one lookup. A single rule needs no more
 * than 16, one for each size of the blocks that make up its range of ports.
 */
#define CBREAK_MASKS_MAX	512

void cbreak_classify_init(struct cbreak_classifier *classifier);
int cbreak_classify_insert(struct cbreak_classifier *classifier,
			   struct cbreak_class *class);
void cbreak_classify_remove(struct cbreak_classifier *classifier,
			    struct cbreak_class *class);
struct cbreak_class *
cbreak_classify_lookup_rcu(const struct cbreak_classifier *classifier,
			   const struct cbreak_flow *flow);

#endif /* _CBREAK_CLASSIFY_H */
