/* SPDX-License-Identifier: GPL-2.0 */
/* A breaker under test, its parameters, and what the last call did to it. */
#ifndef _CBREAK_BREAKER_FIXTURE_H
#define _CBREAK_BREAKER_FIXTURE_H

#include <linux/string.h>

#include "../breaker.h"
#include "cbreak_test.h"

/* When a fixture's breaker begins; neither zero nor on a bucket's edge. */
#define T0		(1000 * TEST_SEC + 7)

#define ON_ALL		(CBREAK_ON_REFUSED | CBREAK_ON_TIMEOUT | \
			 CBREAK_ON_UNREACHABLE)

/**
 * struct fixture - a breaker under test
 * @p: its parameters
 * @b: the breaker
 * @tr: what the last call did
 * @gen_before: its generation before the last call
 * @gen_admit: the generation that the last admission belongs to
 */
struct fixture {
	struct cbreak_params p;
	struct cbreak_breaker b;
	struct cbreak_transition tr;
	u32 gen_before;
	u32 gen_admit;
};

/**
 * fixture_start - begin anew: a breaker in PASSING
 * @f: the fixture; its parameters stay
 * @now: the present
 */
static inline void fixture_start(struct fixture *f, u64 now)
{
	memset(&f->b, 0, sizeof(f->b));
	cbreak_breaker_init(&f->b, now, 41);
}

/**
 * fixture_init - the usual parameters, and a breaker that begins at T0
 * @test: its priv becomes the fixture
 *
 * Return: 0 or -ENOMEM.
 */
static inline int fixture_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	f->p.error_ratio = 500000;
	f->p.backoff = CBREAK_RATIO_ONE;
	f->p.min_samples = 5;
	f->p.recovery_samples = 1;
	f->p.on = ON_ALL;
	f->p.response_ms = 10000;
	f->p.connect_timeout_ms = 10000;
	fixture_start(f, T0);
	test->priv = f;
	return 0;
}

static inline u32 gen_of(const struct fixture *f)
{
	return cbreak_word_gen(f->b.word);
}

static inline u8 state_of(const struct fixture *f)
{
	return cbreak_word_state(f->b.word);
}

static inline void begin_call(struct fixture *f)
{
	memset(&f->tr, 0, sizeof(f->tr));
	f->gen_before = gen_of(f);
}

static inline enum cbreak_verdict admit(struct fixture *f, u64 now, u32 rnd)
{
	begin_call(f);
	return cbreak_breaker_admit(&f->b, &f->p, now, rnd, &f->gen_admit,
				    &f->tr);
}

static inline bool record_gen(struct fixture *f, u32 gen, u64 now, u8 kind)
{
	struct cbreak_outcome outcome = { .kind = kind };

	begin_call(f);
	return cbreak_breaker_record(&f->b, &f->p, gen, outcome, now, &f->tr);
}

static inline bool record(struct fixture *f, u64 now, u8 kind)
{
	return record_gen(f, gen_of(f), now, kind);
}

static inline bool succeed(struct fixture *f, u64 now)
{
	return record(f, now, CBREAK_KIND_SUCCESS);
}

static inline bool fail(struct fixture *f, u64 now)
{
	return record(f, now, CBREAK_KIND_REFUSED);
}

static inline void tick(struct fixture *f, u64 now)
{
	begin_call(f);
	cbreak_breaker_tick(&f->b, &f->p, now, &f->tr);
}

static inline void trip(struct fixture *f, u64 now)
{
	begin_call(f);
	cbreak_breaker_control(&f->b, &f->p, now, CBREAK_HOLD_TRIP, 0, &f->tr);
}

static inline void reset(struct fixture *f, u64 now)
{
	begin_call(f);
	cbreak_breaker_control(&f->b, &f->p, now, CBREAK_HOLD_RESET, 0, &f->tr);
}

