// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the state machine against a model of it
 *
 * The model is the design's table of states, word by word: a list of outcomes
 * with the times at which they happened, and a list of rules. Random histories
 * with random parameters must look the same to both.
 */
#include "breaker_fixture.h"

#define HISTORIES	1500
#define STEPS		300
#define TICKETS		24

/*
 * An outcome of the present state. The list is emptied by a transition, since
 * what was before it does not count any more.
 */
struct happening {
	u64 at;
	bool failed;
};

struct model {
	const struct cbreak_params *p;
	u64 response_ns;
	u64 passing_ns;
	u64 broken_ns;
	u64 recovery_ns;
	u8 state;
	u64 since;
	u32 transitions;
	unsigned int nr;
	struct happening list[STEPS + 512];
	/* The transition of the last step. */
	bool moved;
	u8 from;
	u8 cause;
	struct cbreak_counts led;
};

/* An attempt that was admitted, and the state of the model at that time. */
struct ticket {
	u32 gen;
	u32 transitions;
};

struct history {
	struct fixture *f;
	struct model model;
	struct rnd_state rnd;
	u64 now;
	u32 seed;
	u32 step;
	u32 failing_pct;
	unsigned int nr_tickets;
	struct ticket ticket[TICKETS];
};

/* How often each thing was seen in all histories, so that none is never. */
struct seen {
	u32 cause[CBREAK_CAUSE_RESET + 1];
	u32 verdict[CBREAK_STATES][2];
	u32 late;
	u32 counted;
};

static struct cbreak_counts model_counts(const struct model *m, u64 now)
{
	u64 bucket_ns = m->response_ns / 10;
	struct cbreak_counts counts = {};
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		u64 buckets = now / bucket_ns - m->list[i].at / bucket_ns;

		if (buckets > 9)
			continue;
		counts.total += 1;
		counts.failed += m->list[i].failed ? 1 : 0;
	}
	return counts;
}

static void model_enter(struct model *m, u8 state, u8 cause, u64 now)
{
	m->moved = true;
	m->from = m->state;
	m->cause = cause;
	m->led = model_counts(m, now);
	m->state = state;
	m->since = now;
	m->transitions++;
	m->nr = 0;
}

static bool model_ratio_greater(const struct model *m, u64 now)
{
	struct cbreak_counts c = model_counts(m, now);

	return c.total && c.failed * 1000000ULL >
			  c.total * (u64)m->p->error_ratio;
}

static bool model_ratio_lower(const struct model *m, u64 now)
{
	struct cbreak_counts c = model_counts(m, now);

	return !c.total || c.failed * 1000000ULL <
			   c.total * (u64)m->p->error_ratio;
}

