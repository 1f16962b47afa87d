/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_BREAKER_H
#define _CBREAK_BREAKER_H

#include <linux/bits.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "uapi/linux/cbreak.h"
#include "limit.h"
#include "window.h"

struct bpf_prog;
struct cbreak_guard;

/* The low bits of cbreak_breaker.word are the state, the rest its generation */
#define CBREAK_GEN_SHIFT	2
#define CBREAK_STATE_MASK	((1 << CBREAK_GEN_SHIFT) - 1)
#define CBREAK_STATES		3

/* cbreak_breaker.hold_ms of what lasts until told otherwise */
#define CBREAK_HOLD_FOREVER	U32_MAX

/* cbreak_params.on with every way in which an attempt can fail */
#define CBREAK_ON_ATTEMPT	(CBREAK_ON_REFUSED | CBREAK_ON_TIMEOUT | \
				 CBREAK_ON_UNREACHABLE | CBREAK_ON_SLOW)
/* and with every way in which a connection can fail that has been made */
#define CBREAK_ON_CONN		(CBREAK_ON_RESET | CBREAK_ON_STALLED)
#define CBREAK_ON_ALL		(CBREAK_ON_ATTEMPT | CBREAK_ON_CONN)

/**
 * struct cbreak_icmp - an ICMP error
 * @family: AF_INET or AF_INET6
 * @type: ICMP type
 * @code: ICMP code
 */
struct cbreak_icmp {
	u8 family;
	u8 type;
	u8 code;
};

/**
 * struct cbreak_params - the parameters of a rule's breakers
 * @error_ratio: share of failures above which a breaker trips, in millionths;
 *		 0 < error_ratio < 1000000
 * @min_samples: fewest outcomes that can trip a breaker, at least 1
 * @recovery_samples: fewest outcomes that can end RECOVERING, 0 for none
 * @on: kinds that count as failed, a mask of 1 << enum cbreak_kind
 * @response_ms: length of the window
 * @passing_ms: least time in PASSING before a trip, 0 for @response_ms
 * @broken_ms: time in BROKEN, 0 for @response_ms
 * @recovery_ms: time in RECOVERING, 0 for @response_ms
 * @connect_timeout_ms: silence that makes an attempt a timeout
 * @consecutive: failures in a row that trip a breaker, 0 for none
 * @slow_ms: a handshake that takes longer is CBREAK_KIND_SLOW, 0 for none; of
 *	no concern to the machine
 * @backoff: what @broken_ms is multiplied with for each trip in a row after the
 *	first, in millionths; at least 1000000
 * @broken_max_ms: at most that long with @backoff, 0 for CBREAK_TIME_MAX_MS
 * @jitter: share of the time in BROKEN that is added at most, in millionths
 * @mode: enum cbreak_mode; the machine does not look at it, its caller does
 * @reject: enum cbreak_reject; likewise
 * @max_pending: most attempts in flight, 0 for any number; of no concern to the
 *	machine
 * @max_broken_pct: share of @peers that may be BROKEN for the machine to trip,
 *	percent; 100 for no limit
 * @max_conns: most established connections and attempts in flight together, 0
 *	for any number; of no concern to the machine
 * @local_fault_guard: whether @guard is asked; of no concern to the machine
 * @abort_pending: attempts in flight are ended when a breaker trips; of no
 *	concern to the machine
 * @nr_icmp: number of @icmp
 * @icmp: ICMP errors that count as failed besides the kinds of @on
 * @inspector: decides about what would count, may be NULL; of no concern to the
 *	machine
 * @guard: while it is frozen, the machine does not trip; may be NULL
 * @peers: the breakers that @max_broken_pct is about; NULL for a breaker on its
 *	own
 *
 * Immutable once it is visible to a breaker. The three times that are zero
 * follow a later change of @response_ms.
 */
struct cbreak_params {
	u32 error_ratio;
	u32 min_samples;
	u32 recovery_samples;
	u32 on;
	u32 response_ms;
	u32 passing_ms;
	u32 broken_ms;
	u32 recovery_ms;
	u32 connect_timeout_ms;
	u32 consecutive;
	u32 slow_ms;
	u32 backoff;
	u32 broken_max_ms;
	u32 jitter;
	u32 mode;
	u32 reject;
	u32 max_pending;
	u32 max_broken_pct;
	u32 max_conns;
	u32 local_fault_guard;
	u32 abort_pending;
	u32 nr_icmp;
	struct cbreak_icmp icmp[CBREAK_ON_ICMP_MAX];
	struct bpf_prog *inspector;
	struct cbreak_guard *guard;
	struct cbreak_peers *peers;
};

