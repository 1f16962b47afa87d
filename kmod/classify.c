// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: classifier: the most specific match of a destination
 *
 * After the idea of net/sched/cls_flower.c: one hash table for each distinct
 * mask, so that a lookup costs one probe for each mask in use, and not one
 * step for each rule. A mask is the level of a cgroup, a prefix length, a
 * number of leading bits of the port and of the owner's uid, which bits of the
 * packet's mark are looked at, and whether the interface is. A range is cut
 * into the aligned blocks that make it up, at most 30 of ports and 62 of uids,
 * and stands in the table of each block's mask. So a table holds for a
 * connection no more than the rules of which prio alone tells which one wins,
 * or the width of their ranges.
 *
 * Masks are kept with the deepest cgroup first, and of those the longest
 * prefix. Among those of one level and length all are asked, since a rule's
 * block says nothing about how wide its range is, and cbreak_match_order()
 * tells which one wins. The first level and length with a hit end the search.
 *
 * A class without destination stands in the lists of both families with
 * prefix length 0. A prefix shorter than loopback's own does not match
 * loopback: a broad rule must not cut a host off from itself.
 *
 * Locks: the owner serialises insert and remove, which may sleep. Lookup is
 * RCU. A removed class is out of every table when remove returns, but readers
 * may still hold it until a grace period later.
 */
#include <linux/jhash.h>
#include <linux/rculist.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>

#include "classify.h"

#define PORT_BITS	16
#define UID_BITS	32

/*
 * What most rules do not ask for comes last, and is not hashed for those: see
 * struct shape.
 */
struct mask_key {
	union nf_inet_addr addr;
	u32 port;
	u32 fwmark;
	u32 uid;
	char oif[IFNAMSIZ];
	/* In halves, lest there be a hole. */
	u32 cgroup[2];
};

/* How much of a connection a mask looks at. */
struct shape {
	u32 fwmask;
	u8 dst_len;
	u8 port_len;
	u8 uid_len;
	u8 cgroup_level;
	bool oif;
};

struct mask {
	struct list_head list;
	union nf_inet_addr addr_mask;
	struct shape shape;
	u32 uid_mask;
	u16 port_mask;
	u8 loopback_len;
	bool only_dest;
	unsigned int nr_entries;
	struct mask *next_unused;
	struct rhltable table;
};

struct entry {
	struct rhlist_head node;
	struct mask_key key;
	struct cbreak_class *class;
	struct mask *mask;
};

struct cbreak_class_entries {
	struct rcu_head rcu;
	unsigned int nr;
	struct entry entry[];
};

/* Of an IPv4 address three words are zero: half of the work. */
static u32 hash_dest(const void *data, u32 len, u32 seed)
{
	const struct mask_key *key = data;

	if (!(key->addr.all[1] | key->addr.all[2] | key->addr.all[3]))
		return jhash_2words(key->addr.all[0], key->port, seed);
	return jhash2(data, len / sizeof(u32), seed);
}

static int compare_dest(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct entry *entry = obj;
	const struct mask_key *key = arg->key;

	return key->port != entry->key.port ||
	       !nf_inet_addr_cmp(&key->addr, &entry->key.addr);
}

/* Of a mask that looks at nothing but the destination. */
static const struct rhashtable_params dest_params = {
	.key_len = offsetofend(struct mask_key, port),
	.key_offset = offsetof(struct entry, key),
	.head_offset = offsetof(struct entry, node),
	.hashfn = hash_dest,
	.obj_cmpfn = compare_dest,
	.automatic_shrinking = true,
};

static const struct rhashtable_params full_params = {
	.key_len = sizeof(struct mask_key),
	.key_offset = offsetof(struct entry, key),
	.head_offset = offsetof(struct entry, node),
	.automatic_shrinking = true,
};

static u32 make_mask(u8 len, u8 bits)
{
	return ~0ULL << (bits - len);
}

static struct cbreak_masks *family_masks(struct cbreak_classifier *classifier,
					 u8 family)
{
	return family == AF_INET ? &classifier->masks4 : &classifier->masks6;
}

