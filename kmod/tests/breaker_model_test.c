// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the state machine against a model of it
 *
 * Random histories with random parameters, which change, must look the same to
 * the unit and to the model: attempts, outcomes in time and late, timers, what
 * an administrator says, and callers whose clocks are behind.
 */
#include "breaker_fixture.h"
#include "breaker_model.h"

#define HISTORIES	5000
#define STEPS		400
#define TICKETS		24

/* An attempt that was admitted, and the state of the model at that time. */
struct ticket {
	u32 gen;
	u32 transitions;
};

struct history {
	struct fixture *f;
	struct model model;
	struct cbreak_peers peers;
	struct rnd_state rnd;
	u64 now;
	/* As the caller of this step sees it; maybe a while ago. */
	u64 at;
	u32 seed;
	u32 step;
	u32 failing_pct;
	unsigned int nr_tickets;
	struct ticket ticket[TICKETS];
};

/* How often each thing was seen in all histories, so that none is never. */
struct seen {
	u32 steps;
	u32 cause[CBREAK_CAUSE_BYPASS + 1];
	u32 verdict[CBREAK_STATES][2];
	u32 counted;
	u32 late;
	/* By how many generations, at least. */
	u32 late_by_two;
	u32 no_place;
	u32 changed[CBREAK_STATES];
	u32 rescaled;
	u32 held[CBREAK_HOLD_BYPASS + 1];
	u32 hold_over[CBREAK_STATES];
	u32 backed_off;
	u32 withheld[CBREAK_CAUSE_BYPASS + 1];
	u32 crowded;
	u32 jitter[2];
	u32 behind;
	u32 before_state;
	u64 ahead;
	u32 wrapped;
};

/* BROKEN is as long as it may be, and its end does not move. */
static void compare_broken(struct kunit *test, struct history *h,
			   struct seen *seen)
{
	struct model *m = &h->model;
	u64 low, high, stay;

	if (m->hold != CBREAK_HOLD_NONE && m->hold_ms == CBREAK_HOLD_FOREVER)
		return;
	model_broken_bounds(m, &low, &high);
	stay = cbreak_breaker_deadline(&h->f->b, &h->f->p, h->at) - m->since;
	KUNIT_ASSERT_TRUE_MSG(test, stay >= low && stay <= high,
			      "seed %u step %u: %llu not in %llu..%llu",
			      h->seed, h->step, stay, low, high);
	if (!m->moved)
		return;
	seen->backed_off += m->hold == CBREAK_HOLD_NONE &&
			    low > cbreak_broken_ms(&h->f->p) * TEST_MS;
	if (high > low)
		seen->jitter[stay > low + (high - low) / 2]++;
}

static void compare_transition(struct kunit *test, struct history *h,
			       struct seen *seen)
{
	struct cbreak_transition *tr = &h->f->tr;
	struct model *m = &h->model;
	bool held = model_held(m, h->at);

	KUNIT_ASSERT_TRUE_MSG(test, tr->from == m->from &&
			      tr->to == m->state && tr->cause == m->cause &&
			      tr->gen == model_gen(m) &&
			      tr->hold == m->hold &&
			      tr->hold_ms == (held ? m->hold_ms : 0) &&
			      tr->counts.total == m->led.total &&
			      tr->counts.failed == m->led.failed,
			      "seed %u step %u: from %u/%u cause %u/%u hold %u/%u",
			      h->seed, h->step, tr->from, m->from, tr->cause,
			      m->cause, tr->hold, m->hold);
	seen->cause[m->cause]++;
	seen->held[m->hold]++;
	seen->hold_over[m->from] += m->hold_over;
	seen->wrapped += !model_gen(m);
}

static void compare_withheld(struct kunit *test, struct history *h,
			     struct seen *seen)
{
	struct cbreak_transition *tr = &h->f->tr;
	struct model *m = &h->model;

	KUNIT_ASSERT_TRUE_MSG(test, tr->from == m->state &&
			      tr->to == CBREAK_STATE_BROKEN &&
			      tr->cause == m->cause &&
			      tr->gen == model_gen(m) &&
			      tr->hold == CBREAK_HOLD_NONE &&
			      tr->counts.total == m->led.total &&
			      tr->counts.failed == m->led.failed,
			      "seed %u step %u: from %u/%u cause %u/%u",
			      h->seed, h->step, tr->from, m->state, tr->cause,
			      m->cause);
	seen->withheld[m->cause]++;
}

