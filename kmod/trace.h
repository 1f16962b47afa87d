/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cbreak

#if !defined(_CBREAK_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _CBREAK_TRACE_H

#include <linux/in6.h>
#include <linux/tracepoint.h>

#include "dest.h"

TRACE_DEFINE_ENUM(CBREAK_STATE_PASSING);
TRACE_DEFINE_ENUM(CBREAK_STATE_BROKEN);
TRACE_DEFINE_ENUM(CBREAK_STATE_RECOVERING);
TRACE_DEFINE_ENUM(CBREAK_KIND_SUCCESS);
TRACE_DEFINE_ENUM(CBREAK_KIND_REFUSED);
TRACE_DEFINE_ENUM(CBREAK_KIND_TIMEOUT);
TRACE_DEFINE_ENUM(CBREAK_KIND_UNREACHABLE);
TRACE_DEFINE_ENUM(CBREAK_KIND_SLOW);
TRACE_DEFINE_ENUM(CBREAK_KIND_RESET);
TRACE_DEFINE_ENUM(CBREAK_KIND_STALLED);
TRACE_DEFINE_ENUM(CBREAK_CAUSE_RATIO);
TRACE_DEFINE_ENUM(CBREAK_CAUSE_BROKEN_TIME);
TRACE_DEFINE_ENUM(CBREAK_CAUSE_RECOVERED);
TRACE_DEFINE_ENUM(CBREAK_CAUSE_NOT_RECOVERED);
TRACE_DEFINE_ENUM(CBREAK_CAUSE_TRIP);
TRACE_DEFINE_ENUM(CBREAK_CAUSE_RESET);
TRACE_DEFINE_ENUM(CBREAK_CAUSE_CONSECUTIVE);
TRACE_DEFINE_ENUM(CBREAK_CAUSE_ISOLATE);
TRACE_DEFINE_ENUM(CBREAK_CAUSE_BYPASS);
TRACE_DEFINE_ENUM(CBREAK_WITHHELD_MAX_BROKEN);
TRACE_DEFINE_ENUM(CBREAK_WITHHELD_LOCAL_FAULT);
TRACE_DEFINE_ENUM(CBREAK_COUNTER_REJECTED);
TRACE_DEFINE_ENUM(CBREAK_COUNTER_REJECTED_MAX_PENDING);
TRACE_DEFINE_ENUM(CBREAK_COUNTER_REJECTED_MAX_CONNECTIONS);

#define show_state(state) __print_symbolic(state,		\
	{ CBREAK_STATE_PASSING, "passing" },			\
	{ CBREAK_STATE_BROKEN, "broken" },			\
	{ CBREAK_STATE_RECOVERING, "recovering" })

#define show_kind(kind) __print_symbolic(kind,			\
	{ CBREAK_KIND_SUCCESS, "success" },			\
	{ CBREAK_KIND_REFUSED, "refused" },			\
	{ CBREAK_KIND_TIMEOUT, "timeout" },			\
	{ CBREAK_KIND_UNREACHABLE, "unreachable" },		\
	{ CBREAK_KIND_SLOW, "slow" },				\
	{ CBREAK_KIND_RESET, "reset" },				\
	{ CBREAK_KIND_STALLED, "stalled" })

#define show_cause(cause) __print_symbolic(cause,		\
	{ CBREAK_CAUSE_RATIO, "ratio" },			\
	{ CBREAK_CAUSE_BROKEN_TIME, "broken-time" },		\
	{ CBREAK_CAUSE_RECOVERED, "recovered" },		\
	{ CBREAK_CAUSE_NOT_RECOVERED, "not-recovered" },	\
	{ CBREAK_CAUSE_TRIP, "trip" },				\
	{ CBREAK_CAUSE_RESET, "reset" },			\
	{ CBREAK_CAUSE_CONSECUTIVE, "consecutive" },		\
	{ CBREAK_CAUSE_ISOLATE, "isolate" },			\
	{ CBREAK_CAUSE_BYPASS, "bypass" })

