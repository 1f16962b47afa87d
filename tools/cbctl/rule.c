// SPDX-License-Identifier: GPL-2.0
/*
 * cbctl rule: which connections are guarded, and how.
 *
 * One table says how a parameter is called, parsed, sent and printed, so that
 * what is printed can be typed again.
 */
#include <stdio.h>
#include <string.h>

#include <linux/cbreak.h>

#include "cbctl.h"
#include "nl.h"
#include "object.h"
#include "out.h"
#include "parse.h"

static const char *const rule_names[] = {
	[CBREAK_A_RULE_ID]			= "id",
	[CBREAK_A_RULE_NAME]			= "name",
	[CBREAK_A_RULE_DST]			= "dst",
	[CBREAK_A_RULE_DST_LEN]			= "dst-len",
	[CBREAK_A_RULE_PORT_MIN]		= "port-min",
	[CBREAK_A_RULE_PORT_MAX]		= "port-max",
	[CBREAK_A_RULE_PRIO]			= "prio",
	[CBREAK_A_RULE_ERROR_RATIO]		= "error-ratio",
	[CBREAK_A_RULE_RESPONSE_TIME]		= "response-time",
	[CBREAK_A_RULE_PASSING_TIME]		= "passing-time",
	[CBREAK_A_RULE_BROKEN_TIME]		= "broken-time",
	[CBREAK_A_RULE_RECOVERY_TIME]		= "recovery-time",
	[CBREAK_A_RULE_CONNECT_TIMEOUT]		= "connect-timeout",
	[CBREAK_A_RULE_MIN_SAMPLES]		= "min-samples",
	[CBREAK_A_RULE_RECOVERY_SAMPLES]	= "recovery-samples",
	[CBREAK_A_RULE_ON]			= "on",
	[CBREAK_A_RULE_PASSING]			= "passing",
	[CBREAK_A_RULE_BROKEN]			= "broken",
	[CBREAK_A_RULE_RECOVERING]		= "recovering",
	[CBREAK_A_RULE_COUNTERS]		= "counters",
	[CBREAK_A_RULE_KEY]			= "key",
	[CBREAK_A_RULE_KEY_LEN]			= "key-len",
	[CBREAK_A_RULE_MODE]			= "mode",
	[CBREAK_A_RULE_CONSECUTIVE]		= "consecutive",
	[CBREAK_A_RULE_SLOW_TIME]		= "slow-time",
	[CBREAK_A_RULE_BACKOFF]			= "backoff",
	[CBREAK_A_RULE_BROKEN_TIME_MAX]		= "broken-time-max",
	[CBREAK_A_RULE_JITTER]			= "jitter",
	[CBREAK_A_RULE_FWMARK]			= "fwmark",
	[CBREAK_A_RULE_FWMASK]			= "fwmask",
	[CBREAK_A_RULE_OIF]			= "oif",
	[CBREAK_A_RULE_UID_MIN]			= "uid-min",
	[CBREAK_A_RULE_UID_MAX]			= "uid-max",
	[CBREAK_A_RULE_CGROUP_FD]		= "cgroup-fd",
	[CBREAK_A_RULE_CGROUP]			= "cgroup",
	[CBREAK_A_RULE_CGROUP_DELETED]		= "cgroup-deleted",
	[CBREAK_A_RULE_ON_ICMP]			= "on-icmp",
	[CBREAK_A_RULE_INSPECTOR_FD]		= "inspector-fd",
	[CBREAK_A_RULE_INSPECTOR_ID]		= "inspector-id",
	[CBREAK_A_RULE_INSPECTOR_NAME]		= "inspector-name",
	[CBREAK_A_RULE_INSPECTOR_TAG]		= "inspector-tag",
	[CBREAK_A_RULE_MAX_PENDING]		= "max-pending",
	[CBREAK_A_RULE_HOOK]			= "hook",
	[CBREAK_A_RULE_REJECT]			= "reject",
	[CBREAK_A_RULE_MAX_BROKEN_PCT]		= "max-broken-pct",
	[CBREAK_A_RULE_MAX_CONNECTIONS]		= "max-connections",
	[CBREAK_A_RULE_LOCAL_FAULT_GUARD]	= "local-fault-guard",
	[CBREAK_A_RULE_ABORT_PENDING]		= "abort-pending",
};

/* Names of the attributes of a rule, for errors. */
const struct names rule_attrs = { rule_names, ARRAY_SIZE(rule_names) };

