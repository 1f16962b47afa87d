// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: how attempts end
 *
 * By an answer that proves that its sender has seen the SYN, or by silence,
 * which a worker notices that runs while attempts are in flight. Either way
 * the attempt has left its table before its breaker hears of it, so that it
 * is counted once. What becomes of a connection that was made is one more
 * outcome, if the rule asks; follow.c finds out.
 */
#include <linux/ktime.h>
#include <linux/math64.h>

#include "admit.h"
#include "answer.h"
#include "inspect.h"
#include "limit.h"
#include "net.h"
#include "outcome.h"
#include "trace.h"

#define EXPIRE_PERIOD	msecs_to_jiffies(CBREAK_ATTEMPT_TICK_NS / NSEC_PER_MSEC)

/* Leave it to the rule's inspector whether a failure counts. */
static void inspect(struct cbreak_net *cn, struct cbreak_dest *dest,
		    const struct bpf_prog *inspector, struct sk_buff *skb,
		    const struct cbreak_attempt *attempt,
		    struct cbreak_outcome *outcome, u32 latency_us)
{
	u32 number = cbreak_counters_sum(dest->counters,
					 CBREAK_COUNTER_ADMITTED);

	switch (cbreak_inspect_ask(inspector, skb, attempt, outcome,
				   latency_us, number)) {
	case CBREAK_INSPECTION_EXCUSED:
		outcome->excused = true;
		cbreak_net_count(cn, dest, CBREAK_COUNTER_EXCUSED);
		return;
	case CBREAK_INSPECTION_NO_MEMORY:
		cbreak_stats_inc(cn->stats, CBREAK_STAT_UNINSPECTED);
		return;
	case CBREAK_INSPECTION_COUNTS:
		return;
	}
}

/**
 * cbreak_outcome_find_dest_rcu - the breaker that an attempt is for
 * @cn: the namespace
 * @attempt: the attempt
 *
 * Context: any but hard interrupts, under rcu_read_lock().
 * Return: the breaker, valid until the end of the read-side section, or NULL.
 */
struct cbreak_dest *
cbreak_outcome_find_dest_rcu(struct cbreak_net *cn,
			     const struct cbreak_attempt *attempt)
{
	struct cbreak_rule *rule;
	struct cbreak_key key;

	rule = xa_load(&cn->rules.by_id, attempt->rule_id);
	if (!rule)
		return NULL;
	cbreak_dest_make_key(&key, rule, attempt->family,
			     &attempt->tuple.daddr,
			     ntohs(attempt->tuple.dport));
	return cbreak_dest_lookup_rcu(&cn->dests, &key);
}

/*
 * An attempt that has left the table is not pending any more. A breaker that
 * was removed took its number along: what its attempts become is nothing to
 * one that was made for the same destination since.
 */
static void uncount(struct cbreak_dest *dest,
		    const struct cbreak_attempt *attempt)
{
	if (dest && attempt->counted_by &&
	    attempt->counted_by == dest->serial)
		cbreak_limit_put(&dest->pending);
}

/**
 * cbreak_outcome_none - an attempt ends that has no outcome
 * @cn: the namespace
 * @attempt: the attempt; it has left the table, or was not entered
 *
 * Context: any but hard interrupts, under rcu_read_lock().
 */
void cbreak_outcome_none(struct cbreak_net *cn,
			 const struct cbreak_attempt *attempt)
{
	if (attempt->counted_by)
		uncount(cbreak_outcome_find_dest_rcu(cn, attempt), attempt);
}

/**
 * cbreak_outcome_aborted - an attempt was ended by us
 * @cn: the namespace
 * @attempt: the attempt; it has left the table
 *
 * It has no outcome: what it would have been nobody knows.
 *
 * Context: any but hard interrupts.
 */
void cbreak_outcome_aborted(struct cbreak_net *cn,
			    const struct cbreak_attempt *attempt)
{
	struct cbreak_dest *dest;

	rcu_read_lock();
	dest = cbreak_outcome_find_dest_rcu(cn, attempt);
	uncount(dest, attempt);
	if (dest) {
		cbreak_net_count(cn, dest, CBREAK_COUNTER_ABORTED);
		trace_cbreak_abort(dest, attempt->isn);
	} else {
		cbreak_stats_inc(cn->stats, CBREAK_STAT_ORPHANED);
	}
	rcu_read_unlock();
}

/* Does it prove that packets come and go? */
static bool is_answer(u8 kind)
{
	return kind != CBREAK_KIND_TIMEOUT && kind != CBREAK_KIND_UNREACHABLE;
}

/*
 * Tell a breaker how one of its attempts ended, or a connection; skb is the
 * packet that said so, or NULL.
 */
static void record(struct cbreak_net *cn, struct cbreak_dest *dest,
		   const struct cbreak_attempt *attempt,
		   struct cbreak_outcome outcome, u32 latency_us, u64 now_ns,
		   struct sk_buff *skb)
{
	const struct cbreak_params *p = cbreak_rule_params_rcu(dest->rule);
	struct cbreak_transition tr = {};
	bool counted;

	BUILD_BUG_ON(CBREAK_COUNTER_SUCCESS + CBREAK_KIND_STALLED !=
		     CBREAK_COUNTER_STALLED);
	cbreak_net_count(cn, dest, CBREAK_COUNTER_SUCCESS + outcome.kind);
	/* Nobody is asked about what does not count anyway, or comes too late. */
	if (unlikely(p->inspector) && cbreak_breaker_counts(p, &outcome) &&
	    cbreak_word_gen(READ_ONCE(dest->breaker.word)) == attempt->gen)
		inspect(cn, dest, p->inspector, skb, attempt, &outcome,
			latency_us);
	counted = cbreak_breaker_record(&dest->breaker, p, attempt->gen,
					outcome, now_ns, &tr);
	if (!counted)
		cbreak_net_count(cn, dest, CBREAK_COUNTER_LATE);
	trace_cbreak_outcome(dest, &outcome, latency_us, counted);
	cbreak_dest_changed(dest, &tr, now_ns);
}

