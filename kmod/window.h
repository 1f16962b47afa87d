/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_WINDOW_H
#define _CBREAK_WINDOW_H

#include <linux/atomic.h>
#include <linux/types.h>

#define CBREAK_WINDOW_BUCKETS	10

/* Outcomes that one bucket can hold before its counts are halved. */
#define CBREAK_WINDOW_COUNT_MAX	0xffff

/**
 * struct cbreak_window - the outcomes of the last ten bucket lengths
 * @bucket: ring of packed words, see window.c for the layout
 *
 * An all-zero window is an empty one.
 */
struct cbreak_window {
	atomic64_t bucket[CBREAK_WINDOW_BUCKETS];
};

/**
 * struct cbreak_counts - what a window holds
 * @total: outcomes
 * @failed: those of them that count as failed, at most @total
 */
struct cbreak_counts {
	u32 total;
	u32 failed;
};

bool cbreak_window_add(struct cbreak_window *window, u32 gen, u64 bucket_ns,
		       u64 now_ns, bool failed);
struct cbreak_counts cbreak_window_sum(const struct cbreak_window *window,
				       u32 gen, u64 bucket_ns, u64 now_ns);
void cbreak_window_clear(struct cbreak_window *window);

#endif /* _CBREAK_WINDOW_H */
