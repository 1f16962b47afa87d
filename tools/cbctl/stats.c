// SPDX-License-Identifier: GPL-2.0
/*
 * cbctl stats: the counters of the network namespace; and those inside rules
 * and breakers.
 */
#include <linux/cbreak.h>

#include "cbctl.h"
#include "nl.h"
#include "object.h"
#include "out.h"

static const char *const stats_names[] = {
	[CBREAK_A_STATS_RULES]			= "rules",
	[CBREAK_A_STATS_BREAKERS]		= "breakers",
	[CBREAK_A_STATS_BREAKERS_MAX]		= "breakers-max",
	[CBREAK_A_STATS_ATTEMPTS]		= "attempts",
	[CBREAK_A_STATS_ATTEMPTS_MAX]		= "attempts-max",
	[CBREAK_A_STATS_ADMITTED]		= "admitted",
	[CBREAK_A_STATS_REJECTED]		= "rejected",
	[CBREAK_A_STATS_WOULD_REJECT]		= "would-reject",
	[CBREAK_A_STATS_REJECTED_MAX_PENDING]	= "rejected-max-pending",
	[CBREAK_A_STATS_REJECTED_MAX_CONNECTIONS] = "rejected-max-connections",
	[CBREAK_A_STATS_SUCCESS]		= "success",
	[CBREAK_A_STATS_REFUSED]		= "refused",
	[CBREAK_A_STATS_TIMEOUT]		= "timeout",
	[CBREAK_A_STATS_UNREACHABLE]		= "unreachable",
	[CBREAK_A_STATS_SLOW]			= "slow",
	[CBREAK_A_STATS_RESET]			= "reset",
	[CBREAK_A_STATS_STALLED]		= "stalled",
	[CBREAK_A_STATS_LATE]			= "late",
	[CBREAK_A_STATS_EXCUSED]		= "excused",
	[CBREAK_A_STATS_WITHHELD]		= "withheld",
	[CBREAK_A_STATS_ABORTED]		= "aborted",
	[CBREAK_A_STATS_ORPHANED]		= "orphaned",
	[CBREAK_A_STATS_RETRANSMITS]		= "retransmits",
	[CBREAK_A_STATS_IGNORED]		= "ignored",
	[CBREAK_A_STATS_FORGED]			= "forged",
	[CBREAK_A_STATS_UNSENT]			= "unsent",
	[CBREAK_A_STATS_REPLACED]		= "replaced",
	[CBREAK_A_STATS_ATTEMPTS_EVICTED]	= "attempts-evicted",
	[CBREAK_A_STATS_BREAKERS_EVICTED]	= "breakers-evicted",
	[CBREAK_A_STATS_BREAKERS_EXPIRED]	= "breakers-expired",
	[CBREAK_A_STATS_FAIL_OPEN]		= "fail-open",
	[CBREAK_A_STATS_EVENTS_LOST]		= "events-lost",
	[CBREAK_A_STATS_UNINSPECTED]		= "uninspected",
	[CBREAK_A_STATS_UNFOLLOWED]		= "unfollowed",
	[CBREAK_A_STATS_LOCAL_FAULTS]		= "local-faults",
	[CBREAK_A_STATS_SYSFS_HIDDEN]		= "sysfs-hidden",
	[CBREAK_A_STATS_MASKS]			= "masks",
	[CBREAK_A_STATS_MASKS_MAX]		= "masks-max",
	[CBREAK_A_STATS_FOLLOWED]		= "followed",
	[CBREAK_A_STATS_FOLLOWED_MAX]		= "followed-max",
	[CBREAK_A_STATS_TRACEPOINT]		= "tracepoint",
	[CBREAK_A_STATS_FROZEN]			= "frozen",
};

static const struct names stats_attrs = { stats_names, ARRAY_SIZE(stats_names) };

static const char *const counter_names[] = {
	[CBREAK_A_COUNTERS_ADMITTED]	= "admitted",
	[CBREAK_A_COUNTERS_REJECTED]	= "rejected",
	[CBREAK_A_COUNTERS_WOULD_REJECT]	= "would-reject",
	[CBREAK_A_COUNTERS_REJECTED_MAX_PENDING] = "rejected-max-pending",
	[CBREAK_A_COUNTERS_REJECTED_MAX_CONNECTIONS] = "rejected-max-connections",
	[CBREAK_A_COUNTERS_SUCCESS]	= "success",
	[CBREAK_A_COUNTERS_REFUSED]	= "refused",
	[CBREAK_A_COUNTERS_TIMEOUT]	= "timeout",
	[CBREAK_A_COUNTERS_UNREACHABLE]	= "unreachable",
	[CBREAK_A_COUNTERS_SLOW]	= "slow",
	[CBREAK_A_COUNTERS_RESET]	= "reset",
	[CBREAK_A_COUNTERS_STALLED]	= "stalled",
	[CBREAK_A_COUNTERS_LATE]	= "late",
	[CBREAK_A_COUNTERS_EXCUSED]	= "excused",
	[CBREAK_A_COUNTERS_WITHHELD]	= "withheld",
	[CBREAK_A_COUNTERS_ABORTED]	= "aborted",
};

static const struct names counter_attrs = { counter_names, ARRAY_SIZE(counter_names) };

static void print_numbers(const struct names *attrs, const struct nlattr **tb,
			  unsigned int first, unsigned int last)
{
	unsigned int i;

	for (i = first; i <= last; i++)
		if (names_get(attrs, i) && tb[i])
			out_number(attrs->name[i], nl_uint(tb[i]));
}

/**
 * stats_print_counters() - print the counters of a rule or breaker
 * @nest: the attribute they are in
 */
void stats_print_counters(const struct nlattr *nest)
{
	const struct nlattr *tb[NL_ATTRS];

	nl_nest(nest, tb);
	out_nest_begin("counters");
	print_numbers(&counter_attrs, tb, 0, CBREAK_A_COUNTERS_MAX);
	out_nest_end();
}

/* Three lines of text: how full it is, the outcomes, and the oddities. */
static void print_stats(uint8_t cmd, const struct nlattr **tb, void *data)
{
	(void)cmd;
	(void)data;
	out_begin();
	print_numbers(&stats_attrs, tb, 0, CBREAK_A_STATS_ATTEMPTS_MAX);
	print_numbers(&stats_attrs, tb, CBREAK_A_STATS_MASKS,
		      CBREAK_A_STATS_FROZEN);
	out_text_break();
	print_numbers(&stats_attrs, tb, CBREAK_A_STATS_ADMITTED,
		      CBREAK_A_STATS_ORPHANED - 1);
	out_text_break();
	print_numbers(&stats_attrs, tb, CBREAK_A_STATS_ORPHANED,
		      CBREAK_A_STATS_SYSFS_HIDDEN);
	out_end();
}

static int stats_show(int argc, char **argv)
{
	int ret;

	if (argc)
		return usage_extra(*argv);
	out_list_begin();
	ret = nl_do(nl_begin(CBREAK_CMD_STATS_GET, 0), &stats_attrs,
		    print_stats, NULL);
	out_list_end(ret);
	return ret;
}

const struct cmd stats_cmds[] = {
	{ .name = "show", .run = stats_show,
	  .help = "Print the counters of the network namespace" },
	{ .name = "list", .run = stats_show, .help = "The same as show" },
	{ .name = "ls", .run = stats_show, .help = "The same as show" },
	{ }
};
