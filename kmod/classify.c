// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: classifier: the most specific match of a destination
 *
 * After the idea of net/sched/cls_flower.c: one hash table for each distinct
 * mask, so that a lookup costs one probe for each mask in use, and not one
 * step for each rule. A mask is a prefix length and a number of leading bits
 * of the port. A port range is cut into the aligned blocks that make it up,
 * at most 30, and stands in the table of each block's mask.
 *
 * Masks are kept with the longest prefix first. Among those of one length all
 * are asked, since a rule's block says nothing about how wide its range is;
 * then the narrower range wins, then the lower prio. The first prefix length
 * with a hit ends the search.
 *
 * A class without destination stands in the lists of both families with
 * prefix length 0. A prefix shorter than loopback's own does not match
 * loopback: a broad rule must not cut a host off from itself.
 *
 * Locks: the owner serialises insert and remove, which may sleep. Lookup is
 * RCU. A removed class is out of every table when remove returns, but readers
 * may still hold it until a grace period later.
 */
#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/rculist.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <net/ipv6.h>

#include "classify.h"

#define PORT_BITS	16
/* Loopback's own prefixes, 127.0.0.0/8 and ::1/128. */
#define LOOPBACK_LEN4	8
#define LOOPBACK_LEN6	128

struct mask_key {
	union nf_inet_addr addr;
	u32 port;
};

