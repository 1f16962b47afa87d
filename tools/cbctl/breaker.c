// SPDX-License-Identifier: GPL-2.0
/*
 * cbctl breaker: the state of each destination under a rule.
 */
#include <string.h>

#include <linux/cbreak.h>

#include "cbctl.h"
#include "nl.h"
#include "object.h"
#include "out.h"
#include "parse.h"

static const char *const breaker_names[] = {
	[CBREAK_A_BREAKER_RULE]			= "rule",
	[CBREAK_A_BREAKER_ADDR]			= "addr",
	[CBREAK_A_BREAKER_PORT]			= "port",
	[CBREAK_A_BREAKER_STATE]		= "state",
	[CBREAK_A_BREAKER_GENERATION]		= "generation",
	[CBREAK_A_BREAKER_SINCE_MS]		= "since-ms",
	[CBREAK_A_BREAKER_NEXT_MS]		= "next-ms",
	[CBREAK_A_BREAKER_SAMPLES]		= "samples",
	[CBREAK_A_BREAKER_FAILED]		= "failed",
	[CBREAK_A_BREAKER_ERROR_RATIO]		= "error-ratio",
	[CBREAK_A_BREAKER_LAST_KIND]		= "last-kind",
	[CBREAK_A_BREAKER_LAST_ICMP_TYPE]	= "last-icmp-type",
	[CBREAK_A_BREAKER_LAST_ICMP_CODE]	= "last-icmp-code",
	[CBREAK_A_BREAKER_COUNTERS]		= "counters",
	[CBREAK_A_BREAKER_ADDR_LEN]		= "addr-len",
	[CBREAK_A_BREAKER_FOR_MS]		= "for-ms",
	[CBREAK_A_BREAKER_HOLD]			= "hold",
	[CBREAK_A_BREAKER_HOLD_MS]		= "hold-ms",
	[CBREAK_A_BREAKER_PENDING]		= "pending",
	[CBREAK_A_BREAKER_CONNECTIONS]		= "connections",
};

static const struct names breaker_attrs = { breaker_names, ARRAY_SIZE(breaker_names) };

static const struct keyword show_keywords[] = {
	{ "state", "STATE", "Only those in {passing|broken|recovering}",
	  KEYWORD_OTHER, 0 },
	{ }
};

static const struct keyword dest_keywords[] = {
	{ "port", "PORT", "The port, if it does not follow the address",
	  KEYWORD_OTHER, 0 },
	{ }
};

static const struct keyword control_keywords[] = {
	{ "port", "PORT", "The port, if it does not follow the address",
	  KEYWORD_OTHER, 0 },
	{ "for", "T", "How long it lasts: 30s, 5m or 12h",
	  KEYWORD_OTHER, 0 },
	{ }
};

/**
 * breaker_print_dest() - print the destination of a breaker
 * @addr: the attribute with the address; NULL if a whole rule shares it
 * @port: the attribute with the port; NULL if all ports share it
 * @len: the attribute with the prefix length; NULL if it is for one address
 */
void breaker_print_dest(const struct nlattr *addr, const struct nlattr *port,
			const struct nlattr *len)
{
	char buf[OUT_VALUE_LEN];
	struct addr bytes;

	if (!addr) {
		out_text("any");
		return;
	}
	nl_addr(addr, &bytes);
	out_json_string("addr", out_format_addr(buf, &bytes));
	if (len) {
		out_json_number("addr-len", nl_uint(len));
		out_text("%s", out_format_prefix(buf, &bytes, nl_uint(len)));
	} else if (port) {
		out_json_number("port", nl_uint(port));
		out_text("%s", out_format_endpoint(buf, &bytes, nl_uint(port)));
	} else {
		out_text("%s", buf);
	}
}

/**
 * breaker_print_hold() - print what an administrator did to a breaker
 * @hold: the attribute with its enum cbreak_hold, or NULL if nobody did
 * @ms: the attribute with the time left, or NULL if it has no end
 */
void breaker_print_hold(const struct nlattr *hold, const struct nlattr *ms)
{
	char buf[OUT_VALUE_LEN];

	if (!hold)
		return;
	out_string("hold", out_format_enum(buf, &parse_holds, nl_uint(hold)));
	if (!ms)
		return;
	out_json_number("hold-ms", nl_uint(ms));
	out_text("for %s", out_format_elapsed(buf, nl_uint(ms)));
}

/**
 * breaker_print_last() - print the last failure of a destination
 * @kind: the attribute with its enum cbreak_kind, or NULL if there was none
 * @type: the attribute with the ICMP type, or NULL
 * @code: the attribute with the ICMP code, or NULL
 * @addr: the attribute with the destination's address
 */
