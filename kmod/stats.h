/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_STATS_H
#define _CBREAK_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "uapi/linux/cbreak.h"

/**
 * enum cbreak_counter - counters of a breaker, of a rule and of a namespace
 * @CBREAK_COUNTER_ADMITTED: attempts admitted
 * @CBREAK_COUNTER_REJECTED: SYNs refused by a breaker
 * @CBREAK_COUNTER_WOULD_REJECT: SYNs that a breaker would have refused, were
 *	its rule enforced
 * @CBREAK_COUNTER_REJECTED_MAX_PENDING: SYNs refused because too many attempts
 *	were in flight
 * @CBREAK_COUNTER_REJECTED_MAX_CONNECTIONS: SYNs refused because of too many
 *	connections
 * @CBREAK_COUNTER_SUCCESS: the first of the outcomes, in the order of enum
 *	cbreak_kind
 * @CBREAK_COUNTER_REFUSED: outcome
 * @CBREAK_COUNTER_TIMEOUT: outcome
 * @CBREAK_COUNTER_UNREACHABLE: outcome
 * @CBREAK_COUNTER_SLOW: outcome
 * @CBREAK_COUNTER_RESET: outcome
 * @CBREAK_COUNTER_STALLED: outcome
 * @CBREAK_COUNTER_LATE: outcomes that came after a transition
 * @CBREAK_COUNTER_EXCUSED: failures that the inspector did not count
 * @CBREAK_COUNTER_WITHHELD: times that a trip was withheld, at most one in each
 *	response_time
 * @CBREAK_COUNTER_ABORTED: attempts that were ended because the breaker tripped
 * @CBREAK_COUNTERS: how many
 */
enum cbreak_counter {
	CBREAK_COUNTER_ADMITTED,
	CBREAK_COUNTER_REJECTED,
	CBREAK_COUNTER_WOULD_REJECT,
	CBREAK_COUNTER_REJECTED_MAX_PENDING,
	CBREAK_COUNTER_REJECTED_MAX_CONNECTIONS,
	CBREAK_COUNTER_SUCCESS,
	CBREAK_COUNTER_REFUSED,
	CBREAK_COUNTER_TIMEOUT,
	CBREAK_COUNTER_UNREACHABLE,
	CBREAK_COUNTER_SLOW,
	CBREAK_COUNTER_RESET,
	CBREAK_COUNTER_STALLED,
	CBREAK_COUNTER_LATE,
	CBREAK_COUNTER_EXCUSED,
	CBREAK_COUNTER_WITHHELD,
	CBREAK_COUNTER_ABORTED,
	CBREAK_COUNTERS,
};

/**
 * enum cbreak_stat - counters of a namespace alone
 * @CBREAK_STAT_ORPHANED: outcomes whose breaker or rule was gone
 * @CBREAK_STAT_RETRANSMITS: SYNs that TCP sent again
 * @CBREAK_STAT_IGNORED: answers that belong to no attempt, or are forged
 * @CBREAK_STAT_FORGED: answers to a known attempt with a wrong number
 * @CBREAK_STAT_UNSENT: attempts that this host's firewall did not let out
 * @CBREAK_STAT_REPLACED: attempts whose ends were used again
 * @CBREAK_STAT_ATTEMPTS_EVICTED: attempts forgotten because of a full bucket
 * @CBREAK_STAT_BREAKERS_EVICTED: breakers removed because of a full table
 * @CBREAK_STAT_BREAKERS_EXPIRED: breakers removed because they were idle
 * @CBREAK_STAT_FAIL_OPEN: SYNs let through for want of a breaker
 * @CBREAK_STAT_EVENTS_LOST: events that could not be sent
 * @CBREAK_STAT_UNINSPECTED: failures without a packet counted for want of memory
 *	to ask
 * @CBREAK_STAT_UNFOLLOWED: connections not followed for want of room
 * @CBREAK_STAT_LOCAL_FAULTS: times that most destinations fell silent
 * @CBREAK_STATS: how many
 */
enum cbreak_stat {
	CBREAK_STAT_ORPHANED,
	CBREAK_STAT_RETRANSMITS,
	CBREAK_STAT_IGNORED,
	CBREAK_STAT_FORGED,
	CBREAK_STAT_UNSENT,
	CBREAK_STAT_REPLACED,
	CBREAK_STAT_ATTEMPTS_EVICTED,
	CBREAK_STAT_BREAKERS_EVICTED,
	CBREAK_STAT_BREAKERS_EXPIRED,
	CBREAK_STAT_FAIL_OPEN,
	CBREAK_STAT_EVENTS_LOST,
	CBREAK_STAT_UNINSPECTED,
	CBREAK_STAT_UNFOLLOWED,
	CBREAK_STAT_LOCAL_FAULTS,
	CBREAK_STATS,
};

/**
 * struct cbreak_counters - per CPU
 * @value: by enum cbreak_counter
 */
struct cbreak_counters {
	u64 value[CBREAK_COUNTERS];
};

/**
 * struct cbreak_stats - per CPU, of a namespace
 * @counters: shared with breakers and rules
 * @value: by enum cbreak_stat
 */
struct cbreak_stats {
	struct cbreak_counters counters;
	u64 value[CBREAK_STATS];
};

static inline void cbreak_stats_inc(struct cbreak_stats __percpu *stats,
				    enum cbreak_stat stat)
{
	this_cpu_inc(stats->value[stat]);
}

u64 cbreak_stats_sum(const struct cbreak_stats __percpu *stats,
		     enum cbreak_stat stat);
u64 cbreak_counters_sum(const struct cbreak_counters __percpu *counters,
			enum cbreak_counter counter);

#endif /* _CBREAK_STATS_H */
