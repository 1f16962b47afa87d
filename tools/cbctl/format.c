// SPDX-License-Identifier: GPL-2.0
/*
 * Values as text, the way that parse.c reads them.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <linux/cbreak.h>

#include "cbctl.h"
#include "out.h"

#define MS_PER_SEC	1000
#define MS_PER_MIN	(60 * MS_PER_SEC)
#define MS_PER_HOUR	(60 * MS_PER_MIN)

/**
 * out_format_ratio() - a ratio as parse_ratio() reads it, without a loss
 * @buf: the text is put here
 * @ppm: the ratio in parts per million
 *
 * Return: @buf.
 */
char *out_format_ratio(char *buf, uint32_t ppm)
{
	int len;

	len = snprintf(buf, OUT_VALUE_LEN, "%u.%06u", ppm / CBREAK_RATIO_ONE,
		       ppm % CBREAK_RATIO_ONE);
	while (buf[len - 1] == '0')
		buf[--len] = '\0';
	if (buf[len - 1] == '.')
		buf[--len] = '\0';
	return buf;
}

/**
 * out_format_time() - a duration as parse_time() reads it, without a loss
 * @buf: the text is put here
 * @ms: the duration in milliseconds
 *
 * Return: @buf.
 */
char *out_format_time(char *buf, uint64_t ms)
{
	const char *unit = "ms";
	unsigned int div = 1;

	if (ms && ms % MS_PER_HOUR == 0) {
		unit = "h";
		div = MS_PER_HOUR;
	} else if (ms && ms % MS_PER_MIN == 0) {
		unit = "m";
		div = MS_PER_MIN;
	} else if (ms % MS_PER_SEC == 0) {
		unit = "s";
		div = MS_PER_SEC;
	}
	snprintf(buf, OUT_VALUE_LEN, "%llu%s", (unsigned long long)ms / div,
		 unit);
	return buf;
}

/**
 * out_format_elapsed() - a duration in seconds with three decimals
 * @buf: the text is put here
 * @ms: the duration in milliseconds
 *
 * Return: @buf.
 */
char *out_format_elapsed(char *buf, uint64_t ms)
{
	snprintf(buf, OUT_VALUE_LEN, "%llu.%03us",
		 (unsigned long long)ms / MS_PER_SEC,
		 (unsigned int)(ms % MS_PER_SEC));
	return buf;
}

/**
 * out_format_enum() - the word for a value, or its number if it has none
 * @buf: the text is put here
 * @names: the words
 * @value: the value
 *
 * Return: @buf.
 */
char *out_format_enum(char *buf, const struct names *names, unsigned int value)
{
	const char *name = names_get(names, value);

	if (name)
		snprintf(buf, OUT_VALUE_LEN, "%s", name);
	else
		snprintf(buf, OUT_VALUE_LEN, "%u", value);
	return buf;
}

/**
 * out_format_addr() - an address
 * @buf: the text is put here
 * @addr: the address
 *
 * Return: @buf.
 */
char *out_format_addr(char *buf, const struct addr *addr)
{
	inet_ntop(addr->len == 4 ? AF_INET : AF_INET6, addr->bytes, buf,
		  OUT_VALUE_LEN);
	return buf;
}

/**
 * out_format_prefix() - a prefix as parse_prefix() reads it
 * @buf: the text is put here
 * @addr: the address
 * @len: the length, left out if it is that of one host
 *
 * Return: @buf.
 */
char *out_format_prefix(char *buf, const struct addr *addr, unsigned int len)
{
	size_t used;

	out_format_addr(buf, addr);
	used = strlen(buf);
	if (len != addr->len * 8)
		snprintf(buf + used, OUT_VALUE_LEN - used, "/%u", len);
	return buf;
}

/**
 * out_format_fwmark() - a mark as parse_fwmark() reads it
 * @buf: the text is put here
 * @mark: the mark
 * @mask: the mask, left out if all bits are in it
 *
 * Return: @buf.
 */
char *out_format_fwmark(char *buf, uint32_t mark, uint32_t mask)
{
	int used = snprintf(buf, OUT_VALUE_LEN, "0x%x", mark);

	if (mask != UINT32_MAX)
		snprintf(buf + used, OUT_VALUE_LEN - used, "/0x%x", mask);
	return buf;
}

/**
 * out_format_endpoint() - an address and a port as parse_endpoint() reads them
 * @buf: the text is put here
 * @addr: the address
 * @port: the port
 *
 * Return: @buf.
 */
char *out_format_endpoint(char *buf, const struct addr *addr, uint16_t port)
{
	char text[OUT_VALUE_LEN];

	out_format_addr(text, addr);
	if (addr->len == 4)
		snprintf(buf, OUT_VALUE_LEN, "%.46s:%u", text, port);
	else
		snprintf(buf, OUT_VALUE_LEN, "[%.46s]:%u", text, port);
	return buf;
}
