// SPDX-License-Identifier: GPL-2.0
/*
 * Prints how many thousand ticks the time-stamp counter makes in a second.
 */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define NS_PER_SEC	1000000000ULL
#define INTERVAL_NS	50000000
#define TRIES		20

static unsigned long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

/*
 * Both clocks at the same time. They are read one after another, and this
 * process may lose its processor in between: the closest pair of some counts.
 */
static void sample(unsigned long long *ns, unsigned long long *ticks)
{
	unsigned long long before, counter, after, best = -1ULL;
	int i;

	for (i = 0; i < TRIES; i++) {
		before = now();
		counter = __rdtsc();
		after = now();
		if (after - before >= best)
			continue;
		best = after - before;
		*ns = before + best / 2;
		*ticks = counter;
	}
}

int main(void)
{
	const struct timespec interval = { .tv_nsec = INTERVAL_NS };
	unsigned long long ns[2], ticks[2];

	sample(&ns[0], &ticks[0]);
	nanosleep(&interval, NULL);
	sample(&ns[1], &ticks[1]);
	printf("%llu\n", (ticks[1] - ticks[0]) * 1000000 / (ns[1] - ns[0]));
	return 0;
}
