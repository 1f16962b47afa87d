/* SPDX-License-Identifier: GPL-2.0 */
/* A naive model of the state machine, to compare it with. */
#ifndef _CBREAK_BREAKER_MODEL_H
#define _CBREAK_BREAKER_MODEL_H

#include <linux/prandom.h>

#include "../breaker.h"

#define MODEL_OUTCOMES	512

/**
 * struct model_outcome - an outcome of the present state
 * @bucket: when it happened, in bucket lengths
 * @failed: whether it counts as failed
 */
struct model_outcome {
	u64 bucket;
	bool failed;
};

/**
 * struct model - what a breaker should be like
 * @p: its parameters
 * @state: enum cbreak_state
 * @hold: enum cbreak_hold, also when it is over
 * @hold_ms: how long it lasts, or CBREAK_HOLD_FOREVER
 * @since: when the state was entered
 * @first_gen: the generation it began with
 * @transitions: so many since then
 * @trips: times that BROKEN was entered since PASSING
 * @row: failures in a row in this state
 * @broken_ns: length of this stay in BROKEN
 * @nr: entries of @list
 * @list: the outcomes of this state that are in a bucket; a transition empties
 *	  it, as what was before does not count any more
 * @moved: whether the last call made a transition; @from, @cause, @led and
 *	   @hold_over tell which
 * @from: the state it left
 * @cause: enum cbreak_cause
 * @led: the window that led to it
 * @hold_over: the state it left had been held, and that was over
 * @others: peers that are BROKEN
 * @withheld: whether the last call wanted a trip that did not fit among them;
 *	      @cause and @led are its
 * @said: the length of time, from 1, in which this was last said
 * @ahead: outcomes that were counted by someone with an older clock
 */
struct model {
	const struct cbreak_params *p;
	u8 state;
	u8 hold;
	u32 hold_ms;
	u64 since;
	u32 first_gen;
	u32 transitions;
	u32 trips;
	u32 row;
	u64 broken_ns;
	unsigned int nr;
	struct model_outcome list[MODEL_OUTCOMES];
	bool moved;
	u8 from;
	u8 cause;
	bool hold_over;
	struct cbreak_counts led;
	u32 others;
	bool withheld;
	u64 said;
	u64 ahead;
};

u32 model_gen(const struct model *m);
u64 model_age(const struct model *m, u64 now);
bool model_held(const struct model *m, u64 now);
u64 model_deadline(const struct model *m, u64 now);
void model_broken_bounds(const struct model *m, u64 *low, u64 *high);
struct cbreak_counts model_counts(struct model *m, u64 now);
void model_settle(struct model *m, u64 now);
enum cbreak_verdict model_admit(struct model *m, u64 now, u32 rnd,
				enum cbreak_verdict believed);
bool model_record(struct model *m, u32 transitions, u8 kind, u64 now);
void model_control(struct model *m, u64 now, enum cbreak_hold action,
		   u32 for_ms);
u32 model_random_ms(struct rnd_state *rnd);
void model_random_params(struct rnd_state *rnd, struct cbreak_params *p,
			 struct cbreak_peers *peers);
void model_params_changed(struct model *m, bool rescaled);

#endif /* _CBREAK_BREAKER_MODEL_H */
