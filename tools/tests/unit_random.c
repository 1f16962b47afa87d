// SPDX-License-Identifier: GPL-2.0
/*
 * Many random values: round trips, a naive parser as a witness, and garbage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "parse.h"
#include "unit.h"

#define ROUNDS	200000

/* A fixed sequence, so that a failure can be repeated. */
static uint64_t random_u64(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* As many small values as large ones. */
static uint32_t random_u32(void)
{
	return (uint32_t)random_u64() >> random_u64() % 32;
}

void test_round_trip_values(void)
{
	char buf[OUT_VALUE_LEN];
	uint32_t value, back;
	const char *error;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		value = random_u32();
		error = parse_ratio(out_format_ratio(buf, value), &back);
		expect(!error && back == value, "%u printed as %s", value, buf);
		error = parse_time(out_format_time(buf, value), &back);
		expect(!error && back == value, "%u printed as %s", value, buf);
		error = parse_time(out_format_elapsed(buf, value), &back);
		expect(!error && back == value, "%u printed as %s", value, buf);
	}
}

static void random_addr(struct addr *addr)
{
	unsigned int i;

	memset(addr, 0, sizeof(*addr));
	addr->len = random_u64() % 2 ? 4 : 16;
	/* Zeros are what makes IPv6 addresses hard to print. */
	for (i = 0; i < addr->len; i++)
		addr->bytes[i] = random_u64() % 3 ? random_u64() : 0;
}

void test_round_trip_addrs(void)
{
	char buf[OUT_VALUE_LEN];
	struct prefix prefix;
	struct addr addr;
	struct addr back;
	unsigned int len;
	uint16_t port;
	uint16_t same;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		random_addr(&addr);
		port = random_u64();
		out_format_endpoint(buf, &addr, port);
		expect(!parse_endpoint(buf, &back, &same) && same == port &&
		       !memcmp(&addr, &back, sizeof(addr)), "%s", buf);
		len = random_u64() % (addr.len * 8 + 1);
		out_format_prefix(buf, &addr, len);
		expect(!parse_prefix(buf, &prefix) &&
		       !memcmp(&addr, &prefix.addr, sizeof(addr)), "%s", buf);
		expect(prefix.has_len ? prefix.len == len : len == addr.len * 8,
		       "%s, not /%u", buf, len);
	}
}

/* The same sums in 128 bits and without a thought for precision. */
static bool naive_time(uint64_t whole, uint64_t fraction, unsigned int decimals,
		       uint32_t unit, uint32_t *ms)
{
	unsigned __int128 scale = 1;
	unsigned __int128 v;

	while (decimals--)
		scale *= 10;
	v = (whole * scale + fraction) * unit;
	*ms = v / scale;
	return v % scale == 0 && v / scale <= UINT32_MAX;
}

void test_time_against_naive(void)
{
	static const struct {
		const char *name;
		uint32_t ms;
	} units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
	};
	unsigned int decimals, unit, i;
	uint64_t whole, fraction, pow;
	unsigned int accepted = 0;
	uint32_t expected, got;
	bool good, taken;
	char word[64];

	for (i = 0; i < ROUNDS; i++) {
		whole = random_u32() >> random_u64() % 24;
		decimals = 1 + random_u64() % 8;
		for (pow = 1, unit = 0; unit < decimals; unit++)
			pow *= 10;
		/* Multiples of powers of 5 come out even more often. */
		fraction = random_u64() % 2 ? random_u64() % pow :
					      random_u64() % 128 * pow / 128;
		unit = random_u64() % ARRAY_SIZE(units);
		snprintf(word, sizeof(word), "%llu.%0*llu%s",
			 (unsigned long long)whole, (int)decimals,
			 (unsigned long long)fraction, units[unit].name);
		good = naive_time(whole, fraction, decimals, units[unit].ms,
				  &expected);
		taken = !parse_time(word, &got);
		expect(good == taken, "%s %s", word,
		       taken ? "accepted" : "refused");
		if (good && taken)
			expect(expected == got, "%s is %u, not %u", word, got,
			       expected);
		accepted += taken;
	}
	expect(accepted > ROUNDS / 100 && accepted < ROUNDS,
	       "%u of %u words were good", accepted, ROUNDS);
}

/* No word may be read beyond its end or crash the parser. */
void test_garbage(void)
{
	static const char alphabet[] = "0159.%-:/[]smhaf,x \xc2\xff";
	struct prefix prefix;
	uint16_t port, port2;
	struct addr addr;
	unsigned int i;
	uint8_t state;
	struct on on;
	uint32_t v;
	char *word;
	size_t len;
	size_t j;

	for (i = 0; i < ROUNDS; i++) {
		len = random_u64() % 12;
		/* On the heap and exact, for tools that watch it. */
		word = malloc(len + 1);
		if (!word)
			exit(1);
		for (j = 0; j < len; j++)
			word[j] = alphabet[random_u64() %
					   (sizeof(alphabet) - 1)];
		word[len] = '\0';
		parse_number(word, &v);
		parse_ratio(word, &v);
		parse_time(word, &v);
		parse_on(word, &on);
		parse_addr(word, &addr);
		parse_prefix(word, &prefix);
		parse_port(word, &port);
		parse_ports(word, &port, &port2);
		parse_endpoint(word, &addr, &port);
		parse_state(word, &state);
		free(word);
	}
}
