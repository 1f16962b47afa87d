/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_LIMIT_H
#define _CBREAK_LIMIT_H

#include <linux/atomic.h>
#include <linux/types.h>

/**
 * struct cbreak_peers - the breakers of a rule, as far as they mind each other
 * @live: how many there are; kept by the owner of their table
 * @broken: those of them that are BROKEN; changed under each one's own lock
 */
struct cbreak_peers {
	u32 live;
	atomic_t broken;
};

/**
 * enum cbreak_limit - which limit an attempt has met
 * @CBREAK_LIMIT_NONE: none; it is counted as pending
 * @CBREAK_LIMIT_PENDING: too many are in flight
 * @CBREAK_LIMIT_CONNECTIONS: too many are connected, or may be soon
 */
enum cbreak_limit {
	CBREAK_LIMIT_NONE,
	CBREAK_LIMIT_PENDING,
	CBREAK_LIMIT_CONNECTIONS,
};

bool cbreak_limit_take(atomic_t *nr, u32 max);
void cbreak_limit_put(atomic_t *nr);
u32 cbreak_limit_broken(u32 live, u32 pct);
enum cbreak_limit cbreak_limit_attempt(atomic_t *pending, u32 conns,
				       u32 max_pending, u32 max_conns);

#endif /* _CBREAK_LIMIT_H */
