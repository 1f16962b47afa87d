// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the sliding window against an oracle
 *
 * The window against a list of time-stamped events; several threads, and a
 * thread and an interrupt, on one word.
 */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/timer.h>

#include "../window.h"
#include "cbreak_test.h"

#define BUCKET		(10 * TEST_MS)
#define EPOCHS		BIT_ULL(24)
#define EVENTS		2048

static bool add(struct cbreak_window *window, u32 gen, u64 now, bool failed)
{
	return cbreak_window_add(window, gen, BUCKET, now, failed);
}

/* The oracle: events in a list, and nothing but the definition. */
struct oracle {
	unsigned int nr;
	struct event {
		u64 epoch;
		u32 gen;
		bool failed;
	} event[EVENTS];
};

static bool oracle_add(struct oracle *oracle, const struct event *event)
{
	unsigned int i;

	for (i = 0; i < oracle->nr; i++) {
		const struct event *other = &oracle->event[i];

		if (other->epoch % 10 != event->epoch % 10)
			continue;
		if (other->epoch > event->epoch ||
		    (other->epoch == event->epoch && other->gen > event->gen))
			return false;
	}
	oracle->event[oracle->nr++] = *event;
	return true;
}

static struct cbreak_counts oracle_sum(const struct oracle *oracle, u32 gen,
				       u64 epoch)
{
	struct cbreak_counts counts = {};
	unsigned int i;

	for (i = 0; i < oracle->nr; i++) {
		const struct event *event = &oracle->event[i];

		if (event->gen != gen || event->epoch + 10 <= epoch)
			continue;
		counts.total++;
		counts.failed += event->failed;
	}
	return counts;
}

static void oracle_forget(struct oracle *oracle, u64 epoch)
{
	unsigned int i, kept = 0;

	for (i = 0; i < oracle->nr; i++)
		if (oracle->event[i].epoch + 60 > epoch)
			oracle->event[kept++] = oracle->event[i];
	oracle->nr = kept;
}

static u64 random_step(struct rnd_state *rnd)
{
	if (test_one_in(rnd, 5000))
		return test_below(rnd, 1 << 20) * BUCKET;
	if (test_one_in(rnd, 300))
		return test_below(rnd, 30) * BUCKET;
	if (test_one_in(rnd, 4))
		return 0;
	return test_below(rnd, BUCKET);
}

static void window_oracle_test(struct kunit *test)
{
	struct cbreak_window window = {};
	const u32 seed = 20261123;
	/* Soon to cross the wrap of epochs and that of generations. */
	u64 now = (EPOCHS - 5000) * BUCKET;
	u32 gen = 0xf0, i, refused = 0;
	struct oracle *oracle;
	struct rnd_state rnd;

	oracle = kunit_kzalloc(test, sizeof(*oracle), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, oracle);
	prandom_seed_state(&rnd, seed);
	for (i = 0; i < 100000; i++) {
		struct cbreak_counts want, got;
		struct event event;
		u64 at;

		now += random_step(&rnd);
		gen += test_one_in(&rnd, 60);
		at = now;
		if (test_one_in(&rnd, 10))
			at -= test_below(&rnd, 25 * BUCKET);
		event.epoch = at / BUCKET;
		event.gen = gen;
		event.failed = test_one_in(&rnd, 3);
		if (test_one_in(&rnd, 10))
			event.gen -= test_below(&rnd, 4);

		if (oracle->nr == EVENTS || i % 500 == 0)
			oracle_forget(oracle, now / BUCKET);
		KUNIT_ASSERT_LT(test, oracle->nr, EVENTS);
		if (!oracle_add(oracle, &event)) {
			refused++;
			KUNIT_ASSERT_FALSE_MSG(test,
					       add(&window, event.gen, at,
						   event.failed),
					       "seed %u step %u", seed, i);
		} else {
			KUNIT_ASSERT_TRUE_MSG(test,
					      add(&window, event.gen, at,
						  event.failed),
					      "seed %u step %u", seed, i);
		}
		want = oracle_sum(oracle, gen, now / BUCKET);
		got = cbreak_window_sum(&window, gen, BUCKET, now);
		KUNIT_ASSERT_EQ_MSG(test, got.total, want.total,
				    "seed %u step %u", seed, i);
		KUNIT_ASSERT_EQ_MSG(test, got.failed, want.failed,
				    "seed %u step %u", seed, i);
	}
	KUNIT_EXPECT_GT(test, refused, 1000);
}

struct hammer {
	struct cbreak_window *window;
	struct task_struct *task;
	struct completion done;
	u32 gen;
	u32 nr;
	u32 fail_every;
	u32 counted;
};

