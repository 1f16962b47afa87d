// SPDX-License-Identifier: GPL-2.0
/*
 * Words of the command line to values and back to the kernel's names.
 *
 * What a value may be is the kernel's business, so that each error comes from
 * one place: refused here is only what cannot be represented in its attribute.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include <linux/cbreak.h>

#include "parse.h"
#include "util.h"

/* More than this times any unit still fits 64 bits, and no attribute. */
#define WHOLE_MAX	(UINT64_C(1) << 40)
/* Decimals kept; no unit divides by more than 7. */
#define DECIMALS_MAX	9

static const char not_exact[] = "has too many decimals";
static const char too_large[] = "is too large";

/**
 * struct decimal - an unsigned decimal number, exact
 * @whole: before the point, saturated above WHOLE_MAX
 * @fraction: the decimals, without trailing zeros
 * @scale: 10 to the power of their number
 * @overlong: there were too many decimals to keep
 */
struct decimal {
	uint64_t whole;
	uint64_t fraction;
	uint64_t scale;
	bool overlong;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads DIGITS[.DIGITS]; returns what follows, or NULL if it is not there. */
static const char *scan_decimal(const char *s, struct decimal *d)
{
	unsigned int decimals = 0, zeros = 0;

	*d = (struct decimal){ .scale = 1 };
	if (!is_digit(*s))
		return NULL;
	for (; is_digit(*s); s++)
		if (d->whole <= WHOLE_MAX)
			d->whole = d->whole * 10 + (*s - '0');
	if (*s != '.')
		return s;
	if (!is_digit(*++s))
		return NULL;
	for (; is_digit(*s); s++) {
		if (*s == '0') {
			zeros++;
			continue;
		}
		decimals += zeros + 1;
		if (decimals > DECIMALS_MAX) {
			d->overlong = true;
			continue;
		}
		for (; zeros; zeros--) {
			d->fraction *= 10;
			d->scale *= 10;
		}
		d->fraction = d->fraction * 10 + (*s - '0');
		d->scale *= 10;
	}
	return s;
}

static const char *scale_decimal(const struct decimal *d, uint32_t unit,
				 uint32_t *value)
{
	uint64_t v;

	if (d->overlong || d->fraction * unit % d->scale)
		return not_exact;
	if (d->whole > WHOLE_MAX)
		return too_large;
	v = d->whole * unit + d->fraction * unit / d->scale;
	if (v > UINT32_MAX)
		return too_large;
	*value = v;
	return NULL;
}

/**
 * parse_number() - a whole number in decimal
 * @word: the word
 * @number: set to the number
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_number(const char *word, uint32_t *number)
{
	struct decimal d;
	const char *end;

	end = scan_decimal(word, &d);
	if (!end || *end || strchr(word, '.'))
		return "is not a number";
	return scale_decimal(&d, 1, number);
}

/**
 * parse_ratio() - a ratio such as 0.3 or 30%
 * @word: the word
 * @ppm: set to the ratio in parts per million
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_ratio(const char *word, uint32_t *ppm)
{
	uint32_t unit = CBREAK_RATIO_ONE;
	struct decimal d;
	const char *end;
	const char *err;

	end = scan_decimal(word, &d);
	if (end && *end == '%') {
		unit /= 100;
		end++;
	}
	if (!end || *end)
		return "is not a ratio, such as 0.3 or 30%";
	err = scale_decimal(&d, unit, ppm);
	if (err == not_exact)
		return "has more than 6 decimals (4 in percent)";
	return err;
}

/**
 * parse_time() - a duration such as 250ms, 20s, 1.5m or 1h
 * @word: the word
 * @ms: set to the duration in milliseconds
 *
 * A bare number is refused, as it might be meant in seconds or milliseconds;
 * 0 is the same in both.
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_time(const char *word, uint32_t *ms)
{
	static const struct {
		char name[4];
		uint32_t ms;
	} units[] = {
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60 * 1000 },
		{ "h", 60 * 60 * 1000 },
	};
	struct decimal d;
	const char *unit;
	const char *err;
	unsigned int i;

	unit = scan_decimal(word, &d);
	if (!unit)
		return "is not a duration, such as 10s or 250ms";
	if (!*unit) {
		if (d.whole || d.fraction || d.overlong)
			return "needs a unit: 10s, 250ms, 5m or 1h";
		*ms = 0;
		return NULL;
	}
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(unit, units[i].name))
			continue;
		err = scale_decimal(&d, units[i].ms, ms);
		if (err == not_exact)
			return "is finer than a millisecond";
		return err;
	}
	return "has an unknown unit; use ms, s, m or h";
}

/**
 * parse_addr() - an IPv4 or IPv6 address
 * @word: the word
 * @addr: set to the address
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_addr(const char *word, struct addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, word, addr->bytes) == 1)
		addr->len = 4;
	else if (inet_pton(AF_INET6, word, addr->bytes) == 1)
		addr->len = 16;
	else
		return "is not an IPv4 or IPv6 address";
	return NULL;
}

/* Parses the @len bytes at @word as an address. */
static const char *parse_addr_n(const char *word, size_t len, struct addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (len >= sizeof(text))
		return "is not an IPv4 or IPv6 address";
	memcpy(text, word, len);
	text[len] = '\0';
	return parse_addr(text, addr);
}

/**
 * parse_prefix() - ADDR, ADDR/LEN, "any" or "default"
 * @word: the word
 * @prefix: set to the prefix
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_prefix(const char *word, struct prefix *prefix)
{
	const char *slash = strchr(word, '/');
	uint32_t len;

	*prefix = (struct prefix){ 0 };
	if (!strcmp(word, "any") || !strcmp(word, "default")) {
		prefix->any = true;
		return NULL;
	}
	if (!slash)
		return parse_addr(word, &prefix->addr);
	if (parse_number(slash + 1, &len) || len > UINT8_MAX)
		return "has a bad prefix length";
	prefix->has_len = true;
	prefix->len = len;
	return parse_addr_n(word, slash - word, &prefix->addr);
}

/**
 * parse_port() - a TCP port
 * @word: the word
 * @port: set to the port
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_port(const char *word, uint16_t *port)
{
	uint32_t n;

	if (parse_number(word, &n) || n > UINT16_MAX)
		return "is not a port number";
	*port = n;
	return NULL;
}

/* Parses NUMBER or NUMBER-NUMBER. */
static bool parse_range(const char *word, uint32_t *min, uint32_t *max)
{
	const char *dash = strchr(word, '-');
	char first[sizeof("4294967295")];
	size_t len;

	if (!dash) {
		if (parse_number(word, min))
			return false;
		*max = *min;
		return true;
	}
	len = dash - word;
	if (len >= sizeof(first))
		return false;
	memcpy(first, word, len);
	first[len] = '\0';
	return !parse_number(first, min) && !parse_number(dash + 1, max);
}

/**
 * parse_ports() - PORT or PORT-PORT
 * @word: the word
 * @min: set to the first port
 * @max: set to the last port, @min's if only one was given
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_ports(const char *word, uint16_t *min, uint16_t *max)
{
	uint32_t first, last;

	if (!parse_range(word, &first, &last) || first > UINT16_MAX ||
	    last > UINT16_MAX)
		return "is not a port or a range of ports";
	*min = first;
	*max = last;
	return NULL;
}

/**
 * parse_uids() - UID or UID-UID
 * @word: the word
 * @min: set to the first user
 * @max: set to the last user, @min's if only one was given
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_uids(const char *word, uint32_t *min, uint32_t *max)
{
	if (!parse_range(word, min, max))
		return "is not a uid or a range of uids";
	return NULL;
}

/* Parses the @len bytes at @word as bits: decimal, or hexadecimal after 0x. */
static bool parse_bits_n(const char *word, size_t len, uint32_t *bits)
{
	char text[sizeof("4294967295")];
	uint64_t value = 0;
	const char *c;

	if (!len || len >= sizeof(text))
		return false;
	memcpy(text, word, len);
	text[len] = '\0';
	if (strncmp(text, "0x", 2))
		return !parse_number(text, bits);
	for (c = text + 2; isxdigit((unsigned char)*c); c++)
		value = value * 16 + (is_digit(*c) ? *c - '0' :
				      (*c | 0x20) - 'a' + 10);
	*bits = value;
	return c > text + 2 && !*c;
}

/**
 * parse_fwmark() - MARK or MARK/MASK, decimal or hexadecimal after 0x
 * @word: the word
 * @fwmark: set to what it says
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_fwmark(const char *word, struct fwmark *fwmark)
{
	size_t end = strcspn(word, "/");

	*fwmark = (struct fwmark){ .has_mask = word[end] };
	if (parse_bits_n(word, end, &fwmark->mark) &&
	    (!fwmark->has_mask ||
	     parse_bits_n(word + end + 1, strlen(word + end + 1),
			  &fwmark->mask)))
		return NULL;
	return "is not a mark, such as 7 or 0x10/0xff";
}

/**
 * parse_endpoint() - ADDR:PORT or [ADDR6]:PORT
 * @word: the word
 * @addr: set to the address
 * @port: set to the port
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_endpoint(const char *word, struct addr *addr, uint16_t *port)
{
	const char *colon = strrchr(word, ':');
	uint8_t family_len = 4;
	size_t len;

	if (!colon)
		goto bad;
	len = colon - word;
	if (*word == '[') {
		if (len < 2 || word[len - 1] != ']')
			goto bad;
		word++;
		len -= 2;
		family_len = 16;
	} else if (strchr(word, ':') != colon) {
		return "is ambiguous; write [ADDR6]:PORT";
	}
	if (!parse_addr_n(word, len, addr) && addr->len == family_len &&
	    !parse_port(colon + 1, port))
		return NULL;
bad:
	return "is not ADDR:PORT or [ADDR6]:PORT";
}

/**
 * parse_dest() - what names a breaker: ADDR:PORT, [ADDR6]:PORT, ADDR, [ADDR6],
 *	ADDR/LEN or "any"
 * @word: the word
 * @dest: set to what it says
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_dest(const char *word, struct dest *dest)
{
	size_t len = strlen(word);
	struct prefix prefix;
	const char *err;

	*dest = (struct dest){ 0 };
	if (!strcmp(word, "any")) {
		dest->any = true;
		return NULL;
	}
	if (strchr(word, '/')) {
		err = parse_prefix(word, &prefix);
		dest->addr = prefix.addr;
		dest->has_len = true;
		dest->len = prefix.len;
		return err;
	}
	if (!parse_addr(word, &dest->addr))
		return NULL;
	if (*word == '[' && word[len - 1] == ']' &&
	    !parse_addr_n(word + 1, len - 2, &dest->addr) &&
	    dest->addr.len == 16)
		return NULL;
	dest->has_port = true;
	return parse_endpoint(word, &dest->addr, &dest->port);
}
