// SPDX-License-Identifier: GPL-2.0
/*
 * cbctl - control the circuit breakers of the cbreak kernel module
 *
 * Tables of commands drive both dispatch and help. Words are exact: a prefix
 * that works today would be taken by a word that is added tomorrow.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cbctl.h"
#include "nl.h"
#include "out.h"

#ifndef CBCTL_VERSION
#define CBCTL_VERSION	"unknown"
#endif

/* The words up to the command at hand, for usage and errors. */
static char path[64] = "cbctl";

static const struct cmd objects[] = {
	{ .name = "rule", .sub = rule_cmds,
	  .help = "Which connections are guarded, and how" },
	{ .name = "breaker", .sub = breaker_cmds,
	  .help = "The state of each destination under a rule" },
	{ .name = "stats", .sub = stats_cmds,
	  .help = "Counters of the network namespace" },
	{ .name = "monitor", .run = monitor_run, .args = "[ count N ]",
	  .help = "Print events as they happen",
	  .keywords = monitor_keywords },
	{ .name = "cutout", .run = cutout_run,
	  .args = "RATIO TIME [ on KIND[,KIND...] ] -- COMMAND...",
	  .help = "Run a command with breakers of its own",
	  .keywords = cutout_keywords },
	{ }
};

static const struct cmd root = { .sub = objects };

/**
 * struct option - an option before the object
 * @letter: after one dash
 * @word: after one dash or two
 * @arg: name of its argument, or NULL
 * @help: one line for the usage text
 */
struct option {
	char letter;
	const char *word;
	const char *arg;
	const char *help;
};

static const struct option options[] = {
	{ 'j', "json", NULL, "Print JSON" },
	{ 'p', "pretty", NULL, "Spread JSON over lines" },
	{ 'n', "netns", "NETNS", "Act in a network namespace: name or path" },
	{ 'V', "version", NULL, "Print the version" },
	{ 'h', "help", NULL, "Print this help" },
};

static void print_line(const char *name, const char *arg, const char *help)
{
	char left[40];

	snprintf(left, sizeof(left), "%s%s%s", name, arg ? " " : "",
		 arg ? arg : "");
	printf("    %-22s %s\n", left, help);
}

static void print_options(void)
{
	unsigned int i;
	char name[24];

	puts("\nOPTIONS:");
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		snprintf(name, sizeof(name), "-%c, --%s", options[i].letter,
			 options[i].word);
		print_line(name, options[i].arg, options[i].help);
	}
}

static void print_usage(const struct cmd *cmd)
{
	const struct keyword *kw;
	const struct cmd *sub;

	if (cmd == &root)
		printf("Usage: %s [ OPTIONS ] OBJECT { COMMAND | help }\n\n"
		       "OBJECT:\n", path);
	else if (cmd->sub)
		printf("Usage: %s { COMMAND | help }\n\n"
		       "COMMAND, show if there is none:\n", path);
	else
		printf("Usage: %s%s%s\n\n%s.\n", path, cmd->args ? " " : "",
		       cmd->args ? cmd->args : "", cmd->help);
	for (sub = cmd->sub; sub && sub->name; sub++)
		print_line(sub->name, NULL, sub->help);
	if (cmd->keywords)
		putchar('\n');
	for (kw = cmd->keywords; kw && kw->name; kw++)
		print_line(kw->name, kw->arg, kw->help);
	if (cmd == &root)
		print_options();
}

/**
 * usage_error() - report wrong usage of the command at hand
 * @fmt: what is wrong
 *
 * Return: CBCTL_ERROR.
 */
int usage_error(const char *fmt, ...)
{
	va_list ap;

	fputs("cbctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nTry \"%s help\".\n", path);
	return CBCTL_ERROR;
}

/**
 * usage_missing() - report that the line is not complete
 * @what: name of the argument that is missing
 *
 * Return: CBCTL_ERROR.
 */
int usage_missing(const char *what)
{
	return usage_error("the line is not complete: %s is missing", what);
}

/**
 * usage_extra() - report an argument that means nothing here
 * @arg: the argument
 *
 * Return: CBCTL_ERROR.
 */
int usage_extra(const char *arg)
{
	return usage_error("\"%s\" is one argument too many", arg);
}

static const struct cmd *find(const struct cmd *cmds, const char *name)
{
	const struct cmd *cmd;

	for (cmd = cmds; cmd->name; cmd++)
		if (!strcmp(cmd->name, name))
			return cmd;
	return NULL;
}

static int dispatch(const struct cmd *cmd, int argc, char **argv)
{
	const struct cmd *sub;
	size_t used;

	if (argc && !strcmp(*argv, "help")) {
		print_usage(cmd);
		return CBCTL_OK;
	}
	if (cmd->run)
		return cmd->run(argc, argv);
	if (!argc && cmd == &root)
		return usage_missing("OBJECT");
	sub = find(cmd->sub, argc ? *argv : "show");
	if (!sub)
		return usage_error("\"%s\" is not %s", *argv,
				   cmd == &root ? "an object" : "a command");
	used = strlen(path);
	snprintf(path + used, sizeof(path) - used, " %s", sub->name);
	if (argc) {
		argc--;
		argv++;
	}
	return dispatch(sub, argc, argv);
}

static const struct option *find_option(const char *arg)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (arg[1] == options[i].letter && !arg[2])
			return &options[i];
		if (!strcmp(arg + (arg[1] == '-' ? 2 : 1), options[i].word))
			return &options[i];
	}
	return NULL;
}

static int run(int argc, char **argv)
{
	const char *netns = NULL;
	const struct option *opt;
	bool pretty = false;
	bool json = false;

	for (; argc && **argv == '-'; argc--, argv++) {
		opt = find_option(*argv);
		if (!opt)
			return usage_error("\"%s\" is not an option", *argv);
		if (opt->arg && argc < 2)
			return usage_missing(opt->arg);
		switch (opt->letter) {
		case 'j':
			json = true;
			break;
		case 'p':
			pretty = true;
			break;
		case 'n':
			netns = *++argv;
			argc--;
			break;
		case 'V':
			puts("cbctl " CBCTL_VERSION);
			return CBCTL_OK;
		case 'h':
			print_usage(&root);
			return CBCTL_OK;
		}
	}
	out_init(json, pretty);
	nl_init(netns);
	return dispatch(&root, argc, argv);
}

int main(int argc, char **argv)
{
	int ret;

	ret = run(argc - 1, argv + 1);
	nl_close();
	if (out_flush() && !ret)
		ret = CBCTL_ERROR;
	return ret;
}
