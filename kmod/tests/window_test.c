// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the sliding window
 *
 * Every boundary of the ring, of its counts and of its tags.
 */
#include "../window.h"
#include "cbreak_test.h"

#define BUCKET		(10 * TEST_MS)
#define EPOCHS		BIT_ULL(24)

static void expect_counts(struct kunit *test, int line,
			  const struct cbreak_window *window, u32 gen, u64 now,
			  u32 total, u32 failed)
{
	struct cbreak_counts counts;

	counts = cbreak_window_sum(window, gen, BUCKET, now);
	KUNIT_EXPECT_EQ_MSG(test, counts.total, total, "line %d", line);
	KUNIT_EXPECT_EQ_MSG(test, counts.failed, failed, "line %d", line);
}

#define EXPECT_COUNTS(...)	expect_counts(test, __LINE__, __VA_ARGS__)

static bool add(struct cbreak_window *window, u32 gen, u64 now, bool failed)
{
	return cbreak_window_add(window, gen, BUCKET, now, failed);
}

static void add_many(struct cbreak_window *window, u32 gen, u64 now, u32 total,
		     u32 failed)
{
	u32 i;

	for (i = 0; i < total; i++)
		add(window, gen, now, i < failed);
}

static void window_empty_test(struct kunit *test)
{
	struct cbreak_window window = {};
	u64 now;

	for (now = 0; now < 12 * BUCKET; now += BUCKET / 2)
		EXPECT_COUNTS(&window, 0, now, 0, 0);
	EXPECT_COUNTS(&window, 0, EPOCHS * BUCKET, 0, 0);
	EXPECT_COUNTS(&window, 7, U64_MAX, 0, 0);
}

static void window_counts_test(struct kunit *test)
{
	struct cbreak_window window = {};

	KUNIT_EXPECT_TRUE(test, add(&window, 0, 0, false));
	EXPECT_COUNTS(&window, 0, 0, 1, 0);
	KUNIT_EXPECT_TRUE(test, add(&window, 0, 0, true));
	EXPECT_COUNTS(&window, 0, 0, 2, 1);
	KUNIT_EXPECT_TRUE(test, add(&window, 0, BUCKET - 1, true));
	EXPECT_COUNTS(&window, 0, 0, 3, 2);
	KUNIT_EXPECT_TRUE(test, add(&window, 0, BUCKET, true));
	EXPECT_COUNTS(&window, 0, BUCKET, 4, 3);
	/* Who has read its clock before another CPU did sees all the same. */
	EXPECT_COUNTS(&window, 0, BUCKET - 1, 4, 3);
}

/* An outcome is forgotten between 9 and 10 bucket lengths after it happened. */
static void window_slides_test(struct kunit *test)
{
	u64 start;

	for (start = 0; start < 25 * BUCKET; start += BUCKET) {
		struct cbreak_window first = {}, last = {};
		u64 end = start + 10 * BUCKET;

		/* At the beginning of a bucket and at its end. */
		add(&first, 3, start, true);
		add(&last, 3, start + BUCKET - 1, true);
		EXPECT_COUNTS(&first, 3, end - 1, 1, 1);
		EXPECT_COUNTS(&last, 3, end - 1, 1, 1);
		EXPECT_COUNTS(&first, 3, end, 0, 0);
		EXPECT_COUNTS(&last, 3, end, 0, 0);
		EXPECT_COUNTS(&first, 3, end + 1, 0, 0);
		EXPECT_COUNTS(&first, 3, end + 10 * BUCKET, 0, 0);
	}
}

static void window_forgets_by_bucket_test(struct kunit *test)
{
	struct cbreak_window window = {};
	u32 i, total = 0, failed = 0;

	for (i = 0; i < 10; i++) {
		add_many(&window, 0, (100 + i) * BUCKET + i, 20 + i, i);
		total += 20 + i;
		failed += i;
		EXPECT_COUNTS(&window, 0, (100 + i) * BUCKET + i, total,
			      failed);
	}
	for (i = 0; i < 10; i++) {
		u64 end = (110 + i) * BUCKET;

		EXPECT_COUNTS(&window, 0, end - 1, total, failed);
		total -= 20 + i;
		failed -= i;
		EXPECT_COUNTS(&window, 0, end, total, failed);
	}
	KUNIT_EXPECT_EQ(test, total, 0);
}

static void window_replaces_stale_test(struct kunit *test)
{
	static const u32 laps[] = { 10, 20, 30, 1000, 1000000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(laps); i++) {
		struct cbreak_window window = {};
		u64 later = (5 + laps[i]) * BUCKET;

		add_many(&window, 0, 5 * BUCKET, 9, 6);
		KUNIT_EXPECT_TRUE(test, add(&window, 0, later, false));
		EXPECT_COUNTS(&window, 0, later, 1, 0);
		KUNIT_EXPECT_TRUE(test, add(&window, 0, later, true));
		EXPECT_COUNTS(&window, 0, later, 2, 1);
		/* The earlier round has lost the bucket. */
		KUNIT_EXPECT_FALSE(test, add(&window, 0, 5 * BUCKET, true));
		EXPECT_COUNTS(&window, 0, later, 2, 1);
	}
}

