// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses, prefixes and ports.
 */
#include <string.h>

#include <linux/cbreak.h>

#include "out.h"
#include "parse.h"
#include "unit.h"

void test_addr(void)
{
	static const char *const good[] = {
		"0.0.0.0", "10.0.0.1", "255.255.255.255", "::", "::1",
		"2001:db8::ffff", "::ffff:10.0.0.1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	static const char *const bad[] = {
		"", ".", ":", "10", "10.0.0", "10.0.0.256", "10.0.0.1.1",
		"10.0.0.1 ", " 10.0.0.1", "10.0.0.1x", "0x0a.0.0.1", ":::",
		"1:2:3:4:5:6:7", "::1::", "12345::", "::g", "[::1]",
		"fe80::1%lo", "localhost", "10.0.0.\xd9\xa1",
		"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255:ffff:ffff",
	};
	char buf[OUT_VALUE_LEN];
	struct addr addr;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		expect(!parse_addr(good[i], &addr), "\"%s\" refused", good[i]);
		expect(!strcmp(out_format_addr(buf, &addr), good[i]),
		       "\"%s\" became \"%s\"", good[i], buf);
		expect(addr.len == (strchr(good[i], ':') ? 16 : 4),
		       "\"%s\" has %u bytes", good[i], addr.len);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(parse_addr(bad[i], &addr), "\"%s\" accepted", bad[i]);
}

static void expect_prefix(const char *word, bool has_len, unsigned int len,
			  const char *addr)
{
	char buf[OUT_VALUE_LEN];
	struct prefix prefix;
	const char *error;

	error = parse_prefix(word, &prefix);
	expect(!error, "\"%s\" %s", word, error);
	if (error)
		return;
	expect(!prefix.any, "\"%s\" is any", word);
	expect(prefix.has_len == has_len && prefix.len == len,
	       "\"%s\" has the length %u", word, prefix.len);
	expect(!strcmp(out_format_addr(buf, &prefix.addr), addr),
	       "\"%s\" became \"%s\"", word, buf);
}

void test_prefix(void)
{
	static const char *const bad[] = {
		"", "/", "/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/256",
		"10.0.0.0/8/8", "10.0.0.0/8x", "10.0.0.0/ 8", "10/8",
		"10.0.0.0/255.0.0.0", "anything", "Any", "any/0", "default/0",
		"10.0.0.0/8.0", "::/99999999999999999999", "all",
	};
	struct prefix prefix;
	size_t i;

	expect_prefix("10.0.0.0/8", true, 8, "10.0.0.0");
	expect_prefix("0.0.0.0/0", true, 0, "0.0.0.0");
	expect_prefix("10.0.0.1", false, 0, "10.0.0.1");
	expect_prefix("2001:db8::/32", true, 32, "2001:db8::");
	expect_prefix("::/0", true, 0, "::");
	expect_prefix("::1/128", true, 128, "::1");
	/* Left to the kernel: host bits, and lengths the family lacks. */
	expect_prefix("10.1.2.3/8", true, 8, "10.1.2.3");
	expect_prefix("10.0.0.0/33", true, 33, "10.0.0.0");
	expect_prefix("::/255", true, 255, "::");
	expect(!parse_prefix("any", &prefix) && prefix.any, "any");
	expect(!parse_prefix("default", &prefix) && prefix.any, "default");
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(parse_prefix(bad[i], &prefix), "\"%s\" accepted",
		       bad[i]);
}

void test_ports(void)
{
	static const char *const bad[] = {
		"", "-", "-80", "80-", "65536", "80-65536", "65536-80",
		"4294967376", "80-90-100", "80 ", " 80", "80x", "80.0", "+80",
		"http", "0x50", "80,90", "8\xd9\xa1",
	};
	uint16_t min, max;
	size_t i;

	expect(!parse_ports("0", &min, &max) && !min && !max, "0");
	expect(!parse_ports("80", &min, &max) && min == 80 && max == 80, "80");
	expect(!parse_ports("65535", &min, &max) && min == 65535, "65535");
	expect(!parse_ports("0-65535", &min, &max) && !min && max == 65535,
	       "0-65535");
	/* Left to the kernel: a range that is upside down. */
	expect(!parse_ports("90-80", &min, &max) && min == 90 && max == 80,
	       "90-80");
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(parse_ports(bad[i], &min, &max), "\"%s\" accepted",
		       bad[i]);
	expect(parse_port("80-90", &min), "a range as a port");
}

void test_uids(void)
{
	static const char *const bad[] = {
		"", "-", "-1", "1-", "4294967296", "0-4294967296", "1-2-3",
		"1 ", " 1", "root", "0x1", "00000000001-2",
	};
	uint32_t min, max;
	size_t i;

	expect(!parse_uids("0", &min, &max) && !min && !max, "0");
	expect(!parse_uids("1000-1999", &min, &max) && min == 1000 &&
	       max == 1999, "1000-1999");
	/* Left to the kernel: what is no uid, and what is upside down. */
	expect(!parse_uids("4294967295", &min, &max) && max == UINT32_MAX,
	       "4294967295");
	expect(!parse_uids("4294967294-0", &min, &max) && !max, "upside down");
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(parse_uids(bad[i], &min, &max), "\"%s\" accepted",
		       bad[i]);
}