void breaker_print_last(const struct nlattr *kind, const struct nlattr *type,
			const struct nlattr *code, const struct nlattr *addr)
{
	unsigned int icmp_type, icmp_code;
	char buf[OUT_VALUE_LEN];
	struct addr bytes;

	if (!kind)
		return;
	out_format_enum(buf, &parse_kinds, nl_uint(kind));
	out_json_string("last-kind", buf);
	if (!type || !code || !addr) {
		out_text("last %s", buf);
		return;
	}
	nl_addr(addr, &bytes);
	icmp_type = nl_uint(type);
	icmp_code = nl_uint(code);
	out_json_number("last-icmp-type", icmp_type);
	out_json_number("last-icmp-code", icmp_code);
	out_text("last %s(%s %u/%u)", buf, bytes.len == 4 ? "icmp" : "icmp6",
		 icmp_type, icmp_code);
}

static void print_breaker(uint8_t cmd, const struct nlattr **tb, void *data)
{
	const uint8_t *only = data;
	char buf[OUT_VALUE_LEN];
	unsigned int state;

	(void)cmd;
	if (!tb[CBREAK_A_BREAKER_RULE] || !tb[CBREAK_A_BREAKER_STATE])
		return;
	state = nl_uint(tb[CBREAK_A_BREAKER_STATE]);
	if (only && state != *only)
		return;
	out_begin();
	out_bare("rule", nl_str(tb[CBREAK_A_BREAKER_RULE]));
	breaker_print_dest(tb[CBREAK_A_BREAKER_ADDR],
			   tb[CBREAK_A_BREAKER_PORT],
			   tb[CBREAK_A_BREAKER_ADDR_LEN]);
	out_bare("state", out_format_enum(buf, &parse_states, state));
	if (tb[CBREAK_A_BREAKER_GENERATION])
		out_json_number("generation",
				nl_uint(tb[CBREAK_A_BREAKER_GENERATION]));
	if (tb[CBREAK_A_BREAKER_SINCE_MS])
		out_elapsed("since", nl_uint(tb[CBREAK_A_BREAKER_SINCE_MS]));
	if (tb[CBREAK_A_BREAKER_NEXT_MS])
		out_elapsed("next", nl_uint(tb[CBREAK_A_BREAKER_NEXT_MS]));
	breaker_print_hold(tb[CBREAK_A_BREAKER_HOLD],
			   tb[CBREAK_A_BREAKER_HOLD_MS]);
	if (tb[CBREAK_A_BREAKER_PENDING])
		out_number("pending", nl_uint(tb[CBREAK_A_BREAKER_PENDING]));
	if (tb[CBREAK_A_BREAKER_CONNECTIONS])
		out_number("connections",
			   nl_uint(tb[CBREAK_A_BREAKER_CONNECTIONS]));
	if (tb[CBREAK_A_BREAKER_SAMPLES])
		out_number("samples", nl_uint(tb[CBREAK_A_BREAKER_SAMPLES]));
	if (tb[CBREAK_A_BREAKER_FAILED])
		out_number("failed", nl_uint(tb[CBREAK_A_BREAKER_FAILED]));
	if (tb[CBREAK_A_BREAKER_ERROR_RATIO])
		out_ratio("error-ratio",
			  nl_uint(tb[CBREAK_A_BREAKER_ERROR_RATIO]));
	breaker_print_last(tb[CBREAK_A_BREAKER_LAST_KIND],
			   tb[CBREAK_A_BREAKER_LAST_ICMP_TYPE],
			   tb[CBREAK_A_BREAKER_LAST_ICMP_CODE],
			   tb[CBREAK_A_BREAKER_ADDR]);
	if (tb[CBREAK_A_BREAKER_COUNTERS])
		stats_print_counters(tb[CBREAK_A_BREAKER_COUNTERS]);
	out_end();
}

static int breaker_show(int argc, char **argv)
{
	const char *rule = NULL;
	struct nlmsghdr *nlh;
	uint8_t *only = NULL;
	const char *err;
	uint8_t state;
	int ret;

	for (; argc; argc--, argv++) {
		if (strcmp(*argv, "state")) {
			if (rule)
				return usage_extra(*argv);
			rule = *argv;
			continue;
		}
		if (only)
			return usage_error("state is given twice");
		if (!--argc)
			return usage_missing("STATE");
		err = parse_state(*++argv, &state);
		if (err)
			return usage_error("state \"%s\" %s", *argv, err);
		only = &state;
	}
	nlh = nl_begin(CBREAK_CMD_BREAKER_GET, NLM_F_DUMP);
	if (rule)
		nl_put_str(nlh, CBREAK_A_BREAKER_RULE, rule);
	out_list_begin();
	ret = nl_do(nlh, &breaker_attrs, print_breaker, only);
	out_list_end(ret);
	return ret;
}

