// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: the state machine of a breaker
 *
 * A pure unit: it knows no packets, namespaces or clocks. The present and
 * randomness are arguments, and a call tells its caller what transition it
 * made, so that the caller can start timers and report it. All that it knows of
 * other breakers is how many of its rule are BROKEN: a trip that would make them
 * too many is withheld. So is one while a guard says that it is not the
 * destinations that fail.
 *
 * Semantics after the text of aiomisc.CircuitBreaker; the differences are in
 * Documentation/reference-differences.rst.
 *
 * Time is trusted to be monotonic, but callers on several CPUs may present
 * their readings slightly out of order: a time before since_ns counts as
 * since_ns.
 *
 * Locks: cbreak_breaker.lock, taken with BH disabled, guards transitions and
 * is a leaf. Admission in PASSING, and an outcome that causes no transition,
 * take no lock and write nothing but the window's own word.
 *
 * Context: any but hard interrupts; nothing sleeps.
 */
#include <linux/kernel.h>
#include <linux/math64.h>

#include "breaker.h"
#include "guard.h"
#include "streak.h"

/* Another CPU's transition may be later than our clock; none may precede it. */
static u64 latest(const struct cbreak_breaker *b, u64 now_ns)
{
	lockdep_assert_held(&b->lock);
	return max(now_ns, b->since_ns);
}

static u32 read_word(const struct cbreak_breaker *b)
{
	/* Pairs with the release in enter(): b->since_ns is at least as new. */
	return smp_load_acquire(&b->word);
}

static struct cbreak_counts counts_now(const struct cbreak_breaker *b,
				       const struct cbreak_params *p, u64 now_ns)
{
	return cbreak_window_sum(&b->window, cbreak_word_gen(b->word),
				 cbreak_bucket_ns(p), now_ns);
}

/* failed / total compared with error_ratio: below 0, equal 0, above 0 */
static int compare_ratio(const struct cbreak_counts *counts,
			 const struct cbreak_params *p)
{
	u64 failed = (u64)counts->failed * CBREAK_RATIO_ONE;
	u64 limit = (u64)counts->total * p->error_ratio;

	/* Nothing has failed in an empty window: below any ratio. */
	if (!counts->total)
		return -1;
	return failed > limit ? 1 : failed < limit ? -1 : 0;
}

static bool too_many_failed(const struct cbreak_counts *counts,
			    const struct cbreak_params *p)
{
	return counts->total >= p->min_samples && compare_ratio(counts, p) > 0;
}

static bool row_is_full(const struct cbreak_breaker *b,
			const struct cbreak_params *p, u32 gen)
{
	return p->consecutive && cbreak_streak_read(&b->streak, gen) >= p->consecutive;
}

/* What asks for BROKEN, if anything does. */
#define NO_CAUSE	U8_MAX

static u8 trip_cause(const struct cbreak_breaker *b,
		     const struct cbreak_params *p,
		     const struct cbreak_counts *counts, u32 gen)
{
	if (too_many_failed(counts, p))
		return CBREAK_CAUSE_RATIO;
	if (row_is_full(b, p, gen))
		return CBREAK_CAUSE_CONSECUTIVE;
	return NO_CAUSE;
}

static void describe(struct cbreak_transition *tr, u8 from, u8 to, u8 cause,
		     u32 gen, const struct cbreak_counts *counts)
{
	tr->from = from;
	tr->to = to;
	tr->cause = cause;
	tr->gen = gen;
	tr->counts = *counts;
}

/* Whoever enters BROKEN has been counted among the peers that are. */
static void enter(struct cbreak_breaker *b, const struct cbreak_params *p,
		  u8 to, u8 cause, u64 now_ns,
		  const struct cbreak_counts *counts,
		  struct cbreak_transition *tr)
{
	u32 gen = cbreak_word_gen(b->word + (1 << CBREAK_GEN_SHIFT));
	u8 from = cbreak_word_state(b->word);

	lockdep_assert_held(&b->lock);
	tr->happened = true;
	describe(tr, from, to, cause, gen, counts);
	if (from == CBREAK_STATE_BROKEN && p->peers)
		cbreak_limit_put(&p->peers->broken);
	b->entry_counts = *counts;
	WRITE_ONCE(b->hold, CBREAK_HOLD_NONE);
	if (to == CBREAK_STATE_PASSING)
		WRITE_ONCE(b->trips, 0);
	else if (to == CBREAK_STATE_BROKEN && b->trips < U8_MAX)
		WRITE_ONCE(b->trips, b->trips + 1);
	cbreak_window_clear(&b->window);
	WRITE_ONCE(b->since_ns, now_ns);
	/*
	 * The word goes last: who sees the new state in it then sees its time
	 * and an empty window too.
	 */
	smp_store_release(&b->word, gen << CBREAK_GEN_SHIFT | to);
}

