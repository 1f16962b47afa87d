/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CBCTL_H
#define CBCTL_H

#include <stdbool.h>
#include <stdint.h>

#include "util.h"

/**
 * enum cbctl_status - exit status, and what every command returns
 * @CBCTL_OK: done
 * @CBCTL_ERROR: wrong usage or a local error; nothing was asked of the kernel,
 *	or its answer could not be read or written out
 * @CBCTL_REFUSED: the kernel said no
 */
enum cbctl_status {
	CBCTL_OK,
	CBCTL_ERROR,
	CBCTL_REFUSED,
};

/**
 * enum keyword_type - how a keyword's argument is parsed, sent and printed
 * @KEYWORD_OTHER: the command sees to it
 * @KEYWORD_DST: a prefix, in two attributes
 * @KEYWORD_PORTS: a range of ports, in two attributes
 * @KEYWORD_FWMARK: a mark and its mask, in two attributes
 * @KEYWORD_OIF: the name of an interface
 * @KEYWORD_UIDS: a range of users, in two attributes
 * @KEYWORD_CGROUP: the path of a cgroup
 * @KEYWORD_NUMBER: a number
 * @KEYWORD_RATIO: a ratio
 * @KEYWORD_TIME: a duration
 * @KEYWORD_ON: kinds of failure
 * @KEYWORD_KEY: what shares a breaker, in two attributes
 * @KEYWORD_HOOK: a hook
 * @KEYWORD_MODE: a mode
 * @KEYWORD_REJECT: a way to reject
 * @KEYWORD_INSPECTOR: a BPF program
 * @KEYWORD_SWITCH: on or off
 */
enum keyword_type {
	KEYWORD_OTHER,
	KEYWORD_DST,
	KEYWORD_PORTS,
	KEYWORD_FWMARK,
	KEYWORD_OIF,
	KEYWORD_UIDS,
	KEYWORD_CGROUP,
	KEYWORD_NUMBER,
	KEYWORD_RATIO,
	KEYWORD_TIME,
	KEYWORD_ON,
	KEYWORD_KEY,
	KEYWORD_HOOK,
	KEYWORD_MODE,
	KEYWORD_REJECT,
	KEYWORD_INSPECTOR,
	KEYWORD_SWITCH,
};

/**
 * struct keyword - a word that takes an argument
 * @name: the word; NULL ends a table
 * @arg: name of its argument in the usage text
 * @help: one line for the usage text; completion offers words in braces
 * @type: how the argument is parsed and printed
 * @attr: the attribute that carries it
 */
struct keyword {
	const char *name;
	const char *arg;
	const char *help;
	enum keyword_type type;
	uint16_t attr;
};

/**
 * struct cmd - a word that does something; drives dispatch and help
 * @name: the word; NULL ends a table
 * @args: the arguments in the usage text
 * @help: one line for the usage text
 * @keywords: keywords for the usage text, or NULL
 * @sub: the commands of an object, or NULL
 * @run: the command itself when @sub is NULL; gets what follows @name
 */
struct cmd {
	const char *name;
	const char *args;
	const char *help;
	const struct keyword *keywords;
	const struct cmd *sub;
	int (*run)(int argc, char **argv);
};

extern const struct cmd rule_cmds[];
extern const struct cmd breaker_cmds[];
extern const struct cmd stats_cmds[];
extern const struct keyword monitor_keywords[];
extern const struct keyword cutout_keywords[];

int monitor_run(int argc, char **argv);
int cutout_run(int argc, char **argv);

int usage_error(const char *fmt, ...) __printf(1, 2);
int usage_missing(const char *what);
int usage_extra(const char *arg);

#endif /* CBCTL_H */