#define show_withheld(why) __print_symbolic(why,		\
	{ CBREAK_WITHHELD_MAX_BROKEN, "max-broken" },		\
	{ CBREAK_WITHHELD_LOCAL_FAULT, "local-fault" })

#define show_reject(cause) __print_symbolic(cause,		\
	{ CBREAK_COUNTER_REJECTED, "breaker" },			\
	{ CBREAK_COUNTER_REJECTED_MAX_PENDING, "max-pending" },	\
	{ CBREAK_COUNTER_REJECTED_MAX_CONNECTIONS, "max-connections" })

#ifndef _CBREAK_TRACE_INLINE
#define _CBREAK_TRACE_INLINE
static inline void cbreak_trace_sockaddr(void *to, const struct cbreak_key *key)
{
	if (key->family == AF_INET) {
		struct sockaddr_in *sin = to;

		memset(to, 0, sizeof(struct sockaddr_in6));
		sin->sin_family = AF_INET;
		sin->sin_port = htons(key->port);
		sin->sin_addr = key->addr.in;
	} else {
		struct sockaddr_in6 *sin6 = to;

		memset(to, 0, sizeof(*sin6));
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(key->port);
		sin6->sin6_addr = key->addr.in6;
	}
}
#endif

TRACE_EVENT(cbreak_admit,
	TP_PROTO(const struct cbreak_dest *dest, u32 isn),
	TP_ARGS(dest, isn),
	TP_STRUCT__entry(
		__array(char, rule, CBREAK_NAME_MAX + 1)
		__array(__u8, addr, sizeof(struct sockaddr_in6))
		__field(u8, state)
		__field(u32, isn)
	),
	TP_fast_assign(
		memcpy(__entry->rule, dest->rule->name, sizeof(__entry->rule));
		cbreak_trace_sockaddr(__entry->addr, &dest->key);
		__entry->state = cbreak_word_state(READ_ONCE(dest->breaker.word));
		__entry->isn = isn;
	),
	TP_printk("rule=%s dest=%pISpc state=%s isn=%u", __entry->rule,
		  __entry->addr, show_state(__entry->state), __entry->isn)
);

TRACE_EVENT(cbreak_abort,
	TP_PROTO(const struct cbreak_dest *dest, u32 isn),
	TP_ARGS(dest, isn),
	TP_STRUCT__entry(
		__array(char, rule, CBREAK_NAME_MAX + 1)
		__array(__u8, addr, sizeof(struct sockaddr_in6))
		__field(u32, isn)
	),
	TP_fast_assign(
		memcpy(__entry->rule, dest->rule->name, sizeof(__entry->rule));
		cbreak_trace_sockaddr(__entry->addr, &dest->key);
		__entry->isn = isn;
	),
	TP_printk("rule=%s dest=%pISpc isn=%u", __entry->rule, __entry->addr,
		  __entry->isn)
);

TRACE_EVENT(cbreak_reject,
	TP_PROTO(const struct cbreak_dest *dest, u32 isn,
		 enum cbreak_counter cause),
	TP_ARGS(dest, isn, cause),
	TP_STRUCT__entry(
		__array(char, rule, CBREAK_NAME_MAX + 1)
		__array(__u8, addr, sizeof(struct sockaddr_in6))
		__field(u8, state)
		__field(u8, cause)
		__field(u32, isn)
	),
	TP_fast_assign(
		memcpy(__entry->rule, dest->rule->name, sizeof(__entry->rule));
		cbreak_trace_sockaddr(__entry->addr, &dest->key);
		__entry->state = cbreak_word_state(READ_ONCE(dest->breaker.word));
		__entry->cause = cause;
		__entry->isn = isn;
	),
	TP_printk("rule=%s dest=%pISpc state=%s isn=%u cause=%s",
		  __entry->rule, __entry->addr, show_state(__entry->state),
		  __entry->isn, show_reject(__entry->cause))
);

