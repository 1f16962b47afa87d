// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: what a request says of a rule's parameters
 *
 * Attributes to values, each checked; the first that is wrong is named. Nothing
 * is looked up here and nothing changed.
 *
 * Context: process.
 */
#include <linux/ctype.h>

#include "netlink.h"
#include "rule.h"

#define DEFAULT_ERROR_RATIO		(CBREAK_RATIO_ONE / 2)
#define DEFAULT_RESPONSE_MS		10000
#define DEFAULT_CONNECT_TIMEOUT_MS	3000
#define DEFAULT_MIN_SAMPLES		5
#define DEFAULT_RECOVERY_SAMPLES	1

const struct nla_policy cbreak_rule_policy[CBREAK_A_RULE_MAX + 1] = {
	[CBREAK_A_RULE_NAME] = { .type = NLA_NUL_STRING },
	[CBREAK_A_RULE_DST] = { .type = NLA_BINARY,
				.len = sizeof(struct in6_addr) },
	[CBREAK_A_RULE_DST_LEN] = { .type = NLA_U8 },
	[CBREAK_A_RULE_PORT_MIN] = { .type = NLA_U16 },
	[CBREAK_A_RULE_PORT_MAX] = { .type = NLA_U16 },
	[CBREAK_A_RULE_PRIO] = { .type = NLA_U32 },
	[CBREAK_A_RULE_ERROR_RATIO] = { .type = NLA_U32 },
	[CBREAK_A_RULE_RESPONSE_TIME] = { .type = NLA_U32 },
	[CBREAK_A_RULE_PASSING_TIME] = { .type = NLA_U32 },
	[CBREAK_A_RULE_BROKEN_TIME] = { .type = NLA_U32 },
	[CBREAK_A_RULE_RECOVERY_TIME] = { .type = NLA_U32 },
	[CBREAK_A_RULE_CONNECT_TIMEOUT] = { .type = NLA_U32 },
	[CBREAK_A_RULE_MIN_SAMPLES] = { .type = NLA_U32 },
	[CBREAK_A_RULE_RECOVERY_SAMPLES] = { .type = NLA_U32 },
	[CBREAK_A_RULE_ON] = { .type = NLA_U32 },
	[CBREAK_A_RULE_KEY] = { .type = NLA_U32 },
	[CBREAK_A_RULE_KEY_LEN] = { .type = NLA_U8 },
	[CBREAK_A_RULE_MODE] = { .type = NLA_U32 },
	[CBREAK_A_RULE_CONSECUTIVE] = { .type = NLA_U32 },
	[CBREAK_A_RULE_SLOW_TIME] = { .type = NLA_U32 },
	[CBREAK_A_RULE_BACKOFF] = { .type = NLA_U32 },
	[CBREAK_A_RULE_BROKEN_TIME_MAX] = { .type = NLA_U32 },
	[CBREAK_A_RULE_JITTER] = { .type = NLA_U32 },
	[CBREAK_A_RULE_FWMARK] = { .type = NLA_U32 },
	[CBREAK_A_RULE_FWMASK] = { .type = NLA_U32 },
	[CBREAK_A_RULE_OIF] = { .type = NLA_NUL_STRING },
	[CBREAK_A_RULE_UID_MIN] = { .type = NLA_U32 },
	[CBREAK_A_RULE_UID_MAX] = { .type = NLA_U32 },
	[CBREAK_A_RULE_CGROUP_FD] = { .type = NLA_S32 },
	[CBREAK_A_RULE_ON_ICMP] = NLA_POLICY_NESTED(cbreak_icmp_policy),
	[CBREAK_A_RULE_MAX_PENDING] = { .type = NLA_U32 },
	[CBREAK_A_RULE_MAX_BROKEN_PCT] = { .type = NLA_U32 },
	[CBREAK_A_RULE_MAX_CONNECTIONS] = { .type = NLA_U32 },
	[CBREAK_A_RULE_LOCAL_FAULT_GUARD] = { .type = NLA_U32 },
	[CBREAK_A_RULE_ABORT_PENDING] = { .type = NLA_U32 },
	[CBREAK_A_RULE_INSPECTOR_FD] = { .type = NLA_S32 },
	[CBREAK_A_RULE_HOOK] = { .type = NLA_U32 },
	[CBREAK_A_RULE_REJECT] = { .type = NLA_U32 },
};

/* What a rule gets that says nothing else. */
const struct cbreak_params cbreak_netlink_default_params = {
	.error_ratio = DEFAULT_ERROR_RATIO,
	.min_samples = DEFAULT_MIN_SAMPLES,
	.recovery_samples = DEFAULT_RECOVERY_SAMPLES,
	.on = CBREAK_ON_ATTEMPT,
	.response_ms = DEFAULT_RESPONSE_MS,
	.connect_timeout_ms = DEFAULT_CONNECT_TIMEOUT_MS,
	.backoff = CBREAK_RATIO_ONE,
	.max_broken_pct = 100,
};

/**
 * cbreak_netlink_check_name - may a rule be called this?
 * @attr: the name
 * @extack: where the reason of a refusal goes
 *
 * A name becomes a directory of sysfs, so it must be a plain word.
 *
 * Return: 0 or -EINVAL.
 */