/*
 * What keeps the machine from tripping, enum cbreak_withheld. If nothing does, a
 * place among the peers that are BROKEN has been taken.
 */
static u8 withheld_by(const struct cbreak_params *p)
{
	struct cbreak_peers *peers = p->peers;
	u32 max = INT_MAX;

	if (p->guard && cbreak_guard_is_frozen(p->guard))
		return CBREAK_WITHHELD_LOCAL_FAULT;
	if (!peers)
		return CBREAK_WITHHELD_NONE;
	if (p->max_broken_pct < 100)
		max = cbreak_limit_broken(READ_ONCE(peers->live),
					  p->max_broken_pct);
	return cbreak_limit_take(&peers->broken, max) ?
	       CBREAK_WITHHELD_NONE : CBREAK_WITHHELD_MAX_BROKEN;
}

/*
 * Nothing happens, and the next outcome asks again. So that a destination that
 * goes on failing does not say so each time, it is said once in each
 * response_time.
 */
static void withhold(struct cbreak_breaker *b, const struct cbreak_params *p,
		     u8 why, u8 cause, u64 now_ns,
		     const struct cbreak_counts *counts,
		     struct cbreak_transition *tr)
{
	u64 epoch = div64_u64(now_ns, cbreak_ms_to_ns(p->response_ms));
	u16 said = (u32)epoch % U16_MAX + 1;

	lockdep_assert_held(&b->lock);
	if (said == b->withheld_epoch)
		return;
	b->withheld_epoch = said;
	tr->withheld = why;
	describe(tr, cbreak_word_state(b->word), CBREAK_STATE_BROKEN, cause,
		 cbreak_word_gen(b->word), counts);
}

/* The machine asks for BROKEN. */
static void trip(struct cbreak_breaker *b, const struct cbreak_params *p,
		 u8 cause, u64 now_ns, const struct cbreak_counts *counts,
		 struct cbreak_transition *tr)
{
	u8 why = withheld_by(p);

	if (why == CBREAK_WITHHELD_NONE)
		enter(b, p, CBREAK_STATE_BROKEN, cause, now_ns, counts, tr);
	else
		withhold(b, p, why, cause, now_ns, counts, tr);
}

/*
 * Every transition that the machine makes by itself, in the order in which
 * the conditions became true. Timed ones happen at the time of the call, not
 * in the past: a namespace that was frozen does not skip RECOVERING.
 */
static void advance(struct cbreak_breaker *b, const struct cbreak_params *p,
		    u64 now_ns, struct cbreak_transition *tr)
{
	struct cbreak_counts counts;
	u64 age;
	u32 gen;
	u8 cause;

	now_ns = latest(b, now_ns);
	age = cbreak_elapsed_ns(b->since_ns, now_ns);
	if (b->dead || cbreak_breaker_held(b, now_ns))
		return;

	gen = cbreak_word_gen(b->word);
	counts = counts_now(b, p, now_ns);
	cause = trip_cause(b, p, &counts, gen);
	switch (cbreak_word_state(b->word)) {
	case CBREAK_STATE_PASSING:
		if (cause != NO_CAUSE && age >= cbreak_ms_to_ns(cbreak_passing_ms(p)))
			trip(b, p, cause, now_ns, &counts, tr);
		return;
	case CBREAK_STATE_BROKEN:
		if (age >= cbreak_breaker_stay_ns(b, p))
			enter(b, p, CBREAK_STATE_RECOVERING,
			      CBREAK_CAUSE_BROKEN_TIME, now_ns, &counts, tr);
		return;
	case CBREAK_STATE_RECOVERING:
		if (age < cbreak_ms_to_ns(cbreak_recovery_ms(p)) ||
		    counts.total < p->recovery_samples) {
			if (cause != NO_CAUSE)
				trip(b, p, cause, now_ns, &counts, tr);
			return;
		}
		if (compare_ratio(&counts, p) < 0)
			enter(b, p, CBREAK_STATE_PASSING,
			      CBREAK_CAUSE_RECOVERED, now_ns, &counts, tr);
		else
			trip(b, p, CBREAK_CAUSE_NOT_RECOVERED, now_ns, &counts,
			     tr);
		return;
	}
}

/**
 * cbreak_breaker_init - a new breaker, in PASSING
 * @b: zeroed memory
 * @now_ns: the present
 * @gen: its first generation; differs from that of an earlier breaker of the
 *	 same destination, so that attempts of that one are late for this one
 */
void cbreak_breaker_init(struct cbreak_breaker *b, u64 now_ns, u32 gen)
{
	spin_lock_init(&b->lock);
	b->word = gen << CBREAK_GEN_SHIFT | CBREAK_STATE_PASSING;
	b->since_ns = now_ns;
	/* As far as can be from where epochs begin: nothing has failed yet. */
	b->failed_epoch = BIT(15);
}

