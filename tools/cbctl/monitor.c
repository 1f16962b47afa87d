// SPDX-License-Identifier: GPL-2.0
/*
 * cbctl monitor: print events as they happen.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>

#include <linux/cbreak.h>

#include "cbctl.h"
#include "nl.h"
#include "object.h"
#include "out.h"

const struct keyword monitor_keywords[] = {
	{ "count", "N", "Stop after N events", KEYWORD_OTHER, 0 },
	{ }
};

/**
 * struct watch - what is left to do
 * @limited: stop when @left is 0
 * @left: events left to print
 * @status: an enum cbctl_status
 */
struct watch {
	bool limited;
	uint32_t left;
	int status;
};

static const char *event_name(uint8_t cmd)
{
	switch (cmd) {
	case CBREAK_CMD_RULE_NEW_NTF:
		return "rule-new";
	case CBREAK_CMD_RULE_SET_NTF:
		return "rule-set";
	case CBREAK_CMD_RULE_DEL_NTF:
		return "rule-del";
	case CBREAK_CMD_STATE_NTF:
		return "state";
	case CBREAK_CMD_WITHHELD_NTF:
		return "withheld";
	case CBREAK_CMD_FREEZE_NTF:
		return "freeze";
	case CBREAK_CMD_THAW_NTF:
		return "thaw";
	default:
		return NULL;
	}
}

/* Local time with milliseconds. */
static void print_timestamp(void)
{
	struct timespec now;
	char date[32] = "";
	char text[48];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%03ld", date, now.tv_nsec / 1000000);
	out_bare("timestamp", text);
}

/* The ratio is not in the message, as it follows from what is. */
static void print_samples(const struct nlattr **tb)
{
	uint64_t samples, failed;

	if (!tb[CBREAK_A_EVENT_SAMPLES] || !tb[CBREAK_A_EVENT_FAILED])
		return;
	samples = nl_uint(tb[CBREAK_A_EVENT_SAMPLES]);
	failed = nl_uint(tb[CBREAK_A_EVENT_FAILED]);
	out_number("samples", samples);
	out_number("failed", failed);
	out_ratio("error-ratio",
		  samples ? failed * CBREAK_RATIO_ONE / samples : 0);
}

static void print_state(const struct nlattr **tb)
{
	char buf[OUT_VALUE_LEN];

	if (tb[CBREAK_A_EVENT_RULE])
		out_bare("rule", nl_str(tb[CBREAK_A_EVENT_RULE]));
	breaker_print_dest(tb[CBREAK_A_EVENT_ADDR], tb[CBREAK_A_EVENT_PORT],
			   tb[CBREAK_A_EVENT_ADDR_LEN]);
	if (tb[CBREAK_A_EVENT_FROM] && tb[CBREAK_A_EVENT_TO]) {
		out_bare("from",
			 out_format_enum(buf, &parse_states,
					 nl_uint(tb[CBREAK_A_EVENT_FROM])));
		out_text("->");
		out_bare("to",
			 out_format_enum(buf, &parse_states,
					 nl_uint(tb[CBREAK_A_EVENT_TO])));
	}
	if (tb[CBREAK_A_EVENT_CAUSE])
		out_string("cause",
			   out_format_enum(buf, &parse_causes,
					   nl_uint(tb[CBREAK_A_EVENT_CAUSE])));
	if (tb[CBREAK_A_EVENT_GENERATION])
		out_json_number("generation",
				nl_uint(tb[CBREAK_A_EVENT_GENERATION]));
	print_samples(tb);
	if (tb[CBREAK_A_EVENT_WITHHELD])
		out_string("withheld",
			   out_format_enum(buf, &parse_withhelds,
					   nl_uint(tb[CBREAK_A_EVENT_WITHHELD])));
	breaker_print_hold(tb[CBREAK_A_EVENT_HOLD], tb[CBREAK_A_EVENT_HOLD_MS]);
	breaker_print_last(tb[CBREAK_A_EVENT_LAST_KIND],
			   tb[CBREAK_A_EVENT_LAST_ICMP_TYPE],
			   tb[CBREAK_A_EVENT_LAST_ICMP_CODE],
			   tb[CBREAK_A_EVENT_ADDR]);
}

static void print_guard(const struct nlattr **tb)
{
	if (tb[CBREAK_A_EVENT_LOST])
		out_number("lost", nl_uint(tb[CBREAK_A_EVENT_LOST]));
	if (tb[CBREAK_A_EVENT_DESTINATIONS])
		out_number("destinations",
			   nl_uint(tb[CBREAK_A_EVENT_DESTINATIONS]));
}

static void print_event(uint8_t cmd, const struct nlattr **tb, void *data)
{
	const char *name = event_name(cmd);
	struct watch *watch = data;

	if (!name || watch->status || (watch->limited && !watch->left))
		return;
	out_begin();
	print_timestamp();
	out_bare("event", name);
	if (cmd == CBREAK_CMD_STATE_NTF || cmd == CBREAK_CMD_WITHHELD_NTF)
		print_state(tb);
	else if (cmd == CBREAK_CMD_FREEZE_NTF || cmd == CBREAK_CMD_THAW_NTF)
		print_guard(tb);
	else
		rule_print_config(tb);
	out_end();
	watch->left--;
	if (out_flush())
		watch->status = CBCTL_ERROR;
}

/*
 * SIGINT and SIGTERM end the monitor as its wish, so they become readable and
 * cannot come between a test and a wait.
 */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int watch_events(struct watch *watch)
{
	struct pollfd fds[2] = {
		{ .events = POLLIN },
		{ .events = POLLIN },
	};

	watch->status = nl_join(&fds[0].fd);
	if (watch->status)
		return watch->status;
	fds[1].fd = open_signals();
	if (fds[1].fd < 0) {
		perror("cbctl: cannot wait for signals");
		return CBCTL_ERROR;
	}
	while (!watch->status && !(watch->limited && !watch->left)) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR) {
			perror("cbctl: cannot wait for events");
			return CBCTL_ERROR;
		}
		if (fds[1].revents)
			break;
		if (fds[0].revents && nl_events(print_event, watch))
			return CBCTL_ERROR;
	}
	return watch->status;
}

/**
 * monitor_run() - the command "monitor"
 * @argc: number of arguments
 * @argv: arguments
 *
 * Return: an enum cbctl_status.
 */
int monitor_run(int argc, char **argv)
{
	struct watch watch = { 0 };
	const char *err;

	if (argc && strcmp(argv[0], "count"))
		return usage_extra(argv[0]);
	if (argc == 1)
		return usage_missing("N");
	if (argc > 2)
		return usage_extra(argv[2]);
	if (argc) {
		err = parse_number(argv[1], &watch.left);
		if (err)
			return usage_error("count \"%s\" %s", argv[1], err);
		watch.limited = true;
	}
	return watch_events(&watch);
}
