// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: connection attempts in flight
 *
 * A table of fixed size, allocated at once, so that nothing a packet does can
 * allocate. It is made of stripes of 256 places. A stripe is 64 buckets of
 * four places, the wheel that its attempts expire by (attempt_expire.c), and the
 * lock that guards both. The hash of the ends of a connection chooses stripe and
 * bucket.
 *
 * A full bucket gives its oldest place to the newcomer. The attempt that was
 * there ends without an outcome, and the caller counts it. Before that, those
 * go that are over and only remembered, which are no loss to count; nor do they
 * make anybody call cbreak_attempt_expire(), so that they may stay for longer
 * than they were asked to while nothing is in flight.
 *
 * The hash is jhash with a secret seed, as TCP's own table of connections has.
 * Who could guess the seed could not make anything slow, since a bucket is four
 * places and no list: only make others' attempts leave the table early, which
 * as many attempts of one's own do as well.
 *
 * Locks: stripe->lock, with BH disabled, because attempts are entered in
 * process context and answered in softirq. It is a leaf, and held for at most
 * the 256 places of a stripe.
 *
 * Context: any but hard interrupts, unless said otherwise.
 */
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <net/ipv6.h>

#include "attempt_place.h"

#define WAYS		4
#define BUCKETS		(CBREAK_ATTEMPT_STRIPE / WAYS)

/*
 * The place that was taken last on this CPU, in whatever table. A SYN reaches
 * the hook where it leaves right after the one where it was admitted, so this
 * is where to look first. No more than a hint.
 */
static DEFINE_PER_CPU(u32, last_place);

static u32 hash_tuple(const struct cbreak_attempt_table *table, u8 family,
		      const struct cbreak_tuple *tuple)
{
	u32 ports = (__force u32)tuple->sport << 16 |
		    (__force u32)tuple->dport;

	if (family == AF_INET)
		return jhash_3words((__force u32)tuple->saddr.ip,
				    (__force u32)tuple->daddr.ip, ports,
				    table->seed);
	return jhash2((const u32 *)tuple, sizeof(*tuple) / sizeof(u32),
		      table->seed);
}

static bool same_tuple(const struct cbreak_attempt *attempt, u8 family,
		       const struct cbreak_tuple *tuple)
{
	const struct cbreak_tuple *own = &attempt->tuple;

	if (own->sport != tuple->sport || own->dport != tuple->dport ||
	    attempt->family != family)
		return false;
	if (family == AF_INET)
		return own->saddr.ip == tuple->saddr.ip &&
		       own->daddr.ip == tuple->daddr.ip;
	return ipv6_addr_equal(&own->saddr.in6, &tuple->saddr.in6) &&
	       ipv6_addr_equal(&own->daddr.in6, &tuple->daddr.in6);
}

/* Lock the stripe of a tuple; the first place of its bucket is returned. */
static struct cbreak_attempt *
lock_bucket(struct cbreak_attempt_table *table, u8 family,
	    const struct cbreak_tuple *tuple,
	    struct cbreak_attempt_stripe **stripe)
	__acquires(&(*stripe)->lock)
{
	u32 hash = hash_tuple(table, family, tuple);

	*stripe = &table->stripes[hash / BUCKETS & (table->nr_stripes - 1)];
	spin_lock_bh(&(*stripe)->lock);
	return &(*stripe)->place[hash % BUCKETS * WAYS];
}

static void unlock_bucket(struct cbreak_attempt_stripe *stripe)
	__releases(&stripe->lock)
{
	spin_unlock_bh(&stripe->lock);
}

static struct cbreak_attempt *find(struct cbreak_attempt *bucket, u8 family,
				   const struct cbreak_tuple *tuple)
{
	unsigned int i;

	for (i = 0; i < WAYS; i++)
		if (bucket[i].state != CBREAK_ATTEMPT_FREE &&
		    same_tuple(&bucket[i], family, tuple))
			return &bucket[i];
	return NULL;
}

/* Is one place less of a loss than another? */
static bool goes_first(const struct cbreak_attempt *a,
		       const struct cbreak_attempt *b)
{
	bool a_over = a->state == CBREAK_ATTEMPT_OVER;
	bool b_over = b->state == CBREAK_ATTEMPT_OVER;

	return a_over != b_over ? a_over :
				  (s32)(a->start_us - b->start_us) < 0;
}

/* A free place of the bucket, else the one that was admitted first. */
static struct cbreak_attempt *choose_place(struct cbreak_attempt *bucket)
{
	struct cbreak_attempt *oldest = bucket;
	unsigned int i;

	for (i = 0; i < WAYS; i++) {
		if (bucket[i].state == CBREAK_ATTEMPT_FREE)
			return &bucket[i];
		if (goes_first(&bucket[i], oldest))
			oldest = &bucket[i];
	}
	return oldest;
}

