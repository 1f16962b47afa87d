// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: counters
 *
 * All are per CPU, so that counting shares no cache line. A reader adds the
 * CPUs up without stopping them: a sum is exact once the traffic has ended.
 */
#include <linux/cpumask.h>

#include "stats.h"

/**
 * cbreak_stats_sum - total of one of a namespace's own counters
 * @stats: the per-CPU counters
 * @stat: which
 *
 * Context: any.
 * Return: the sum.
 */
u64 cbreak_stats_sum(const struct cbreak_stats __percpu *stats,
		     enum cbreak_stat stat)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(stats, cpu)->value[stat]);
	return sum;
}

/**
 * cbreak_counters_sum - total of one of the common counters
 * @counters: the per-CPU counters of a breaker, rule or namespace
 * @counter: which
 *
 * Context: any.
 * Return: the sum.
 */
u64 cbreak_counters_sum(const struct cbreak_counters __percpu *counters,
			enum cbreak_counter counter)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(counters, cpu)->value[counter]);
	return sum;
}