/* In the order in which they are printed. */
static const struct keyword rule_keywords[] = {
	{ "dst", "PREFIX", "Destinations: ADDR, ADDR/LEN or {any|default}",
	  KEYWORD_DST, CBREAK_A_RULE_DST },
	{ "port", "PORT[-PORT]", "Destination ports",
	  KEYWORD_PORTS, CBREAK_A_RULE_PORT_MIN },
	{ "fwmark", "MARK[/MASK]", "Mark of the packet, by SO_MARK or a firewall",
	  KEYWORD_FWMARK, CBREAK_A_RULE_FWMARK },
	{ "oif", "IFACE", "Interface that the packet leaves by",
	  KEYWORD_OIF, CBREAK_A_RULE_OIF },
	{ "uid", "UID[-UID]", "Owners of the socket, by number",
	  KEYWORD_UIDS, CBREAK_A_RULE_UID_MIN },
	{ "cgroup", "PATH", "Cgroup of the socket, or one above it",
	  KEYWORD_CGROUP, CBREAK_A_RULE_CGROUP },
	{ "hook", "HOOK", "This host's connections or others': {output|forward}",
	  KEYWORD_HOOK, CBREAK_A_RULE_HOOK },
	{ "prio", "N", "The lower one wins between equal matches",
	  KEYWORD_NUMBER, CBREAK_A_RULE_PRIO },
	{ "key", "KEY", "What shares a breaker: {addr+port|addr|prefix/|rule}",
	  KEYWORD_KEY, CBREAK_A_RULE_KEY },
	/* From here on they can be changed. */
	{ "mode", "MODE", "What a breaker does: {enforce|observe|never}",
	  KEYWORD_MODE, CBREAK_A_RULE_MODE },
	{ "reject", "HOW",
	  "How, if its client is forwarded: {reset|icmp|drop}",
	  KEYWORD_REJECT, CBREAK_A_RULE_REJECT },
	{ "error-ratio", "R", "Share of failures that is too much: 0.3 or 30%",
	  KEYWORD_RATIO, CBREAK_A_RULE_ERROR_RATIO },
	{ "response-time", "T", "Length of the window: 250ms, 10s, 5m or 1h",
	  KEYWORD_TIME, CBREAK_A_RULE_RESPONSE_TIME },
	{ "passing-time", "T", "Least time in passing before a trip",
	  KEYWORD_TIME, CBREAK_A_RULE_PASSING_TIME },
	{ "broken-time", "T", "Time in broken",
	  KEYWORD_TIME, CBREAK_A_RULE_BROKEN_TIME },
	{ "recovery-time", "T", "Time in recovering",
	  KEYWORD_TIME, CBREAK_A_RULE_RECOVERY_TIME },
	{ "connect-timeout", "T", "Silence that makes an attempt a timeout",
	  KEYWORD_TIME, CBREAK_A_RULE_CONNECT_TIMEOUT },
	{ "min-samples", "N", "Fewest outcomes that can trip",
	  KEYWORD_NUMBER, CBREAK_A_RULE_MIN_SAMPLES },
	{ "recovery-samples", "N", "Fewest outcomes that can end recovering",
	  KEYWORD_NUMBER, CBREAK_A_RULE_RECOVERY_SAMPLES },
	{ "on", "KIND[,KIND...]",
	  "{refused|timeout|unreachable|slow|reset|stalled|all}",
	  KEYWORD_ON, CBREAK_A_RULE_ON },
	{ "consecutive", "N", "Failures in a row that trip; 0: none do",
	  KEYWORD_NUMBER, CBREAK_A_RULE_CONSECUTIVE },
	{ "slow-time", "T", "A longer handshake is slow; 0: none is",
	  KEYWORD_TIME, CBREAK_A_RULE_SLOW_TIME },
	{ "backoff", "R", "Each trip in a row is R times as long: 1 to 10",
	  KEYWORD_RATIO, CBREAK_A_RULE_BACKOFF },
	{ "broken-time-max", "T", "But not longer than this",
	  KEYWORD_TIME, CBREAK_A_RULE_BROKEN_TIME_MAX },
	{ "jitter", "R", "Share of the time in broken that is added at most",
	  KEYWORD_RATIO, CBREAK_A_RULE_JITTER },
	{ "max-pending", "N", "Most attempts in flight; 0: any number",
	  KEYWORD_NUMBER, CBREAK_A_RULE_MAX_PENDING },
	{ "max-broken-pct", "N", "Percent of the breakers that may be broken",
	  KEYWORD_NUMBER, CBREAK_A_RULE_MAX_BROKEN_PCT },
	{ "max-connections", "N", "Most connections; 0: any number",
	  KEYWORD_NUMBER, CBREAK_A_RULE_MAX_CONNECTIONS },
	{ "local-fault-guard", "ON",
	  "No trips while most are silent: {on|off}",
	  KEYWORD_SWITCH, CBREAK_A_RULE_LOCAL_FAULT_GUARD },
	{ "abort-pending", "ON", "A trip ends connects that hang: {on|off}",
	  KEYWORD_SWITCH, CBREAK_A_RULE_ABORT_PENDING },
	{ "inspector", "PROGRAM", "Decides what counts: PATH, id:N or {none}",
	  KEYWORD_INSPECTOR, CBREAK_A_RULE_INSPECTOR_ID },
	{ }
};