/* What the machine does by itself, if anything. */
static void model_settle(struct model *m, u64 now)
{
	u32 samples = model_counts(m, now).total;
	u64 age = now - m->since;

	if (m->state == CBREAK_STATE_PASSING && age >= m->passing_ns &&
	    samples >= m->p->min_samples && model_ratio_greater(m, now))
		model_enter(m, CBREAK_STATE_BROKEN, CBREAK_CAUSE_RATIO, now);
	else if (m->state == CBREAK_STATE_BROKEN && age >= m->broken_ns)
		model_enter(m, CBREAK_STATE_RECOVERING,
			    CBREAK_CAUSE_BROKEN_TIME, now);
	else if (m->state == CBREAK_STATE_RECOVERING &&
		 (age < m->recovery_ns || samples < m->p->recovery_samples) &&
		 samples >= m->p->min_samples && model_ratio_greater(m, now))
		model_enter(m, CBREAK_STATE_BROKEN, CBREAK_CAUSE_RATIO, now);
	else if (m->state == CBREAK_STATE_RECOVERING &&
		 age >= m->recovery_ns && samples >= m->p->recovery_samples &&
		 model_ratio_lower(m, now))
		model_enter(m, CBREAK_STATE_PASSING, CBREAK_CAUSE_RECOVERED,
			    now);
	else if (m->state == CBREAK_STATE_RECOVERING &&
		 age >= m->recovery_ns && samples >= m->p->recovery_samples)
		model_enter(m, CBREAK_STATE_BROKEN, CBREAK_CAUSE_NOT_RECOVERED,
			    now);
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

/*
 * The state after what was due, and the verdict. Where the model cannot tell,
 * it believes the unit, whose share has a test of its own.
 */
static enum cbreak_verdict model_admit(struct model *m, u64 now, u32 rnd,
				       enum cbreak_verdict believed)
{
	u64 age = now - m->since, low, high;

	/* A SYN makes the transition that a late timer has not made. */
	if ((m->state == CBREAK_STATE_BROKEN && age >= m->broken_ns) ||
	    (m->state == CBREAK_STATE_RECOVERING && age >= m->recovery_ns))
		model_settle(m, now);
	if (m->state == CBREAK_STATE_PASSING)
		return CBREAK_ADMIT;
	if (m->state == CBREAK_STATE_BROKEN)
		return CBREAK_REJECT;
	age = now - m->since;
	if (age == 0)
		return CBREAK_REJECT;
	if (age >= m->recovery_ns)
		return CBREAK_ADMIT;
	model_share(age, m->recovery_ns, &low, &high);
	if (rnd < low)
		return CBREAK_ADMIT;
	if (rnd > high)
		return CBREAK_REJECT;
	return believed;
}

static bool model_record(struct model *m, u32 transitions, u8 kind, u64 now)
{
	if (transitions != m->transitions)
		return false;
	m->list[m->nr].at = now;
	m->list[m->nr].failed = kind && (m->p->on >> kind & 1);
	m->nr++;
	model_settle(m, now);
	return true;
}

/* What both should agree on after each step. */
static void compare(struct kunit *test, struct history *h, struct seen *seen)
{
	struct model *m = &h->model;
	struct cbreak_snapshot snap;
	struct fixture *f = h->f;
	struct cbreak_counts c;

	cbreak_breaker_snapshot(&f->b, &f->p, h->now, &snap);
	c = m->state == CBREAK_STATE_BROKEN ? m->led : model_counts(m, h->now);
	KUNIT_ASSERT_TRUE_MSG(test, snap.state == m->state &&
			      snap.since_ns == h->now - m->since &&
			      snap.counts.total == c.total &&
			      snap.counts.failed == c.failed &&
			      f->tr.happened == m->moved,
			      "seed %u step %u: state %u/%u total %u/%u failed %u/%u moved %u/%u",
			      h->seed, h->step, snap.state, m->state,
			      snap.counts.total, c.total, snap.counts.failed,
			      c.failed, f->tr.happened, m->moved);
	if (!m->moved)
		return;
	KUNIT_ASSERT_TRUE_MSG(test, f->tr.from == m->from &&
			      f->tr.to == m->state &&
			      f->tr.cause == m->cause &&
			      f->tr.gen == snap.gen &&
			      snap.gen == 41 + m->transitions &&
			      f->tr.counts.total == m->led.total &&
			      f->tr.counts.failed == m->led.failed,
			      "seed %u step %u: from %u/%u cause %u/%u",
			      h->seed, h->step, f->tr.from, m->from,
			      f->tr.cause, m->cause);
	seen->cause[m->cause]++;
	m->moved = false;
}

static void step_admit(struct kunit *test, struct history *h,
		       struct seen *seen)
{
	u32 rnd = prandom_u32_state(&h->rnd);
	enum cbreak_verdict got, want;

	got = admit(h->f, h->now, rnd);
	want = model_admit(&h->model, h->now, rnd, got);
	KUNIT_ASSERT_EQ_MSG(test, got, want, "seed %u step %u", h->seed,
			    h->step);
	seen->verdict[h->model.state][got]++;
	if (got == CBREAK_REJECT)
		return;
	/* BROKEN admits nothing, whatever the model says. */
	KUNIT_ASSERT_NE(test, state_of(h->f), CBREAK_STATE_BROKEN);
	if (h->nr_tickets == TICKETS)
		return;
	h->ticket[h->nr_tickets].gen = h->f->gen_admit;
	h->ticket[h->nr_tickets].transitions = h->model.transitions;
	h->nr_tickets++;
}

static void step_record(struct kunit *test, struct history *h,
			struct seen *seen)
{
	u8 kind = CBREAK_KIND_SUCCESS;
	struct ticket ticket;
	bool got, want;
	u32 i;

	if (!h->nr_tickets)
		return step_admit(test, h, seen);
	i = test_below(&h->rnd, h->nr_tickets);
	ticket = h->ticket[i];
	h->ticket[i] = h->ticket[--h->nr_tickets];
	if (test_below(&h->rnd, 100) < h->failing_pct)
		kind = 1 + test_below(&h->rnd, CBREAK_KIND_UNREACHABLE);
	got = record_gen(h->f, ticket.gen, h->now, kind);
	want = model_record(&h->model, ticket.transitions, kind, h->now);
	KUNIT_ASSERT_EQ_MSG(test, got, want, "seed %u step %u", h->seed,
			    h->step);
	seen->late += !got;
	seen->counted += got;
}

static void step(struct kunit *test, struct history *h, struct seen *seen)
{
	u32 what = test_below(&h->rnd, 200);

	begin_call(h->f);
	if (what < 80) {
		step_admit(test, h, seen);
	} else if (what < 180) {
		step_record(test, h, seen);
	} else if (what < 197) {
		tick(h->f, h->now);
		model_settle(&h->model, h->now);
	} else if (what < 198) {
		trip(h->f, h->now);
		model_enter(&h->model, CBREAK_STATE_BROKEN, CBREAK_CAUSE_TRIP,
			    h->now);
	} else if (what < 199) {
		reset(h->f, h->now);
		model_enter(&h->model, CBREAK_STATE_PASSING,
			    CBREAK_CAUSE_RESET, h->now);
	}
	compare(test, h, seen);
}

static void pass_time(struct history *h)
{
	struct model *m = &h->model;
	u64 edge;

	switch (test_below(&h->rnd, 20)) {
	case 0:
		/* A boundary of the present state, or its neighbour. */
		edge = m->since + (m->state == CBREAK_STATE_PASSING ?
				   m->passing_ns :
				   m->state == CBREAK_STATE_BROKEN ?
				   m->broken_ns : m->recovery_ns);
		edge += test_below(&h->rnd, 3) - 1ULL;
		if (edge > h->now)
			h->now = edge;
		break;
	case 1:
		/* The next bucket's beginning, or a moment before it. */
		edge = (h->now / (m->response_ns / 10) + 1) *
		       (m->response_ns / 10);
		h->now = max(h->now, edge - test_one_in(&h->rnd, 2));
		break;
	case 2:
		h->now += m->response_ns * test_below(&h->rnd, 1200) / 1000;
		break;
	case 3 ... 9:
		h->now += m->response_ns / 10 * test_below(&h->rnd, 1000) /
			  1000;
		break;
	case 10 ... 14:
		h->now += m->response_ns / 10 * test_below(&h->rnd, 100) /
			  1000;
		break;
	}
}

static u32 random_ms(struct rnd_state *rnd)
{
	static const u32 ms[] = {
		0, 0, 100, 101, 250, 1000, 3000, 10000, 3600000,
	};

	return ms[test_below(rnd, ARRAY_SIZE(ms))];
}

static void random_params(struct rnd_state *rnd, struct cbreak_params *p)
{
	static const u32 ratios[] = {
		1, 200000, 250000, 333333, 500000, 500000, 666667, 999999,
	};

	memset(p, 0, sizeof(*p));
	p->error_ratio = test_one_in(rnd, 3) ? 1 + test_below(rnd, 999999) :
			 ratios[test_below(rnd, ARRAY_SIZE(ratios))];
	p->min_samples = 1 + test_below(rnd, test_one_in(rnd, 4) ? 20 : 6);
	p->recovery_samples = test_below(rnd, test_one_in(rnd, 4) ? 12 : 3);
	p->on = test_one_in(rnd, 2) ? ON_ALL : test_below(rnd, 8) << 1;
	p->response_ms = random_ms(rnd) ?: 10000;
	p->passing_ms = random_ms(rnd);
	p->broken_ms = random_ms(rnd);
	p->recovery_ms = random_ms(rnd);
}

static void history_init(struct history *h, struct fixture *f, u32 seed)
{
	struct model *m = &h->model;

	memset(h, 0, sizeof(*h));
	h->f = f;
	h->seed = seed;
	prandom_seed_state(&h->rnd, seed);
	random_params(&h->rnd, &f->p);
	h->now = T0 + prandom_u32_state(&h->rnd);
	fixture_start(f, h->now);
	m->p = &f->p;
	m->response_ns = f->p.response_ms * TEST_MS;
	m->passing_ns = (f->p.passing_ms ?: f->p.response_ms) * TEST_MS;
	m->broken_ns = (f->p.broken_ms ?: f->p.response_ms) * TEST_MS;
	m->recovery_ns = (f->p.recovery_ms ?: f->p.response_ms) * TEST_MS;
	m->since = h->now;
}

/* From whatever state: time and successes lead to PASSING, and soon. */
static void find_way_back(struct kunit *test, struct history *h)
{
	u32 needed = max(h->f->p.recovery_samples, 1U);
	struct fixture *f = h->f;
	u32 round, i;

	for (round = 0; round < 3; round++) {
		if (state_of(f) == CBREAK_STATE_BROKEN) {
			h->now += h->model.broken_ns;
			tick(f, h->now);
			KUNIT_ASSERT_EQ_MSG(test, state_of(f),
					    CBREAK_STATE_RECOVERING, "seed %u",
					    h->seed);
		}
		/* Past the end, and what failed so far forgotten. */
		h->now += h->model.recovery_ns + h->model.response_ns;
		for (i = 0; i < needed; i++) {
			if (state_of(f) != CBREAK_STATE_RECOVERING)
				break;
			KUNIT_ASSERT_EQ_MSG(test, admit(f, h->now, U32_MAX),
					    CBREAK_ADMIT, "seed %u", h->seed);
			record_gen(f, f->gen_admit, h->now,
				   CBREAK_KIND_SUCCESS);
		}
	}
	KUNIT_ASSERT_EQ_MSG(test, state_of(f), CBREAK_STATE_PASSING, "seed %u",
			    h->seed);
	KUNIT_ASSERT_EQ(test, admit(f, h->now, U32_MAX), CBREAK_ADMIT);
}

static void run_histories(struct kunit *test, struct seen *seen)
{
	static const u32 failing_pct[] = { 0, 20, 45, 55, 80, 100 };
	struct history *h;
	u32 seed;

	h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, h);
	for (seed = 1; seed <= HISTORIES; seed++) {
		history_init(h, test->priv, seed);
		for (h->step = 0; h->step < STEPS; h->step++) {
			if (h->step % 30 == 0)
				h->failing_pct =
					failing_pct[test_below(&h->rnd, 6)];
			pass_time(h);
			step(test, h, seen);
		}
		find_way_back(test, h);
		cond_resched();
	}
}