static bool same_shape(const struct shape *a, const struct shape *b)
{
	return a->dst_len == b->dst_len && a->port_len == b->port_len &&
	       a->fwmask == b->fwmask && a->uid_len == b->uid_len &&
	       a->cgroup_level == b->cgroup_level && a->oif == b->oif;
}

/* In the order in which they are asked. */
static bool is_before(const struct shape *a, const struct shape *b)
{
	if (a->cgroup_level != b->cgroup_level)
		return a->cgroup_level > b->cgroup_level;
	return a->dst_len > b->dst_len;
}

static u32 shape_wants(const struct shape *shape)
{
	return (shape->uid_len ? CBREAK_WANTS_UID : 0) |
	       (shape->oif ? CBREAK_WANTS_OIF : 0);
}

static struct mask *mask_alloc(u8 family, const struct shape *shape)
{
	struct mask *mask;
	int err;

	mask = kzalloc(sizeof(*mask), GFP_KERNEL_ACCOUNT);
	if (!mask)
		return ERR_PTR(-ENOMEM);
	mask->only_dest = !shape->fwmask && !shape->cgroup_level &&
			  !shape_wants(shape);
	err = rhltable_init(&mask->table, mask->only_dest ? &dest_params :
							    &full_params);
	if (err) {
		kfree(mask);
		return ERR_PTR(err);
	}
	cbreak_match_make_mask(&mask->addr_mask, family, shape->dst_len);
	mask->port_mask = make_mask(shape->port_len, PORT_BITS);
	mask->uid_mask = make_mask(shape->uid_len, UID_BITS);
	mask->shape = *shape;
	mask->loopback_len = cbreak_match_loopback_len(family);
	return mask;
}

static struct mask *mask_find_or_create(struct cbreak_masks *masks, u8 family,
					const struct shape *shape)
{
	struct list_head *place = &masks->list;
	struct mask *mask, *pos;

	list_for_each_entry(pos, &masks->list, list) {
		if (same_shape(&pos->shape, shape))
			return pos;
		if (is_before(shape, &pos->shape))
			break;
		place = &pos->list;
	}
	if (masks->nr >= CBREAK_MASKS_MAX)
		return ERR_PTR(-ENOSPC);
	mask = mask_alloc(family, shape);
	if (IS_ERR(mask))
		return mask;
	masks->nr++;
	list_add_rcu(&mask->list, place);
	return mask;
}

/* Unlink the masks that have lost their last entry, and free them. */
static void masks_prune(struct cbreak_masks *masks)
{
	struct mask *mask, *tmp, *unused = NULL;

	list_for_each_entry_safe(mask, tmp, &masks->list, list) {
		if (mask->nr_entries)
			continue;
		list_del_rcu(&mask->list);
		masks->nr--;
		mask->next_unused = unused;
		unused = mask;
	}
	if (!unused)
		return;
	/* A reader may stand on one: its table and next pointer must last. */
	synchronize_rcu();
	while (unused) {
		mask = unused;
		unused = mask->next_unused;
		rhltable_destroy(&mask->table);
		kfree(mask);
	}
}

static int mask_insert(struct mask *mask, struct entry *entry)
{
	int err;

	if (mask->only_dest)
		err = rhltable_insert(&mask->table, &entry->node, dest_params);
	else
		err = rhltable_insert(&mask->table, &entry->node, full_params);
	if (!err)
		mask->nr_entries++;
	return err;
}

static void mask_remove(struct mask *mask, struct entry *entry)
{
	if (mask->only_dest)
		rhltable_remove(&mask->table, &entry->node, dest_params);
	else
		rhltable_remove(&mask->table, &entry->node, full_params);
	mask->nr_entries--;
}