/* An attempt has left the table. */
static void attempt_ended(struct cbreak_net *cn,
			  const struct cbreak_attempt *attempt,
			  struct cbreak_outcome outcome, struct sk_buff *skb)
{
	u64 now_ns = ktime_get_ns();
	struct cbreak_dest *dest;
	u32 latency_us, slow_ms;

	dest = cbreak_outcome_find_dest_rcu(cn, attempt);
	uncount(dest, attempt);
	/* What this host's own firewall did says nothing of the destination. */
	if (attempt->state == CBREAK_ATTEMPT_ADMITTED &&
	    outcome.kind != CBREAK_KIND_SUCCESS) {
		cbreak_stats_inc(cn->stats, CBREAK_STAT_UNSENT);
		return;
	}
	if (!dest) {
		cbreak_stats_inc(cn->stats, CBREAK_STAT_ORPHANED);
		return;
	}
	if (dest->rule->class.match.hook == CBREAK_HOOK_FORWARD)
		cbreak_attempt_remember(&cn->attempts, attempt, now_ns,
					CBREAK_REMEMBER_MS);
	slow_ms = cbreak_rule_params_rcu(dest->rule)->slow_ms;
	latency_us = (u32)div_u64(now_ns, NSEC_PER_USEC) - attempt->start_us;
	if (outcome.kind == CBREAK_KIND_SUCCESS && slow_ms &&
	    latency_us > slow_ms * USEC_PER_MSEC)
		outcome.kind = CBREAK_KIND_SLOW;
	/* First, lest this very outcome trip. */
	if (unlikely(cbreak_rule_params_rcu(dest->rule)->guard))
		cbreak_dest_note(dest, is_answer(outcome.kind), now_ns);
	record(cn, dest, attempt, outcome, latency_us, now_ns, skb);
}

/**
 * cbreak_outcome_followed - a connection failed after it had been made
 * @cn: the namespace
 * @dest: its breaker
 * @attempt: what is known of its attempt, which was a success: tuple, isn, gen
 *	     and family
 * @kind: CBREAK_KIND_RESET or CBREAK_KIND_STALLED
 * @latency_us: how long ago the attempt began
 *
 * It is one more outcome.
 *
 * Context: any but hard interrupts, under rcu_read_lock().
 */
void cbreak_outcome_followed(struct cbreak_net *cn, struct cbreak_dest *dest,
			     const struct cbreak_attempt *attempt,
			     enum cbreak_kind kind, u32 latency_us)
{
	struct cbreak_outcome outcome = { .kind = kind };

	record(cn, dest, attempt, outcome, latency_us, ktime_get_ns(), NULL);
}

/**
 * cbreak_outcome_answer - an answer arrived
 * @cn: the namespace
 * @family: AF_INET or AF_INET6
 * @answer: the answer; nothing happens if it belongs to no attempt
 * @skb: the packet that it was found in
 *
 * Context: softirq, under rcu_read_lock().
 */
void cbreak_outcome_answer(struct cbreak_net *cn, u8 family,
			   const struct cbreak_answer *answer,
			   struct sk_buff *skb)
{
	enum cbreak_attempt_match match;
	struct cbreak_attempt attempt;

	match = cbreak_attempt_take(&cn->attempts, family, &answer->tuple,
				    answer->number, !answer->is_icmp, &attempt);
	switch (match) {
	case CBREAK_ATTEMPT_TAKEN:
		attempt_ended(cn, &attempt, answer->outcome, skb);
		return;
	case CBREAK_ATTEMPT_FORGED:
		cbreak_stats_inc(cn->stats, CBREAK_STAT_FORGED);
		fallthrough;
	case CBREAK_ATTEMPT_STRAY:
		cbreak_stats_inc(cn->stats, CBREAK_STAT_IGNORED);
		return;
	}
}

static void attempt_expired(void *arg, const struct cbreak_attempt *attempt)
{
	static const struct cbreak_outcome timeout = {
		.kind = CBREAK_KIND_TIMEOUT,
	};

	if (!cbreak_attempt_in_flight(attempt))
		return;
	rcu_read_lock();
	attempt_ended(arg, attempt, timeout, NULL);
	rcu_read_unlock();
}

static void expire(struct work_struct *work)
{
	struct cbreak_net *cn = container_of(to_delayed_work(work),
					     struct cbreak_net, expire);

	if (cbreak_attempt_expire(&cn->attempts, ktime_get_ns(),
				  attempt_expired, cn))
		schedule_delayed_work(&cn->expire, EXPIRE_PERIOD);
}

/**
 * cbreak_outcome_init - prepare a namespace
 * @cn: the namespace
 */
void cbreak_outcome_init(struct cbreak_net *cn)
{
	INIT_DELAYED_WORK(&cn->expire, expire);
}

/**
 * cbreak_outcome_expect - an attempt was entered that may find no answer
 * @cn: the namespace
 *
 * Context: any but hard interrupts.
 */
void cbreak_outcome_expect(struct cbreak_net *cn)
{
	/*
	 * Either the worker, which clears its pending bit before it counts,
	 * sees this attempt, or the bit is seen clear here.
	 */
	smp_mb();
	if (!delayed_work_pending(&cn->expire))
		schedule_delayed_work(&cn->expire, EXPIRE_PERIOD);
}