static void model_test(struct kunit *test)
{
	struct seen seen = {};
	u32 i;

	run_histories(test, &seen);
	/* Histories in which something never happens would prove nothing. */
	for (i = 0; i < ARRAY_SIZE(seen.cause); i++)
		KUNIT_EXPECT_GT_MSG(test, seen.cause[i], 500, "cause %u", i);
	KUNIT_EXPECT_GT(test, seen.late, 2000);
	KUNIT_EXPECT_GT(test, seen.counted, 50000);
	KUNIT_EXPECT_GT(test, seen.verdict[CBREAK_STATE_RECOVERING]
			[CBREAK_ADMIT], 2000);
	KUNIT_EXPECT_GT(test, seen.verdict[CBREAK_STATE_RECOVERING]
			[CBREAK_REJECT], 2000);
	KUNIT_EXPECT_EQ(test, seen.verdict[CBREAK_STATE_PASSING]
			[CBREAK_REJECT], 0);
	KUNIT_EXPECT_EQ(test, seen.verdict[CBREAK_STATE_BROKEN][CBREAK_ADMIT],
			0);
}

static struct kunit_case breaker_model_cases[] = {
	KUNIT_CASE(model_test),
	{}
};

static struct kunit_suite breaker_model_suite = {
	.name = "cbreak_breaker_model",
	.init = fixture_init,
	.test_cases = breaker_model_cases,
};

kunit_test_suite(breaker_model_suite);