/**
 * cbreak_breaker_kill - let no further transition happen
 * @b: the breaker
 *
 * Context: BH disabled or process; takes b->lock.
 * Return: the state it ended in; if that is BROKEN, its place among the peers
 *	   that are is the caller's to give back.
 */
u8 cbreak_breaker_kill(struct cbreak_breaker *b)
{
	u8 state;

	spin_lock_bh(&b->lock);
	b->dead = true;
	state = cbreak_word_state(b->word);
	spin_unlock_bh(&b->lock);
	return state;
}

static enum cbreak_verdict admit_recovering(const struct cbreak_breaker *b,
					    const struct cbreak_params *p,
					    u64 now_ns, u32 rnd)
{
	u64 age = cbreak_elapsed_ns(b->since_ns, now_ns);
	u64 recovery_ns = cbreak_ms_to_ns(cbreak_recovery_ms(p));

	lockdep_assert_held(&b->lock);
	if (age >= recovery_ns)
		return CBREAK_ADMIT;
	return rnd < cbreak_breaker_share(age, recovery_ns) ? CBREAK_ADMIT :
							      CBREAK_REJECT;
}

static bool is_due(const struct cbreak_breaker *b,
		   const struct cbreak_params *p, u8 state, u64 now_ns)
{
	u64 age = cbreak_elapsed_ns(READ_ONCE(b->since_ns), now_ns);

	if (state == CBREAK_STATE_BROKEN)
		return !cbreak_breaker_held(b, now_ns) && age >= cbreak_breaker_stay_ns(b, p);
	return age >= cbreak_ms_to_ns(cbreak_recovery_ms(p));
}

/**
 * cbreak_breaker_admit - ask whether a new attempt may go
 * @b: the breaker
 * @p: its parameters
 * @now_ns: the present
 * @rnd: evenly distributed 32 bits
 * @gen: where the generation goes that the attempt belongs to, if admitted
 * @tr: zeroed; filled in if a timed transition was due
 *
 * Context: BH disabled or process; takes b->lock in RECOVERING, and for
 *	    a transition.
 * Return: CBREAK_ADMIT or CBREAK_REJECT.
 */
enum cbreak_verdict cbreak_breaker_admit(struct cbreak_breaker *b,
					 const struct cbreak_params *p,
					 u64 now_ns, u32 rnd, u32 *gen,
					 struct cbreak_transition *tr)
{
	u32 word = read_word(b);
	enum cbreak_verdict verdict = CBREAK_ADMIT;
	u8 state = cbreak_word_state(word);

	*gen = cbreak_word_gen(word);
	if (likely(state == CBREAK_STATE_PASSING))
		return CBREAK_ADMIT;

	if (state == CBREAK_STATE_BROKEN && !is_due(b, p, state, now_ns))
		return CBREAK_REJECT;

	/* Without the lock, state and since_ns might not belong together. */
	spin_lock_bh(&b->lock);
	state = cbreak_word_state(b->word);
	/* The timer does this too; a SYN need not wait for a late timer. */
	if (state != CBREAK_STATE_PASSING && is_due(b, p, state, now_ns))
		advance(b, p, now_ns, tr);
	state = cbreak_word_state(b->word);
	*gen = cbreak_word_gen(b->word);
	if (state == CBREAK_STATE_BROKEN)
		verdict = CBREAK_REJECT;
	else if (state == CBREAK_STATE_RECOVERING)
		verdict = admit_recovering(b, p, now_ns, rnd);
	spin_unlock_bh(&b->lock);
	return verdict;
}

/*
 * Has nothing failed in the window? Most destinations are well, and then there
 * is no need to sum it. Another CPU's clock may stand some buckets earlier or
 * later, so twice the window counts. When the epoch has wrapped, one that is
 * well may not seem so: that is a sum too many.
 */
static bool all_is_well(struct cbreak_breaker *b, const struct cbreak_params *p,
			u64 now_ns, bool failed)
{
	u16 epoch = div64_u64(now_ns, cbreak_bucket_ns(p));

	if (failed)
		WRITE_ONCE(b->failed_epoch, epoch);
	return abs((s16)(epoch - READ_ONCE(b->failed_epoch))) >=
	       2 * CBREAK_WINDOW_BUCKETS;
}

/**
 * cbreak_breaker_record - tell how an attempt ended
 * @b: the breaker
 * @p: its parameters
 * @gen: the generation under which the attempt was admitted
 * @outcome: how it ended
 * @now_ns: the present
 * @tr: zeroed; filled in if the outcome caused a transition
 *
 * A failure that is not in the rule's set counts in the total and not as
 * failed. An outcome of an earlier generation changes nothing.
 *
 * Context: BH disabled or process; takes b->lock only when the window says
 *	    that a transition may be due.
 * Return: false if the outcome came after a transition and was not counted in
 *	   the window.
 */
