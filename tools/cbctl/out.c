// SPDX-License-Identifier: GPL-2.0
/*
 * Output: text and JSON from the same calls.
 *
 * Text is one object a line, words separated by spaces. JSON is an array of
 * objects, written one by one, so that a dump of any length takes the memory
 * of one. Names are the netlink spec's; in JSON '-' becomes '_'.
 */
#include <arpa/inet.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/cbreak.h>

#include "cbctl.h"
#include "out.h"

/**
 * struct out - the state of the output
 * @json: JSON instead of text
 * @flags: how jansson writes an object
 * @list: objects are elements of an array
 * @begun: the array's bracket has been written
 * @word: a word stands on this line of text
 * @obj: the object being built
 * @outer: what @obj is nested in, or NULL
 * @words: the set being built
 * @comma: it has a member
 */
struct out {
	bool json;
	size_t flags;
	bool list;
	bool begun;
	bool word;
	json_t *obj;
	json_t *outer;
	json_t *words;
	bool comma;
};

static struct out out;

/**
 * out_init() - choose the form of the output
 * @json: JSON instead of text
 * @pretty: spread JSON over lines
 */
void out_init(bool json, bool pretty)
{
	out.json = json;
	out.flags = JSON_REAL_PRECISION(RATIO_DECIMALS);
	out.flags |= pretty ? JSON_INDENT(4) : JSON_COMPACT;
}

/**
 * out_flush() - write out what is buffered
 *
 * Return: 0, or -1 if something could not be written.
 */
int out_flush(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	perror("cbctl: cannot write");
	return -1;
}

/**
 * out_list_begin() - the objects that follow are a list
 */
void out_list_begin(void)
{
	out.list = true;
	out.begun = false;
}

/**
 * out_list_end() - end a list
 * @status: exit status of what made the list; a failure that came before the
 *	first object leaves no empty array behind
 */
void out_list_end(int status)
{
	out.list = false;
	if (!out.json)
		return;
	if (out.begun)
		puts("]");
	else if (!status)
		puts("[]");
}

static json_t *checked(json_t *value)
{
	if (value)
		return value;
	fputs("cbctl: out of memory\n", stderr);
	exit(CBCTL_ERROR);
}

/* The spec's name as a JSON key with @suffix; takes over @value. */
static void add_json(const char *name, const char *suffix, json_t *value)
{
	char key[64];
	char *c;

	snprintf(key, sizeof(key), "%s%s", name, suffix);
	for (c = key; *c; c++)
		if (*c == '-')
			*c = '_';
	if (json_object_set_new(out.obj, key, checked(value)))
		checked(NULL);
}

/* jansson's integers are signed; a counter takes centuries to reach that. */
static json_t *json_unsigned(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : value);
}

/**
 * out_begin() - begin an object
 */
void out_begin(void)
{
	if (out.json)
		out.obj = checked(json_object());
	out.word = false;
}

/**
 * out_end() - end an object and print it
 */
void out_end(void)
{
	if (!out.json) {
		putchar('\n');
		return;
	}
	if (out.list)
		fputs(out.begun ? "," : "[", stdout);
	out.begun = true;
	/* A failure to write is kept by stdio until out_flush(). */
	json_dumpf(out.obj, stdout, out.flags);
	if (!out.list)
		putchar('\n');
	json_decref(out.obj);
	out.obj = NULL;
}

/**
 * out_nest_begin() - what follows is an object inside the current one
 * @name: its name; not shown in text
 */
void out_nest_begin(const char *name)
{
	json_t *inner;

	if (!out.json)
		return;
	inner = checked(json_object());
	add_json(name, "", inner);
	out.outer = out.obj;
	out.obj = inner;
}

/**
 * out_nest_end() - go back to the object that out_nest_begin() left
 */
void out_nest_end(void)
{
	if (!out.json)
		return;
	out.obj = out.outer;
	out.outer = NULL;
}

/**
 * out_text() - print a word in text, nothing in JSON
 * @fmt: format
 */