static int insert_entry(struct cbreak_classifier *classifier,
			struct cbreak_class *class, u8 family,
			const struct shape *shape, u32 port, u32 uid)
{
	const struct cbreak_match *match = &class->match;
	struct entry *entry;
	struct mask *mask;
	int err;

	mask = mask_find_or_create(family_masks(classifier, family), family,
				   shape);
	if (IS_ERR(mask))
		return PTR_ERR(mask);
	entry = &class->entries->entry[class->entries->nr];
	entry->key.addr = match->dst;
	entry->key.port = port;
	entry->key.fwmark = match->fwmark;
	entry->key.uid = uid;
	memcpy(entry->key.oif, match->oif, sizeof(entry->key.oif));
	entry->key.cgroup[0] = lower_32_bits(match->cgroup);
	entry->key.cgroup[1] = upper_32_bits(match->cgroup);
	entry->class = class;
	entry->mask = mask;
	err = mask_insert(mask, entry);
	if (!err)
		class->entries->nr++;
	return err;
}

/* Each block of its ports, with each block of its users. */
static int insert_family(struct cbreak_classifier *classifier,
			 struct cbreak_class *class, u8 family)
{
	const struct cbreak_match *match = &class->match;
	struct shape shape = {
		.cgroup_level = match->cgroup_level,
		.dst_len = match->dst_len,
		.fwmask = match->fwmask,
		.oif = match->oif[0],
	};
	u64 port, uid;
	int err;

	for (port = match->port_min; port <= match->port_max;
	     port += BIT_ULL(PORT_BITS - shape.port_len)) {
		shape.port_len = cbreak_match_block_len(port, match->port_max,
							PORT_BITS);
		for (uid = match->uid_min; uid <= match->uid_max;
		     uid += BIT_ULL(UID_BITS - shape.uid_len)) {
			shape.uid_len = cbreak_match_block_len(uid,
							       match->uid_max,
							       UID_BITS);
			err = insert_entry(classifier, class, family, &shape,
					   port, uid);
			if (err)
				return err;
		}
	}
	return 0;
}

static void update_wants(struct cbreak_classifier *classifier)
{
	const struct cbreak_masks *masks[] = {
		&classifier->masks4, &classifier->masks6,
	};
	struct mask *mask;
	u32 wants = 0;
	u8 depth = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(masks); i++) {
		list_for_each_entry(mask, &masks[i]->list, list) {
			wants |= shape_wants(&mask->shape);
			depth = max(depth, mask->shape.cgroup_level);
		}
	}
	WRITE_ONCE(classifier->wants, wants);
	WRITE_ONCE(classifier->cgroup_depth, depth);
}

/**
 * cbreak_classify_init - an empty classifier
 * @classifier: the classifier
 */
void cbreak_classify_init(struct cbreak_classifier *classifier)
{
	INIT_LIST_HEAD(&classifier->masks4.list);
	INIT_LIST_HEAD(&classifier->masks6.list);
	classifier->masks4.nr = 0;
	classifier->masks6.nr = 0;
	classifier->wants = 0;
	classifier->cgroup_depth = 0;
}

/**
 * cbreak_classify_insert - add a class
 * @classifier: the classifier
 * @class: the class; its match is valid and ties with no other's
 *
 * Context: process, may sleep. The caller serialises changes.
 * Return: 0; -ENOSPC if there would be too many masks; -ENOMEM or another error
 *	   of the hash table; with nothing changed then.
 */
int cbreak_classify_insert(struct cbreak_classifier *classifier,
			   struct cbreak_class *class)
{
	const struct cbreak_match *match = &class->match;
	u8 family = match->family;
	unsigned int n;
	int err = 0;

	n = cbreak_match_count_blocks(match->port_min, match->port_max,
				      PORT_BITS) *
	    cbreak_match_count_blocks(match->uid_min, match->uid_max,
				      UID_BITS);
	if (family == AF_UNSPEC)
		n *= 2;
	class->entries = kvzalloc(struct_size(class->entries, entry, n),
				  GFP_KERNEL_ACCOUNT);
	if (!class->entries)
		return -ENOMEM;