/* Does anything depend on what becomes of a connection once it is made? */
static inline bool cbreak_params_follow(const struct cbreak_params *p)
{
	return p->on & CBREAK_ON_CONN || p->max_conns;
}

/* Does anything depend on how many attempts are in flight? */
static inline bool cbreak_params_limit(const struct cbreak_params *p)
{
	return p->max_pending || p->max_conns;
}

static inline u64 cbreak_ms_to_ns(u32 ms)
{
	return (u64)ms * NSEC_PER_MSEC;
}

/* Clocks of several CPUs may be read slightly out of order. */
static inline u64 cbreak_elapsed_ns(u64 since_ns, u64 now_ns)
{
	return now_ns > since_ns ? now_ns - since_ns : 0;
}

static inline u32 cbreak_passing_ms(const struct cbreak_params *p)
{
	return p->passing_ms ?: p->response_ms;
}

static inline u32 cbreak_broken_ms(const struct cbreak_params *p)
{
	return p->broken_ms ?: p->response_ms;
}

static inline u32 cbreak_recovery_ms(const struct cbreak_params *p)
{
	return p->recovery_ms ?: p->response_ms;
}

static inline u32 cbreak_broken_max_ms(const struct cbreak_params *p)
{
	return p->broken_max_ms ?: CBREAK_TIME_MAX_MS;
}

static inline u64 cbreak_bucket_ns(const struct cbreak_params *p)
{
	return (u64)p->response_ms * (NSEC_PER_MSEC / CBREAK_WINDOW_BUCKETS);
}

/**
 * struct cbreak_breaker - the state machine of one destination
 * @word: generation and state in one word, so that they are read together
 * @last_kind: enum cbreak_kind of the last failure, 0 before the first
 * @last_type: ICMP type of the last failure, if it was unreachable
 * @last_code: ICMP code of the last failure, if it was unreachable
 * @dead: removed from its table; no transition happens any more
 * @since_ns: when the present state was entered
 * @window: outcomes of the last response time
 * @entry_counts: the window that led to the present state
 * @lock: serialises transitions: guards @entry_counts and writes to @word,
 *	  @since_ns, @dead, @trips, @hold, @hold_ms and @withheld_epoch
 * @streak: failures in a row in this generation, see breaker.c for the layout
 * @hold_ms: how long @hold lasts since @since_ns, or CBREAK_HOLD_FOREVER
 * @hold: enum cbreak_hold
 * @trips: times that BROKEN was entered since PASSING, saturated
 * @failed_epoch: bucket in which an outcome last counted as failed, wraps
 * @withheld_epoch: the window's length of time in which it was last said that a
 *		    trip is withheld, not 0, wraps; 0 before the first
 */
struct cbreak_breaker {
	u32 word;
	u8 last_kind;
	u8 last_type;
	u8 last_code;
	bool dead;
	u64 since_ns;
	struct cbreak_window window;
	struct cbreak_counts entry_counts;
	/* Serialises transitions; a leaf. */
	spinlock_t lock;
	atomic_t streak;
	u32 hold_ms;
	u8 hold;
	u8 trips;
	u16 failed_epoch;
	u16 withheld_epoch;
};

/**
 * struct cbreak_outcome - how an attempt ended
 * @kind: enum cbreak_kind
 * @type: ICMP type, for CBREAK_KIND_UNREACHABLE
 * @code: ICMP code, for CBREAK_KIND_UNREACHABLE
 * @family: AF_INET or AF_INET6, whose ICMP it is, for CBREAK_KIND_UNREACHABLE
 * @excused: does not count as failed, whatever it is
 */
struct cbreak_outcome {
	u8 kind;
	u8 type;
	u8 code;
	u8 family;
	bool excused;
};

/**
 * struct cbreak_transition - what a call did to a breaker's state
 * @happened: whether there was a transition; else nothing below is set, unless
 *	      there would have been one but for @withheld
 * @withheld: enum cbreak_withheld: why there was none; said at most once in each
 *	      response_time. @gen is that of the state that stays then
 * @from: enum cbreak_state it left
 * @to: enum cbreak_state it entered
 * @cause: enum cbreak_cause
 * @hold: enum cbreak_hold that begins with it
 * @gen: the generation that begins
 * @hold_ms: how long @hold lasts, or CBREAK_HOLD_FOREVER
 * @counts: the window that led to it
 */
