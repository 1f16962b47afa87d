// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the state machine: its views and its parameters' range
 *
 * deadline() and snapshot(), the times that follow response_time, and the
 * shortest and longest of all times at early and late clocks.
 */
#include "breaker_fixture.h"

#define STATE_NS	(10 * TEST_SEC)

static u64 deadline(struct fixture *f, u64 now)
{
	return cbreak_breaker_deadline(&f->b, &f->p, now);
}

static void deadline_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->p.broken_ms = 2000;
	f->p.recovery_ms = 3000;
	KUNIT_EXPECT_EQ(test, deadline(f, T0), 0);
	KUNIT_EXPECT_EQ(test, deadline(f, T0 + 100 * TEST_SEC), 0);

	fixture_enter(f, CBREAK_STATE_BROKEN);
	KUNIT_EXPECT_EQ(test, deadline(f, T0), T0 + 2 * TEST_SEC);
	KUNIT_EXPECT_EQ(test, deadline(f, T0 + TEST_SEC), T0 + 2 * TEST_SEC);
	/* Due and not done is still due. */
	KUNIT_EXPECT_EQ(test, deadline(f, T0 + 9 * TEST_SEC),
			T0 + 2 * TEST_SEC);

	fixture_enter(f, CBREAK_STATE_RECOVERING);
	KUNIT_EXPECT_EQ(test, deadline(f, T0 - 1), T0 + 3 * TEST_SEC);
	KUNIT_EXPECT_EQ(test, deadline(f, T0), T0 + 3 * TEST_SEC);
	KUNIT_EXPECT_EQ(test, deadline(f, T0 + 3 * TEST_SEC - 1),
			T0 + 3 * TEST_SEC);
	/* From here on it waits for outcomes. */
	KUNIT_EXPECT_EQ(test, deadline(f, T0 + 3 * TEST_SEC), 0);
	KUNIT_EXPECT_EQ(test, deadline(f, T0 + 3 * TEST_SEC + 1), 0);

	reset(f, T0);
	KUNIT_EXPECT_EQ(test, deadline(f, T0), 0);
}

/* A timer armed with the deadline is enough to get through every state. */
static void deadline_drives_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 now = T0, next;

	f->p.recovery_samples = 0;
	trip(f, now);
	next = deadline(f, now);
	tick(f, next - 1);
	EXPECT_STAYED(f, BROKEN);
	now = next;
	tick(f, now);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	next = deadline(f, now);
	tick(f, next - 1);
	EXPECT_STAYED(f, RECOVERING);
	now = next;
	tick(f, now);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);
	KUNIT_EXPECT_EQ(test, now, T0 + 2 * STATE_NS);
	KUNIT_EXPECT_EQ(test, deadline(f, now), 0);
}

static void snapshot_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 now = T0 + STATE_NS + 3;
	struct cbreak_snapshot s;
	u32 i;

	memset(&s, 0xff, sizeof(s));
	cbreak_breaker_snapshot(&f->b, &f->p, T0 + 5, &s);
	KUNIT_EXPECT_EQ(test, s.state, CBREAK_STATE_PASSING);
	KUNIT_EXPECT_EQ(test, s.gen, 41);
	KUNIT_EXPECT_EQ(test, s.since_ns, 5);
	KUNIT_EXPECT_EQ(test, s.next_ns, 0);
	KUNIT_EXPECT_EQ(test, s.last.kind, 0);
	EXPECT_COUNTS(&s.counts, 0, 0);

	succeed(f, now);
	for (i = 0; i < 4; i++)
		fail(f, now);
	cbreak_breaker_snapshot(&f->b, &f->p, now + STATE_NS / 2, &s);
	KUNIT_EXPECT_EQ(test, s.state, CBREAK_STATE_BROKEN);
	KUNIT_EXPECT_EQ(test, s.gen, 42);
	KUNIT_EXPECT_EQ(test, s.since_ns, STATE_NS / 2);
	KUNIT_EXPECT_EQ(test, s.next_ns, STATE_NS / 2);
	KUNIT_EXPECT_EQ(test, s.last.kind, CBREAK_KIND_REFUSED);
	/* The window that led there, however long ago. */
	EXPECT_COUNTS(&s.counts, 5, 4);
	cbreak_breaker_snapshot(&f->b, &f->p, now + 5 * STATE_NS, &s);
	EXPECT_COUNTS(&s.counts, 5, 4);
	KUNIT_EXPECT_EQ(test, s.since_ns, 5 * STATE_NS);
	KUNIT_EXPECT_EQ(test, s.next_ns, 0);
}