TRACE_EVENT(cbreak_outcome,
	TP_PROTO(const struct cbreak_dest *dest,
		 const struct cbreak_outcome *outcome, u32 latency_us,
		 bool counted),
	TP_ARGS(dest, outcome, latency_us, counted),
	TP_STRUCT__entry(
		__array(char, rule, CBREAK_NAME_MAX + 1)
		__array(__u8, addr, sizeof(struct sockaddr_in6))
		__field(u8, kind)
		__field(u8, type)
		__field(u8, code)
		__field(bool, counted)
		__field(u32, latency_us)
	),
	TP_fast_assign(
		memcpy(__entry->rule, dest->rule->name, sizeof(__entry->rule));
		cbreak_trace_sockaddr(__entry->addr, &dest->key);
		__entry->kind = outcome->kind;
		__entry->type = outcome->type;
		__entry->code = outcome->code;
		__entry->counted = counted;
		__entry->latency_us = latency_us;
	),
	TP_printk("rule=%s dest=%pISpc kind=%s icmp=%u/%u latency_us=%u counted=%d",
		  __entry->rule, __entry->addr, show_kind(__entry->kind),
		  __entry->type, __entry->code, __entry->latency_us,
		  __entry->counted)
);

TRACE_EVENT(cbreak_state,
	TP_PROTO(const struct cbreak_dest *dest,
		 const struct cbreak_transition *tr),
	TP_ARGS(dest, tr),
	TP_STRUCT__entry(
		__array(char, rule, CBREAK_NAME_MAX + 1)
		__array(__u8, addr, sizeof(struct sockaddr_in6))
		__field(u8, from)
		__field(u8, to)
		__field(u8, cause)
		__field(u32, gen)
		__field(u32, samples)
		__field(u32, failed)
	),
	TP_fast_assign(
		memcpy(__entry->rule, dest->rule->name, sizeof(__entry->rule));
		cbreak_trace_sockaddr(__entry->addr, &dest->key);
		__entry->from = tr->from;
		__entry->to = tr->to;
		__entry->cause = tr->cause;
		__entry->gen = tr->gen;
		__entry->samples = tr->counts.total;
		__entry->failed = tr->counts.failed;
	),
	TP_printk("rule=%s dest=%pISpc from=%s to=%s cause=%s gen=%u samples=%u failed=%u",
		  __entry->rule, __entry->addr, show_state(__entry->from),
		  show_state(__entry->to), show_cause(__entry->cause),
		  __entry->gen, __entry->samples, __entry->failed)
);

TRACE_EVENT(cbreak_withheld,
	TP_PROTO(const struct cbreak_dest *dest,
		 const struct cbreak_transition *tr),
	TP_ARGS(dest, tr),
	TP_STRUCT__entry(
		__array(char, rule, CBREAK_NAME_MAX + 1)
		__array(__u8, addr, sizeof(struct sockaddr_in6))
		__field(u8, state)
		__field(u8, cause)
		__field(u8, withheld)
		__field(u32, samples)
		__field(u32, failed)
	),
	TP_fast_assign(
		memcpy(__entry->rule, dest->rule->name, sizeof(__entry->rule));
		cbreak_trace_sockaddr(__entry->addr, &dest->key);
		__entry->state = tr->from;
		__entry->cause = tr->cause;
		__entry->withheld = tr->withheld;
		__entry->samples = tr->counts.total;
		__entry->failed = tr->counts.failed;
	),
	TP_printk("rule=%s dest=%pISpc state=%s cause=%s withheld=%s samples=%u failed=%u",
		  __entry->rule, __entry->addr, show_state(__entry->state),
		  show_cause(__entry->cause), show_withheld(__entry->withheld),
		  __entry->samples, __entry->failed)
);

TRACE_EVENT(cbreak_guard,
	TP_PROTO(bool frozen, const struct cbreak_guard_view *view),
	TP_ARGS(frozen, view),
	TP_STRUCT__entry(
		__field(bool, frozen)
		__field(u32, lost)
		__field(u32, destinations)
	),
	TP_fast_assign(
		__entry->frozen = frozen;
		__entry->lost = view->lost;
		__entry->destinations = view->destinations;
	),
	TP_printk("frozen=%d lost=%u destinations=%u", __entry->frozen,
		  __entry->lost, __entry->destinations)
);

#endif /* _CBREAK_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