struct cbreak_transition {
	bool happened;
	u8 withheld;
	u8 from;
	u8 to;
	u8 cause;
	u8 hold;
	u32 gen;
	u32 hold_ms;
	struct cbreak_counts counts;
};

/**
 * struct cbreak_snapshot - a breaker as it is shown
 * @state: enum cbreak_state
 * @gen: its generation
 * @since_ns: time spent in the state
 * @next_ns: time left to the next timed transition, 0 if none is due
 * @counts: the window; in BROKEN, where nothing is counted, the one that led
 *	    there
 * @last: the last failure; its kind is 0 before the first
 * @hold: enum cbreak_hold; CBREAK_HOLD_NONE if it is over
 * @hold_ns: time left of it, U64_MAX if it has no end
 */
struct cbreak_snapshot {
	u8 state;
	u32 gen;
	u64 since_ns;
	u64 next_ns;
	struct cbreak_counts counts;
	struct cbreak_outcome last;
	u8 hold;
	u64 hold_ns;
};

enum cbreak_verdict {
	CBREAK_ADMIT,
	CBREAK_REJECT,
};

static inline u32 cbreak_word_gen(u32 word)
{
	return word >> CBREAK_GEN_SHIFT;
}

static inline u8 cbreak_word_state(u32 word)
{
	return word & CBREAK_STATE_MASK;
}

/**
 * cbreak_breaker_has_icmp - is an ICMP error one of those that count?
 * @p: the parameters
 * @family: AF_INET or AF_INET6
 * @type: ICMP type
 * @code: ICMP code
 *
 * Context: any.
 * Return: whether it is named.
 */
static inline bool cbreak_breaker_has_icmp(const struct cbreak_params *p,
					   u8 family, u8 type, u8 code)
{
	unsigned int i;

	for (i = 0; i < p->nr_icmp; i++)
		if (p->icmp[i].family == family && p->icmp[i].type == type &&
		    p->icmp[i].code == code)
			return true;
	return false;
}

/**
 * cbreak_breaker_counts - does an outcome count as failed?
 * @p: the parameters
 * @outcome: the outcome
 *
 * Context: any.
 * Return: whether its kind, or its ICMP error, is one of those that do, and it
 *	   is not excused.
 */
static inline bool cbreak_breaker_counts(const struct cbreak_params *p,
					 const struct cbreak_outcome *outcome)
{
	if (outcome->excused)
		return false;
	if (p->on & BIT(outcome->kind))
		return true;
	return outcome->kind == CBREAK_KIND_UNREACHABLE &&
	       cbreak_breaker_has_icmp(p, outcome->family, outcome->type,
				       outcome->code);
}

void cbreak_breaker_init(struct cbreak_breaker *b, u64 now_ns, u32 gen);
u8 cbreak_breaker_kill(struct cbreak_breaker *b);
enum cbreak_verdict cbreak_breaker_admit(struct cbreak_breaker *b,
					 const struct cbreak_params *p,
					 u64 now_ns, u32 rnd, u32 *gen,
					 struct cbreak_transition *tr);
bool cbreak_breaker_record(struct cbreak_breaker *b,
			   const struct cbreak_params *p, u32 gen,
			   struct cbreak_outcome outcome, u64 now_ns,
			   struct cbreak_transition *tr);
void cbreak_breaker_tick(struct cbreak_breaker *b,
			 const struct cbreak_params *p, u64 now_ns,
			 struct cbreak_transition *tr);
void cbreak_breaker_control(struct cbreak_breaker *b,
			    const struct cbreak_params *p, u64 now_ns,
			    enum cbreak_hold action, u32 for_ms,
			    struct cbreak_transition *tr);
bool cbreak_breaker_held(const struct cbreak_breaker *b, u64 now_ns);
u64 cbreak_breaker_stay_ns(const struct cbreak_breaker *b,
			   const struct cbreak_params *p);
u64 cbreak_breaker_deadline(const struct cbreak_breaker *b,
			    const struct cbreak_params *p, u64 now_ns);
void cbreak_breaker_snapshot(struct cbreak_breaker *b,
			     const struct cbreak_params *p, u64 now_ns,
			     struct cbreak_snapshot *snap);
u32 cbreak_breaker_share(u64 elapsed_ns, u64 recovery_ns);
u64 cbreak_breaker_broken_ns(const struct cbreak_params *p, u8 trips, u32 gen);

#endif /* _CBREAK_BREAKER_H */
