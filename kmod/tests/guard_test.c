// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the guard against local faults
 */
#include <linux/math64.h>

#include "../guard.h"
#include "cbreak_test.h"

#define DESTS	30
#define T0	(1000 * TEST_SEC)

struct guarded {
	struct cbreak_guard guard;
	struct cbreak_guard_view view;
	u32 mark[DESTS];
};

static int guard_init(struct kunit *test)
{
	struct guarded *g = kunit_kzalloc(test, sizeof(*g), GFP_KERNEL);

	if (!g)
		return -ENOMEM;
	cbreak_guard_init(&g->guard);
	test->priv = g;
	return 0;
}

static enum cbreak_guard_change note(struct guarded *g, u32 n, bool answered,
				     u64 now)
{
	return cbreak_guard_note(&g->guard, &g->mark[n], answered, now,
				 &g->view);
}

/* From one on, so many of them answer, or are silent; the last change. */
static enum cbreak_guard_change note_many(struct guarded *g, u32 first, u32 nr,
					  bool answered, u64 now)
{
	enum cbreak_guard_change change = CBREAK_GUARD_SAME, last;
	u32 i;

	for (i = first; i < first + nr; i++) {
		last = note(g, i, answered, now);
		if (last != CBREAK_GUARD_SAME)
			change = last;
	}
	return change;
}

static void guard_most_test(struct kunit *test)
{
	struct guarded *g = test->priv;

	KUNIT_EXPECT_EQ(test, note_many(g, 0, 10, true, T0), CBREAK_GUARD_SAME);
	KUNIT_EXPECT_EQ(test, note_many(g, 0, 5, false, T0 + TEST_SEC),
			CBREAK_GUARD_SAME);
	KUNIT_EXPECT_FALSE(test, cbreak_guard_is_frozen(&g->guard));
	/* Half is not most. */
	KUNIT_EXPECT_EQ(test, note(g, 5, false, T0 + TEST_SEC),
			CBREAK_GUARD_FREEZE);
	KUNIT_EXPECT_TRUE(test, cbreak_guard_is_frozen(&g->guard));
	KUNIT_EXPECT_EQ(test, g->view.lost, 6U);
	KUNIT_EXPECT_EQ(test, g->view.destinations, 10U);
	/* It is said once. */
	KUNIT_EXPECT_EQ(test, note_many(g, 6, 4, false, T0 + TEST_SEC),
			CBREAK_GUARD_SAME);
}

/* One, or two, are no reason, even if there are no others. */
static void guard_few_test(struct kunit *test)
{
	struct guarded *g = test->priv;

	note_many(g, 0, 3, true, T0);
	KUNIT_EXPECT_EQ(test, note_many(g, 0, 2, false, T0), CBREAK_GUARD_SAME);
	KUNIT_EXPECT_EQ(test, note(g, 2, false, T0), CBREAK_GUARD_FREEZE);
}

static void guard_dead_test(struct kunit *test)
{
	struct guarded *g = test->priv;
	u32 i;

	/* Those that never answered are none. */
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, note_many(g, 0, DESTS, false,
						T0 + i * TEST_SEC),
				CBREAK_GUARD_SAME);
	KUNIT_EXPECT_EQ(test, g->guard.nr_fallen, 0U);
	/* Nor are those that have been silent for long. */
	note_many(g, 0, 2, true, T0);
	note_many(g, 0, 2, false, T0);
	note_many(g, 2, 2, true, T0 + 20 * TEST_SEC);
	note_many(g, 0, 2, false, T0 + 20 * TEST_SEC);
	KUNIT_EXPECT_EQ(test, note_many(g, 2, 2, false, T0 + 20 * TEST_SEC),
			CBREAK_GUARD_SAME);
	KUNIT_EXPECT_EQ(test, g->guard.nr_fallen, 2U);
}

/* To the second: what is ten seconds old is too old. */
static void guard_window_test(struct kunit *test)
{
	struct guarded *g = test->priv;

	note_many(g, 0, 3, true, T0);
	note_many(g, 0, 2, false, T0);
	KUNIT_EXPECT_EQ(test, note(g, 2, false, T0 + 10 * TEST_SEC),
			CBREAK_GUARD_SAME);
	KUNIT_EXPECT_EQ(test, g->guard.nr_fallen, 1U);
	note_many(g, 3, 3, true, T0 + 100 * TEST_SEC);
	note_many(g, 3, 2, false, T0 + 100 * TEST_SEC);
	KUNIT_EXPECT_EQ(test, note(g, 5, false, T0 + 110 * TEST_SEC - 1),
			CBREAK_GUARD_FREEZE);
}

