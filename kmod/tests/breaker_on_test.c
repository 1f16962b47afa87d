// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of what counts as failed: kinds and ICMP errors
 */
#include <linux/socket.h>

#include "breaker_fixture.h"

/* Every set of kinds with every kind. */
static void kinds_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_outcome outcome = {};
	u8 kind;
	u32 on;

	for (on = 0; on <= CBREAK_ON_ALL; on += CBREAK_ON_REFUSED) {
		f->p.on = on;
		for (kind = 0; kind <= CBREAK_KIND_STALLED; kind++) {
			outcome.kind = kind;
			KUNIT_EXPECT_EQ_MSG(test,
					    cbreak_breaker_counts(&f->p, &outcome),
					    !!(on & 1 << kind),
					    "on %u kind %u", on, kind);
		}
	}
}

static const struct cbreak_icmp some[] = {
	{ AF_INET, 3, 1 }, { AF_INET, 11, 0 }, { AF_INET, 3, 255 },
	{ AF_INET6, 1, 0 }, { AF_INET6, 3, 1 },
};

/* Every error of both families: those that are named, and no other one. */
static void codes_test(struct kunit *test)
{
	static const u8 families[] = { AF_INET, AF_INET6 };
	struct fixture *f = test->priv;
	struct cbreak_outcome outcome = { .kind = CBREAK_KIND_UNREACHABLE };
	unsigned int i, wrong = 0, counted = 0;
	u32 n;

	f->p.on = CBREAK_ON_REFUSED;
	memcpy(f->p.icmp, some, sizeof(some));
	f->p.nr_icmp = ARRAY_SIZE(some);
	for (n = 0; n < 2 * 65536; n++) {
		bool want = false;

		outcome.family = families[n >> 16];
		outcome.type = n >> 8;
		outcome.code = n;
		for (i = 0; i < ARRAY_SIZE(some); i++)
			want |= some[i].family == outcome.family &&
				some[i].type == outcome.type &&
				some[i].code == outcome.code;
		wrong += cbreak_breaker_counts(&f->p, &outcome) != want;
		counted += want;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, counted, ARRAY_SIZE(some));
}

/* What stands behind the number of them is not looked at; kinds have no code */
static void bounds_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_outcome outcome = {
		.kind = CBREAK_KIND_UNREACHABLE, .family = AF_INET6,
		.type = 3, .code = 1,
	};

	f->p.on = CBREAK_ON_TIMEOUT;
	memcpy(f->p.icmp, some, sizeof(some));
	f->p.nr_icmp = ARRAY_SIZE(some) - 1;
	KUNIT_EXPECT_FALSE(test, cbreak_breaker_counts(&f->p, &outcome));
	f->p.nr_icmp++;
	KUNIT_EXPECT_TRUE(test, cbreak_breaker_counts(&f->p, &outcome));
	outcome.kind = CBREAK_KIND_REFUSED;
	KUNIT_EXPECT_FALSE(test, cbreak_breaker_counts(&f->p, &outcome));
	outcome.kind = CBREAK_KIND_SUCCESS;
	KUNIT_EXPECT_FALSE(test, cbreak_breaker_counts(&f->p, &outcome));
}

/* What is not named is in the total and not failed. */
static void recorded_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_outcome outcome = {
		.kind = CBREAK_KIND_UNREACHABLE, .family = AF_INET,
		.type = 3, .code = 13,
	};
	struct cbreak_counts counts;
	int i;

	f->p.on = 0;
	memcpy(f->p.icmp, some, sizeof(some));
	f->p.nr_icmp = ARRAY_SIZE(some);
	for (i = 0; i < 8; i++) {
		outcome.code = i % 2 ? 13 : 1;
		begin_call(f);
		cbreak_breaker_record(&f->b, &f->p, gen_of(f), outcome, T0 + i,
				      &f->tr);
	}
	counts = counts_of(f, T0 + i);
	EXPECT_COUNTS(&counts, 8, 4);
	KUNIT_EXPECT_EQ(test, f->b.last_kind, CBREAK_KIND_UNREACHABLE);
	KUNIT_EXPECT_EQ(test, f->b.last_code, 13);
}

/* What is excused is in the total, ends a row, and is the last failure. */
static void excused_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct cbreak_outcome outcome = { .kind = CBREAK_KIND_REFUSED };
	struct cbreak_counts counts;
	u64 now = T0 + 10 * TEST_SEC;
	int i;

	f->p.consecutive = 2;
	f->p.min_samples = 1000;
	for (i = 0; i < 10; i++) {
		outcome.excused = i % 2;
		KUNIT_EXPECT_EQ(test, cbreak_breaker_counts(&f->p, &outcome),
				!outcome.excused);
		begin_call(f);
		KUNIT_EXPECT_TRUE(test, cbreak_breaker_record(&f->b, &f->p,
							      gen_of(f),
							      outcome, now,
							      &f->tr));
		EXPECT_STAYED(f, PASSING);
	}
	counts = counts_of(f, now);
	EXPECT_COUNTS(&counts, 10, 5);
	KUNIT_EXPECT_EQ(test, f->b.last_kind, CBREAK_KIND_REFUSED);
	fail(f, now);
	EXPECT_STAYED(f, PASSING);
	fail(f, now);
	EXPECT_MOVED(f, PASSING, BROKEN, CONSECUTIVE);
}

static struct kunit_case breaker_on_cases[] = {
	KUNIT_CASE(kinds_test),
	KUNIT_CASE(codes_test),
	KUNIT_CASE(bounds_test),
	KUNIT_CASE(recorded_test),
	KUNIT_CASE(excused_test),
	{}
};

static struct kunit_suite breaker_on_suite = {
	.name = "cbreak_breaker_on",
	.init = fixture_init,
	.test_cases = breaker_on_cases,
};

kunit_test_suite(breaker_on_suite);