int cbreak_netlink_check_name(const struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	const char *name = nla_data(attr);
	const char *c;

	if (strlen(name) > CBREAK_NAME_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a name has at most 31 characters");
		return -EINVAL;
	}
	if (!isalnum(name[0]) && name[0] != '_') {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a name begins with a letter, a digit or _");
		return -EINVAL;
	}
	for (c = name; *c; c++) {
		/* isalnum() knows Latin-1. */
		if (isascii(*c) && (isalnum(*c) || strchr("_-.:", *c)))
			continue;
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a name is made of letters, digits, _ - . and :");
		return -EINVAL;
	}
	return 0;
}

/**
 * struct number - a parameter that is a number
 * @attr: its attribute, a u32
 * @offset: its place in struct cbreak_params, a u32
 * @min: the least that it may be
 * @max: the most that it may be
 * @msg: what is said of anything else
 */
struct number {
	u16 attr;
	u16 offset;
	u32 min;
	u32 max;
	const char *msg;
};

#define NUMBER(_attr, _field, _min, _max, _msg) {			\
	.attr = CBREAK_A_RULE_##_attr,					\
	.offset = offsetof(struct cbreak_params, _field),		\
	.min = _min,							\
	.max = _max,							\
	.msg = _msg,							\
}

#define TIME(_attr, _field, _name)					\
	NUMBER(_attr, _field, CBREAK_TIME_MIN_MS, CBREAK_TIME_MAX_MS,	\
	       _name " must be from 100 ms to 24 h")

static const struct number numbers[] = {
	NUMBER(ERROR_RATIO, error_ratio, 1, CBREAK_RATIO_ONE - 1,
	       "error_ratio must be greater than 0 and less than 1"),
	TIME(RESPONSE_TIME, response_ms, "response_time"),
	TIME(PASSING_TIME, passing_ms, "passing_time"),
	TIME(BROKEN_TIME, broken_ms, "broken_time"),
	TIME(RECOVERY_TIME, recovery_ms, "recovery_time"),
	NUMBER(CONNECT_TIMEOUT, connect_timeout_ms, CBREAK_TIME_MIN_MS,
	       CBREAK_CONNECT_TIMEOUT_MAX_MS,
	       "connect_timeout must be from 100 ms to 5 min"),
	NUMBER(MIN_SAMPLES, min_samples, 1, CBREAK_SAMPLES_MAX,
	       "min_samples must be from 1 to 65535"),
	NUMBER(RECOVERY_SAMPLES, recovery_samples, 0, CBREAK_SAMPLES_MAX,
	       "recovery_samples must be from 0 to 65535"),
	NUMBER(CONSECUTIVE, consecutive, 0, CBREAK_SAMPLES_MAX,
	       "consecutive must be from 0 to 65535"),
	NUMBER(SLOW_TIME, slow_ms, 0, CBREAK_CONNECT_TIMEOUT_MAX_MS,
	       "slow_time must be from 0 to 5 min"),
	NUMBER(BACKOFF, backoff, CBREAK_RATIO_ONE, CBREAK_BACKOFF_MAX,
	       "backoff must be from 1 to 10"),
	TIME(BROKEN_TIME_MAX, broken_max_ms, "broken_time_max"),
	NUMBER(JITTER, jitter, 0, CBREAK_RATIO_ONE,
	       "jitter must be from 0 to 1"),
	NUMBER(MAX_PENDING, max_pending, 0, CBREAK_PENDING_MAX,
	       "max_pending must be from 0 to 1048576"),
	NUMBER(MAX_BROKEN_PCT, max_broken_pct, 1, 100,
	       "max_broken_pct must be from 1 to 100"),
	NUMBER(MAX_CONNECTIONS, max_conns, 0, CBREAK_CONNECTIONS_MAX,
	       "max_connections must be from 0 to 1048576"),
	NUMBER(LOCAL_FAULT_GUARD, local_fault_guard, 0, 1,
	       "local_fault_guard must be on or off"),
	NUMBER(ABORT_PENDING, abort_pending, 0, 1,
	       "abort_pending must be on or off"),
	NUMBER(MODE, mode, CBREAK_MODE_ENFORCE, CBREAK_MODE_NEVER,
	       "mode must be enforce, observe or never"),
	NUMBER(REJECT, reject, CBREAK_REJECT_RESET, CBREAK_REJECT_DROP,
	       "reject must be reset, icmp or drop"),
};

static int parse_number(const struct nlattr *attr, const struct number *number,
			struct cbreak_params *p, struct netlink_ext_ack *extack)
{
	u32 value = nla_get_u32(attr);

	if (value < number->min || value > number->max) {
		NL_SET_BAD_ATTR(extack, attr);
		if (extack)
			extack->_msg = number->msg;
		return -ERANGE;
	}
	*(u32 *)((void *)p + number->offset) = value;
	return 0;
}

/**
 * cbreak_netlink_parse_params - the parameters that a request gives
 * @attrs: the request's attributes
 * @p: the parameters as they are, which those that are given replace
 * @extack: where the reason of a refusal goes
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int cbreak_netlink_parse_params(struct nlattr **attrs, struct cbreak_params *p,
				struct netlink_ext_ack *extack)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!attrs[numbers[i].attr])
			continue;
		err = parse_number(attrs[numbers[i].attr], &numbers[i], p,
				   extack);
		if (err)
			return err;
	}
	if (p->broken_max_ms && p->broken_max_ms < cbreak_broken_ms(p)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[CBREAK_A_RULE_BROKEN_TIME_MAX],
				    "broken_time_max must not be less than broken_time");
		return -ERANGE;
	}
	return cbreak_netlink_parse_on(attrs, p, extack);
}
