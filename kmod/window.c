// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: sliding window of outcomes
 *
 * Ten buckets, each one 64-bit word, so that one compare-and-exchange counts
 * an outcome and no lock is needed::
 *
 *   63      56 55               32 31           16 15            0
 *   +---------+-------------------+---------------+--------------+
 *   |   gen   |       epoch       |     total     |    failed    |
 *   +---------+-------------------+---------------+--------------+
 *
 * The epoch is the time divided by the bucket length, and selects the bucket
 * modulo ten. A word whose epoch is not one of the last ten is stale: it is
 * not summed, and the next outcome that falls into its bucket replaces it.
 * Nothing has to run for time to pass.
 *
 * A transition empties the window before its generation begins. An outcome of
 * the generation before, which counts at that very moment, can then not
 * disturb the new one: it sees the newer generation in the word and gives up,
 * or it leaves a word that nobody of the new generation looks at, and that the
 * next transition clears. So eight bits are enough to tell generations apart.
 *
 * The 24 bits of the epoch wrap after 2^24 buckets, 46 hours with the
 * shortest bucket. Only after that long without an outcome could an old word
 * be taken for a live one. An idle breaker is collected long before, and one
 * that is BROKEN, for a day at most, begins its next state with an empty
 * window.
 *
 * Locks: none. Any context.
 */
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/math64.h>

#include "window.h"

#define TAG_SHIFT	32
#define GEN_SHIFT	24
#define EPOCH_MASK	GENMASK(GEN_SHIFT - 1, 0)
#define TOTAL_SHIFT	16
#define FAILED_MASK	GENMASK(TOTAL_SHIFT - 1, 0)

static u32 word_tag(u64 word)
{
	return word >> TAG_SHIFT;
}

static u32 word_total(u64 word)
{
	return (u32)word >> TOTAL_SHIFT;
}

static u32 word_failed(u64 word)
{
	return word & FAILED_MASK;
}

/* How many buckets before epoch the word's is; negative if it comes after. */
static s32 word_age(u64 word, u64 epoch)
{
	return sign_extend32(epoch - word_tag(word), GEN_SHIFT - 1);
}

/*
 * Does this word belong to a later generation, or a later round, than tag? Words
 * of one bucket are whole rounds apart. One that seems to be ahead only because
 * the epoch has wrapped is not, as 2^24 is no multiple of ten.
 */
static bool word_is_later(u64 word, u32 tag)
{
	s32 epochs = -word_age(word, tag);
	s8 gens = (word_tag(word) >> GEN_SHIFT) - (tag >> GEN_SHIFT);

	if (!word_total(word))
		return false;
	if (!epochs)
		return gens > 0;
	return epochs > 0 && epochs % CBREAK_WINDOW_BUCKETS == 0;
}

static u64 make_word(u32 tag, u32 total, u32 failed)
{
	return (u64)tag << TAG_SHIFT | total << TOTAL_SHIFT | failed;
}

static u32 make_tag(u32 gen, u64 epoch)
{
	return gen << GEN_SHIFT | (epoch & EPOCH_MASK);
}

/**
 * cbreak_window_add - count one outcome
 * @window: the window
 * @gen: generation of the breaker that the outcome belongs to
 * @bucket_ns: length of a bucket, ns, not zero
 * @now_ns: time of the outcome, ns
 * @failed: whether it counts as failed
 *
 * A full bucket has its counts halved first, so that the ratio survives.
 *
 * Context: any; lock-free.
 * Return: false if the bucket already belongs to a later generation or a later
 *	   round of the ring, in which case nothing was counted.
 */
bool cbreak_window_add(struct cbreak_window *window, u32 gen, u64 bucket_ns,
		       u64 now_ns, bool failed)
{
	u64 epoch = div64_u64(now_ns, bucket_ns);
	u32 tag = make_tag(gen, epoch);
	u32 index, total, bad;
	atomic64_t *bucket;
	s64 old, new;

	div_u64_rem(epoch, CBREAK_WINDOW_BUCKETS, &index);
	bucket = &window->bucket[index];
	old = atomic64_read(bucket);
	do {
		if (word_tag(old) == tag) {
			total = word_total(old);
			bad = word_failed(old);
			if (total == CBREAK_WINDOW_COUNT_MAX) {
				total /= 2;
				bad /= 2;
			}
		} else {
			if (word_is_later(old, tag))
				return false;
			total = 0;
			bad = 0;
		}
		new = make_word(tag, total + 1, bad + failed);
	} while (!atomic64_try_cmpxchg(bucket, &old, new));
	return true;
}

/**
 * cbreak_window_sum - add up the outcomes of the last ten buckets
 * @window: the window
 * @gen: generation whose outcomes to count
 * @bucket_ns: length of a bucket, ns, not zero
 * @now_ns: the present, ns
 *
 * The present bucket and the nine before it count, so an outcome is
 * forgotten between nine and ten bucket lengths after it happened. Buckets to
 * come count too: another CPU's clock was read later than @now_ns, and if
 * neither of two CPUs saw the other's outcome, neither would trip the breaker.
 *
 * Context: any; lock-free. Each bucket is read once; the sum is not a
 *	    snapshot of all ten at one instant.
 * Return: the counts.
 */
struct cbreak_counts cbreak_window_sum(const struct cbreak_window *window,
				       u32 gen, u64 bucket_ns, u64 now_ns)
{
	u64 epoch = div64_u64(now_ns, bucket_ns);
	struct cbreak_counts counts = {};
	unsigned int i;

	for (i = 0; i < CBREAK_WINDOW_BUCKETS; i++) {
		u64 word = atomic64_read(&window->bucket[i]);

		if (abs(word_age(word, epoch)) >= CBREAK_WINDOW_BUCKETS ||
		    (u8)(word_tag(word) >> GEN_SHIFT) != (u8)gen)
			continue;
		counts.total += word_total(word);
		counts.failed += word_failed(word);
	}
	return counts;
}

/**
 * cbreak_window_clear - forget all outcomes
 * @window: the window
 *
 * For a transition, and for a change of the bucket length, which gives the
 * epochs another meaning.
 *
 * Context: any; lock-free. An outcome that is counted at the same time may be
 *	    forgotten or kept.
 */
void cbreak_window_clear(struct cbreak_window *window)
{
	unsigned int i;

	for (i = 0; i < CBREAK_WINDOW_BUCKETS; i++)
		atomic64_set(&window->bucket[i], 0);
}
