// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: a naive model of the state machine
 *
 * The design's table of states, word by word: a list of outcomes with the times
 * at which they happened, and a list of rules. It is slow, and it knows of no
 * other CPU, but that a clock may be behind.
 */
#include <linux/math64.h>

#include "breaker_model.h"
#include "cbreak_test.h"

#define MODEL_ON_ALL	(CBREAK_ON_REFUSED | CBREAK_ON_TIMEOUT | \
			 CBREAK_ON_UNREACHABLE)

static u64 ms(u64 n)
{
	return n * NSEC_PER_MSEC;
}

static u64 passing_ns(const struct model *m)
{
	return ms(m->p->passing_ms ? m->p->passing_ms : m->p->response_ms);
}

static u64 recovery_ns(const struct model *m)
{
	return ms(m->p->recovery_ms ? m->p->recovery_ms : m->p->response_ms);
}

/**
 * model_gen - the generation
 * @m: the model
 *
 * Return: 30 bits.
 */
u32 model_gen(const struct model *m)
{
	return (m->first_gen + m->transitions) % (1U << 30);
}

/**
 * model_age - time spent in the present state
 * @m: the model
 * @now: the present
 *
 * Return: the time, ns; 0 for a clock that has not reached its beginning.
 */
u64 model_age(const struct model *m, u64 now)
{
	return now > m->since ? now - m->since : 0;
}

/**
 * model_held - does what an administrator said last?
 * @m: the model
 * @now: the present
 *
 * Return: whether it does.
 */
bool model_held(const struct model *m, u64 now)
{
	if (m->hold == CBREAK_HOLD_NONE)
		return false;
	return m->hold_ms == CBREAK_HOLD_FOREVER ||
	       model_age(m, now) < ms(m->hold_ms);
}

/**
 * model_deadline - when time makes a transition due
 * @m: the model
 * @now: the present
 *
 * Return: the time, or 0 for never.
 */
u64 model_deadline(const struct model *m, u64 now)
{
	if (m->state == CBREAK_STATE_RECOVERING)
		return model_age(m, now) < recovery_ns(m) ?
		       m->since + recovery_ns(m) : 0;
	if (m->state == CBREAK_STATE_PASSING ||
	    (m->hold != CBREAK_HOLD_NONE && m->hold_ms == CBREAK_HOLD_FOREVER))
		return 0;
	return m->since + m->broken_ns;
}

/**
 * model_broken_bounds - shortest and longest stay in BROKEN
 * @m: the model, in BROKEN
 * @low: where the one goes, ns
 * @high: where the other goes
 */
void model_broken_bounds(const struct model *m, u64 *low, u64 *high)
{
	const struct cbreak_params *p = m->p;
	u64 most = ms(p->broken_max_ms ? p->broken_max_ms : 86400000);
	u64 ns = ms(p->broken_ms ? p->broken_ms : p->response_ms);
	u32 i;

	if (m->hold != CBREAK_HOLD_NONE) {
		*low = ms(m->hold_ms);
		*high = *low;
		return;
	}
	most = max(most, ns);
	for (i = 1; i < m->trips && ns < most; i++)
		ns = min(mul_u64_u32_div(ns, p->backoff, 1000000), most);
	*low = ns;
	*high = ns + mul_u64_u32_div(ns, p->jitter, 1000000);
}

/* Within the bounds it is the unit that says, the same for one generation. */
static void set_broken_ns(struct model *m)
{
	if (m->state != CBREAK_STATE_BROKEN)
		m->broken_ns = 0;
	else if (m->hold != CBREAK_HOLD_NONE)
		m->broken_ns = ms(m->hold_ms);
	else
		m->broken_ns = cbreak_breaker_broken_ns(m->p,
							min(m->trips, 255U),
							model_gen(m));
}

/**
 * model_counts - the outcomes that count
 * @m: the model
 * @now: the present; outcomes that another CPU has seen later than that are in
 *
 * Return: their counts.
 */
struct cbreak_counts model_counts(struct model *m, u64 now)
{
	u64 bucket = now / cbreak_bucket_ns(m->p);
	struct cbreak_counts counts = {};
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		s64 age = bucket - m->list[i].bucket;

		if (age > 9 || age < -9)
			continue;
		if (age < 0)
			m->ahead++;
		counts.total += 1;
		counts.failed += m->list[i].failed ? 1 : 0;
	}
	return counts;
}

static void enter(struct model *m, u8 state, u8 cause, u64 now,
		  struct cbreak_counts counts)
{
	m->moved = true;
	m->from = m->state;
	m->cause = cause;
	m->led = counts;
	m->hold_over = m->hold != CBREAK_HOLD_NONE && !model_held(m, now);
	m->state = state;
	m->since = now;
	m->transitions++;
	m->hold = CBREAK_HOLD_NONE;
	m->nr = 0;
	m->row = 0;
	if (state == CBREAK_STATE_PASSING)
		m->trips = 0;
	else if (state == CBREAK_STATE_BROKEN)
		m->trips++;
	set_broken_ns(m);
}