/**
 * cbreak_attempt_table_init - allocate a table
 * @table: the table
 * @max: attempts it should hold; rounded up to a power of two of stripes
 * @now_ns: the present
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int cbreak_attempt_table_init(struct cbreak_attempt_table *table,
			      unsigned int max, u64 now_ns)
{
	unsigned int i, slot;

	table->nr_stripes =
		roundup_pow_of_two(DIV_ROUND_UP(max, CBREAK_ATTEMPT_STRIPE));
	table->stripes = kvcalloc(table->nr_stripes, sizeof(*table->stripes),
				  GFP_KERNEL_ACCOUNT);
	if (!table->stripes)
		return -ENOMEM;

	table->seed = get_random_u32();
	for (i = 0; i < table->nr_stripes; i++) {
		struct cbreak_attempt_stripe *stripe = &table->stripes[i];

		spin_lock_init(&stripe->lock);
		stripe->tick = cbreak_attempt_tick(now_ns);
		for (slot = 0; slot < CBREAK_ATTEMPT_SLOTS; slot++)
			stripe->slot[slot] = CBREAK_ATTEMPT_NONE;
	}
	return 0;
}

/**
 * cbreak_attempt_table_uninit - free a table and forget its attempts
 * @table: the table; nobody uses it any more
 *
 * Context: process, may sleep.
 */
void cbreak_attempt_table_uninit(struct cbreak_attempt_table *table)
{
	kvfree(table->stripes);
	table->stripes = NULL;
	table->nr_stripes = 0;
}

/**
 * cbreak_attempt_insert - enter an attempt
 * @table: the table
 * @attempt: tuple, isn, gen, rule_id, counted_by, data_len, family and state
 *	are taken
 * @now_ns: the present
 * @timeout_ms: when it expires, at most one tick late and never early
 * @gone: where the attempt goes that was there before, if it was in flight
 *
 * Return: what became of it; see enum cbreak_attempt_insert.
 */
enum cbreak_attempt_insert
cbreak_attempt_insert(struct cbreak_attempt_table *table,
		      const struct cbreak_attempt *attempt, u64 now_ns,
		      u32 timeout_ms, struct cbreak_attempt *gone)
{
	enum cbreak_attempt_insert result = CBREAK_ATTEMPT_NEW;
	struct cbreak_attempt_stripe *stripe;
	struct cbreak_attempt *bucket, *place;

	bucket = lock_bucket(table, attempt->family, &attempt->tuple, &stripe);
	place = find(bucket, attempt->family, &attempt->tuple);
	if (place && place->isn == attempt->isn) {
		unlock_bucket(stripe);
		return CBREAK_ATTEMPT_KNOWN;
	}
	if (place) {
		/* Its port was used again: nobody waits for it any more. */
		result = CBREAK_ATTEMPT_REPLACED;
	} else {
		place = choose_place(bucket);
		if (place->state != CBREAK_ATTEMPT_FREE)
			result = CBREAK_ATTEMPT_EVICTED;
	}
	if (result != CBREAK_ATTEMPT_NEW) {
		if (!cbreak_attempt_in_flight(place))
			result = CBREAK_ATTEMPT_NEW;
		else
			*gone = *place;
		cbreak_attempt_free_place(stripe, place);
	}
	cbreak_attempt_take_place(stripe, place, attempt, now_ns, timeout_ms);
	this_cpu_write(last_place,
		       (stripe - table->stripes) * CBREAK_ATTEMPT_STRIPE +
		       (place - stripe->place));
	unlock_bucket(stripe);
	return result;
}

/**
 * cbreak_attempt_remember - know a SYN again that is no attempt any more
 * @table: the table
 * @attempt: an attempt that has left the table, or was none; tuple, isn and
 *	     family are taken
 * @now_ns: the present
 * @for_ms: for how long
 *
 * Forgotten at once if the ends are in use again, or if that would cost a place
 * of an attempt that is in flight.
 */
void cbreak_attempt_remember(struct cbreak_attempt_table *table,
			     const struct cbreak_attempt *attempt, u64 now_ns,
			     u32 for_ms)
{
	struct cbreak_attempt_stripe *stripe;
	struct cbreak_attempt *bucket, *place;
	struct cbreak_attempt over = *attempt;

	over.state = CBREAK_ATTEMPT_OVER;
	bucket = lock_bucket(table, attempt->family, &attempt->tuple, &stripe);
	if (!find(bucket, attempt->family, &attempt->tuple)) {
		place = choose_place(bucket);
		if (place->state == CBREAK_ATTEMPT_OVER)
			cbreak_attempt_free_place(stripe, place);
		if (place->state == CBREAK_ATTEMPT_FREE)
			cbreak_attempt_take_place(stripe, place, &over, now_ns, for_ms);
	}
	unlock_bucket(stripe);
}