bool cbreak_breaker_record(struct cbreak_breaker *b,
			   const struct cbreak_params *p, u32 gen,
			   struct cbreak_outcome outcome, u64 now_ns,
			   struct cbreak_transition *tr)
{
	bool failed = cbreak_breaker_counts(p, &outcome);
	u32 word = read_word(b);
	u8 state = cbreak_word_state(word);
	struct cbreak_counts counts;
	bool well;

	if (outcome.kind != CBREAK_KIND_SUCCESS) {
		WRITE_ONCE(b->last_kind, outcome.kind);
		WRITE_ONCE(b->last_type, outcome.type);
		WRITE_ONCE(b->last_code, outcome.code);
	}
	if (cbreak_word_gen(word) != gen)
		return false;
	if (!cbreak_window_add(&b->window, gen, cbreak_bucket_ns(p), now_ns,
			       failed))
		return false;
	/* Where no row is asked for, none goes on: it may be asked for again. */
	cbreak_streak_count(&b->streak, gen, failed && p->consecutive);

	well = all_is_well(b, p, now_ns, failed);
	if (state == CBREAK_STATE_PASSING) {
		if (well || cbreak_elapsed_ns(READ_ONCE(b->since_ns), now_ns) <
			    cbreak_ms_to_ns(cbreak_passing_ms(p)))
			return true;
		counts = cbreak_window_sum(&b->window, gen,
					   cbreak_bucket_ns(p), now_ns);
		if (likely(trip_cause(b, p, &counts, gen) == NO_CAUSE))
			return true;
	}
	cbreak_breaker_tick(b, p, now_ns, tr);
	return true;
}

/**
 * cbreak_breaker_tick - make the transition that is due, if any
 * @b: the breaker
 * @p: its parameters
 * @now_ns: the present
 * @tr: zeroed; filled in if there was a transition
 *
 * Context: BH disabled or process; takes b->lock.
 */
void cbreak_breaker_tick(struct cbreak_breaker *b,
			 const struct cbreak_params *p, u64 now_ns,
			 struct cbreak_transition *tr)
{
	spin_lock_bh(&b->lock);
	advance(b, p, now_ns, tr);
	spin_unlock_bh(&b->lock);
}

/**
 * cbreak_breaker_control - an administrator says what the state is
 * @b: the breaker, in any state; what was said before is over
 * @p: its parameters
 * @now_ns: the present
 * @action: CBREAK_HOLD_TRIP, to BROKEN for broken_time;
 *	CBREAK_HOLD_ISOLATE, to BROKEN until told otherwise;
 *	CBREAK_HOLD_RESET, to PASSING with an empty window;
 *	CBREAK_HOLD_BYPASS, to PASSING until told otherwise
 * @for_ms: not 0: the state lasts for that long, whatever the window says, and
 *	then the breaker goes on by itself
 * @tr: zeroed; filled in
 *
 * Context: BH disabled or process; takes b->lock.
 */
void cbreak_breaker_control(struct cbreak_breaker *b,
			    const struct cbreak_params *p, u64 now_ns,
			    enum cbreak_hold action, u32 for_ms,
			    struct cbreak_transition *tr)
{
	static const struct {
		u8 to;
		u8 cause;
		bool lasts;
	} actions[] = {
		[CBREAK_HOLD_TRIP] = {
			CBREAK_STATE_BROKEN, CBREAK_CAUSE_TRIP, false,
		},
		[CBREAK_HOLD_RESET] = {
			CBREAK_STATE_PASSING, CBREAK_CAUSE_RESET, false,
		},
		[CBREAK_HOLD_ISOLATE] = {
			CBREAK_STATE_BROKEN, CBREAK_CAUSE_ISOLATE, true,
		},
		[CBREAK_HOLD_BYPASS] = {
			CBREAK_STATE_PASSING, CBREAK_CAUSE_BYPASS, true,
		},
	};
	struct cbreak_counts counts;

	spin_lock_bh(&b->lock);
	if (!b->dead) {
		now_ns = latest(b, now_ns);
		counts = counts_now(b, p, now_ns);
		/* What an administrator says is not limited. */
		if (actions[action].to == CBREAK_STATE_BROKEN && p->peers)
			atomic_inc(&p->peers->broken);
		enter(b, p, actions[action].to, actions[action].cause, now_ns,
		      &counts, tr);
		if (for_ms || actions[action].lasts) {
			WRITE_ONCE(b->hold_ms, for_ms ?: CBREAK_HOLD_FOREVER);
			WRITE_ONCE(b->hold, action);
			tr->hold = action;
			tr->hold_ms = b->hold_ms;
		}
	}
	spin_unlock_bh(&b->lock);
}