/* At most one in so many breakers, but one in any case. */
static bool fits(const struct model *m)
{
	const struct cbreak_peers *peers = m->p->peers;

	return !m->others || m->p->max_broken_pct == 100 ||
	       (m->others + 1) * 100 <= peers->live * m->p->max_broken_pct;
}

static void want_trip(struct model *m, u8 cause, u64 now,
		      struct cbreak_counts counts)
{
	u64 said = now / ms(m->p->response_ms) + 1;

	if (fits(m)) {
		enter(m, CBREAK_STATE_BROKEN, cause, now, counts);
		return;
	}
	if (said == m->said)
		return;
	m->said = said;
	m->withheld = true;
	m->cause = cause;
	m->led = counts;
}

static bool ratio_greater(const struct model *m, struct cbreak_counts c)
{
	return c.total && c.failed * 1000000ULL >
			  c.total * (u64)m->p->error_ratio;
}

static bool ratio_lower(const struct model *m, struct cbreak_counts c)
{
	return !c.total || c.failed * 1000000ULL <
			   c.total * (u64)m->p->error_ratio;
}

/**
 * model_settle - what the machine does by itself, if anything
 * @m: the model
 * @now: the present
 */
void model_settle(struct model *m, u64 now)
{
	u64 at = max(now, m->since), age = at - m->since;
	struct cbreak_counts c;
	bool ratio, row, over;

	if (model_held(m, at))
		return;
	c = model_counts(m, at);
	ratio = c.total >= m->p->min_samples && ratio_greater(m, c);
	row = m->p->consecutive && m->row >= m->p->consecutive;
	over = age >= recovery_ns(m) && c.total >= m->p->recovery_samples;

	if (m->state == CBREAK_STATE_BROKEN) {
		if (age >= m->broken_ns)
			enter(m, CBREAK_STATE_RECOVERING,
			      CBREAK_CAUSE_BROKEN_TIME, at, c);
	} else if (m->state == CBREAK_STATE_PASSING ?
		   age >= passing_ns(m) : !over) {
		if (ratio)
			want_trip(m, CBREAK_CAUSE_RATIO, at, c);
		else if (row)
			want_trip(m, CBREAK_CAUSE_CONSECUTIVE, at, c);
	} else if (m->state == CBREAK_STATE_RECOVERING) {
		if (ratio_lower(m, c))
			enter(m, CBREAK_STATE_PASSING, CBREAK_CAUSE_RECOVERED,
			      at, c);
		else
			want_trip(m, CBREAK_CAUSE_NOT_RECOVERED, at, c);
	}
}

/* 2^x - 1 between two of these lies below their chord, by at most 0.0005. */
static const u32 chord[] = {
	0, 190154447, 388727751, 596092647, 812638371, 1038771393, 1274916179,
	1521515988, 1779033703, 2047952702, 2328777762, 2622036010,
	2928277909, 3248078296, 3582037455, 3930782250, U32_MAX,
};

#define CHORD_ERROR	(U32_MAX / 2000)

/*
 * Lower and upper bound of the share of admissions, in units of 2^-32.
 * A moment after the start the lower one may well be zero.
 */
static void model_share(u64 age, u64 length, u64 *low, u64 *high)
{
	u64 part = age * 16 / length;
	u64 rest = (age * 16 % length) * 1000 / length;
	u64 share;

	share = chord[part] + (chord[part + 1] - chord[part]) * rest / 1000;
	*low = share > CHORD_ERROR ? share - CHORD_ERROR : 0;
	*high = share + CHORD_ERROR;
}

/**
 * model_admit - the verdict, and the state after what was due
 * @m: the model
 * @now: the present
 * @rnd: as the unit has got it
 * @believed: what the unit says; believed where the model cannot tell, as the
 *	      share has a test of its own
 *
 * Return: the verdict.
 */
enum cbreak_verdict model_admit(struct model *m, u64 now, u32 rnd,
				enum cbreak_verdict believed)
{
	u64 age = model_age(m, now), low, high;

	/* A SYN makes the transition that a late timer has not made. */
	if ((m->state == CBREAK_STATE_BROKEN && age >= m->broken_ns) ||
	    (m->state == CBREAK_STATE_RECOVERING && age >= recovery_ns(m)))
		model_settle(m, now);
	if (m->state == CBREAK_STATE_PASSING)
		return CBREAK_ADMIT;
	if (m->state == CBREAK_STATE_BROKEN)
		return CBREAK_REJECT;
	age = model_age(m, now);
	if (age == 0)
		return CBREAK_REJECT;
	if (age >= recovery_ns(m))
		return CBREAK_ADMIT;
	model_share(age, recovery_ns(m), &low, &high);
	if (rnd < low)
		return CBREAK_ADMIT;
	if (rnd > high)
		return CBREAK_REJECT;
	return believed;
}

/*
 * The ring has one place for buckets that are ten apart, and the latest is in
 * it. Return: whether this bucket is not too old for its place.
 */
