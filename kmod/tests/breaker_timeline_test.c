// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the state machine: the reference's own timeline
 *
 * error_ratio 0.5 and 10 s for every time, driven by calls with the error rates
 * of the reference's picture. Calls are made often enough, and more often from
 * 35 s on, for the ratio of each window to be unambiguous. The reference does
 * not return to BROKEN early: min_samples is more than RECOVERING admits here,
 * and fewer than PASSING does.
 */
#include "breaker_fixture.h"

#define START		(5000 * TEST_SEC)

/*
 * at_s: when the row begins, s
 * rate: tenths of the calls that fail from then on
 * call_ms: a call each so many ms
 * to, cause: the state that is entered at at_s, if there is a cause
 */
struct row {
	u32 at_s;
	u32 rate;
	u32 call_ms;
	u8 to;
	s8 cause;
};

#define SAME	(-1)

static const struct row rows[] = {
	{ 0, 0, 50, CBREAK_STATE_PASSING, SAME },
	{ 5, 4, 50, CBREAK_STATE_PASSING, SAME },
	/* All fail, and so many of them that the window is over 0.5 at 10 s. */
	{ 10, 10, 50, CBREAK_STATE_BROKEN, CBREAK_CAUSE_RATIO },
	{ 20, 6, 50, CBREAK_STATE_RECOVERING, CBREAK_CAUSE_BROKEN_TIME },
	{ 25, 4, 50, CBREAK_STATE_RECOVERING, SAME },
	{ 30, 4, 50, CBREAK_STATE_PASSING, CBREAK_CAUSE_RECOVERED },
	{ 35, 6, 25, CBREAK_STATE_PASSING, SAME },
	{ 40, 6, 50, CBREAK_STATE_BROKEN, CBREAK_CAUSE_RATIO },
	{ 50, 6, 50, CBREAK_STATE_RECOVERING, CBREAK_CAUSE_BROKEN_TIME },
	{ 55, 7, 50, CBREAK_STATE_RECOVERING, SAME },
	{ 60, 7, 50, CBREAK_STATE_BROKEN, CBREAK_CAUSE_NOT_RECOVERED },
	{ 70, 7, 50, CBREAK_STATE_RECOVERING, CBREAK_CAUSE_BROKEN_TIME },
	{ 75, 4, 50, CBREAK_STATE_RECOVERING, SAME },
	{ 80, 4, 50, CBREAK_STATE_PASSING, CBREAK_CAUSE_RECOVERED },
	/* Not a row of the picture: it stays so. */
	{ 100, 0, 50, CBREAK_STATE_PASSING, SAME },
};

/*
 * @debt: tenths of a failure that the rate has run up
 * @admitted, @rejected: of the calls since the last transition
 */
struct driver {
	struct fixture *f;
	struct rnd_state rnd;
	u32 debt;
	u32 admitted;
	u32 rejected;
};

/* A call and its end, with the rate as even as it can be. */
static void call(struct driver *d, u32 rate, u64 now)
{
	bool failed;

	if (admit(d->f, now, prandom_u32_state(&d->rnd)) == CBREAK_REJECT) {
		d->rejected++;
		return;
	}
	d->admitted++;
	d->debt += rate;
	failed = d->debt >= 10;
	if (failed)
		d->debt -= 10;
	record_gen(d->f, d->f->gen_admit, now,
		   failed ? CBREAK_KIND_REFUSED : CBREAK_KIND_SUCCESS);
}

/* What the calls since the last transition saw of the state they were in. */
static void expect_verdicts(struct kunit *test, struct driver *d, u8 state,
			    u32 at_s)
{
	if (state != CBREAK_STATE_BROKEN)
		KUNIT_EXPECT_GT_MSG(test, d->admitted, 0, "until %u s", at_s);
	if (state != CBREAK_STATE_PASSING)
		KUNIT_EXPECT_GT_MSG(test, d->rejected, 0, "until %u s", at_s);
	if (state == CBREAK_STATE_BROKEN)
		KUNIT_EXPECT_EQ_MSG(test, d->admitted, 0, "until %u s", at_s);
	if (state == CBREAK_STATE_PASSING)
		KUNIT_EXPECT_EQ_MSG(test, d->rejected, 0, "until %u s", at_s);
	d->admitted = 0;
	d->rejected = 0;
}

/* The present moment: what is due by time, or calls until the window is over */
static void enter_row(struct kunit *test, struct driver *d,
		      const struct row *row, u64 now)
{
	struct fixture *f = d->f;
	u32 i, total, failed;

	tick(f, now);
	if (row->cause != CBREAK_CAUSE_RATIO || f->tr.happened)
		return;
	total = counts_of(f, now).total;
	failed = counts_of(f, now).failed;
	KUNIT_EXPECT_LE(test, 2 * failed, total);
	for (i = 0; i < 1000 && 2 * failed <= total; i++) {
		EXPECT_STAYED(f, PASSING);
		call(d, 10, now);
		total++;
		failed++;
	}
}