static int hammer_fn(void *arg)
{
	struct hammer *hammer = arg;
	u32 i;

	for (i = 0; i < hammer->nr; i++) {
		bool failed = i % hammer->fail_every == 0;

		hammer->counted += add(hammer->window, hammer->gen, 0, failed);
		if (i % 61 == 0)
			cond_resched();
	}
	complete(&hammer->done);
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void hammer_run(struct kunit *test, struct hammer *hammer, u32 nr)
{
	u32 i, started = 0;

	for (i = 0; i < nr; i++) {
		init_completion(&hammer[i].done);
		hammer[i].task = kthread_run(hammer_fn, &hammer[i],
					     "cbreak_test/%u", i);
		if (IS_ERR(hammer[i].task))
			break;
		started++;
	}
	for (i = 0; i < started; i++)
		wait_for_completion(&hammer[i].done);
	for (i = 0; i < started; i++)
		kthread_stop(hammer[i].task);
	KUNIT_ASSERT_EQ(test, started, nr);
}

static void window_hammer_test(struct kunit *test)
{
	struct cbreak_window window = {};
	struct hammer hammer[4] = {};
	struct cbreak_counts counts;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(hammer); i++) {
		hammer[i].window = &window;
		hammer[i].gen = 1;
		hammer[i].nr = 16000;
		hammer[i].fail_every = 1 << i;
	}
	hammer_run(test, hammer, ARRAY_SIZE(hammer));
	for (i = 0; i < ARRAY_SIZE(hammer); i++)
		KUNIT_EXPECT_EQ(test, hammer[i].counted, 16000);
	counts = cbreak_window_sum(&window, 1, BUCKET, 0);
	KUNIT_EXPECT_EQ(test, counts.total, 64000);
	KUNIT_EXPECT_EQ(test, counts.failed, 16000 + 8000 + 4000 + 2000);
}

/* Whoever comes first, the later generation keeps all of its outcomes. */
static void window_hammer_generations_test(struct kunit *test)
{
	struct cbreak_window window = {};
	struct hammer hammer[4] = {};
	struct cbreak_counts counts;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(hammer); i++) {
		hammer[i].window = &window;
		hammer[i].gen = 1 + i / 2;
		hammer[i].nr = 30000;
		hammer[i].fail_every = 2;
	}
	hammer_run(test, hammer, ARRAY_SIZE(hammer));
	KUNIT_EXPECT_EQ(test, hammer[2].counted, 30000);
	KUNIT_EXPECT_EQ(test, hammer[3].counted, 30000);
	counts = cbreak_window_sum(&window, 2, BUCKET, 0);
	KUNIT_EXPECT_EQ(test, counts.total, 60000);
	KUNIT_EXPECT_EQ(test, counts.failed, 30000);
	counts = cbreak_window_sum(&window, 1, BUCKET, 0);
	KUNIT_EXPECT_EQ(test, counts.total, 0);
}

/* A bucket each, one after the other; filled short of saturation. */
#define ROUNDS		2000
#define ROUND_ADDS	60000

struct interrupter {
	struct timer_list timer;
	struct cbreak_window window[ROUNDS / 10];
	u32 round;
	u32 counted;
};

static bool add_round(struct interrupter *i)
{
	u32 round = READ_ONCE(i->round);

	return add(&i->window[round / 10], 1, round % 10 * BUCKET, true);
}

static void interrupter_fn(struct timer_list *timer)
{
	struct interrupter *i = container_of(timer, struct interrupter, timer);

	i->counted += add_round(i);
	mod_timer(timer, jiffies + 1);
}

/* One CPU is enough for this: no count is lost to an interrupt. */
static void window_interrupted_test(struct kunit *test)
{
	u32 counted = 0, total = 0, k;
	struct interrupter *i;

	i = kunit_kzalloc(test, sizeof(*i), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, i);
	timer_setup(&i->timer, interrupter_fn, 0);
	mod_timer(&i->timer, jiffies + 1);
	while (READ_ONCE(i->counted) < 30 && i->round < ROUNDS - 1) {
		for (k = 0; k < ROUND_ADDS; k++)
			counted += add_round(i);
		WRITE_ONCE(i->round, i->round + 1);
		/* While ksoftirqd waits to run, interrupts leave all to it. */
		cond_resched();
	}
	timer_shutdown_sync(&i->timer);
	for (k = 0; k < ARRAY_SIZE(i->window); k++)
		total += cbreak_window_sum(&i->window[k], 1, BUCKET,
					   9 * BUCKET).total;
	KUNIT_EXPECT_GT(test, i->counted, 0);
	KUNIT_EXPECT_EQ(test, counted, i->round * ROUND_ADDS);
	KUNIT_EXPECT_EQ(test, total, counted + i->counted);
}

static struct kunit_case window_oracle_cases[] = {
	KUNIT_CASE(window_oracle_test),
	KUNIT_CASE(window_hammer_test),
	KUNIT_CASE(window_hammer_generations_test),
	KUNIT_CASE(window_interrupted_test),
	{}
};

static struct kunit_suite window_oracle_suite = {
	.name = "cbreak_window_oracle",
	.test_cases = window_oracle_cases,
};

kunit_test_suite(window_oracle_suite);
