// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers, ratios, durations and names: what a word means and how it is printed.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/cbreak.h>

#include "out.h"
#include "parse.h"
#include "unit.h"

/**
 * struct value_case - a word and the number it means
 * @word: the word
 * @value: the number, if @error is NULL
 * @error: part of what is wrong with the word
 */
struct value_case {
	const char *word;
	uint32_t value;
	const char *error;
};

typedef const char *(*value_fn)(const char *word, uint32_t *value);

static void expect_value(value_fn parse, const struct value_case *c)
{
	uint32_t value = ~c->value;
	const char *error = parse(c->word, &value);

	if (c->error && !error)
		expect(false, "\"%s\" accepted", c->word);
	else if (c->error)
		expect(strstr(error, c->error), "\"%s\" %s", c->word, error);
	else if (error)
		expect(false, "\"%s\" %s", c->word, error);
	else
		expect(value == c->value, "\"%s\" is %u", c->word, value);
}

static void expect_values(value_fn parse, const struct value_case *cases,
			  size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		expect_value(parse, &cases[i]);
}

void test_number(void)
{
	static const struct value_case cases[] = {
		{ "0", 0, NULL },
		{ "7", 7, NULL },
		{ "007", 7, NULL },
		{ "4294967295", UINT32_MAX, NULL },
		{ "4294967296", 0, "too large" },
		{ "18446744073709551617", 0, "too large" },
		{ "99999999999999999999999999999999999999", 0, "too large" },
		{ "", 0, "not a number" },
		{ "-1", 0, "not a number" },
		{ "+1", 0, "not a number" },
		{ " 1", 0, "not a number" },
		{ "1 ", 0, "not a number" },
		{ "1x", 0, "not a number" },
		{ "0x10", 0, "not a number" },
		{ "1.0", 0, "not a number" },
		{ "1e3", 0, "not a number" },
		{ "\xd9\xa1", 0, "not a number" },
		{ "\xef\xbc\x91", 0, "not a number" },
	};

	expect_values(parse_number, cases, ARRAY_SIZE(cases));
}

void test_ratio(void)
{
	static const struct value_case cases[] = {
		{ "0", 0, NULL },
		{ "0.0", 0, NULL },
		{ "0%", 0, NULL },
		{ "0.000001", 1, NULL },
		{ "0.0001%", 1, NULL },
		{ "0.3", 300000, NULL },
		{ "30%", 300000, NULL },
		{ "33.3333%", 333333, NULL },
		{ "0.5000000000000000", 500000, NULL },
		{ "0.999999", 999999, NULL },
		{ "99.9999%", 999999, NULL },
		{ "1", 1000000, NULL },
		{ "1.0", 1000000, NULL },
		{ "100%", 1000000, NULL },
		{ "1.5", 1500000, NULL },
		{ "150%", 1500000, NULL },
		{ "4294.967295", UINT32_MAX, NULL },
		{ "4294.967296", 0, "too large" },
		{ "4295", 0, "too large" },
		{ "429496.7295%", UINT32_MAX, NULL },
		{ "429496.7296%", 0, "too large" },
		{ "99999999999999999999999", 0, "too large" },
		{ "0.0000001", 0, "6 decimals" },
		{ "0.1234567", 0, "6 decimals" },
		{ "33.33333%", 0, "6 decimals" },
		{ "0.00000000000000000000000000000001", 0, "6 decimals" },
		{ "0.3333333333333333333333333333333", 0, "6 decimals" },
		{ "", 0, "not a ratio" },
		{ "%", 0, "not a ratio" },
		{ ".", 0, "not a ratio" },
		{ ".5", 0, "not a ratio" },
		{ "5.", 0, "not a ratio" },
		{ "5.%", 0, "not a ratio" },
		{ "0.5.5", 0, "not a ratio" },
		{ "0,5", 0, "not a ratio" },
		{ "-0.5", 0, "not a ratio" },
		{ "-0", 0, "not a ratio" },
		{ "+0.5", 0, "not a ratio" },
		{ " 0.5", 0, "not a ratio" },
		{ "0.5 ", 0, "not a ratio" },
		{ "0.5x", 0, "not a ratio" },
		{ "50%%", 0, "not a ratio" },
		{ "50 %", 0, "not a ratio" },
		{ "5e-1", 0, "not a ratio" },
		{ "nan", 0, "not a ratio" },
		{ "inf", 0, "not a ratio" },
		{ "half", 0, "not a ratio" },
		{ "\xc2\xbd", 0, "not a ratio" },
		{ "50\xef\xbc\x85", 0, "not a ratio" },
	};

	expect_values(parse_ratio, cases, ARRAY_SIZE(cases));
}