/* What both should agree on after each step. */
static void compare(struct kunit *test, struct history *h, struct seen *seen)
{
	struct model *m = &h->model;
	struct cbreak_snapshot snap;
	struct fixture *f = h->f;
	struct cbreak_counts c;
	u64 next, deadline;
	bool held;

	cbreak_breaker_snapshot(&f->b, &f->p, h->at, &snap);
	c = m->state == CBREAK_STATE_BROKEN ? m->led : model_counts(m, h->at);
	KUNIT_ASSERT_TRUE_MSG(test, snap.state == m->state &&
			      snap.gen == model_gen(m) &&
			      snap.since_ns == model_age(m, h->at) &&
			      snap.counts.total == c.total &&
			      snap.counts.failed == c.failed &&
			      f->tr.happened == m->moved,
			      "seed %u step %u: state %u/%u total %u/%u failed %u/%u moved %u/%u",
			      h->seed, h->step, snap.state, m->state,
			      snap.counts.total, c.total, snap.counts.failed,
			      c.failed, f->tr.happened, m->moved);
	deadline = model_deadline(m, h->at);
	next = deadline > h->at ? deadline - h->at : 0;
	held = model_held(m, h->at);
	KUNIT_ASSERT_TRUE_MSG(test, snap.next_ns == next &&
			      snap.hold == (held ? m->hold : 0) &&
			      cbreak_breaker_held(&f->b, h->at) == held,
			      "seed %u step %u: next %llu/%llu hold %u/%u",
			      h->seed, h->step, snap.next_ns, next, snap.hold,
			      held ? m->hold : 0);
	KUNIT_ASSERT_EQ_MSG(test, (u32)atomic_read(&h->peers.broken),
			    m->others + (m->state == CBREAK_STATE_BROKEN),
			    "seed %u step %u", h->seed, h->step);
	KUNIT_ASSERT_EQ_MSG(test, f->tr.withheld, m->withheld ?
			    CBREAK_WITHHELD_MAX_BROKEN : CBREAK_WITHHELD_NONE,
			    "seed %u step %u", h->seed, h->step);
	if (m->moved)
		compare_transition(test, h, seen);
	if (m->withheld)
		compare_withheld(test, h, seen);
	if (m->state == CBREAK_STATE_BROKEN)
		compare_broken(test, h, seen);
	m->moved = false;
	m->withheld = false;
}

static void step_admit(struct kunit *test, struct history *h,
		       struct seen *seen)
{
	u32 rnd = prandom_u32_state(&h->rnd);
	enum cbreak_verdict got, want;

	got = admit(h->f, h->at, rnd);
	want = model_admit(&h->model, h->at, rnd, got);
	KUNIT_ASSERT_EQ_MSG(test, got, want, "seed %u step %u", h->seed,
			    h->step);
	seen->verdict[h->model.state][got]++;
	if (got == CBREAK_REJECT)
		return;
	/* BROKEN admits nothing, whatever the model says. */
	KUNIT_ASSERT_NE(test, state_of(h->f), CBREAK_STATE_BROKEN);
	KUNIT_ASSERT_EQ(test, h->f->gen_admit, gen_of(h->f));
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
	u32 i, late;

	if (!h->nr_tickets)
		return step_admit(test, h, seen);
	i = test_below(&h->rnd, h->nr_tickets);
	ticket = h->ticket[i];
	h->ticket[i] = h->ticket[--h->nr_tickets];
	if (test_below(&h->rnd, 100) < h->failing_pct)
		kind = 1 + test_below(&h->rnd, CBREAK_KIND_STALLED);
	late = h->model.transitions - ticket.transitions;
	got = record_gen(h->f, ticket.gen, h->at, kind);
	want = model_record(&h->model, ticket.transitions, kind, h->at);
	KUNIT_ASSERT_EQ_MSG(test, got, want, "seed %u step %u", h->seed,
			    h->step);
	seen->counted += got;
	seen->late += late > 0;
	seen->late_by_two += late > 1;
	seen->no_place += !got && !late;
}

static void step_control(struct history *h)
{
	enum cbreak_hold action = 1 + test_below(&h->rnd, CBREAK_HOLD_BYPASS);
	u32 for_ms = model_random_ms(&h->rnd);

	control(h->f, h->at, action, for_ms);
	model_control(&h->model, h->at, action, for_ms);
}