static inline void control(struct fixture *f, u64 now, enum cbreak_hold action,
			   u32 for_ms)
{
	begin_call(f);
	cbreak_breaker_control(&f->b, &f->p, now, action, for_ms, &f->tr);
}

static inline struct cbreak_counts counts_of(struct fixture *f, u64 now)
{
	return cbreak_window_sum(&f->b.window, gen_of(f),
				 cbreak_bucket_ns(&f->p), now);
}

/**
 * fixture_enter - a new breaker that enters a state at T0
 * @f: the fixture
 * @state: the state
 */
static inline void fixture_enter(struct fixture *f, u8 state)
{
	u64 broken_ns = cbreak_broken_ms(&f->p) * TEST_MS;

	switch (state) {
	case CBREAK_STATE_PASSING:
		fixture_start(f, T0);
		break;
	case CBREAK_STATE_BROKEN:
		fixture_start(f, T0 - TEST_SEC);
		trip(f, T0);
		break;
	case CBREAK_STATE_RECOVERING:
		fixture_start(f, T0 - broken_ns);
		trip(f, T0 - broken_ns);
		tick(f, T0);
		break;
	}
}

static inline void expect_stayed(struct kunit *test, int line,
				 const struct fixture *f, u8 state)
{
	KUNIT_EXPECT_EQ_MSG(test, state_of(f), state, "line %d", line);
	KUNIT_EXPECT_EQ_MSG(test, gen_of(f), f->gen_before, "line %d", line);
	KUNIT_EXPECT_TRUE_MSG(test, !memchr_inv(&f->tr, 0, sizeof(f->tr)),
			      "line %d: a transition", line);
}

static inline void expect_moved(struct kunit *test, int line,
				const struct fixture *f, u8 from, u8 to,
				u8 cause)
{
	KUNIT_EXPECT_TRUE_MSG(test, f->tr.happened, "line %d", line);
	KUNIT_EXPECT_EQ_MSG(test, f->tr.from, from, "line %d", line);
	KUNIT_EXPECT_EQ_MSG(test, f->tr.to, to, "line %d", line);
	KUNIT_EXPECT_EQ_MSG(test, f->tr.cause, cause, "line %d", line);
	KUNIT_EXPECT_EQ_MSG(test, state_of(f), to, "line %d", line);
	KUNIT_EXPECT_EQ_MSG(test, f->tr.gen, gen_of(f), "line %d", line);
	KUNIT_EXPECT_EQ_MSG(test, gen_of(f), (f->gen_before + 1) & 0x3fffffff,
			    "line %d", line);
}

static inline void expect_counts(struct kunit *test, int line,
				 const struct cbreak_counts *counts, u32 total,
				 u32 failed)
{
	KUNIT_EXPECT_EQ_MSG(test, counts->total, total, "line %d", line);
	KUNIT_EXPECT_EQ_MSG(test, counts->failed, failed, "line %d", line);
}

/* The last call left the breaker in this state. */
#define EXPECT_STAYED(f, state)						\
	expect_stayed(test, __LINE__, f, CBREAK_STATE_##state)

/* The last call moved the breaker from one state to the other. */
#define EXPECT_MOVED(f, from, to, cause)				\
	expect_moved(test, __LINE__, f, CBREAK_STATE_##from,		\
		     CBREAK_STATE_##to, CBREAK_CAUSE_##cause)

/* These counts are what they should be. */
#define EXPECT_COUNTS(counts, total, failed)				\
	expect_counts(test, __LINE__, counts, total, failed)

#define EXPECT_ADMIT(f, now, rnd)					\
	KUNIT_EXPECT_EQ(test, admit(f, now, rnd), CBREAK_ADMIT)

#define EXPECT_REJECT(f, now, rnd)					\
	KUNIT_EXPECT_EQ(test, admit(f, now, rnd), CBREAK_REJECT)

#endif /* _CBREAK_BREAKER_FIXTURE_H */