/* Takes the rest of the line: a destination, or ADDR port PORT. */
static int put_dest(struct nlmsghdr *nlh, int argc, char **argv)
{
	bool apart = argc > 1 && !strcmp(argv[1], "port");
	int words = apart ? 3 : 1;
	struct dest dest = { 0 };
	const char *err;

	if (apart && argc < words)
		return usage_missing("PORT");
	if (apart)
		err = parse_addr(argv[0], &dest.addr);
	else
		err = parse_dest(argv[0], &dest);
	if (err)
		return usage_error("\"%s\" %s", argv[0], err);
	if (apart) {
		err = parse_port(argv[2], &dest.port);
		dest.has_port = true;
	}
	if (err)
		return usage_error("port \"%s\" %s", argv[2], err);
	if (argc > words)
		return usage_extra(argv[words]);
	if (dest.any)
		return CBCTL_OK;
	nl_put(nlh, CBREAK_A_BREAKER_ADDR, dest.addr.bytes, dest.addr.len);
	if (dest.has_port)
		nl_put(nlh, CBREAK_A_BREAKER_PORT, &dest.port,
		       sizeof(dest.port));
	if (dest.has_len)
		nl_put(nlh, CBREAK_A_BREAKER_ADDR_LEN, &dest.len,
		       sizeof(dest.len));
	return CBCTL_OK;
}

/*
 * Begins a request for the breaker that the rest of the line names; NULL after
 * wrong usage. Whether a rule's name is enough, the kernel knows.
 */
static struct nlmsghdr *begin_one(uint8_t cmd, int argc, char **argv)
{
	struct nlmsghdr *nlh = nl_begin(cmd, 0);

	if (!argc) {
		usage_missing("RULE");
		return NULL;
	}
	nl_put_str(nlh, CBREAK_A_BREAKER_RULE, *argv);
	if (argc == 1)
		return nlh;
	return put_dest(nlh, argc - 1, argv + 1) ? NULL : nlh;
}

static int breaker_get(int argc, char **argv)
{
	struct nlmsghdr *nlh;
	int ret;

	nlh = begin_one(CBREAK_CMD_BREAKER_GET, argc, argv);
	if (!nlh)
		return CBCTL_ERROR;
	out_list_begin();
	ret = nl_do(nlh, &breaker_attrs, print_breaker, NULL);
	out_list_end(ret);
	return ret;
}

/* What an administrator wants of a breaker; the line may end with for T. */
static int control(uint8_t cmd, int argc, char **argv)
{
	const char *word = NULL, *err = NULL;
	struct nlmsghdr *nlh;
	uint32_t ms;

	if (argc > 1 && !strcmp(argv[argc - 1], "for"))
		return usage_missing("T");
	if (argc > 2 && !strcmp(argv[argc - 2], "for")) {
		word = argv[argc - 1];
		err = parse_time(word, &ms);
		argc -= 2;
	}
	if (err)
		return usage_error("for \"%s\" %s", word, err);
	nlh = begin_one(cmd, argc, argv);
	if (!nlh)
		return CBCTL_ERROR;
	if (word)
		nl_put(nlh, CBREAK_A_BREAKER_FOR_MS, &ms, sizeof(ms));
	return nl_do(nlh, &breaker_attrs, NULL, NULL);
}

static int breaker_trip(int argc, char **argv)
{
	return control(CBREAK_CMD_BREAKER_TRIP, argc, argv);
}

static int breaker_reset(int argc, char **argv)
{
	return control(CBREAK_CMD_BREAKER_RESET, argc, argv);
}

static int breaker_isolate(int argc, char **argv)
{
	return control(CBREAK_CMD_BREAKER_ISOLATE, argc, argv);
}

static int breaker_bypass(int argc, char **argv)
{
	return control(CBREAK_CMD_BREAKER_BYPASS, argc, argv);
}

#define SHOW_ARGS	"[ RULE ] [ state STATE ]"
#define DEST_ARGS	"[ ADDR:PORT | [ADDR6]:PORT | ADDR[/LEN] ]"

const struct cmd breaker_cmds[] = {
	{ .name = "show", .run = breaker_show, .args = SHOW_ARGS,
	  .help = "Print all breakers, or those of a rule",
	  .keywords = show_keywords },
	{ .name = "list", .run = breaker_show, .args = SHOW_ARGS,
	  .help = "The same as show", .keywords = show_keywords },
	{ .name = "ls", .run = breaker_show, .args = SHOW_ARGS,
	  .help = "The same as show", .keywords = show_keywords },
	{ .name = "get", .run = breaker_get, .args = "RULE " DEST_ARGS,
	  .help = "Print one breaker", .keywords = dest_keywords },
	{ .name = "reset", .run = breaker_reset,
	  .args = "RULE " DEST_ARGS,
	  .help = "Put one breaker, or all of a rule, into passing",
	  .keywords = control_keywords },
	{ .name = "trip", .run = breaker_trip, .args = "RULE " DEST_ARGS,
	  .help = "Put a breaker into broken", .keywords = control_keywords },
	{ .name = "isolate", .run = breaker_isolate,
	  .args = "RULE " DEST_ARGS,
	  .help = "Keep a breaker broken until told otherwise",
	  .keywords = control_keywords },
	{ .name = "bypass", .run = breaker_bypass,
	  .args = "RULE " DEST_ARGS,
	  .help = "Keep a breaker passing until told otherwise",
	  .keywords = control_keywords },
	{ }
};