/**
 * cbreak_attempt_lookup - is this SYN known?
 * @table: the table
 * @family: AF_INET or AF_INET6
 * @tuple: the ends
 * @isn: its sequence number
 *
 * Return: the attempt's state, CBREAK_ATTEMPT_FREE if it is not known.
 */
enum cbreak_attempt_state
cbreak_attempt_lookup(struct cbreak_attempt_table *table, u8 family,
		      const struct cbreak_tuple *tuple, u32 isn)
{
	enum cbreak_attempt_state state = CBREAK_ATTEMPT_FREE;
	struct cbreak_attempt_stripe *stripe;
	struct cbreak_attempt *attempt;

	attempt = find(lock_bucket(table, family, tuple, &stripe), family,
		       tuple);
	if (attempt && attempt->isn == isn)
		state = attempt->state;
	unlock_bucket(stripe);
	return state;
}

/* The place that was taken last here, with its stripe locked. */
static struct cbreak_attempt *
lock_last_place(struct cbreak_attempt_table *table,
		struct cbreak_attempt_stripe **stripe)
	__acquires(&(*stripe)->lock)
{
	u32 index = this_cpu_read(last_place);

	*stripe = &table->stripes[index / CBREAK_ATTEMPT_STRIPE &
				  (table->nr_stripes - 1)];
	spin_lock_bh(&(*stripe)->lock);
	return &(*stripe)->place[index % CBREAK_ATTEMPT_STRIPE];
}

/**
 * cbreak_attempt_mark_sent - the SYN leaves the host
 * @table: the table
 * @family: AF_INET or AF_INET6
 * @tuple: the ends
 * @isn: its sequence number
 *
 * Return: whether it is a known attempt.
 */
bool cbreak_attempt_mark_sent(struct cbreak_attempt_table *table, u8 family,
			      const struct cbreak_tuple *tuple, u32 isn)
{
	struct cbreak_attempt_stripe *stripe;
	struct cbreak_attempt *attempt;
	bool known;

	attempt = lock_last_place(table, &stripe);
	if (attempt->isn != isn || attempt->state == CBREAK_ATTEMPT_FREE ||
	    !same_tuple(attempt, family, tuple)) {
		unlock_bucket(stripe);
		attempt = find(lock_bucket(table, family, tuple, &stripe),
			       family, tuple);
	}
	known = attempt && attempt->isn == isn &&
		cbreak_attempt_in_flight(attempt);
	if (known)
		attempt->state = CBREAK_ATTEMPT_SENT;
	unlock_bucket(stripe);
	return known;
}

/**
 * cbreak_attempt_take - an answer ends an attempt
 * @table: the table
 * @family: AF_INET or AF_INET6
 * @tuple: the ends, as the client sees them
 * @number: what the answer says that only a receiver of the SYN knows
 * @is_ack: it is an acknowledgment number, of a SYN-ACK or RST, valid in
 *	    (ISN, ISN + 1 + payload of the SYN]; otherwise the sequence number
 *	    that an ICMP error quotes, valid if it is the ISN
 * @taken: where the attempt goes if it was taken
 *
 * Return: what the answer is; see enum cbreak_attempt_match.
 */
enum cbreak_attempt_match
cbreak_attempt_take(struct cbreak_attempt_table *table, u8 family,
		    const struct cbreak_tuple *tuple, u32 number, bool is_ack,
		    struct cbreak_attempt *taken)
{
	enum cbreak_attempt_match match = CBREAK_ATTEMPT_STRAY;
	struct cbreak_attempt_stripe *stripe;
	struct cbreak_attempt *attempt;

	attempt = find(lock_bucket(table, family, tuple, &stripe), family,
		       tuple);
	if (attempt && cbreak_attempt_in_flight(attempt)) {
		/* An ack counts the SYN and up to all of its data. */
		u32 most = is_ack ? attempt->data_len : 0;
		u32 least = is_ack ? attempt->isn + 1 : attempt->isn;

		if (number - least <= most) {
			match = CBREAK_ATTEMPT_TAKEN;
			*taken = *attempt;
			cbreak_attempt_free_place(stripe, attempt);
		} else {
			match = CBREAK_ATTEMPT_FORGED;
		}
	}
	unlock_bucket(stripe);
	return match;
}

/**
 * cbreak_attempt_count - attempts in flight, or rejected a moment ago
 * @table: the table
 *
 * Context: any; a hint while others change the table.
 * Return: how many.
 */
unsigned int cbreak_attempt_count(const struct cbreak_attempt_table *table)
{
	unsigned int i, n = 0;

	for (i = 0; i < table->nr_stripes; i++)
		n += READ_ONCE(table->stripes[i].live);
	return n;
}