static void snapshot_recovering_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_snapshot s;

	fixture_enter(f, CBREAK_STATE_RECOVERING);
	fail(f, T0 + TEST_SEC);
	cbreak_breaker_snapshot(&f->b, &f->p, T0 + STATE_NS - 1, &s);
	KUNIT_EXPECT_EQ(test, s.state, CBREAK_STATE_RECOVERING);
	KUNIT_EXPECT_EQ(test, s.gen, gen_of(f));
	KUNIT_EXPECT_EQ(test, s.since_ns, STATE_NS - 1);
	KUNIT_EXPECT_EQ(test, s.next_ns, 1);
	EXPECT_COUNTS(&s.counts, 1, 1);
	cbreak_breaker_snapshot(&f->b, &f->p, T0 + STATE_NS, &s);
	KUNIT_EXPECT_EQ(test, s.next_ns, 0);
	/* The present window, not that of the entry. */
	cbreak_breaker_snapshot(&f->b, &f->p, T0 + 2 * STATE_NS, &s);
	EXPECT_COUNTS(&s.counts, 0, 0);
}

/* The last failure: of whatever kind, counted or late. */
static void snapshot_last_test(struct kunit *test)
{
	struct cbreak_outcome icmp = {
		.kind = CBREAK_KIND_UNREACHABLE, .type = 3, .code = 13,
	};
	struct cbreak_transition tr = {};
	struct fixture *f = test->priv;
	struct cbreak_snapshot s;

	f->p.on = CBREAK_ON_REFUSED;
	cbreak_breaker_record(&f->b, &f->p, gen_of(f), icmp, T0, &tr);
	cbreak_breaker_snapshot(&f->b, &f->p, T0, &s);
	KUNIT_EXPECT_EQ(test, s.last.kind, CBREAK_KIND_UNREACHABLE);
	KUNIT_EXPECT_EQ(test, s.last.type, 3);
	KUNIT_EXPECT_EQ(test, s.last.code, 13);
	succeed(f, T0);
	cbreak_breaker_snapshot(&f->b, &f->p, T0, &s);
	KUNIT_EXPECT_EQ(test, s.last.kind, CBREAK_KIND_UNREACHABLE);
	record(f, T0, CBREAK_KIND_TIMEOUT);
	cbreak_breaker_snapshot(&f->b, &f->p, T0, &s);
	KUNIT_EXPECT_EQ(test, s.last.kind, CBREAK_KIND_TIMEOUT);
	KUNIT_EXPECT_EQ(test, s.last.type, 0);
	KUNIT_EXPECT_EQ(test, s.last.code, 0);
	record_gen(f, gen_of(f) - 1, T0, CBREAK_KIND_REFUSED);
	cbreak_breaker_snapshot(&f->b, &f->p, T0, &s);
	KUNIT_EXPECT_EQ(test, s.last.kind, CBREAK_KIND_REFUSED);
	EXPECT_COUNTS(&s.counts, 3, 0);
}

/* Fails five times at a time at which only passing_time can prevent a trip. */
static void expect_passing_ms(struct kunit *test, struct fixture *f, u32 ms)
{
	u32 i;

	fixture_start(f, T0);
	for (i = 0; i < 5; i++)
		fail(f, T0 + ms * TEST_MS - 1);
	EXPECT_STAYED(f, PASSING);
	tick(f, T0 + ms * TEST_MS);
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
}

static void defaults_follow_test(struct kunit *test)
{
	static const u32 response_ms[] = { 100, 4000, 60000, 10000 };
	struct fixture *f = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(response_ms); i++) {
		u32 ms = response_ms[i];

		/* All four follow the one. */
		f->p.response_ms = ms;
		f->p.passing_ms = 0;
		f->p.broken_ms = 0;
		f->p.recovery_ms = 0;
		KUNIT_EXPECT_EQ(test, cbreak_bucket_ns(&f->p),
				ms * TEST_MS / 10);
		expect_passing_ms(test, f, ms);
		fixture_enter(f, CBREAK_STATE_BROKEN);
		KUNIT_EXPECT_EQ(test, deadline(f, T0), T0 + ms * TEST_MS);
		fixture_enter(f, CBREAK_STATE_RECOVERING);
		KUNIT_EXPECT_EQ(test, deadline(f, T0), T0 + ms * TEST_MS);
		/* Each has a value of its own if it is set. */
		f->p.passing_ms = 700;
		f->p.broken_ms = 800;
		f->p.recovery_ms = 900;
		expect_passing_ms(test, f, 700);
		fixture_enter(f, CBREAK_STATE_BROKEN);
		KUNIT_EXPECT_EQ(test, deadline(f, T0), T0 + 800 * TEST_MS);
		fixture_enter(f, CBREAK_STATE_RECOVERING);
		KUNIT_EXPECT_EQ(test, deadline(f, T0), T0 + 900 * TEST_MS);
	}
}