static void guard_thaw_test(struct kunit *test)
{
	struct guarded *g = test->priv;
	u64 now = T0 + TEST_SEC;

	note_many(g, 0, 10, true, T0);
	note_many(g, 0, 10, false, now);
	KUNIT_EXPECT_EQ(test, g->guard.nr_lost, 10U);
	/* A late answer, and the same one again. */
	now += 40 * TEST_SEC;
	KUNIT_EXPECT_EQ(test, note_many(g, 0, 4, true, now), CBREAK_GUARD_SAME);
	KUNIT_EXPECT_EQ(test, note_many(g, 0, 4, true, now + TEST_SEC),
			CBREAK_GUARD_SAME);
	/* Others, that were never lost, prove nothing: they may be near. */
	KUNIT_EXPECT_EQ(test, note_many(g, 10, 10, true, now),
			CBREAK_GUARD_SAME);
	KUNIT_EXPECT_EQ(test, note(g, 0, false, now), CBREAK_GUARD_SAME);
	KUNIT_EXPECT_EQ(test, note(g, 4, true, now), CBREAK_GUARD_SAME);
	KUNIT_EXPECT_FALSE(test, cbreak_guard_may_thaw(&g->guard));
	KUNIT_EXPECT_EQ(test, note(g, 0, true, now), CBREAK_GUARD_THAW);
	KUNIT_EXPECT_TRUE(test, cbreak_guard_may_thaw(&g->guard));
	KUNIT_EXPECT_TRUE(test, cbreak_guard_is_frozen(&g->guard));
	KUNIT_EXPECT_TRUE(test, cbreak_guard_thaw(&g->guard, now, &g->view));
	KUNIT_EXPECT_EQ(test, g->view.lost, 5U);
	KUNIT_EXPECT_EQ(test, g->view.destinations, 10U);
	KUNIT_EXPECT_FALSE(test, cbreak_guard_is_frozen(&g->guard));
	KUNIT_EXPECT_FALSE(test, cbreak_guard_may_thaw(&g->guard));
	KUNIT_EXPECT_FALSE(test, cbreak_guard_thaw(&g->guard, now, &g->view));
}

/* What has been silent all the time does not freeze it again. */
static void guard_anew_test(struct kunit *test)
{
	struct guarded *g = test->priv;

	note_many(g, 0, 10, true, T0);
	note_many(g, 0, 10, false, T0);
	KUNIT_EXPECT_TRUE(test, cbreak_guard_thaw(&g->guard, T0, &g->view));
	KUNIT_EXPECT_EQ(test, g->view.lost, 10U);
	KUNIT_EXPECT_EQ(test, note_many(g, 0, 10, false, T0),
			CBREAK_GUARD_SAME);
	KUNIT_EXPECT_EQ(test, note_many(g, 0, 10, false, T0 + 5 * TEST_SEC),
			CBREAK_GUARD_SAME);
	KUNIT_EXPECT_EQ(test, g->guard.nr_fallen, 0U);
	/* But what answers first does, in the same second. */
	note_many(g, 0, 3, true, T0 + 5 * TEST_SEC);
	KUNIT_EXPECT_EQ(test, note_many(g, 0, 3, false, T0 + 5 * TEST_SEC),
			CBREAK_GUARD_FREEZE);
}

static void guard_forget_test(struct kunit *test)
{
	struct guarded *g = test->priv;
	u32 i;

	note_many(g, 0, 10, true, T0);
	note_many(g, 0, 8, false, T0);
	for (i = 0; i < 8; i++)
		cbreak_guard_forget(&g->guard, &g->mark[i]);
	KUNIT_EXPECT_EQ(test, g->guard.nr_lost, 0U);
	KUNIT_EXPECT_EQ(test, g->guard.nr_fallen, 0U);
	KUNIT_EXPECT_EQ(test, g->guard.nr_well, 2U);
	/* Whoever had it in hand finds it gone. */
	KUNIT_EXPECT_EQ(test, note(g, 0, true, T0), CBREAK_GUARD_SAME);
	KUNIT_EXPECT_EQ(test, note(g, 1, false, T0), CBREAK_GUARD_SAME);
	cbreak_guard_forget(&g->guard, &g->mark[0]);
	KUNIT_EXPECT_EQ(test, g->guard.nr_well, 2U);
	/* None is lost any more: the next answer thaws. */
	KUNIT_EXPECT_EQ(test, note(g, 20, true, T0), CBREAK_GUARD_THAW);
}

/* --- against a model ---------------------------------------------------- */

/* A destination, as one would tell it. */
struct naive {
	bool known;
	bool silent;
	bool lost;
	bool counts;
	u64 second;
};

struct model {
	struct naive dest[DESTS];
	u64 second;
	u32 most;
	bool frozen;
};

static u32 tell(const struct model *m, bool silent)
{
	u32 i, n = 0;

	for (i = 0; i < DESTS; i++)
		n += m->dest[i].known && m->dest[i].counts &&
		     m->dest[i].silent == silent &&
		     m->dest[i].second + 10 > m->second;
	return n;
}

static u32 tell_lost(const struct model *m)
{
	u32 i, n = 0;

	for (i = 0; i < DESTS; i++)
		n += m->dest[i].lost;
	return n;
}

