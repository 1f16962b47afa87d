// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: connections that are followed to their end
 *
 * A table of fixed size, allocated at once, so that nothing a packet does can
 * allocate. It is made of buckets of sixteen places; a hash of the socket's
 * address chooses the bucket. Who opens a socket does not choose its address.
 * A full bucket takes no newcomer: the caller counts that, and lets it pass.
 *
 * Sockets are names here, and never looked into. A socket enters when its SYN is
 * admitted, and leaves when it is closed. Its owner's lock orders what is done
 * to one socket, but for one case: a SYN that was queued in a firewall on its way
 * may enter a socket that has been closed meanwhile. Such an entry stays until
 * the next socket at this address enters or closes. It is in the state CONNECTING,
 * which counts for nothing.
 *
 * Most sockets that are asked for are not there. That is found out without the
 * lock: the names of a bucket lie side by side, and the name of a socket does not
 * move while it is there.
 *
 * Locks: bucket->lock, with BH disabled. It is a leaf, held for sixteen steps.
 *
 * Context: any but hard interrupts, unless said otherwise.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "conn.h"

/*
 * sk: names of the sockets, NULL where a place is free; written with the lock,
 *	read without
 * used: places taken; read without the lock as a hint
 */
struct bucket {
	const void *sk[CBREAK_CONN_WAYS];
	/* Guards everything in the bucket. */
	spinlock_t lock;
	u32 used;
	struct cbreak_conn conn[CBREAK_CONN_WAYS];
} ____cacheline_aligned;

struct cbreak_conn_table {
	unsigned int bits;
	struct bucket buckets[];
};

static unsigned int nr_buckets(const struct cbreak_conn_table *table)
{
	return 1U << table->bits;
}

static struct bucket *find_bucket(struct cbreak_conn_table *table,
				  const void *sk)
{
	/* hash_ptr() has no answer for no bits. */
	return &table->buckets[table->bits ? hash_ptr(sk, table->bits) : 0];
}

/* The place of a socket, or of none; negative if there is no such place. */
static int find_place(const struct bucket *bucket, const void *sk)
{
	int i;

	for (i = 0; i < CBREAK_CONN_WAYS; i++)
		if (READ_ONCE(bucket->sk[i]) == sk)
			return i;
	return -1;
}

/* Most sockets are not there. */
static bool is_there(const struct bucket *bucket, const void *sk)
{
	return find_place(bucket, sk) >= 0;
}

/**
 * cbreak_conn_table_alloc - allocate a table
 * @max: connections it should hold; rounded up to a power of two of buckets
 *
 * Context: process, may sleep.
 * Return: the table, empty, or NULL without memory.
 */
struct cbreak_conn_table *cbreak_conn_table_alloc(unsigned int max)
{
	struct cbreak_conn_table *table;
	unsigned int bits, i;

	bits = order_base_2(DIV_ROUND_UP(max, CBREAK_CONN_WAYS));
	table = kvzalloc(struct_size(table, buckets, 1UL << bits),
			 GFP_KERNEL_ACCOUNT);
	if (!table)
		return NULL;
	table->bits = bits;
	for (i = 0; i < nr_buckets(table); i++)
		spin_lock_init(&table->buckets[i].lock);
	return table;
}

/**
 * cbreak_conn_table_free - free a table and forget its connections
 * @table: the table; nobody uses it any more
 *
 * Context: process, may sleep.
 */
void cbreak_conn_table_free(struct cbreak_conn_table *table)
{
	kvfree(table);
}

/**
 * cbreak_conn_insert - follow a connection that is being made
 * @table: the table
 * @sk: its socket
 * @conn: what is known of it; its state is CBREAK_CONN_CONNECTING
 *
 * What was there of an earlier connection of the socket is forgotten, unless it
 * is established: then this is a SYN of the past, and nothing happens.
 *
 * Return: false if there is no room.
 */