/* A change of response_time moves the end of a state that follows it. */
static void defaults_follow_change_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	fixture_enter(f, CBREAK_STATE_BROKEN);
	f->p.response_ms = 30000;
	EXPECT_REJECT(f, T0 + 30 * TEST_SEC - 1, 0);
	EXPECT_STAYED(f, BROKEN);
	f->p.response_ms = 1000;
	tick(f, T0 + TEST_SEC - 1);
	EXPECT_STAYED(f, BROKEN);
	tick(f, T0 + TEST_SEC);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
}

/* PASSING to PASSING through all states, each boundary to the nanosecond. */
static void full_circle(struct kunit *test, struct fixture *f, u64 start)
{
	u64 passing_ns = cbreak_passing_ms(&f->p) * TEST_MS;
	u64 broken_ns = cbreak_broken_ms(&f->p) * TEST_MS;
	u64 recovery_ns = cbreak_recovery_ms(&f->p) * TEST_MS;
	u64 now = start;
	u32 i;

	fixture_start(f, now);
	now += passing_ns;
	for (i = 0; i < f->p.min_samples; i++)
		fail(f, now - 1);
	EXPECT_STAYED(f, PASSING);
	fail(f, now);
	EXPECT_MOVED(f, PASSING, BROKEN, RATIO);
	now += broken_ns;
	EXPECT_REJECT(f, now - 1, 0);
	EXPECT_STAYED(f, BROKEN);
	EXPECT_REJECT(f, now, 0);
	EXPECT_MOVED(f, BROKEN, RECOVERING, BROKEN_TIME);
	EXPECT_REJECT(f, now + recovery_ns / 2, 1779033703 + 1024);
	EXPECT_ADMIT(f, now + recovery_ns / 2, 1779033703 - 1024);
	now += recovery_ns;
	EXPECT_REJECT(f, now - 1, U32_MAX);
	KUNIT_ASSERT_TRUE(test, succeed(f, now - 1));
	EXPECT_STAYED(f, RECOVERING);
	EXPECT_ADMIT(f, now, U32_MAX);
	EXPECT_MOVED(f, RECOVERING, PASSING, RECOVERED);
	KUNIT_EXPECT_EQ(test, deadline(f, now), 0);
}

static void extreme_times_test(struct kunit *test)
{
	static const u64 starts[] = { 0, 1, T0, BIT_ULL(62), BIT_ULL(63) + 5 };
	static const u32 ms[] = { CBREAK_TIME_MIN_MS, CBREAK_TIME_MAX_MS };
	static const u32 ratios[] = { 1, CBREAK_RATIO_ONE - 1 };
	struct fixture *f = test->priv;
	u32 i, k;

	for (i = 0; i < 32; i++) {
		f->p.response_ms = ms[i & 1];
		f->p.passing_ms = ms[i >> 1 & 1];
		f->p.broken_ms = ms[i >> 2 & 1];
		f->p.recovery_ms = ms[i >> 3 & 1];
		f->p.error_ratio = ratios[i >> 4];
		for (k = 0; k < ARRAY_SIZE(starts); k++)
			full_circle(test, f, starts[k]);
	}
}

static struct kunit_case breaker_view_cases[] = {
	KUNIT_CASE(deadline_test),
	KUNIT_CASE(deadline_drives_test),
	KUNIT_CASE(snapshot_test),
	KUNIT_CASE(snapshot_recovering_test),
	KUNIT_CASE(snapshot_last_test),
	KUNIT_CASE(defaults_follow_test),
	KUNIT_CASE(defaults_follow_change_test),
	KUNIT_CASE(extreme_times_test),
	{}
};

static struct kunit_suite breaker_view_suite = {
	.name = "cbreak_breaker_view",
	.init = fixture_init,
	.test_cases = breaker_view_cases,
};

kunit_test_suite(breaker_view_suite);