static enum cbreak_guard_change model_note(struct model *m, u32 n,
					   bool answered, u64 second)
{
	struct naive *d = &m->dest[n];
	u32 i, fallen;

	if (answered ? d->known && !d->silent && d->second == second :
		       !d->known || d->silent)
		return CBREAK_GUARD_SAME;
	m->second = max(m->second, second);
	if (answered && d->known && !d->silent && d->second == m->second)
		return CBREAK_GUARD_SAME;
	d->known = true;
	d->counts = true;
	d->silent = !answered;
	d->second = m->second;
	d->lost = m->frozen && !answered;
	m->most = max(m->most, tell_lost(m));
	fallen = tell(m, true);
	if (!m->frozen && !answered && fallen >= 3 &&
	    fallen > tell(m, false)) {
		m->frozen = true;
		for (i = 0; i < DESTS; i++)
			m->dest[i].lost = m->dest[i].known &&
					  m->dest[i].counts &&
					  m->dest[i].silent &&
					  m->dest[i].second + 10 > m->second;
		m->most = tell_lost(m);
		return CBREAK_GUARD_FREEZE;
	}
	if (m->frozen && answered && tell_lost(m) <= m->most / 2)
		return CBREAK_GUARD_THAW;
	return CBREAK_GUARD_SAME;
}

static void model_thaw(struct model *m, u64 second)
{
	u32 i;

	/* A new time begins, a second later whatever the clock says. */
	m->second = max(m->second, second) + 1;
	m->frozen = false;
	m->most = 0;
	for (i = 0; i < DESTS; i++) {
		m->dest[i].counts = false;
		m->dest[i].lost = false;
	}
}

static void compare(struct kunit *test, struct guarded *g,
		    const struct model *m, u32 step)
{
	KUNIT_ASSERT_EQ_MSG(test, g->guard.nr_well, tell(m, false), "step %u",
			    step);
	KUNIT_ASSERT_EQ_MSG(test, g->guard.nr_fallen, tell(m, true), "step %u",
			    step);
	KUNIT_ASSERT_EQ_MSG(test, g->guard.frozen, m->frozen, "step %u", step);
	if (m->frozen)
		KUNIT_ASSERT_EQ_MSG(test, g->guard.nr_lost, tell_lost(m),
				    "step %u", step);
}

static void guard_model_test(struct kunit *test)
{
	static const u32 bad_pct[] = { 0, 10, 50, 90, 100 };
	enum cbreak_guard_change got, want;
	struct guarded *g = test->priv;
	u32 seen[CBREAK_GUARD_THAW + 1] = {}, gone = 0, timed = 0;
	struct rnd_state rnd;
	u32 step, n, pct = 0;
	struct model *m;
	u64 now = T0, at;

	m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m);
	prandom_seed_state(&rnd, 4711);
	for (step = 0; step < 300000; step++) {
		if (step % 60 == 0)
			pct = bad_pct[test_below(&rnd, ARRAY_SIZE(bad_pct))];
		now += test_below(&rnd, test_one_in(&rnd, 50) ? 15000 : 400) *
		       TEST_MS;
		/* Another CPU's clock may be behind. */
		at = now - (test_one_in(&rnd, 4) ? test_below(&rnd, 2000) *
						   TEST_MS : 0);
		n = test_below(&rnd, DESTS);
		if (test_one_in(&rnd, 200)) {
			/* It goes, and another one comes. */
			cbreak_guard_forget(&g->guard, &g->mark[n]);
			g->mark[n] = 0;
			memset(&m->dest[n], 0, sizeof(m->dest[n]));
			got = CBREAK_GUARD_SAME;
			gone++;
		} else {
			bool answered = test_below(&rnd, 100) >= pct;

			got = note(g, n, answered, at);
			want = model_note(m, n, answered,
					  div_u64(at, NSEC_PER_SEC));
			KUNIT_ASSERT_EQ_MSG(test, got, want, "step %u", step);
			seen[got]++;
		}
		compare(test, g, m, step);
		if (!m->frozen || (got != CBREAK_GUARD_THAW &&
				   !test_one_in(&rnd, 300)))
			continue;
		timed += got != CBREAK_GUARD_THAW;
		KUNIT_ASSERT_TRUE(test, cbreak_guard_thaw(&g->guard, at,
							  &g->view));
		KUNIT_ASSERT_EQ(test, g->view.lost, tell_lost(m));
		KUNIT_ASSERT_EQ(test, g->view.destinations, m->most);
		model_thaw(m, div_u64(at, NSEC_PER_SEC));
	}
	KUNIT_EXPECT_GT(test, seen[CBREAK_GUARD_FREEZE], 500U);
	KUNIT_EXPECT_GT(test, seen[CBREAK_GUARD_THAW], 300U);
	KUNIT_EXPECT_GT(test, timed, 100U);
	KUNIT_EXPECT_GT(test, gone, 1000U);
}

static struct kunit_case guard_cases[] = {
	KUNIT_CASE(guard_most_test),
	KUNIT_CASE(guard_few_test),
	KUNIT_CASE(guard_dead_test),
	KUNIT_CASE(guard_window_test),
	KUNIT_CASE(guard_thaw_test),
	KUNIT_CASE(guard_anew_test),
	KUNIT_CASE(guard_forget_test),
	KUNIT_CASE(guard_model_test),
	{}
};

static struct kunit_suite guard_suite = {
	.name = "cbreak_guard",
	.init = guard_init,
	.test_cases = guard_cases,
};

kunit_test_suite(guard_suite);