static void window_late_in_open_bucket_test(struct kunit *test)
{
	struct cbreak_window window = {};

	add(&window, 0, 29 * BUCKET, false);
	/* The clocks of two CPUs: the past still counts where it has room. */
	KUNIT_EXPECT_TRUE(test, add(&window, 0, 28 * BUCKET, true));
	EXPECT_COUNTS(&window, 0, 29 * BUCKET, 2, 1);
	KUNIT_EXPECT_FALSE(test, add(&window, 0, 19 * BUCKET, true));
	EXPECT_COUNTS(&window, 0, 29 * BUCKET, 2, 1);
	/* Room, but long forgotten. */
	KUNIT_EXPECT_TRUE(test, add(&window, 0, 17 * BUCKET, true));
	EXPECT_COUNTS(&window, 0, 29 * BUCKET, 2, 1);
}

static void window_saturates_test(struct kunit *test)
{
	struct cbreak_window window = {};

	add_many(&window, 0, 0, CBREAK_WINDOW_COUNT_MAX, 21844);
	EXPECT_COUNTS(&window, 0, 0, 65535, 21844);
	KUNIT_EXPECT_TRUE(test, add(&window, 0, 0, false));
	EXPECT_COUNTS(&window, 0, 0, 32768, 10922);
	KUNIT_EXPECT_TRUE(test, add(&window, 0, 0, true));
	EXPECT_COUNTS(&window, 0, 0, 32769, 10923);
	/* The other buckets are left alone. */
	add_many(&window, 0, BUCKET, 3, 2);
	EXPECT_COUNTS(&window, 0, BUCKET, 32772, 10925);
}

static void window_saturates_failed_test(struct kunit *test)
{
	struct cbreak_window window = {};
	struct cbreak_counts counts;
	u32 i;

	for (i = 1; i <= 4 * CBREAK_WINDOW_COUNT_MAX; i++) {
		add(&window, 0, 0, true);
		counts = cbreak_window_sum(&window, 0, BUCKET, 0);
		KUNIT_ASSERT_EQ_MSG(test, counts.failed, counts.total,
				    "outcome %u", i);
		KUNIT_ASSERT_LE(test, counts.total, CBREAK_WINDOW_COUNT_MAX);
		KUNIT_ASSERT_GE(test, counts.total,
				min_t(u32, i, CBREAK_WINDOW_COUNT_MAX / 2));
	}
}

static void window_saturates_ratio_test(struct kunit *test)
{
	struct cbreak_window window = {};
	struct cbreak_counts counts;
	u32 i, permille;

	/* Every third fails, however many there are. */
	for (i = 1; i <= 300000; i++) {
		add(&window, 0, 0, i % 3 == 0);
		if (i < 30000)
			continue;
		counts = cbreak_window_sum(&window, 0, BUCKET, 0);
		permille = counts.failed * 1000 / counts.total;
		KUNIT_ASSERT_GE_MSG(test, permille, 332, "outcome %u", i);
		KUNIT_ASSERT_LE_MSG(test, permille, 333, "outcome %u", i);
	}
}

/* The tag holds 24 bits of the epoch, the ring's index comes from all. */
static void window_epoch_wrap_test(struct kunit *test)
{
	u64 wrap = EPOCHS * BUCKET;
	u64 epoch;

	for (epoch = EPOCHS - 12; epoch < EPOCHS + 3; epoch++) {
		struct cbreak_window window = {};
		u64 end = (epoch + 10) * BUCKET;

		add(&window, 9, epoch * BUCKET, true);
		EXPECT_COUNTS(&window, 9, end - 1, 1, 1);
		EXPECT_COUNTS(&window, 9, end, 0, 0);
	}
	for (epoch = EPOCHS - 5; epoch < EPOCHS + 5; epoch++) {
		struct cbreak_window window = {};
		u32 i;

		for (i = 0; i < 10; i++)
			add(&window, 9, (epoch + i) * BUCKET, i & 1);
		EXPECT_COUNTS(&window, 9, (epoch + 9) * BUCKET, 10, 5);
		KUNIT_EXPECT_TRUE(test, add(&window, 9, (epoch + 10) * BUCKET,
					    false));
		KUNIT_EXPECT_FALSE(test, add(&window, 9, epoch * BUCKET,
					     false));
		EXPECT_COUNTS(&window, 9, (epoch + 10) * BUCKET, 10, 5);
	}
	KUNIT_EXPECT_EQ(test, wrap % (10 * BUCKET), 6 * BUCKET);
}

/*
 * Whatever the silence before it, an outcome counts. 100 ms of response time
 * and a day of broken time make 2^23.04 buckets.
 */