/* As cbreak_dest_params_changed() does. */
static void step_params(struct history *h, struct seen *seen)
{
	struct cbreak_params *p = &h->f->p;
	u32 response_ms = p->response_ms;
	bool rescaled;

	model_random_params(&h->rnd, p, &h->peers);
	if (test_one_in(&h->rnd, 2))
		p->response_ms = response_ms;
	rescaled = p->response_ms != response_ms;
	if (rescaled)
		cbreak_window_clear(&h->f->b.window);
	model_params_changed(&h->model, rescaled);
	seen->changed[h->model.state]++;
	seen->rescaled += rescaled;
}

/* Other breakers of the rule come, go, break and heal. */
static void step_peers(struct history *h, struct seen *seen)
{
	u32 live = 1 + test_below(&h->rnd, 30);
	u32 others = test_below(&h->rnd, live);

	h->peers.live = live;
	atomic_add(others - h->model.others, &h->peers.broken);
	h->model.others = others;
	seen->crowded += others > live / 2;
}

static void step(struct kunit *test, struct history *h, struct seen *seen)
{
	struct model *m = &h->model;
	u32 what = test_below(&h->rnd, 204);

	/* What is held for good is not to be all that is seen. */
	if (m->hold_ms == CBREAK_HOLD_FOREVER && model_held(m, h->at) &&
	    test_one_in(&h->rnd, 8))
		what = 196;
	begin_call(h->f);
	if (what < 80) {
		step_admit(test, h, seen);
	} else if (what < 176) {
		step_record(test, h, seen);
	} else if (what < 194) {
		tick(h->f, h->at);
		model_settle(m, h->at);
	} else if (what < 197) {
		step_control(h);
	} else if (what < 199) {
		step_params(h, seen);
	} else if (what < 203) {
		step_peers(h, seen);
	}
	compare(test, h, seen);
	seen->steps++;
}

/* A boundary of the present state. */
static u64 edge_of_state(const struct history *h)
{
	const struct model *m = &h->model;
	const struct cbreak_params *p = m->p;

	if (m->hold != CBREAK_HOLD_NONE && m->hold_ms != CBREAK_HOLD_FOREVER)
		return m->since + m->hold_ms * TEST_MS;
	if (m->state == CBREAK_STATE_PASSING)
		return m->since + cbreak_passing_ms(p) * TEST_MS;
	if (m->state == CBREAK_STATE_RECOVERING)
		return m->since + cbreak_recovery_ms(p) * TEST_MS;
	return m->hold == CBREAK_HOLD_NONE ? m->since + m->broken_ns : h->now;
}

static void pass_time(struct history *h, struct seen *seen)
{
	u64 bucket_ns = cbreak_bucket_ns(&h->f->p), edge, lag;

	switch (test_below(&h->rnd, 20)) {
	case 0:
		edge = edge_of_state(h) + test_below(&h->rnd, 3) - 1ULL;
		h->now = max(h->now, edge);
		break;
	case 1:
		/* The next bucket's beginning, or a moment before it. */
		edge = (h->now / bucket_ns + 1) * bucket_ns;
		h->now = max(h->now, edge - test_one_in(&h->rnd, 2));
		break;
	case 2:
		h->now += bucket_ns * test_below(&h->rnd, 1200) / 100;
		break;
	case 3 ... 9:
		h->now += bucket_ns * test_below(&h->rnd, 1000) / 1000;
		break;
	case 10 ... 14:
		h->now += bucket_ns * test_below(&h->rnd, 100) / 1000;
		break;
	}
	h->at = h->now;
	if (!test_one_in(&h->rnd, 6))
		return;
	/* Another CPU's clock was read a moment ago, or a while. */
	lag = test_one_in(&h->rnd, 2) ? 1 + test_below(&h->rnd, 3) :
	      bucket_ns * test_below(&h->rnd, test_one_in(&h->rnd, 4) ?
				     1200 : 100) / 100;
	h->at -= min(lag, TEST_SEC);
	seen->behind++;
	seen->before_state += h->at < h->model.since;
}