bool cbreak_conn_insert(struct cbreak_conn_table *table, const void *sk,
			const struct cbreak_conn *conn)
{
	struct bucket *bucket = find_bucket(table, sk);
	int place;

	spin_lock_bh(&bucket->lock);
	place = find_place(bucket, sk);
	if (place < 0) {
		place = find_place(bucket, NULL);
		if (place >= 0) {
			bucket->conn[place] = *conn;
			WRITE_ONCE(bucket->sk[place], sk);
			WRITE_ONCE(bucket->used, bucket->used + 1);
		}
	} else if (bucket->conn[place].state != CBREAK_CONN_ESTABLISHED) {
		bucket->conn[place] = *conn;
	}
	spin_unlock_bh(&bucket->lock);
	return place >= 0;
}

/**
 * cbreak_conn_find - what is known of a socket's connection
 * @table: the table
 * @sk: the socket
 * @conn: where it goes
 *
 * Return: whether it is followed.
 */
bool cbreak_conn_find(struct cbreak_conn_table *table, const void *sk,
		      struct cbreak_conn *conn)
{
	struct bucket *bucket = find_bucket(table, sk);
	int place;

	if (likely(!is_there(bucket, sk)))
		return false;
	spin_lock_bh(&bucket->lock);
	place = find_place(bucket, sk);
	if (place >= 0)
		*conn = bucket->conn[place];
	spin_unlock_bh(&bucket->lock);
	return place >= 0;
}

/**
 * cbreak_conn_establish - a connection is made
 * @table: the table
 * @sk: its socket
 *
 * Return: whether it is followed.
 */
bool cbreak_conn_establish(struct cbreak_conn_table *table, const void *sk)
{
	struct bucket *bucket = find_bucket(table, sk);
	int place;

	if (likely(!is_there(bucket, sk)))
		return false;
	spin_lock_bh(&bucket->lock);
	place = find_place(bucket, sk);
	if (place >= 0)
		bucket->conn[place].state = CBREAK_CONN_ESTABLISHED;
	spin_unlock_bh(&bucket->lock);
	return place >= 0;
}

/**
 * cbreak_conn_take - a socket is closed: follow it no longer
 * @table: the table
 * @sk: the socket
 * @conn: where that goes which was known of it
 *
 * Return: whether it was followed.
 */
bool cbreak_conn_take(struct cbreak_conn_table *table, const void *sk,
		      struct cbreak_conn *conn)
{
	struct bucket *bucket = find_bucket(table, sk);
	int place;

	if (likely(!is_there(bucket, sk)))
		return false;
	spin_lock_bh(&bucket->lock);
	place = find_place(bucket, sk);
	if (place >= 0) {
		*conn = bucket->conn[place];
		WRITE_ONCE(bucket->sk[place], NULL);
		WRITE_ONCE(bucket->used, bucket->used - 1);
	}
	spin_unlock_bh(&bucket->lock);
	return place >= 0;
}

/**
 * cbreak_conn_for_each - call a function for every connection
 * @table: the table; nobody else uses it
 * @fn: the function
 * @arg: handed to @fn
 *
 * Context: process, may sleep.
 */
void cbreak_conn_for_each(const struct cbreak_conn_table *table,
			  cbreak_conn_fn fn, void *arg)
{
	unsigned int i, place;

	for (i = 0; i < nr_buckets(table); i++) {
		const struct bucket *bucket = &table->buckets[i];

		for (place = 0; place < CBREAK_CONN_WAYS; place++)
			if (bucket->sk[place])
				fn(arg, &bucket->conn[place]);
		cond_resched();
	}
}

/**
 * cbreak_conn_count - connections that are followed, or being made
 * @table: the table
 *
 * Context: any; a hint while others change the table.
 * Return: how many.
 */
unsigned int cbreak_conn_count(const struct cbreak_conn_table *table)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr_buckets(table); i++)
		n += READ_ONCE(table->buckets[i].used);
	return n;
}

/**
 * cbreak_conn_max - connections that fit
 * @table: the table
 *
 * Context: any.
 * Return: how many.
 */
unsigned int cbreak_conn_max(const struct cbreak_conn_table *table)
{
	return nr_buckets(table) * CBREAK_CONN_WAYS;
}