static void window_counts_after_long_silence_test(struct kunit *test)
{
	static const u64 laps[] = {
		/* Multiples of ten: the same place of the ring. */
		8388600, 8388610, 8640000, 12000000, 16777210, 16777220,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(laps); i++) {
		struct cbreak_window window = {};
		u64 later = (5 + laps[i]) * BUCKET;

		add(&window, 0, 5 * BUCKET, true);
		KUNIT_EXPECT_TRUE_MSG(test, add(&window, 2, later, true),
				      "after %llu buckets", laps[i]);
		expect_counts(test, __LINE__, &window, 2, later, 1, 1);
	}
}

static void window_generation_test(struct kunit *test)
{
	struct cbreak_window window = {};

	add_many(&window, 4, 0, 5, 5);
	add_many(&window, 4, BUCKET, 5, 5);
	EXPECT_COUNTS(&window, 4, BUCKET, 10, 10);
	/* A new generation has an empty window without a write. */
	EXPECT_COUNTS(&window, 5, BUCKET, 0, 0);
	KUNIT_EXPECT_TRUE(test, add(&window, 5, BUCKET, false));
	EXPECT_COUNTS(&window, 5, BUCKET, 1, 0);
	/* What is late in the same bucket gives up. */
	KUNIT_EXPECT_FALSE(test, add(&window, 4, BUCKET, true));
	EXPECT_COUNTS(&window, 5, BUCKET, 1, 0);
	/* In a bucket that the new one has not used it leaves no trace. */
	KUNIT_EXPECT_TRUE(test, add(&window, 4, 2 * BUCKET, true));
	EXPECT_COUNTS(&window, 5, 2 * BUCKET, 1, 0);
	KUNIT_EXPECT_TRUE(test, add(&window, 5, 2 * BUCKET, true));
	EXPECT_COUNTS(&window, 5, 2 * BUCKET, 2, 1);
	KUNIT_EXPECT_FALSE(test, add(&window, 4, 2 * BUCKET, true));
	EXPECT_COUNTS(&window, 5, 2 * BUCKET, 2, 1);
	/* A later round wins over a later generation. */
	KUNIT_EXPECT_TRUE(test, add(&window, 4, 12 * BUCKET, true));
	EXPECT_COUNTS(&window, 5, 11 * BUCKET, 0, 0);
}

/* Eight bits of the generation, compared as serial numbers. */
static void window_generation_wrap_test(struct kunit *test)
{
	u32 base, ahead;

	for (base = 0x3ffffe80; base < 0x40000080; base++) {
		for (ahead = 1; ahead < 128; ahead++) {
			u32 next = (base + ahead) & 0x3fffffff;
			u32 gen = base & 0x3fffffff;
			struct cbreak_window window = {};
			bool was_new, was_late;
			struct cbreak_counts counts;

			add(&window, gen, 0, true);
			was_new = add(&window, next, 0, false);
			was_late = !add(&window, gen, 0, true);
			counts = cbreak_window_sum(&window, next, BUCKET, 0);
			KUNIT_ASSERT_TRUE_MSG(test, was_new && was_late &&
					      counts.total == 1 &&
					      !counts.failed,
					      "generations %u and %u", gen,
					      next);
		}
	}
}

static void window_clear_test(struct kunit *test)
{
	struct cbreak_window window = {};
	u32 i;

	for (i = 0; i < 10; i++)
		add(&window, 0, i * BUCKET, true);
	EXPECT_COUNTS(&window, 0, 9 * BUCKET, 10, 10);
	cbreak_window_clear(&window);
	EXPECT_COUNTS(&window, 0, 9 * BUCKET, 0, 0);
	/* Also what would have been earlier than the forgotten ones. */
	KUNIT_EXPECT_TRUE(test, add(&window, 0, 0, true));
	EXPECT_COUNTS(&window, 0, 9 * BUCKET, 1, 1);
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE(window_empty_test),
	KUNIT_CASE(window_counts_test),
	KUNIT_CASE(window_slides_test),
	KUNIT_CASE(window_forgets_by_bucket_test),
	KUNIT_CASE(window_replaces_stale_test),
	KUNIT_CASE(window_late_in_open_bucket_test),
	KUNIT_CASE(window_saturates_test),
	KUNIT_CASE(window_saturates_failed_test),
	KUNIT_CASE(window_saturates_ratio_test),
	KUNIT_CASE(window_epoch_wrap_test),
	KUNIT_CASE(window_counts_after_long_silence_test),
	KUNIT_CASE(window_generation_test),
	KUNIT_CASE(window_generation_wrap_test),
	KUNIT_CASE(window_clear_test),
	{}
};

static struct kunit_suite window_suite = {
	.name = "cbreak_window",
	.test_cases = window_cases,
};

kunit_test_suite(window_suite);

MODULE_DESCRIPTION("KUnit tests of cbreak");
MODULE_LICENSE("GPL");