void out_text(const char *fmt, ...)
{
	va_list ap;

	if (out.json)
		return;
	if (out.word)
		putchar(' ');
	out.word = true;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

/**
 * out_text_break() - go on in a new, indented line of text
 */
void out_text_break(void)
{
	if (out.json)
		return;
	fputs("\n    ", stdout);
	out.word = false;
}

/**
 * out_json_string() - a string in JSON, nothing in text
 * @name: its name
 * @value: the string
 */
void out_json_string(const char *name, const char *value)
{
	if (out.json)
		add_json(name, "", json_string(value));
}

/**
 * out_json_number() - a number in JSON, nothing in text
 * @name: its name
 * @value: the number
 */
void out_json_number(const char *name, uint64_t value)
{
	if (out.json)
		add_json(name, "", json_unsigned(value));
}

/**
 * out_json_bool() - true or false in JSON, nothing in text
 * @name: its name
 * @value: whether it is true
 */
void out_json_bool(const char *name, bool value)
{
	if (out.json)
		add_json(name, "", json_boolean(value));
}

/**
 * out_bare() - a string without its name in text
 * @name: its name
 * @value: the string
 */
void out_bare(const char *name, const char *value)
{
	out_json_string(name, value);
	out_text("%s", value);
}

/**
 * out_string() - a string
 * @name: its name
 * @value: the string
 */
void out_string(const char *name, const char *value)
{
	out_json_string(name, value);
	out_text("%s %s", name, value);
}

/**
 * out_number() - a number
 * @name: its name
 * @value: the number
 */
void out_number(const char *name, uint64_t value)
{
	out_json_number(name, value);
	out_text("%s %llu", name, (unsigned long long)value);
}

/**
 * out_ratio() - a ratio
 * @name: its name
 * @ppm: the ratio in parts per million
 */
void out_ratio(const char *name, uint32_t ppm)
{
	char buf[OUT_VALUE_LEN];

	if (out.json)
		add_json(name, "", json_real((double)ppm / CBREAK_RATIO_ONE));
	out_text("%s %s", name, out_format_ratio(buf, ppm));
}

/**
 * out_time() - a duration that was configured, in its shortest form
 * @name: its name, in JSON with _ms at its end
 * @ms: the duration in milliseconds
 */
void out_time(const char *name, uint64_t ms)
{
	char buf[OUT_VALUE_LEN];

	if (out.json)
		add_json(name, "_ms", json_unsigned(ms));
	out_text("%s %s", name, out_format_time(buf, ms));
}

/**
 * out_elapsed() - a duration that was measured, in seconds
 * @name: its name, in JSON with _ms at its end
 * @ms: the duration in milliseconds
 */
void out_elapsed(const char *name, uint64_t ms)
{
	char buf[OUT_VALUE_LEN];

	if (out.json)
		add_json(name, "_ms", json_unsigned(ms));
	out_text("%s %s", name, out_format_elapsed(buf, ms));
}

/**
 * out_words_begin() - begin a set, in JSON an array, in text a list with commas
 * @name: its name
 */
void out_words_begin(const char *name)
{
	if (out.json)
		out.words = checked(json_array());
	out_text("%s ", name);
	out.comma = false;
}

/**
 * out_words_add() - a member of the set
 * @word: the member
 */
void out_words_add(const char *word)
{
	if (!out.json)
		printf("%s%s", out.comma ? "," : "", word);
	else if (json_array_append_new(out.words, checked(json_string(word))))
		checked(NULL);
	out.comma = true;
}

/**
 * out_words_flags() - members that are bits
 * @names: words for the bits
 * @mask: the bits that are set
 */
void out_words_flags(const struct names *names, uint32_t mask)
{
	char buf[OUT_VALUE_LEN];
	unsigned int bit;

	for (bit = 0; bit < 32; bit++)
		if (mask & UINT32_C(1) << bit)
			out_words_add(out_format_enum(buf, names, bit));
}

/**
 * out_words_end() - end the set
 * @name: its name
 */
void out_words_end(const char *name)
{
	if (out.json)
		add_json(name, "", out.words);
}
