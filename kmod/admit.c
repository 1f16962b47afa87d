// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: may this SYN pass?
 *
 * What the hooks have in common, once they know whose SYN it is and which rule
 * it falls under: the breaker is found or made and asked, and the attempt is
 * entered among those in flight. How a refusal reaches the client is the
 * caller's business.
 *
 * Context: process or softirq, under rcu_read_lock().
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/random.h>

#include "admit.h"
#include "follow.h"
#include "limit.h"
#include "net.h"
#include "outcome.h"
#include "trace.h"

static void add_attempt(struct cbreak_net *cn, struct cbreak_dest *dest,
			struct cbreak_attempt *syn, u32 gen,
			enum cbreak_attempt_state state, u64 now_ns,
			u32 timeout_ms)
{
	struct cbreak_attempt gone;

	syn->gen = gen;
	syn->rule_id = dest->key.rule_id;
	syn->state = state;
	switch (cbreak_attempt_insert(&cn->attempts, syn, now_ns, timeout_ms,
				      &gone)) {
	case CBREAK_ATTEMPT_KNOWN:
		cbreak_stats_inc(cn->stats, CBREAK_STAT_RETRANSMITS);
		cbreak_outcome_none(cn, syn);
		return;
	case CBREAK_ATTEMPT_REPLACED:
		cbreak_stats_inc(cn->stats, CBREAK_STAT_REPLACED);
		cbreak_outcome_none(cn, &gone);
		break;
	case CBREAK_ATTEMPT_EVICTED:
		cbreak_stats_inc(cn->stats, CBREAK_STAT_ATTEMPTS_EVICTED);
		cbreak_outcome_none(cn, &gone);
		break;
	case CBREAK_ATTEMPT_NEW:
		break;
	}
	if (state != CBREAK_ATTEMPT_REJECTED) {
		cbreak_net_count(cn, dest, CBREAK_COUNTER_ADMITTED);
		trace_cbreak_admit(dest, syn->isn);
	}
	cbreak_outcome_expect(cn);
}

/* What a breaker's no means under the rule's mode. */
static enum cbreak_verdict refusal(u8 mode)
{
	return mode == CBREAK_MODE_OBSERVE ? CBREAK_ADMIT : CBREAK_REJECT;
}

/* The cause is the counter of those that are rejected for it. */
static enum cbreak_verdict reject(struct cbreak_net *cn,
				  struct cbreak_dest *dest,
				  struct cbreak_attempt *syn, u32 flags,
				  u8 mode, enum cbreak_counter cause,
				  u64 now_ns)
{
	cbreak_net_count(cn, dest, mode == CBREAK_MODE_OBSERVE ?
				   CBREAK_COUNTER_WOULD_REJECT : cause);
	trace_cbreak_reject(dest, syn->isn, cause);
	/* The second copy that follows is the same attempt. */
	if (flags & CBREAK_SYN_COMES_TWICE)
		add_attempt(cn, dest, syn, 0, CBREAK_ATTEMPT_REJECTED, now_ns,
			    0);
	/* Nor is the retransmission of one that passes all the same a new one. */
	if (mode == CBREAK_MODE_OBSERVE && flags & CBREAK_SYN_FORWARDED)
		cbreak_attempt_remember(&cn->attempts, syn, now_ns,
					CBREAK_REMEMBER_MS);
	return refusal(mode);
}

/* Count an attempt as pending; false, and why, if there are too many. */
static bool take_place(struct cbreak_dest *dest, const struct cbreak_params *p,
		       enum cbreak_counter *cause)
{
	switch (cbreak_limit_attempt(&dest->pending, cbreak_dest_conns(dest),
				     p->max_pending, p->max_conns)) {
	case CBREAK_LIMIT_NONE:
		return true;
	case CBREAK_LIMIT_PENDING:
		*cause = CBREAK_COUNTER_REJECTED_MAX_PENDING;
		return false;
	case CBREAK_LIMIT_CONNECTIONS:
		*cause = CBREAK_COUNTER_REJECTED_MAX_CONNECTIONS;
		return false;
	}
	return true;
}

/**
 * cbreak_admit_syn - ask the breaker of a SYN's destination
 * @cn: the namespace
 * @rule: the rule that the SYN falls under
 * @syn: its tuple, isn, data_len and family are known; the rest is filled in
 * @sk: its socket; NULL if it is forwarded
 * @flags: CBREAK_SYN_*
 *
 * Return: CBREAK_REJECT if it must not pass.
 */
enum cbreak_verdict cbreak_admit_syn(struct cbreak_net *cn,
				     struct cbreak_rule *rule,
				     struct cbreak_attempt *syn,
				     const struct sock *sk, u32 flags)
{
	const struct cbreak_params *p = cbreak_rule_params_rcu(rule);
	struct cbreak_transition tr = {};
	enum cbreak_verdict verdict;
	enum cbreak_counter cause;
	struct cbreak_dest *dest;
	struct cbreak_key key;
	u32 rnd = 0;
	u64 now_ns;
	u8 state;
	u32 gen;

	if (unlikely(p->mode == CBREAK_MODE_NEVER))
		return CBREAK_ADMIT;
	syn->counted_by = 0;
	now_ns = ktime_get_ns();
	cbreak_dest_make_key(&key, rule, syn->family, &syn->tuple.daddr,
			     ntohs(syn->tuple.dport));
	dest = cbreak_dest_find_or_create_rcu(&cn->dests, rule, &key, now_ns);
	if (IS_ERR(dest)) {
		cbreak_stats_inc(cn->stats, CBREAK_STAT_FAIL_OPEN);
		return CBREAK_ADMIT;
	}

	state = cbreak_word_state(READ_ONCE(dest->breaker.word));
	if (unlikely(state != CBREAK_STATE_PASSING || cbreak_params_limit(p))) {
		if (unlikely(flags)) {
			/* What was decided of this SYN is not decided again. */
			switch (cbreak_attempt_lookup(&cn->attempts,
						      syn->family, &syn->tuple,
						      syn->isn)) {
			case CBREAK_ATTEMPT_ADMITTED:
			case CBREAK_ATTEMPT_SENT:
			case CBREAK_ATTEMPT_OVER:
				cbreak_stats_inc(cn->stats,
						 CBREAK_STAT_RETRANSMITS);
				return CBREAK_ADMIT;
			case CBREAK_ATTEMPT_REJECTED:
				return refusal(p->mode);
			case CBREAK_ATTEMPT_FREE:
				break;
			}
		}
		/* While it is BROKEN, and at the end of that, none passes. */
		rnd = state == CBREAK_STATE_RECOVERING ? get_random_u32() :
							 U32_MAX;
	}

	verdict = cbreak_breaker_admit(&dest->breaker, p, now_ns, rnd, &gen,
				       &tr);
	cbreak_dest_changed(dest, &tr, now_ns);
	if (unlikely(verdict == CBREAK_REJECT))
		return reject(cn, dest, syn, flags, p->mode,
			      CBREAK_COUNTER_REJECTED, now_ns);
	if (unlikely(cbreak_params_limit(p))) {
		if (!take_place(dest, p, &cause))
			return reject(cn, dest, syn, flags, p->mode, cause,
				      now_ns);
		syn->counted_by = dest->serial;
	}
	add_attempt(cn, dest, syn, gen, CBREAK_ATTEMPT_ADMITTED, now_ns,
		    p->connect_timeout_ms);
	if (unlikely(cbreak_params_follow(p)))
		cbreak_follow_expect(cn, sk, syn, now_ns);
	return CBREAK_ADMIT;
}