#define MATCH_KEYWORDS	9

static const char *put_param(struct nlmsghdr *nlh, const struct keyword *kw,
			     const char *word)
{
	const char *err = NULL;
	uint32_t value = 0;

	switch (kw->type) {
	case KEYWORD_DST:
	case KEYWORD_PORTS:
	case KEYWORD_FWMARK:
	case KEYWORD_OIF:
	case KEYWORD_UIDS:
	case KEYWORD_CGROUP:
	case KEYWORD_HOOK:
	case KEYWORD_KEY:
		return match_put(nlh, kw, word);
	case KEYWORD_INSPECTOR:
		return inspector_put(nlh, word);
	case KEYWORD_MODE:
		err = parse_mode(word, &value);
		break;
	case KEYWORD_REJECT:
		err = parse_reject(word, &value);
		break;
	case KEYWORD_SWITCH:
		err = parse_on_off(word, &value);
		break;
	case KEYWORD_RATIO:
		err = parse_ratio(word, &value);
		break;
	case KEYWORD_TIME:
		err = parse_time(word, &value);
		break;
	case KEYWORD_ON:
		return on_put(nlh, word);
	case KEYWORD_NUMBER:
	case KEYWORD_OTHER:
		err = parse_number(word, &value);
		break;
	}
	if (!err)
		nl_put(nlh, kw->attr, &value, sizeof(value));
	return err;
}

static bool is_any(const struct keyword *kw, const char *word)
{
	struct prefix prefix;

	return kw->type == KEYWORD_DST && !parse_prefix(word, &prefix) &&
	       prefix.any;
}

static const struct keyword *find_keyword(const char *word)
{
	const struct keyword *kw;

	for (kw = rule_keywords; kw->name; kw++)
		if (!strcmp(kw->name, word))
			return kw;
	return NULL;
}

static int configure(uint8_t cmd, int argc, char **argv)
{
	struct nlmsghdr *nlh = nl_begin(cmd, 0);
	const struct keyword *kw;
	uint64_t seen = 0;
	const char *err;
	uint64_t bit;

	if (!argc)
		return usage_missing("NAME");
	nl_put_str(nlh, CBREAK_A_RULE_NAME, *argv);
	while (++argv, --argc) {
		kw = find_keyword(*argv);
		if (!kw)
			return usage_error("\"%s\" is not a parameter", *argv);
		bit = UINT64_C(1) << (kw - rule_keywords);
		if (seen & bit)
			return usage_error("%s is given twice", kw->name);
		seen |= bit;
		if (!--argc)
			return usage_missing(kw->arg);
		/* It has no attribute, so the kernel cannot refuse it. */
		if (cmd == CBREAK_CMD_RULE_SET && is_any(kw, argv[1]))
			return usage_error("what a rule matches stays");
		err = put_param(nlh, kw, *++argv);
		if (err)
			return usage_error("%s \"%s\" %s", kw->name, *argv,
					   err);
	}
	return nl_do(nlh, &rule_attrs, NULL, NULL);
}

static int rule_add(int argc, char **argv)
{
	return configure(CBREAK_CMD_RULE_NEW, argc, argv);
}

static int rule_change(int argc, char **argv)
{
	return configure(CBREAK_CMD_RULE_SET, argc, argv);
}

static int rule_replace(int argc, char **argv)
{
	return configure(CBREAK_CMD_RULE_REPLACE, argc, argv);
}

static int rule_del(int argc, char **argv)
{
	struct nlmsghdr *nlh = nl_begin(CBREAK_CMD_RULE_DEL, 0);

	if (!argc)
		return usage_missing("NAME");
	if (argc > 1)
		return usage_extra(argv[1]);
	nl_put_str(nlh, CBREAK_A_RULE_NAME, *argv);
	return nl_do(nlh, &rule_attrs, NULL, NULL);
}

