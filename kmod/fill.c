// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: objects as netlink attributes
 *
 * What replies, dumps and events have in common. Attribute names and types
 * are those of Documentation/netlink/specs/cbreak.yaml.
 */
#include <linux/math64.h>
#include <net/netlink.h>

#include "dest.h"
#include "fill.h"
#include "inspect.h"

/**
 * cbreak_fill_ratio - share of failures, for showing
 * @failed: failures
 * @total: outcomes
 *
 * Context: any.
 * Return: millionths; 0 without outcomes.
 */
u32 cbreak_fill_ratio(u32 failed, u32 total)
{
	return total ? div_u64((u64)failed * CBREAK_RATIO_ONE, total) : 0;
}

static int put_u64(struct sk_buff *skb, int type, u64 value, int pad)
{
	return nla_put_u64_64bit(skb, type, value, pad);
}

static int fill_addr(struct sk_buff *skb, int type, u8 family,
		     const union nf_inet_addr *addr)
{
	return nla_put(skb, type, family == AF_INET ? sizeof(addr->ip) :
						      sizeof(addr->in6), addr);
}

/* A breaker's name: what its key leaves out is left out here. */
static int fill_dest(struct sk_buff *skb, const struct cbreak_dest *dest,
		     int addr, int port, int addr_len)
{
	const struct cbreak_key *key = &dest->key;

	if (key->family != AF_UNSPEC &&
	    fill_addr(skb, addr, key->family, &key->addr))
		return -EMSGSIZE;
	switch (dest->rule->key_type) {
	case CBREAK_KEY_TYPE_ADDR_PORT:
		return nla_put_u16(skb, port, key->port);
	case CBREAK_KEY_TYPE_PREFIX:
		return nla_put_u8(skb, addr_len, dest->rule->key_len);
	}
	return 0;
}

