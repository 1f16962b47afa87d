// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of parse.c and out.c: what a word means, and that what is printed
 * can be read again. Prints TAP; exits 1 if a test failed.
 */
#include <stdarg.h>
#include <stdio.h>

#include "unit.h"

static unsigned int tests;
static unsigned int failures;
/* What the present test found wrong, or empty. */
static char wrong[256];

/**
 * expect() - note what is wrong with the present test, the first time
 * @right: nothing is
 * @fmt: what is
 */
void expect(bool right, const char *fmt, ...)
{
	va_list ap;

	if (right || *wrong)
		return;
	va_start(ap, fmt);
	vsnprintf(wrong, sizeof(wrong), fmt, ap);
	va_end(ap);
}

static void run(void (*test)(void), const char *name)
{
	*wrong = '\0';
	test();
	printf("%sok %u - %s\n", *wrong ? "not " : "", ++tests, name);
	if (!*wrong)
		return;
	printf("# %s\n", wrong);
	failures++;
}

static const struct {
	void (*run)(void);
	const char *name;
} all[] = {
	{ test_number, "numbers" },
	{ test_ratio, "ratios" },
	{ test_time, "durations" },
	{ test_on, "kinds of failure" },
	{ test_on_many, "many ICMP codes" },
	{ test_state, "states" },
	{ test_names, "names of values" },
	{ test_addr, "addresses" },
	{ test_prefix, "prefixes" },
	{ test_ports, "ports" },
	{ test_uids, "users" },
	{ test_endpoint, "endpoints" },
	{ test_dest, "names of breakers" },
	{ test_key, "keys" },
	{ test_fwmark, "marks" },
	{ test_format, "formatted values" },
	{ test_round_trip_values, "ratios and durations round trip" },
	{ test_round_trip_addrs, "endpoints and prefixes round trip" },
	{ test_time_against_naive, "durations against a naive parser" },
	{ test_garbage, "garbage" },
};

int main(void)
{
	size_t i;

	printf("TAP version 13\n1..%zu\n", ARRAY_SIZE(all));
	for (i = 0; i < ARRAY_SIZE(all); i++)
		run(all[i].run, all[i].name);
	return failures ? 1 : 0;
}