/* A rule for output has no choice. */
static void print_reject(const char *name, const struct nlattr **tb)
{
	char buf[OUT_VALUE_LEN];

	out_format_enum(buf, &parse_rejects, nl_uint(tb[CBREAK_A_RULE_REJECT]));
	out_json_string(name, buf);
	if (match_is_forward(tb))
		out_text("%s %s", name, buf);
}

static void print_param(const struct keyword *kw, const struct nlattr **tb)
{
	const struct nlattr *attr = tb[kw->attr];
	char buf[OUT_VALUE_LEN];

	/* These say something by being absent. */
	if (match_print(kw, tb))
		return;
	if (kw->type == KEYWORD_INSPECTOR)
		return inspector_print(kw->name, attr);
	if (!attr)
		return;
	switch (kw->type) {
	case KEYWORD_RATIO:
		return out_ratio(kw->name, nl_uint(attr));
	case KEYWORD_TIME:
		return out_time(kw->name, nl_uint(attr));
	case KEYWORD_MODE:
		return out_string(kw->name, out_format_enum(buf, &parse_modes,
							    nl_uint(attr)));
	case KEYWORD_REJECT:
		return print_reject(kw->name, tb);
	case KEYWORD_SWITCH:
		return out_string(kw->name, out_format_enum(buf, &parse_switch,
							    nl_uint(attr)));
	case KEYWORD_ON:
		return on_print(kw->name, attr, tb[CBREAK_A_RULE_ON_ICMP]);
	default:
		return out_number(kw->name, nl_uint(attr));
	}
}

/**
 * rule_print_config() - print the name, match and parameters of a rule
 * @tb: the rule's attributes
 */
void rule_print_config(const struct nlattr **tb)
{
	const struct keyword *kw;

	if (tb[CBREAK_A_RULE_ID])
		out_json_number("id", nl_uint(tb[CBREAK_A_RULE_ID]));
	if (tb[CBREAK_A_RULE_NAME])
		out_bare("name", nl_str(tb[CBREAK_A_RULE_NAME]));
	for (kw = rule_keywords; kw->name; kw++)
		print_param(kw, tb);
}

static void print_rule(uint8_t cmd, const struct nlattr **tb, void *data)
{
	unsigned int i;

	(void)cmd;
	(void)data;
	out_begin();
	rule_print_config(tb);
	for (i = CBREAK_A_RULE_PASSING; i <= CBREAK_A_RULE_RECOVERING; i++)
		if (tb[i])
			out_number(rule_names[i], nl_uint(tb[i]));
	if (tb[CBREAK_A_RULE_COUNTERS]) {
		out_text_break();
		stats_print_counters(tb[CBREAK_A_RULE_COUNTERS]);
	}
	inspector_print_names(tb[CBREAK_A_RULE_INSPECTOR_NAME],
			      tb[CBREAK_A_RULE_INSPECTOR_TAG]);
	out_end();
}

static int rule_show(int argc, char **argv)
{
	struct nlmsghdr *nlh;
	int ret;

	if (argc > 1)
		return usage_extra(argv[1]);
	nlh = nl_begin(CBREAK_CMD_RULE_GET, argc ? 0 : NLM_F_DUMP);
	if (argc)
		nl_put_str(nlh, CBREAK_A_RULE_NAME, *argv);
	out_list_begin();
	ret = nl_do(nlh, &rule_attrs, print_rule, NULL);
	out_list_end(ret);
	return ret;
}

const struct cmd rule_cmds[] = {
	{ .name = "add", .run = rule_add, .args = "NAME [ PARAMETER VALUE ]...",
	  .help = "Create a rule", .keywords = rule_keywords },
	{ .name = "change", .run = rule_change,
	  .args = "NAME [ PARAMETER VALUE ]...",
	  .help = "Change the parameters given of a rule",
	  .keywords = rule_keywords + MATCH_KEYWORDS },
	{ .name = "replace", .run = rule_replace,
	  .args = "NAME [ PARAMETER VALUE ]...",
	  .help = "Create a rule, or set all its parameters anew",
	  .keywords = rule_keywords },
	{ .name = "del", .run = rule_del, .args = "NAME",
	  .help = "Remove a rule and its breakers" },
	{ .name = "delete", .run = rule_del, .args = "NAME",
	  .help = "The same as del" },
	{ .name = "show", .run = rule_show, .args = "[ NAME ]",
	  .help = "Print one rule, or all of them" },
	{ .name = "list", .run = rule_show, .args = "[ NAME ]",
	  .help = "The same as show" },
	{ .name = "ls", .run = rule_show, .args = "[ NAME ]",
	  .help = "The same as show" },
	{ }
};
