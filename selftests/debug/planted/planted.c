// SPDX-License-Identifier: GPL-2.0
/*
 * Bugs on purpose, one at a time: to see that a debug kernel is awake. Loading
 * this with bug=NAME does it; without, it does nothing wrong.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static char *bug = "none";
module_param(bug, charp, 0);
MODULE_PARM_DESC(bug, "which one");

static void no_bug(void)
{
}

/* KASAN: freed memory is read. */
static void use_after_free(void)
{
	u8 *memory = kmalloc(64, GFP_KERNEL);

	if (!memory)
		return;
	kfree(memory);
	pr_info("%u\n", READ_ONCE(memory[8]));
}

/* KASAN: one byte behind the end. */
static void out_of_bounds(void)
{
	u8 *memory = kzalloc(64, GFP_KERNEL);
	unsigned int size = 64;

	if (!memory)
		return;
	OPTIMIZER_HIDE_VAR(size);
	WRITE_ONCE(memory[size], 1);
	kfree(memory);
}

static DEFINE_MUTEX(lock_a);
static DEFINE_MUTEX(lock_b);

/* Lockdep: no deadlock happens, but it could. */
static void lock_inversion(void)
{
	mutex_lock(&lock_a);
	mutex_lock(&lock_b);
	mutex_unlock(&lock_b);
	mutex_unlock(&lock_a);

	mutex_lock(&lock_b);
	mutex_lock(&lock_a);
	mutex_unlock(&lock_a);
	mutex_unlock(&lock_b);
}

/* Lockdep: read under no protection that RCU knows of. */
static void no_rcu_lock(void)
{
	static int __rcu *pointer;

	pr_info("%p\n", rcu_dereference(pointer));
}

static DEFINE_SPINLOCK(spinlock);

/* DEBUG_ATOMIC_SLEEP: it need not sleep, but may. */
static void sleep_in_atomic(void)
{
	spin_lock(&spinlock);
	mutex_lock(&lock_a);
	mutex_unlock(&lock_a);
	spin_unlock(&spinlock);
}

/* Kmemleak: several, as a stale register may point to the last one. */
static void leak(void)
{
	unsigned int i;
	void *lost;

	for (i = 0; i < 10; i++) {
		lost = kmalloc(72, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(lost);
	}
}

/* UBSAN: what C does not define. */
static void wrong_shift(void)
{
	unsigned int by = 40;

	OPTIMIZER_HIDE_VAR(by);
	pr_info("%u\n", 1U << by);
}

static void on_timer(struct timer_list *timer)
{
}

/* Debug objects: memory that holds a timer which still runs. */
static void free_active_timer(void)
{
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, on_timer, 0);
	mod_timer(timer, jiffies + 3600 * HZ);
	kfree(timer);
}

#define RACERS	2

static unsigned int raced;
static atomic_t racing;
static DECLARE_COMPLETION(race_over);

static int racer(void *unused)
{
	unsigned int i;

	atomic_inc(&racing);
	while (atomic_read(&racing) < RACERS)
		cond_resched();
	for (i = 0; i < 2000000; i++) {
		raced++;
		barrier();
		if (!(i % 1024))
			cond_resched();
	}
	complete(&race_over);
	return 0;
}

/* KCSAN: a counter that is neither atomic nor locked. */
static void race(void)
{
	struct task_struct *task;
	unsigned int i;

	for (i = 0; i < RACERS; i++) {
		task = kthread_create(racer, NULL, "racer");
		if (IS_ERR(task))
			return;
		kthread_bind(task, i % num_online_cpus());
		wake_up_process(task);
	}
	for (i = 0; i < RACERS; i++)
		wait_for_completion(&race_over);
}

static const struct {
	const char *name;
	void (*commit)(void);
} bugs[] = {
	{ "none", no_bug },
	{ "use-after-free", use_after_free },
	{ "out-of-bounds", out_of_bounds },
	{ "lock-inversion", lock_inversion },
	{ "no-rcu-lock", no_rcu_lock },
	{ "sleep-in-atomic", sleep_in_atomic },
	{ "leak", leak },
	{ "wrong-shift", wrong_shift },
	{ "free-active-timer", free_active_timer },
	{ "data-race", race },
};

static int __init planted_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (strcmp(bug, bugs[i].name))
			continue;
		bugs[i].commit();
		return 0;
	}
	return -EINVAL;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);

MODULE_DESCRIPTION("Bugs on purpose");
MODULE_LICENSE("GPL");