static void history_init(struct history *h, struct fixture *f, u32 seed)
{
	/* Where generations wrap, as a whole or as far as buckets know them. */
	static const u32 first_gen[] = { 0, 41, 250, (1 << 30) - 5 };
	struct model *m = &h->model;

	memset(h, 0, sizeof(*h));
	h->f = f;
	h->seed = seed;
	prandom_seed_state(&h->rnd, seed);
	model_random_params(&h->rnd, &f->p, &h->peers);
	h->peers.live = 1 + test_below(&h->rnd, 30);
	h->now = T0 + prandom_u32_state(&h->rnd);
	m->first_gen = first_gen[seed % ARRAY_SIZE(first_gen)];
	memset(&f->b, 0, sizeof(f->b));
	cbreak_breaker_init(&f->b, h->now, m->first_gen);
	m->p = &f->p;
	m->since = h->now;
}

/* From whatever state: time and successes lead to PASSING, and soon. */
static void find_way_back(struct kunit *test, struct history *h)
{
	struct fixture *f = h->f;
	u32 needed = max(f->p.recovery_samples, 1U);
	u32 round, i;

	if (state_of(f) == CBREAK_STATE_BROKEN &&
	    !cbreak_breaker_deadline(&f->b, &f->p, h->now)) {
		/* But what is isolated for good waits for a word. */
		h->now += 365 * 86400 * TEST_SEC;
		tick(f, h->now);
		KUNIT_ASSERT_EQ_MSG(test, state_of(f), CBREAK_STATE_BROKEN,
				    "seed %u", h->seed);
		reset(f, h->now);
	}
	for (round = 0; round < 3; round++) {
		if (state_of(f) == CBREAK_STATE_BROKEN) {
			h->now = max(h->now, cbreak_breaker_deadline(&f->b,
								     &f->p,
								     h->now));
			tick(f, h->now);
			KUNIT_ASSERT_EQ_MSG(test, state_of(f),
					    CBREAK_STATE_RECOVERING, "seed %u",
					    h->seed);
		}
		/* Past the end, and what failed so far forgotten. */
		h->now += cbreak_recovery_ms(&f->p) * TEST_MS +
			  f->p.response_ms * TEST_MS;
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

	BUILD_BUG_ON(STEPS > MODEL_OUTCOMES);
	h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, h);
	for (seed = 1; seed <= HISTORIES; seed++) {
		history_init(h, test->priv, seed);
		for (h->step = 0; h->step < STEPS; h->step++) {
			if (h->step % 30 == 0)
				h->failing_pct =
					failing_pct[test_below(&h->rnd, 6)];
			pass_time(h, seen);
			step(test, h, seen);
		}
		seen->ahead += h->model.ahead;
		find_way_back(test, h);
		cond_resched();
	}
}

#define SEEN(what, often)						\
	KUNIT_EXPECT_GT(test, (u64)seen.what, (u64)(often))

static void model_test(struct kunit *test)
{
	struct seen seen = {};
	u32 i;

	run_histories(test, &seen);
	/* Histories in which something never happens would prove nothing. */
	for (i = 0; i < ARRAY_SIZE(seen.cause); i++)
		KUNIT_EXPECT_GT_MSG(test, seen.cause[i], 500, "cause %u", i);
	for (i = 0; i < ARRAY_SIZE(seen.held); i++)
		KUNIT_EXPECT_GT_MSG(test, seen.held[i], 500, "hold %u", i);
	for (i = 0; i < CBREAK_STATES; i++)
		KUNIT_EXPECT_GT_MSG(test, seen.changed[i], 500, "state %u", i);
	SEEN(withheld[CBREAK_CAUSE_RATIO], 500);
	SEEN(withheld[CBREAK_CAUSE_CONSECUTIVE], 100);
	SEEN(withheld[CBREAK_CAUSE_NOT_RECOVERED], 20);
	SEEN(crowded, 5000);
	SEEN(steps, HISTORIES * STEPS - 1);
	SEEN(counted, 200000);
	SEEN(late, 20000);
	SEEN(late_by_two, 5000);
	SEEN(no_place, 50);
	SEEN(rescaled, 1000);
	SEEN(hold_over[CBREAK_STATE_PASSING], 100);
	SEEN(hold_over[CBREAK_STATE_BROKEN], 100);
	SEEN(backed_off, 500);
	SEEN(jitter[0], 1000);
	SEEN(jitter[1], 1000);
	SEEN(behind, 50000);
	SEEN(before_state, 500);
	SEEN(ahead, 1000);
	SEEN(wrapped, 100);
	SEEN(verdict[CBREAK_STATE_RECOVERING][CBREAK_ADMIT], 2000);
	SEEN(verdict[CBREAK_STATE_RECOVERING][CBREAK_REJECT], 2000);
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