void test_time(void)
{
	static const struct value_case cases[] = {
		{ "0", 0, NULL },
		{ "0.0", 0, NULL },
		{ "0ms", 0, NULL },
		{ "0s", 0, NULL },
		{ "1ms", 1, NULL },
		{ "1.0ms", 1, NULL },
		{ "250ms", 250, NULL },
		{ "20s", 20000, NULL },
		{ "1.5s", 1500, NULL },
		{ "0.001s", 1, NULL },
		{ "1.500000000000s", 1500, NULL },
		{ "5m", 300000, NULL },
		{ "0.5m", 30000, NULL },
		{ "1h", 3600000, NULL },
		{ "24h", CBREAK_TIME_MAX_MS, NULL },
		{ "0.0078125h", 28125, NULL },
		{ "4294967295ms", UINT32_MAX, NULL },
		{ "4294967.295s", UINT32_MAX, NULL },
		{ "4294967296ms", 0, "too large" },
		{ "4294967.296s", 0, "too large" },
		{ "1194h", 0, "too large" },
		{ "18446744073709551616ms", 0, "too large" },
		/* These wrap around in 64 bits, to something that would do. */
		{ "5124095576031h", 0, "too large" },
		{ "0.18446744073709551616s", 0, "finer" },
		{ "0.000000000000000000000000000000000000000000000000000000000000000000000000001s",
		  0, "finer" },
		{ "99999999999999999999999999s", 0, "too large" },
		{ "10", 0, "needs a unit: 10s" },
		{ "0.1", 0, "needs a unit" },
		{ "0.00000000000001", 0, "needs a unit" },
		{ "99999999999999999999", 0, "needs a unit" },
		{ "1.5ms", 0, "finer" },
		{ "0.0001s", 0, "finer" },
		{ "1.0005s", 0, "finer" },
		{ "0.00001m", 0, "finer" },
		{ "0.33333333333333333333h", 0, "finer" },
		{ "10us", 0, "unknown unit" },
		{ "10sec", 0, "unknown unit" },
		{ "10S", 0, "unknown unit" },
		{ "10 s", 0, "unknown unit" },
		{ "10s ", 0, "unknown unit" },
		{ "10ss", 0, "unknown unit" },
		{ "1h30m", 0, "unknown unit" },
		{ "1e3s", 0, "unknown unit" },
		{ "10\xc2\xb5s", 0, "unknown unit" },
		{ "10\xd1\x81", 0, "unknown unit" },
		{ "", 0, "not a duration" },
		{ "s", 0, "not a duration" },
		{ "-1s", 0, "not a duration" },
		{ "+1s", 0, "not a duration" },
		{ " 1s", 0, "not a duration" },
		{ ".5s", 0, "not a duration" },
		{ "1.s", 0, "not a duration" },
		{ "inf", 0, "not a duration" },
		{ "\xd9\xa1s", 0, "not a duration" },
	};

	expect_values(parse_time, cases, ARRAY_SIZE(cases));
}

static const char *parse_kinds_of(const char *word, uint32_t *kinds)
{
	const char *error;
	struct on on;

	error = parse_on(word, &on);
	*kinds = on.kinds;
	return error;
}

void test_on(void)
{
	static const struct value_case cases[] = {
		{ "refused", CBREAK_ON_REFUSED, NULL },
		{ "timeout", CBREAK_ON_TIMEOUT, NULL },
		{ "unreachable", CBREAK_ON_UNREACHABLE, NULL },
		{ "refused,unreachable", 10, NULL },
		{ "unreachable,timeout,refused", 14, NULL },
		{ "slow", CBREAK_ON_SLOW, NULL },
		{ "reset", CBREAK_ON_RESET, NULL },
		{ "stalled,reset", 96, NULL },
		{ "all", 126, NULL },
		{ "timeout,timeout", CBREAK_ON_TIMEOUT, NULL },
		{ "", 0, "is not all" },
		{ ",", 0, "is not all" },
		{ "refused,", 0, "is not all" },
		{ ",refused", 0, "is not all" },
		{ "refused,,timeout", 0, "is not all" },
		{ "refused, timeout", 0, "is not all" },
		{ "success", 0, "is not all" },
		{ "refuse", 0, "is not all" },
		{ "refusedx", 0, "is not all" },
		{ "REFUSED", 0, "is not all" },
		{ "refused,all", 0, "is not all" },
		{ "all,", 0, "is not all" },
		{ "none", 0, "is not all" },
		{ "icmp:3/1", 0, NULL },
		{ "icmp:3/1,refused,icmp6:1/0", CBREAK_ON_REFUSED, NULL },
		{ "icmp", 0, "is not all" },
		{ "icmp:", 0, "is not all" },
		{ "icmp:3", 0, "is not all" },
		{ "icmp:3/", 0, "is not all" },
		{ "icmp:/1", 0, "is not all" },
		{ "icmp:3/1/1", 0, "is not all" },
		{ "icmp:3/256", 0, "is not all" },
		{ "icmp:256/0", 0, "is not all" },
		{ "icmp:4294967299/1", 0, "is not all" },
		{ "icmp:-3/1", 0, "is not all" },
		{ "icmp4:3/1", 0, "is not all" },
		{ "icmp66:1/0", 0, "is not all" },
		{ "icmp:3/1 ", 0, "is not all" },
		{ "icmp:3/1,", 0, "is not all" },
		{ "ICMP:3/1", 0, "is not all" },
		{ "icmp:3/1,all", 0, "is not all" },
	};

	struct on on;

	expect_values(parse_kinds_of, cases, ARRAY_SIZE(cases));
	expect(!parse_on("icmp:3/13,timeout,icmp6:1/4,icmp:255/0", &on) &&
	       on.nr_icmp == 3 &&
	       !on.icmp[0].v6 && on.icmp[0].type == 3 && on.icmp[0].code == 13 &&
	       on.icmp[1].v6 && on.icmp[1].type == 1 && on.icmp[1].code == 4 &&
	       !on.icmp[2].v6 && on.icmp[2].type == 255 && !on.icmp[2].code,
	       "ICMP codes in a list");
}

