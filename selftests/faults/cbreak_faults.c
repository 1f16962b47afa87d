// SPDX-License-Identifier: GPL-2.0
/*
 * Fail the N-th allocation that is made for cbreak, in whatever context: by a
 * request, a packet in softirq, a timer or a worker.
 *
 * The kernel's own fail-nth counts the allocations of a task and of nothing
 * else, and its filter by stack trace is not to be had on x86 before 6.2. It
 * is spoken to in the same way: write N to the parameter nth, do what is to
 * fail, read it back; 0 means that the N-th allocation was reached and failed.
 * Where nothing else is said, one counts if a function of cbreak is on the
 * stack; with the parameter from, if this one is.
 *
 * What fails is the kernel's own hook for errors in the slab and page
 * allocators, and alloc_percpu(), which has no such hook.
 */
#include <linux/gfp.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#define DEPTH	64

static unsigned int nth;
module_param(nth, uint, 0644);
MODULE_PARM_DESC(nth, "fail the N-th allocation; counts down to 0");

static char from[KSYM_NAME_LEN];
module_param_string(from, from, sizeof(from), 0644);
MODULE_PARM_DESC(from, "count those below this function of cbreak alone");

static bool spare_devices;
module_param(spare_devices, bool, 0444);
MODULE_PARM_DESC(spare_devices, "do not count what a device's directory takes");

/* Called in place of the allocator's own functions. */
static int no_slab(void)
{
	return -ENOMEM;
}

static bool no_page(void)
{
	return true;
}

static void *no_percpu(void)
{
	return NULL;
}

/*
 * What a detector allocates to note something about an allocation is not for
 * cbreak. Short of memory it goes silent, or does without. And where the kernel
 * shows a slab cache or a class in sysfs, it leaks the name when that fails.
 */
static bool is_spared(unsigned long addr)
{
	static const char * const names[] = {
		"create_object", "kmemleak_", "stack_depot_", "__stack_depot_",
		"fill_pool", "sysfs_slab_add", "kset_register",
	};
	char name[KSYM_SYMBOL_LEN];
	unsigned int i;

	sprint_symbol(name, addr);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

static bool counts(unsigned long addr)
{
	char name[KSYM_SYMBOL_LEN];
	size_t len = strcspn(from, "\n");

	/* To look a symbol up takes a while. */
	if (addr < MODULES_VADDR || addr >= MODULES_END)
		return false;
	sprint_symbol(name, addr);
	return strstr(name, "[cbreak]") &&
	       !strncmp(name, from, len) && (!len || name[len] == '+');
}

static bool is_in(unsigned long addr, const char *function)
{
	char name[KSYM_SYMBOL_LEN];
	size_t len = strlen(function);

	sprint_symbol(name, addr);
	return !strncmp(name, function, len) && name[len] == '+';
}

/* Is that for the directory of a device? */
static bool is_spared_device(const unsigned long *stack, unsigned int n)
{
	bool device = false, kobject = false;

	if (!spare_devices)
		return false;
	while (n--) {
		device |= is_in(stack[n], "device_add");
		kobject |= is_in(stack[n], "kobject_add");
	}
	return device && kobject;
}

static bool for_cbreak(void)
{
	unsigned long stack[DEPTH];
	unsigned int i, n;

	n = stack_trace_save(stack, DEPTH, 0);
	for (i = 0; i < n && !counts(stack[i]); i++)
		;
	if (i == n || is_spared_device(stack, i))
		return false;
	while (i--)
		if (is_spared(stack[i]))
			return false;
	return true;
}

static bool is_nth(void)
{
	unsigned int n = READ_ONCE(nth);
	unsigned int old;

	if (!n || !for_cbreak())
		return false;
	while (n) {
		old = cmpxchg(&nth, n, n - 1);
		if (old == n)
			return n == 1;
		n = old;
	}
	return false;
}

/* should_failslab(cache, gfp) */
static int fail_slab(struct kprobe *probe, struct pt_regs *regs)
{
	if (regs->si & (__force unsigned long)__GFP_NOFAIL || !is_nth())
		return 0;
	instruction_pointer_set(regs, (unsigned long)no_slab);
	return 1;
}

/* should_fail_alloc_page(gfp, order) */
static int fail_page(struct kprobe *probe, struct pt_regs *regs)
{
	if (regs->di & (__force unsigned long)__GFP_NOFAIL || !is_nth())
		return 0;
	instruction_pointer_set(regs, (unsigned long)no_page);
	return 1;
}

static int fail_percpu(struct kprobe *probe, struct pt_regs *regs)
{
	if (!is_nth())
		return 0;
	instruction_pointer_set(regs, (unsigned long)no_percpu);
	return 1;
}

/* A probe that has one is not turned into a jump, which could not divert. */
static void after(struct kprobe *probe, struct pt_regs *regs,
		  unsigned long flags)
{
}

static struct kprobe probe_slab = {
	.symbol_name = "should_failslab",
	.pre_handler = fail_slab,
	.post_handler = after,
};

static struct kprobe probe_page = {
	.symbol_name = "should_fail_alloc_page",
	.pre_handler = fail_page,
	.post_handler = after,
};

static struct kprobe probe_percpu = {
	.symbol_name = "__alloc_percpu_gfp",
	.pre_handler = fail_percpu,
	.post_handler = after,
};

static struct kprobe *probes[] = { &probe_slab, &probe_page, &probe_percpu };

static int __init faults_init(void)
{
	return register_kprobes(probes, ARRAY_SIZE(probes));
}

static void __exit faults_exit(void)
{
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}

module_init(faults_init);
module_exit(faults_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Fail the N-th allocation that is made for cbreak");