struct mask {
	struct list_head list;
	union nf_inet_addr addr_mask;
	u16 port_mask;
	u8 dst_len;
	u8 port_len;
	u8 loopback_len;
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
static u32 hash_key(const void *data, u32 len, u32 seed)
{
	const struct mask_key *key = data;

	if (!(key->addr.all[1] | key->addr.all[2] | key->addr.all[3]))
		return jhash_2words(key->addr.all[0], key->port, seed);
	return jhash2(data, len / sizeof(u32), seed);
}

static int compare_key(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct entry *entry = obj;
	const struct mask_key *key = arg->key;

	return key->port != entry->key.port ||
	       !nf_inet_addr_cmp(&key->addr, &entry->key.addr);
}

static const struct rhashtable_params mask_params = {
	.key_len = sizeof(struct mask_key),
	.key_offset = offsetof(struct entry, key),
	.head_offset = offsetof(struct entry, node),
	.hashfn = hash_key,
	.obj_cmpfn = compare_key,
	.automatic_shrinking = true,
};

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

static u16 make_port_mask(u8 len)
{
	return ~0U << (PORT_BITS - len);
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

static bool is_loopback(u8 family, const union nf_inet_addr *addr)
{
	return family == AF_INET ? ipv4_is_loopback(addr->ip) :
				   ipv6_addr_loopback(&addr->in6);
}

static u8 loopback_len(u8 family)
{
	return family == AF_INET ? LOOPBACK_LEN4 : LOOPBACK_LEN6;
}

static u16 port_width(const struct cbreak_match *match)
{
	return match->port_max - match->port_min;
}

/* a and b match the same destination with prefixes of the same length. */
static bool is_better(const struct cbreak_match *a,
		      const struct cbreak_match *b)
{
	if (port_width(a) != port_width(b))
		return port_width(a) < port_width(b);
	return a->prio < b->prio;
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
	if (match->dst_len < loopback_len(family) && is_loopback(family, daddr))
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
	return a->family == b->family && a->dst_len == b->dst_len &&
	       a->port_min == b->port_min && a->port_max == b->port_max &&
	       !memcmp(&a->dst, &b->dst, sizeof(a->dst));
}

/**
 * cbreak_match_ties - is there a destination for which neither match wins?
 * @a: a match
 * @b: another
 *
 * Context: any.
 * Return: whether there is one.
 */
bool cbreak_match_ties(const struct cbreak_match *a,
		       const struct cbreak_match *b)
{
	if (a->dst_len != b->dst_len || a->prio != b->prio ||
	    port_width(a) != port_width(b))
		return false;
	if (a->family != b->family && a->family != AF_UNSPEC &&
	    b->family != AF_UNSPEC)
		return false;
	if (memcmp(&a->dst, &b->dst, sizeof(a->dst)))
		return false;
	return a->port_min <= b->port_max && b->port_min <= a->port_max;
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

static struct list_head *family_masks(struct cbreak_classifier *classifier,
				      u8 family)
{
	return family == AF_INET ? &classifier->masks4 : &classifier->masks6;
}

static struct mask *mask_create(struct list_head *masks, u8 family, u8 dst_len,
				u8 port_len)
{
	struct list_head *place = masks;
	struct mask *mask, *pos;
	int err;

	list_for_each_entry(pos, masks, list) {
		if (pos->dst_len == dst_len && pos->port_len == port_len)
			return pos;
		if (pos->dst_len < dst_len)
			break;
		place = &pos->list;
	}
	mask = kzalloc(sizeof(*mask), GFP_KERNEL_ACCOUNT);
	if (!mask)
		return ERR_PTR(-ENOMEM);
	err = rhltable_init(&mask->table, &mask_params);
	if (err) {
		kfree(mask);
		return ERR_PTR(err);
	}
	cbreak_match_make_mask(&mask->addr_mask, family, dst_len);
	mask->port_mask = make_port_mask(port_len);
	mask->dst_len = dst_len;
	mask->port_len = port_len;
	mask->loopback_len = loopback_len(family);
	list_add_rcu(&mask->list, place);
	return mask;
}

/* Unlink the masks that have lost their last entry, and free them. */
static void masks_prune(struct list_head *masks)
{
	struct mask *mask, *tmp, *unused = NULL;

	list_for_each_entry_safe(mask, tmp, masks, list) {
		if (mask->nr_entries)
			continue;
		list_del_rcu(&mask->list);
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

/* Length in bits of the largest aligned block that begins at min. */
static u8 block_len(u32 min, u32 max)
{
	u8 len = PORT_BITS;

	while (len && !(min & BIT(PORT_BITS - len)) &&
	       min + BIT(PORT_BITS - len + 1) - 1 <= max)
		len--;
	return len;
}

static unsigned int count_blocks(const struct cbreak_match *match)
{
	u32 min = match->port_min;
	unsigned int n = 0;

	while (min <= match->port_max) {
		min += BIT(PORT_BITS - block_len(min, match->port_max));
		n++;
	}
	return n;
}

static int insert_family(struct cbreak_classifier *classifier,
			 struct cbreak_class *class, u8 family)
{
	const struct cbreak_match *match = &class->match;
	u32 min = match->port_min;

	while (min <= match->port_max) {
		u8 len = block_len(min, match->port_max);
		struct entry *entry;
		struct mask *mask;
		int err;

		mask = mask_create(family_masks(classifier, family), family,
				   match->dst_len, len);
		if (IS_ERR(mask))
			return PTR_ERR(mask);
		entry = &class->entries->entry[class->entries->nr];
		entry->key.addr = match->dst;
		entry->key.port = min;
		entry->class = class;
		entry->mask = mask;
		err = rhltable_insert(&mask->table, &entry->node, mask_params);
		if (err)
			return err;
		mask->nr_entries++;
		class->entries->nr++;
		min += BIT(PORT_BITS - len);
	}
	return 0;
}

/**
 * cbreak_classify_init - an empty classifier
 * @classifier: the classifier
 */
void cbreak_classify_init(struct cbreak_classifier *classifier)
{
	INIT_LIST_HEAD(&classifier->masks4);
	INIT_LIST_HEAD(&classifier->masks6);
}

/**
 * cbreak_classify_insert - add a class
 * @classifier: the classifier
 * @class: the class; its match is valid and ties with no other's
 *
 * Context: process, may sleep. The caller serialises changes.
 * Return: 0, or -ENOMEM or another error of the hash table, with nothing
 *	   changed.
 */
int cbreak_classify_insert(struct cbreak_classifier *classifier,
			   struct cbreak_class *class)
{
	u8 family = class->match.family;
	unsigned int n = count_blocks(&class->match);
	int err = 0;

	if (family == AF_UNSPEC)
		n *= 2;
	class->entries = kzalloc(struct_size(class->entries, entry, n),
				 GFP_KERNEL_ACCOUNT);
	if (!class->entries)
		return -ENOMEM;

	if (family != AF_INET6)
		err = insert_family(classifier, class, AF_INET);
	if (!err && family != AF_INET)
		err = insert_family(classifier, class, AF_INET6);
	if (err)
		cbreak_classify_remove(classifier, class);
	return err;
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

		rhltable_remove(&entry->mask->table, &entry->node,
				mask_params);
		entry->mask->nr_entries--;
	}
	class->entries = NULL;
	kfree_rcu(entries, rcu);
	masks_prune(&classifier->masks4);
	masks_prune(&classifier->masks6);
}

static const struct cbreak_match *
probe_mask(struct mask *mask, const union nf_inet_addr *daddr, u16 dport,
	   const struct cbreak_match *best)
{
	struct rhlist_head *list, *node;
	struct mask_key key;
	struct entry *entry;

	cbreak_match_apply_mask(&key.addr, daddr, &mask->addr_mask);
	key.port = dport & mask->port_mask;
	list = rhltable_lookup(&mask->table, &key, mask_params);
	rhl_for_each_entry_rcu(entry, node, list, node) {
		const struct cbreak_match *match = &entry->class->match;

		if (!best || is_better(match, best))
			best = match;
	}
	return best;
}

/**
 * cbreak_classify_lookup_rcu - find the most specific match
 * @classifier: the classifier
 * @family: AF_INET or AF_INET6
 * @daddr: destination address, unused bytes zero
 * @dport: destination port, host byte order
 *
 * Context: any, under rcu_read_lock().
 * Return: the class, without a reference, or NULL.
 */
struct cbreak_class *
cbreak_classify_lookup_rcu(const struct cbreak_classifier *classifier,
			   u8 family, const union nf_inet_addr *daddr,
			   u16 dport)
{
	const struct list_head *masks = family == AF_INET ?
					&classifier->masks4 :
					&classifier->masks6;
	const struct cbreak_match *best = NULL;
	struct mask *mask;

	list_for_each_entry_rcu(mask, masks, list) {
		if (best && mask->dst_len != best->dst_len)
			break;
		if (mask->dst_len < mask->loopback_len &&
		    is_loopback(family, daddr))
			break;
		best = probe_mask(mask, daddr, dport, best);
	}
	return best ? container_of(best, struct cbreak_class, match) : NULL;
}