/* As many as there is room for, and one more. */
void test_on_many(void)
{
	char word[ON_ICMP_MAX * sizeof("icmp:3/1,")];
	struct on on;
	int i;

	*word = '\0';
	for (i = 0; i < ON_ICMP_MAX; i++)
		strcat(word, i ? ",icmp:3/1" : "icmp:3/1");
	expect(!parse_on(word, &on) && on.nr_icmp == ON_ICMP_MAX, "many");
	strcat(word, ",icmp:3/1");
	expect(parse_on(word, &on), "too many");
}

void test_state(void)
{
	uint8_t state = 9;

	expect(!parse_state("passing", &state) && state == 0, "passing");
	expect(!parse_state("broken", &state) && state == 1, "broken");
	expect(!parse_state("recovering", &state) && state == 2, "recovering");
	expect(parse_state("", &state), "the empty word");
	expect(parse_state("brok", &state), "a prefix");
	expect(parse_state("brokens", &state), "trailing junk");
	expect(parse_state("Broken", &state), "upper case");
}

void test_names(void)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		expect(names_get(&parse_states, i), "state %u", i);
	expect(!names_get(&parse_states, 3), "a state too many");
	for (i = 0; i < 7; i++)
		expect(names_get(&parse_kinds, i), "kind %u", i);
	expect(!names_get(&parse_kinds, 7), "a kind too many");
	for (i = 0; i < 9; i++)
		expect(names_get(&parse_causes, i), "cause %u", i);
	expect(!names_get(&parse_causes, 9), "a cause too many");
	expect(!names_get(&parse_causes, UINT32_MAX), "the largest value");
}

static void expect_text(const char *got, const char *text)
{
	expect(!strcmp(got, text), "\"%s\", not \"%s\"", got, text);
}

void test_format(void)
{
	char buf[OUT_VALUE_LEN];

	expect_text(out_format_ratio(buf, 0), "0");
	expect_text(out_format_ratio(buf, 1), "0.000001");
	expect_text(out_format_ratio(buf, 500000), "0.5");
	expect_text(out_format_ratio(buf, 999999), "0.999999");
	expect_text(out_format_ratio(buf, 1000000), "1");
	expect_text(out_format_ratio(buf, 10000000), "10");
	expect_text(out_format_ratio(buf, UINT32_MAX), "4294.967295");
	expect_text(out_format_time(buf, 0), "0s");
	expect_text(out_format_time(buf, 1), "1ms");
	expect_text(out_format_time(buf, 1500), "1500ms");
	expect_text(out_format_time(buf, 10000), "10s");
	expect_text(out_format_time(buf, 90000), "90s");
	expect_text(out_format_time(buf, 300000), "5m");
	expect_text(out_format_time(buf, 86400000), "24h");
	expect_text(out_format_elapsed(buf, 0), "0.000s");
	expect_text(out_format_elapsed(buf, 8750), "8.750s");
	expect_text(out_format_elapsed(buf, UINT64_MAX),
		    "18446744073709551.615s");
	expect_text(out_format_enum(buf, &parse_states, 1), "broken");
	expect_text(out_format_enum(buf, &parse_states, 200), "200");
	expect_text(out_format_fwmark(buf, 16, UINT32_MAX), "0x10");
	expect_text(out_format_fwmark(buf, 0, 0xff), "0x0/0xff");
}