static bool take_place(struct model *m, u64 bucket)
{
	unsigned int i, kept = 0;

	for (i = 0; i < m->nr; i++) {
		bool same = m->list[i].bucket % 10 == bucket % 10;

		if (same && m->list[i].bucket > bucket)
			return false;
		if (!same || m->list[i].bucket == bucket)
			m->list[kept++] = m->list[i];
	}
	m->nr = kept;
	return true;
}

/**
 * model_record - an outcome
 * @m: the model
 * @transitions: model.transitions when it was admitted
 * @kind: enum cbreak_kind
 * @now: the present
 *
 * Return: whether it counts.
 */
bool model_record(struct model *m, u32 transitions, u8 kind, u64 now)
{
	u64 bucket = now / cbreak_bucket_ns(m->p);
	bool failed = kind && (m->p->on >> kind & 1);

	if (transitions != m->transitions || !take_place(m, bucket))
		return false;
	m->list[m->nr].bucket = bucket;
	m->list[m->nr].failed = failed;
	m->nr++;
	/* Who does not ask for rows has none. */
	m->row = failed && m->p->consecutive ? m->row + 1 : 0;
	model_settle(m, now);
	return true;
}

/**
 * model_control - an administrator says what the state is
 * @m: the model
 * @now: the present
 * @action: what he says
 * @for_ms: for how long, or 0
 */
void model_control(struct model *m, u64 now, enum cbreak_hold action,
		   u32 for_ms)
{
	static const u8 causes[] = {
		[CBREAK_HOLD_TRIP] = CBREAK_CAUSE_TRIP,
		[CBREAK_HOLD_RESET] = CBREAK_CAUSE_RESET,
		[CBREAK_HOLD_ISOLATE] = CBREAK_CAUSE_ISOLATE,
		[CBREAK_HOLD_BYPASS] = CBREAK_CAUSE_BYPASS,
	};
	bool breaks = action == CBREAK_HOLD_TRIP ||
		      action == CBREAK_HOLD_ISOLATE;
	bool endless = action == CBREAK_HOLD_ISOLATE ||
		       action == CBREAK_HOLD_BYPASS;

	now = max(now, m->since);
	enter(m, breaks ? CBREAK_STATE_BROKEN : CBREAK_STATE_PASSING,
	      causes[action], now, model_counts(m, now));
	if (!for_ms && !endless)
		return;
	m->hold = action;
	m->hold_ms = for_ms ? for_ms : CBREAK_HOLD_FOREVER;
	set_broken_ns(m);
}

/**
 * model_params_changed - model.p points to other values
 * @m: the model
 * @rescaled: whether the window has another length, which empties it
 */
void model_params_changed(struct model *m, bool rescaled)
{
	if (rescaled)
		m->nr = 0;
	set_broken_ns(m);
}

/**
 * model_random_ms - a time for a parameter, or 0
 * @rnd: the test's generator
 *
 * Return: ms.
 */
u32 model_random_ms(struct rnd_state *rnd)
{
	static const u32 ms[] = {
		0, 0, 100, 101, 250, 1000, 3000, 10000, 3600000,
	};

	return ms[test_below(rnd, ARRAY_SIZE(ms))];
}

/**
 * model_random_params - some valid parameters
 * @rnd: the test's generator
 * @p: where they go
 * @peers: the breakers that it is one of
 */
void model_random_params(struct rnd_state *rnd, struct cbreak_params *p,
			 struct cbreak_peers *peers)
{
	static const u32 ratios[] = {
		1, 200000, 250000, 333333, 500000, 500000, 666667, 999999,
	};
	static const u32 backoffs[] = {
		1000000, 1000000, 1000001, 1500000, 2000000, 10000000,
	};

	memset(p, 0, sizeof(*p));
	p->peers = peers;
	p->max_broken_pct = test_one_in(rnd, 2) ? 100 :
			    1 + test_below(rnd, 100);
	p->error_ratio = test_one_in(rnd, 3) ? 1 + test_below(rnd, 999999) :
			 ratios[test_below(rnd, ARRAY_SIZE(ratios))];
	p->min_samples = 1 + test_below(rnd, test_one_in(rnd, 4) ? 20 : 6);
	p->recovery_samples = test_below(rnd, test_one_in(rnd, 4) ? 12 : 3);
	p->consecutive = test_one_in(rnd, 2) ? 0 : 1 + test_below(rnd, 6);
	p->on = test_one_in(rnd, 2) ? MODEL_ON_ALL : test_below(rnd, 16) << 1;
	p->response_ms = model_random_ms(rnd) ?: 10000;
	p->passing_ms = model_random_ms(rnd);
	p->broken_ms = model_random_ms(rnd);
	p->recovery_ms = model_random_ms(rnd);
	p->backoff = backoffs[test_below(rnd, ARRAY_SIZE(backoffs))];
	p->broken_max_ms = model_random_ms(rnd);
	p->jitter = test_one_in(rnd, 2) ? 0 : test_below(rnd, 1000001);
}