	if (family != AF_INET6)
		err = insert_family(classifier, class, AF_INET);
	if (!err && family != AF_INET)
		err = insert_family(classifier, class, AF_INET6);
	if (err)
		cbreak_classify_remove(classifier, class);
	else
		update_wants(classifier);
	return err;
}

/**
 * cbreak_classify_masks - how many lookups does a connection take?
 * @classifier: the classifier
 *
 * Context: process. The caller serialises changes.
 * Return: at most so many, of the address family that has more.
 */
unsigned int cbreak_classify_masks(const struct cbreak_classifier *classifier)
{
	return max(classifier->masks4.nr, classifier->masks6.nr);
}

/**
 * cbreak_classify_remove - take a class out
 * @classifier: the classifier
 * @class: the class; the caller frees it after a grace period
 *
 * Context: process, may sleep. The caller serialises changes.
 */
void cbreak_classify_remove(struct cbreak_classifier *classifier,
			    struct cbreak_class *class)
{
	struct cbreak_class_entries *entries = class->entries;
	unsigned int i;

	for (i = 0; i < entries->nr; i++) {
		struct entry *entry = &entries->entry[i];

		mask_remove(entry->mask, entry);
	}
	class->entries = NULL;
	kvfree_rcu(entries, rcu);
	masks_prune(&classifier->masks4);
	masks_prune(&classifier->masks6);
	update_wants(classifier);
}

static struct rhlist_head *mask_lookup_rcu(struct mask *mask,
					   const struct cbreak_flow *flow)
{
	struct mask_key key;
	u64 cgroup = 0;

	cbreak_match_apply_mask(&key.addr, flow->daddr, &mask->addr_mask);
	key.port = flow->dport & mask->port_mask;
	if (likely(mask->only_dest))
		return rhltable_lookup(&mask->table, &key, dest_params);
	key.fwmark = flow->fwmark & mask->shape.fwmask;
	key.uid = flow->uid & mask->uid_mask;
	if (mask->shape.oif && flow->oif)
		strscpy_pad(key.oif, flow->oif, sizeof(key.oif));
	else
		memset(key.oif, 0, sizeof(key.oif));
	if (mask->shape.cgroup_level)
		cgroup = flow->cgroups[mask->shape.cgroup_level];
	key.cgroup[0] = lower_32_bits(cgroup);
	key.cgroup[1] = upper_32_bits(cgroup);
	return rhltable_lookup(&mask->table, &key, full_params);
}

static const struct cbreak_match *
probe_mask(struct mask *mask, const struct cbreak_flow *flow,
	   const struct cbreak_match *best)
{
	struct rhlist_head *list, *node;
	struct entry *entry;

	list = mask_lookup_rcu(mask, flow);
	rhl_for_each_entry_rcu(entry, node, list, node) {
		const struct cbreak_match *match = &entry->class->match;

		if (!best || cbreak_match_order(match, best) < 0)
			best = match;
	}
	return best;
}

/**
 * cbreak_classify_lookup_rcu - find the most specific match
 * @classifier: the classifier
 * @flow: what is to be matched
 *
 * Context: any, under rcu_read_lock().
 * Return: the class, without a reference, or NULL.
 */
struct cbreak_class *
cbreak_classify_lookup_rcu(const struct cbreak_classifier *classifier,
			   const struct cbreak_flow *flow)
{
	const struct list_head *masks = flow->family == AF_INET ?
					&classifier->masks4.list :
					&classifier->masks6.list;
	const struct cbreak_match *best = NULL;
	struct mask *mask;

	list_for_each_entry_rcu(mask, masks, list) {
		if (best && (mask->shape.cgroup_level != best->cgroup_level ||
			     mask->shape.dst_len != best->dst_len))
			break;
		if (mask->shape.cgroup_level > flow->cgroup_level)
			continue;
		if (mask->shape.dst_len < mask->loopback_len &&
		    cbreak_match_is_loopback(flow->family, flow->daddr))
			continue;
		best = probe_mask(mask, flow, best);
	}
	return best ? container_of(best, struct cbreak_class, match) : NULL;
}