static int fill_counters(struct sk_buff *skb, int type,
			 const struct cbreak_counters __percpu *counters)
{
	struct nlattr *nest = nla_nest_start(skb, type);
	unsigned int i;

	if (!nest)
		return -EMSGSIZE;
	BUILD_BUG_ON(CBREAK_A_COUNTERS_MAX - CBREAK_A_COUNTERS_ADMITTED + 1 !=
		     CBREAK_COUNTERS);
	for (i = 0; i < CBREAK_COUNTERS; i++)
		if (put_u64(skb, CBREAK_A_COUNTERS_ADMITTED + i,
			    cbreak_counters_sum(counters, i),
			    CBREAK_A_COUNTERS_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_match(struct sk_buff *skb, const struct cbreak_match *match)
{
	if (match->family != AF_UNSPEC &&
	    (fill_addr(skb, CBREAK_A_RULE_DST, match->family, &match->dst) ||
	     nla_put_u8(skb, CBREAK_A_RULE_DST_LEN, match->dst_len)))
		return -EMSGSIZE;
	if ((match->port_min || match->port_max != U16_MAX) &&
	    (nla_put_u16(skb, CBREAK_A_RULE_PORT_MIN, match->port_min) ||
	     nla_put_u16(skb, CBREAK_A_RULE_PORT_MAX, match->port_max)))
		return -EMSGSIZE;
	if (match->fwmask &&
	    (nla_put_u32(skb, CBREAK_A_RULE_FWMARK, match->fwmark) ||
	     nla_put_u32(skb, CBREAK_A_RULE_FWMASK, match->fwmask)))
		return -EMSGSIZE;
	if (match->oif[0] &&
	    nla_put_string(skb, CBREAK_A_RULE_OIF, match->oif))
		return -EMSGSIZE;
	if ((match->uid_min || match->uid_max != U32_MAX) &&
	    (nla_put_u32(skb, CBREAK_A_RULE_UID_MIN, match->uid_min) ||
	     nla_put_u32(skb, CBREAK_A_RULE_UID_MAX, match->uid_max)))
		return -EMSGSIZE;
	if (nla_put_u32(skb, CBREAK_A_RULE_HOOK, match->hook))
		return -EMSGSIZE;
	return nla_put_u32(skb, CBREAK_A_RULE_PRIO, match->prio);
}

static int fill_cgroup(struct sk_buff *skb, const struct cbreak_cgroup *cgroup)
{
	if (!cgroup)
		return 0;
	if (nla_put_string(skb, CBREAK_A_RULE_CGROUP, cgroup->path) ||
	    (cbreak_cgroup_is_deleted(cgroup) &&
	     nla_put_flag(skb, CBREAK_A_RULE_CGROUP_DELETED)))
		return -EMSGSIZE;
	return 0;
}

static int fill_key(struct sk_buff *skb, const struct cbreak_rule *rule)
{
	if (rule->key_type == CBREAK_KEY_TYPE_PREFIX &&
	    nla_put_u8(skb, CBREAK_A_RULE_KEY_LEN, rule->key_len))
		return -EMSGSIZE;
	return nla_put_u32(skb, CBREAK_A_RULE_KEY, rule->key_type);
}

static int fill_icmp(struct sk_buff *skb, const struct cbreak_params *p)
{
	struct nlattr *nest = nla_nest_start(skb, CBREAK_A_RULE_ON_ICMP);
	const struct cbreak_icmp *icmp;

	if (!nest)
		return -EMSGSIZE;
	for (icmp = p->icmp; icmp < p->icmp + p->nr_icmp; icmp++)
		if (nla_put_u16(skb, icmp->family == AF_INET ?
				CBREAK_A_ICMP_V4 : CBREAK_A_ICMP_V6,
				icmp->type << 8 | icmp->code))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_inspector(struct sk_buff *skb, const struct bpf_prog *prog)
{
	struct cbreak_inspector inspector;

	cbreak_inspect_describe(prog, &inspector);
	if (nla_put_u32(skb, CBREAK_A_RULE_INSPECTOR_ID, inspector.id) ||
	    nla_put_string(skb, CBREAK_A_RULE_INSPECTOR_NAME,
			   inspector.name) ||
	    nla_put(skb, CBREAK_A_RULE_INSPECTOR_TAG, sizeof(inspector.tag),
		    inspector.tag))
		return -EMSGSIZE;
	return 0;
}

static int fill_params(struct sk_buff *skb, const struct cbreak_params *p)
{
	if (nla_put_u32(skb, CBREAK_A_RULE_ERROR_RATIO, p->error_ratio) ||
	    nla_put_u32(skb, CBREAK_A_RULE_RESPONSE_TIME, p->response_ms) ||
	    nla_put_u32(skb, CBREAK_A_RULE_PASSING_TIME,
			cbreak_passing_ms(p)) ||
	    nla_put_u32(skb, CBREAK_A_RULE_BROKEN_TIME, cbreak_broken_ms(p)) ||
	    nla_put_u32(skb, CBREAK_A_RULE_RECOVERY_TIME,
			cbreak_recovery_ms(p)) ||
	    nla_put_u32(skb, CBREAK_A_RULE_CONNECT_TIMEOUT,
			p->connect_timeout_ms) ||
	    nla_put_u32(skb, CBREAK_A_RULE_MIN_SAMPLES, p->min_samples) ||
	    nla_put_u32(skb, CBREAK_A_RULE_RECOVERY_SAMPLES,
			p->recovery_samples) ||
	    nla_put_u32(skb, CBREAK_A_RULE_ON, p->on) ||
	    nla_put_u32(skb, CBREAK_A_RULE_MODE, p->mode) ||
	    nla_put_u32(skb, CBREAK_A_RULE_REJECT, p->reject) ||
	    nla_put_u32(skb, CBREAK_A_RULE_CONSECUTIVE, p->consecutive) ||
	    nla_put_u32(skb, CBREAK_A_RULE_SLOW_TIME, p->slow_ms) ||
	    nla_put_u32(skb, CBREAK_A_RULE_BACKOFF, p->backoff) ||
	    nla_put_u32(skb, CBREAK_A_RULE_BROKEN_TIME_MAX,
			cbreak_broken_max_ms(p)) ||
	    nla_put_u32(skb, CBREAK_A_RULE_JITTER, p->jitter) ||
	    nla_put_u32(skb, CBREAK_A_RULE_MAX_PENDING, p->max_pending) ||
	    nla_put_u32(skb, CBREAK_A_RULE_MAX_BROKEN_PCT, p->max_broken_pct) ||
	    nla_put_u32(skb, CBREAK_A_RULE_MAX_CONNECTIONS, p->max_conns) ||
	    nla_put_u32(skb, CBREAK_A_RULE_LOCAL_FAULT_GUARD,
			p->local_fault_guard) ||
	    nla_put_u32(skb, CBREAK_A_RULE_ABORT_PENDING, p->abort_pending))
		return -EMSGSIZE;
	if (p->nr_icmp && fill_icmp(skb, p))
		return -EMSGSIZE;
	return p->inspector ? fill_inspector(skb, p->inspector) : 0;
}

/**
 * cbreak_fill_rule - a rule as attributes
 * @skb: the message
 * @rule: the rule
 *
 * Context: process, with the namespace's mutex.
 * Return: 0, or -EMSGSIZE if it did not fit; the caller takes the rest back.
 */
int cbreak_fill_rule(struct sk_buff *skb, struct cbreak_rule *rule)
{
	struct cbreak_rule_params *params;

	params = rcu_dereference_protected(rule->params, true);
	if (nla_put_u32(skb, CBREAK_A_RULE_ID, rule->id) ||
	    nla_put_string(skb, CBREAK_A_RULE_NAME, rule->name) ||
	    fill_match(skb, &rule->class.match) ||
	    fill_cgroup(skb, rule->cgroup) ||
	    fill_key(skb, rule) ||
	    fill_params(skb, &params->params) ||
	    nla_put_u32(skb, CBREAK_A_RULE_PASSING,
			READ_ONCE(rule->nr[CBREAK_STATE_PASSING])) ||
	    nla_put_u32(skb, CBREAK_A_RULE_BROKEN,
			READ_ONCE(rule->nr[CBREAK_STATE_BROKEN])) ||
	    nla_put_u32(skb, CBREAK_A_RULE_RECOVERING,
			READ_ONCE(rule->nr[CBREAK_STATE_RECOVERING])))
		return -EMSGSIZE;
	return fill_counters(skb, CBREAK_A_RULE_COUNTERS, rule->counters);
}

static int fill_last(struct sk_buff *skb, int type,
		     const struct cbreak_outcome *last)
{
	/* Kind, ICMP type and ICMP code follow each other in every set. */
	if (last->kind == CBREAK_KIND_SUCCESS)
		return 0;
	if (nla_put_u8(skb, type, last->kind))
		return -EMSGSIZE;
	if (last->kind == CBREAK_KIND_UNREACHABLE &&
	    (nla_put_u8(skb, type + 1, last->type) ||
	     nla_put_u8(skb, type + 2, last->code)))
		return -EMSGSIZE;
	return 0;
}

/**
 * cbreak_fill_dest_rcu - a breaker as attributes
 * @skb: the message
 * @dest: the breaker
 * @now_ns: the present
 *
 * Context: any but hard interrupts, under rcu_read_lock().
 * Return: 0, or -EMSGSIZE if it did not fit; the caller takes the rest back.
 */
int cbreak_fill_dest_rcu(struct sk_buff *skb, struct cbreak_dest *dest,
			 u64 now_ns)
{
	const struct cbreak_params *p = cbreak_rule_params_rcu(dest->rule);
	u32 pending = atomic_read(&dest->pending);
	u32 conns = cbreak_dest_conns(dest);
	struct cbreak_snapshot snap;

	cbreak_breaker_snapshot(&dest->breaker, p, now_ns, &snap);
	if (nla_put_string(skb, CBREAK_A_BREAKER_RULE, dest->rule->name) ||
	    fill_dest(skb, dest, CBREAK_A_BREAKER_ADDR, CBREAK_A_BREAKER_PORT,
		      CBREAK_A_BREAKER_ADDR_LEN) ||
	    nla_put_u8(skb, CBREAK_A_BREAKER_STATE, snap.state) ||
	    nla_put_u32(skb, CBREAK_A_BREAKER_GENERATION, snap.gen) ||
	    put_u64(skb, CBREAK_A_BREAKER_SINCE_MS,
		    div_u64(snap.since_ns, NSEC_PER_MSEC),
		    CBREAK_A_BREAKER_PAD))
		return -EMSGSIZE;
	/* Rounded up: nothing left means that it is over. */
	if (snap.next_ns &&
	    put_u64(skb, CBREAK_A_BREAKER_NEXT_MS,
		    div_u64(snap.next_ns + NSEC_PER_MSEC - 1, NSEC_PER_MSEC),
		    CBREAK_A_BREAKER_PAD))
		return -EMSGSIZE;
	if (nla_put_u32(skb, CBREAK_A_BREAKER_SAMPLES, snap.counts.total) ||
	    nla_put_u32(skb, CBREAK_A_BREAKER_FAILED, snap.counts.failed) ||
	    nla_put_u32(skb, CBREAK_A_BREAKER_ERROR_RATIO,
			cbreak_fill_ratio(snap.counts.failed,
					  snap.counts.total)) ||
	    fill_last(skb, CBREAK_A_BREAKER_LAST_KIND, &snap.last))
		return -EMSGSIZE;
	if (snap.hold != CBREAK_HOLD_NONE &&
	    nla_put_u8(skb, CBREAK_A_BREAKER_HOLD, snap.hold))
		return -EMSGSIZE;
	/* Absent if it has no end. */
	if (snap.hold != CBREAK_HOLD_NONE && snap.hold_ns != U64_MAX &&
	    put_u64(skb, CBREAK_A_BREAKER_HOLD_MS,
		    div_u64(snap.hold_ns + NSEC_PER_MSEC - 1, NSEC_PER_MSEC),
		    CBREAK_A_BREAKER_PAD))
		return -EMSGSIZE;
	/* Absent if nobody counts them. */
	if ((cbreak_params_limit(p) || pending) &&
	    nla_put_u32(skb, CBREAK_A_BREAKER_PENDING, pending))
		return -EMSGSIZE;
	if ((cbreak_params_follow(p) || conns) &&
	    nla_put_u32(skb, CBREAK_A_BREAKER_CONNECTIONS, conns))
		return -EMSGSIZE;
	return fill_counters(skb, CBREAK_A_BREAKER_COUNTERS, dest->counters);
}

/**
 * cbreak_fill_transition - a change of state as attributes
 * @skb: the message
 * @dest: the breaker
 * @tr: what happened, or is withheld
 *
 * Context: any but hard interrupts, under rcu_read_lock().
 * Return: 0, or -EMSGSIZE if it did not fit; the caller takes the rest back.
 */
int cbreak_fill_transition(struct sk_buff *skb, struct cbreak_dest *dest,
			   const struct cbreak_transition *tr)
{
	struct cbreak_outcome last = {
		.kind = READ_ONCE(dest->breaker.last_kind),
		.type = READ_ONCE(dest->breaker.last_type),
		.code = READ_ONCE(dest->breaker.last_code),
	};

	if (nla_put_string(skb, CBREAK_A_EVENT_RULE, dest->rule->name) ||
	    fill_dest(skb, dest, CBREAK_A_EVENT_ADDR, CBREAK_A_EVENT_PORT,
		      CBREAK_A_EVENT_ADDR_LEN) ||
	    nla_put_u8(skb, CBREAK_A_EVENT_FROM, tr->from) ||
	    nla_put_u8(skb, CBREAK_A_EVENT_TO, tr->to) ||
	    nla_put_u8(skb, CBREAK_A_EVENT_CAUSE, tr->cause) ||
	    nla_put_u32(skb, CBREAK_A_EVENT_GENERATION, tr->gen) ||
	    nla_put_u32(skb, CBREAK_A_EVENT_SAMPLES, tr->counts.total) ||
	    nla_put_u32(skb, CBREAK_A_EVENT_FAILED, tr->counts.failed))
		return -EMSGSIZE;
	if (tr->withheld != CBREAK_WITHHELD_NONE &&
	    nla_put_u8(skb, CBREAK_A_EVENT_WITHHELD, tr->withheld))
		return -EMSGSIZE;
	if (tr->hold != CBREAK_HOLD_NONE &&
	    nla_put_u8(skb, CBREAK_A_EVENT_HOLD, tr->hold))
		return -EMSGSIZE;
	if (tr->hold != CBREAK_HOLD_NONE &&
	    tr->hold_ms != CBREAK_HOLD_FOREVER &&
	    nla_put_u32(skb, CBREAK_A_EVENT_HOLD_MS, tr->hold_ms))
		return -EMSGSIZE;
	return fill_last(skb, CBREAK_A_EVENT_LAST_KIND, &last);
}
