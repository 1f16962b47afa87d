/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_INSPECT_H
#define _CBREAK_INSPECT_H

#include <linux/types.h>

#include "attempt.h"
#include "breaker.h"

struct sk_buff;

/* Longest name of a program, with its terminating zero, and its hash. */
#define CBREAK_INSPECTOR_NAME	16
#define CBREAK_INSPECTOR_TAG	8

/**
 * struct cbreak_inspector - what a program is called
 * @id: its number
 * @name: its name, may be empty
 * @tag: hash of its instructions
 */
struct cbreak_inspector {
	u32 id;
	char name[CBREAK_INSPECTOR_NAME];
	u8 tag[CBREAK_INSPECTOR_TAG];
};

/**
 * enum cbreak_inspection - what came of asking
 * @CBREAK_INSPECTION_COUNTS: the failure counts
 * @CBREAK_INSPECTION_EXCUSED: it does not
 * @CBREAK_INSPECTION_NO_MEMORY: there was nothing to show; it counts
 */
enum cbreak_inspection {
	CBREAK_INSPECTION_COUNTS,
	CBREAK_INSPECTION_EXCUSED,
	CBREAK_INSPECTION_NO_MEMORY,
};

struct bpf_prog *cbreak_inspect_find_get(int fd);
void cbreak_inspect_get(struct bpf_prog *prog);
void cbreak_inspect_put(struct bpf_prog *prog);
void cbreak_inspect_describe(const struct bpf_prog *prog,
			     struct cbreak_inspector *inspector);
enum cbreak_inspection cbreak_inspect_ask(const struct bpf_prog *prog,
					  struct sk_buff *skb,
					  const struct cbreak_attempt *attempt,
					  const struct cbreak_outcome *outcome,
					  u32 latency_us, u32 number);

#endif /* _CBREAK_INSPECT_H */