static void run_row(struct kunit *test, struct driver *d,
		    const struct row *row, u64 end, u8 state)
{
	u64 now = START + row->at_s * TEST_SEC;

	for (now += TEST_MS; now < end; now += row->call_ms * TEST_MS) {
		call(d, row->rate, now);
		KUNIT_ASSERT_EQ_MSG(test, state_of(d->f), state,
				    "%llu ms", (now - START) / TEST_MS);
	}
	tick(d->f, end - 1);
	expect_stayed(test, __LINE__, d->f, state);
}

static void run_timeline(struct kunit *test, u32 recovery_samples)
{
	struct fixture *f = test->priv;
	struct driver d = { .f = f };
	u8 state = CBREAK_STATE_PASSING;
	u32 i;

	prandom_seed_state(&d.rnd, 7);
	f->p.min_samples = 120;
	f->p.recovery_samples = recovery_samples;
	fixture_start(f, START);
	for (i = 0; i < ARRAY_SIZE(rows) - 1; i++) {
		const struct row *row = &rows[i];
		u64 now = START + row->at_s * TEST_SEC;

		if (row->cause != SAME) {
			/* Until now nothing; exactly now the transition. */
			KUNIT_EXPECT_EQ(test, state_of(f), state);
			expect_verdicts(test, &d, state, row->at_s);
			enter_row(test, &d, row, now);
			expect_moved(test, row->at_s, f, state, row->to,
				     row->cause);
			d.admitted = 0;
			d.rejected = 0;
			state = row->to;
			/* And not another one. */
			tick(f, now);
			expect_stayed(test, row->at_s, f, state);
			tick(f, now + 1);
			expect_stayed(test, row->at_s, f, state);
		}
		KUNIT_ASSERT_EQ_MSG(test, state_of(f), row->to, "row %u s",
				    row->at_s);
		run_row(test, &d, row, START + rows[i + 1].at_s * TEST_SEC,
			state);
	}
	expect_verdicts(test, &d, state, rows[i].at_s);
	KUNIT_EXPECT_EQ(test, state, CBREAK_STATE_PASSING);
}

static void timeline_test(struct kunit *test)
{
	run_timeline(test, 1);
}

static void timeline_reference_test(struct kunit *test)
{
	run_timeline(test, 0);
}

/* What the picture shows at 0.5 exactly; the text says greater and lower. */
static void timeline_exact_half_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 now = T0 + 10 * TEST_SEC;
	u32 i;

	for (i = 0; i < 50; i++) {
		succeed(f, now);
		fail(f, now);
	}
	EXPECT_STAYED(f, PASSING);
	tick(f, now + 5 * TEST_SEC);
	EXPECT_STAYED(f, PASSING);
	fail(f, now + 5 * TEST_SEC);
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);

	now += 15 * TEST_SEC;
	tick(f, now);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	for (i = 0; i < 50; i++) {
		succeed(f, now + 5 * TEST_SEC);
		fail(f, now + 5 * TEST_SEC);
	}
	EXPECT_STAYED(f, RECOVERING);
	tick(f, now + 10 * TEST_SEC);
	EXPECT_MOVED(f, RECOVERING, BROKEN, NOT_RECOVERED);
	EXPECT_COUNTS(&f->tr.counts, 100, 50);
}

/* With the default min_samples a bad sample does not wait for the end. */
static void timeline_early_return_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct driver d = { .f = f };
	u64 now = T0;

	prandom_seed_state(&d.rnd, 7);
	fixture_enter(f, CBREAK_STATE_RECOVERING);
	do {
		now += 50 * TEST_MS;
		call(&d, 7, now);
	} while (now < T0 + 9 * TEST_SEC && !f->tr.happened);
	EXPECT_MOVED(f, RECOVERING, BROKEN, RATIO);
	KUNIT_EXPECT_EQ(test, d.admitted, 5);
	KUNIT_EXPECT_GT(test, d.rejected, d.admitted);
}

static struct kunit_case breaker_timeline_cases[] = {
	KUNIT_CASE(timeline_test),
	KUNIT_CASE(timeline_reference_test),
	KUNIT_CASE(timeline_exact_half_test),
	KUNIT_CASE(timeline_early_return_test),
	{}
};

static struct kunit_suite breaker_timeline_suite = {
	.name = "cbreak_breaker_timeline",
	.init = fixture_init,
	.test_cases = breaker_timeline_cases,
};

kunit_test_suite(breaker_timeline_suite);