void test_endpoint(void)
{
	static const char *const good[] = {
		"10.0.0.5:5432", "0.0.0.0:0", "255.255.255.255:65535",
		"[::]:0", "[::1]:80", "[2001:db8::5]:65535",
		"[::ffff:10.0.0.5]:80",
	};
	static const char *const bad[] = {
		"", ":", ":80", "10.0.0.5", "10.0.0.5:", "10.0.0.5:65536",
		"10.0.0.5:-1", "10.0.0.5:80x", "10.0.0.5 :80", "[10.0.0.5]:80",
		"::1", "::1:80", "2001:db8::5:80", "[::1]", "[::1]:", "[]:80",
		"[:80", "]:80", "[::1:80", "::1]:80", "[[::1]]:80",
		"[::1]80", "[::1] :80", "[::1]:80:90", "localhost:80",
		"[fe80::1%lo]:80", "10.0.0.5:80/8",
	};
	char buf[OUT_VALUE_LEN];
	const char *error;
	struct addr addr;
	uint16_t port;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		error = parse_endpoint(good[i], &addr, &port);
		expect(!error, "\"%s\" %s", good[i], error);
		expect(!strcmp(out_format_endpoint(buf, &addr, port), good[i]),
		       "\"%s\" became \"%s\"", good[i], buf);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(parse_endpoint(bad[i], &addr, &port), "\"%s\" accepted",
		       bad[i]);
	error = parse_endpoint("::1:80", &addr, &port);
	expect(error && strstr(error, "[ADDR6]:PORT"), "no hint at brackets");
}

void test_dest(void)
{
	static const struct {
		const char *word;
		bool any, has_len, has_port;
		unsigned int len, port;
		const char *addr;
	} good[] = {
		{ "any", .any = true },
		{ "10.0.0.1", .addr = "10.0.0.1" },
		{ "10.0.0.1:80", .has_port = true, .port = 80,
		  .addr = "10.0.0.1" },
		{ "10.0.0.0/24", .has_len = true, .len = 24,
		  .addr = "10.0.0.0" },
		{ "fd00::1", .addr = "fd00::1" },
		{ "[fd00::1]", .addr = "fd00::1" },
		{ "[fd00::1]:80", .has_port = true, .port = 80,
		  .addr = "fd00::1" },
		{ "fd00::/64", .has_len = true, .len = 64, .addr = "fd00::" },
	};
	static const char *const bad[] = {
		"", "[", "[]", "]", "[10.0.0.1]", "10.0.0.1:", "10.0.0.1/",
		"10.0.0.1/24:80", "any:80", "[fd00::1", "[fd00::1]80", "x",
		"default",
	};
	char buf[OUT_VALUE_LEN];
	struct dest dest;
	const char *error;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		error = parse_dest(good[i].word, &dest);
		expect(!error, "\"%s\" %s", good[i].word, error);
		expect(dest.any == good[i].any &&
		       dest.has_len == good[i].has_len &&
		       dest.has_port == good[i].has_port &&
		       dest.len == good[i].len && dest.port == good[i].port,
		       "\"%s\" is something else", good[i].word);
		if (good[i].addr)
			expect(!strcmp(out_format_addr(buf, &dest.addr),
				       good[i].addr),
			       "\"%s\" became \"%s\"", good[i].word, buf);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(parse_dest(bad[i], &dest), "\"%s\" accepted", bad[i]);
}

void test_key(void)
{
	static const char *const bad[] = {
		"", "addr+", "port", "addr/24", "rule/", "prefix", "prefix/",
		"prefix/-1", "prefix/256", "prefix/24x", "Addr", "/24",
	};
	struct key key;
	size_t i;

	expect(!parse_key("addr+port", &key) && !key.has_len &&
	       key.type == CBREAK_KEY_TYPE_ADDR_PORT, "addr+port");
	expect(!parse_key("addr", &key) && !key.has_len &&
	       key.type == CBREAK_KEY_TYPE_ADDR, "addr");
	expect(!parse_key("prefix/64", &key) && key.has_len && key.len == 64 &&
	       key.type == CBREAK_KEY_TYPE_PREFIX, "prefix/64");
	expect(!parse_key("rule", &key) && !key.has_len &&
	       key.type == CBREAK_KEY_TYPE_RULE, "rule");
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(parse_key(bad[i], &key), "\"%s\" accepted", bad[i]);
}

void test_fwmark(void)
{
	static const struct {
		const char *word;
		uint32_t mark, mask;
		bool has_mask;
	} good[] = {
		{ "0", 0, 0, false },
		{ "7", 7, 0, false },
		{ "0x10", 0x10, 0, false },
		{ "0xffffffff", UINT32_MAX, 0, false },
		{ "4294967295", UINT32_MAX, 0, false },
		{ "0x10/0xff", 0x10, 0xff, true },
		{ "16/255", 16, 255, true },
		{ "0xAb/0xCdEf", 0xab, 0xcdef, true },
		{ "1/0", 1, 0, true },
	};
	static const char *const bad[] = {
		"", "/", "1/", "/1", "x", "0x", "0x/1", "1/0x", "0xg", "-1",
		"1/-1", "1/2/3", " 1", "1 ", "0x1 ", "0x100000000", "4294967296",
		"0X10", "1.0", "00xff", "0x1/0x100000000", "0x0x1",
	};
	struct fwmark fwmark;
	const char *error;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		error = parse_fwmark(good[i].word, &fwmark);
		expect(!error, "\"%s\" %s", good[i].word, error);
		expect(fwmark.mark == good[i].mark &&
		       fwmark.mask == good[i].mask &&
		       fwmark.has_mask == good[i].has_mask,
		       "\"%s\" is 0x%x/0x%x", good[i].word, fwmark.mark,
		       fwmark.mask);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(parse_fwmark(bad[i], &fwmark), "\"%s\" accepted",
		       bad[i]);
}
