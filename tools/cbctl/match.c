// SPDX-License-Identifier: GPL-2.0
/*
 * What a rule matches, and what shares a breaker: the keywords that are more
 * than one attribute each, or that say something by their absence.
 */
#include <stdio.h>

#include <linux/cbreak.h>

#include "cbctl.h"
#include "cgroup.h"
#include "nl.h"
#include "object.h"
#include "out.h"
#include "parse.h"

static const char *put_dst(struct nlmsghdr *nlh, const char *word)
{
	struct prefix prefix;
	const char *err;

	err = parse_prefix(word, &prefix);
	if (err || prefix.any)
		return err;
	/* Host bits go as typed: the kernel says what is wrong with them. */
	nl_put(nlh, CBREAK_A_RULE_DST, prefix.addr.bytes, prefix.addr.len);
	if (prefix.has_len)
		nl_put(nlh, CBREAK_A_RULE_DST_LEN, &prefix.len,
		       sizeof(prefix.len));
	return NULL;
}

static const char *put_ports(struct nlmsghdr *nlh, const char *word)
{
	uint16_t min, max;
	const char *err;

	err = parse_ports(word, &min, &max);
	if (err)
		return err;
	nl_put(nlh, CBREAK_A_RULE_PORT_MIN, &min, sizeof(min));
	nl_put(nlh, CBREAK_A_RULE_PORT_MAX, &max, sizeof(max));
	return NULL;
}

static const char *put_fwmark(struct nlmsghdr *nlh, const char *word)
{
	struct fwmark fwmark;
	const char *err;

	err = parse_fwmark(word, &fwmark);
	if (err)
		return err;
	nl_put(nlh, CBREAK_A_RULE_FWMARK, &fwmark.mark, sizeof(fwmark.mark));
	if (fwmark.has_mask)
		nl_put(nlh, CBREAK_A_RULE_FWMASK, &fwmark.mask,
		       sizeof(fwmark.mask));
	return NULL;
}

static const char *put_uids(struct nlmsghdr *nlh, const char *word)
{
	uint32_t min, max;
	const char *err;

	err = parse_uids(word, &min, &max);
	if (err)
		return err;
	nl_put(nlh, CBREAK_A_RULE_UID_MIN, &min, sizeof(min));
	nl_put(nlh, CBREAK_A_RULE_UID_MAX, &max, sizeof(max));
	return NULL;
}

static const char *put_cgroup(struct nlmsghdr *nlh, const char *word)
{
	const char *err;
	int32_t fd;

	err = cgroup_open(word, &fd);
	if (!err)
		nl_put(nlh, CBREAK_A_RULE_CGROUP_FD, &fd, sizeof(fd));
	return err;
}

static const char *put_hook(struct nlmsghdr *nlh, const char *word)
{
	const char *err;
	uint32_t hook;

	err = parse_hook(word, &hook);
	if (!err)
		nl_put(nlh, CBREAK_A_RULE_HOOK, &hook, sizeof(hook));
	return err;
}

static const char *put_key(struct nlmsghdr *nlh, const char *word)
{
	const char *err;
	struct key key;

	err = parse_key(word, &key);
	if (err)
		return err;
	nl_put(nlh, CBREAK_A_RULE_KEY, &key.type, sizeof(key.type));
	if (key.has_len)
		nl_put(nlh, CBREAK_A_RULE_KEY_LEN, &key.len, sizeof(key.len));
	return NULL;
}

/**
 * match_put() - the attributes of a keyword of this file
 * @nlh: where they go
 * @kw: the keyword
 * @word: its argument
 *
 * Return: NULL or what is wrong with the word.
 */
const char *match_put(struct nlmsghdr *nlh, const struct keyword *kw,
		      const char *word)
{
	switch (kw->type) {
	case KEYWORD_DST:
		return put_dst(nlh, word);
	case KEYWORD_PORTS:
		return put_ports(nlh, word);
	case KEYWORD_FWMARK:
		return put_fwmark(nlh, word);
	case KEYWORD_OIF:
		nl_put_str(nlh, CBREAK_A_RULE_OIF, word);
		return NULL;
	case KEYWORD_UIDS:
		return put_uids(nlh, word);
	case KEYWORD_CGROUP:
		return put_cgroup(nlh, word);
	case KEYWORD_HOOK:
		return put_hook(nlh, word);
	default:
		return put_key(nlh, word);
	}
}

static void print_dst(const struct nlattr **tb)
{
	char buf[OUT_VALUE_LEN];
	unsigned int len;
	struct addr addr;

	if (!tb[CBREAK_A_RULE_DST]) {
		out_text("dst any");
		return;
	}
	nl_addr(tb[CBREAK_A_RULE_DST], &addr);
	len = addr.len * 8;
	if (tb[CBREAK_A_RULE_DST_LEN])
		len = nl_uint(tb[CBREAK_A_RULE_DST_LEN]);
	out_string("dst", out_format_prefix(buf, &addr, len));
}

/* In JSON NAME-min and NAME-max. */
static void print_range(const char *name, const struct nlattr *first,
			const struct nlattr *last)
{
	char key[sizeof("port-min")];
	uint32_t min, max;

	if (!first)
		return;
	min = nl_uint(first);
	max = last ? nl_uint(last) : min;
	snprintf(key, sizeof(key), "%s-min", name);
	out_json_number(key, min);
	snprintf(key, sizeof(key), "%s-max", name);
	out_json_number(key, max);
	if (min == max)
		out_text("%s %u", name, min);
	else
		out_text("%s %u-%u", name, min, max);
}

static void print_fwmark(const struct nlattr **tb)
{
	uint32_t mark, mask = UINT32_MAX;
	char buf[OUT_VALUE_LEN];

	if (!tb[CBREAK_A_RULE_FWMARK])
		return;
	mark = nl_uint(tb[CBREAK_A_RULE_FWMARK]);
	if (tb[CBREAK_A_RULE_FWMASK])
		mask = nl_uint(tb[CBREAK_A_RULE_FWMASK]);
	out_json_number("fwmark", mark);
	out_json_number("fwmask", mask);
	out_text("fwmark %s", out_format_fwmark(buf, mark, mask));
}

static void print_cgroup(const struct nlattr **tb)
{
	if (!tb[CBREAK_A_RULE_CGROUP])
		return;
	out_string("cgroup", nl_str(tb[CBREAK_A_RULE_CGROUP]));
	out_json_bool("cgroup-deleted", tb[CBREAK_A_RULE_CGROUP_DELETED]);
	if (tb[CBREAK_A_RULE_CGROUP_DELETED])
		out_text("(deleted)");
}

/**
 * match_is_forward() - is a rule for connections that are forwarded?
 * @tb: the rule's attributes
 *
 * Return: whether it is.
 */
bool match_is_forward(const struct nlattr **tb)
{
	return tb[CBREAK_A_RULE_HOOK] &&
	       nl_uint(tb[CBREAK_A_RULE_HOOK]) == CBREAK_HOOK_FORWARD;
}

/* In text nothing of what is so unless it is said. */
static void print_hook(const struct nlattr **tb)
{
	char buf[OUT_VALUE_LEN];

	if (!tb[CBREAK_A_RULE_HOOK])
		return;
	out_format_enum(buf, &parse_hooks, nl_uint(tb[CBREAK_A_RULE_HOOK]));
	out_json_string("hook", buf);
	if (match_is_forward(tb))
		out_text("hook %s", buf);
}

static void print_key(const struct nlattr **tb)
{
	char buf[OUT_VALUE_LEN], word[OUT_VALUE_LEN + sizeof("/255")];

	if (!tb[CBREAK_A_RULE_KEY])
		return;
	out_format_enum(buf, &parse_key_types, nl_uint(tb[CBREAK_A_RULE_KEY]));
	if (!tb[CBREAK_A_RULE_KEY_LEN])
		return out_string("key", buf);
	snprintf(word, sizeof(word), "%s/%u", buf,
		 (unsigned int)nl_uint(tb[CBREAK_A_RULE_KEY_LEN]));
	out_string("key", word);
}

/**
 * match_print() - print what a keyword of this file stands for
 * @kw: the keyword
 * @tb: the rule's attributes
 *
 * Return: whether the keyword is one of this file.
 */
bool match_print(const struct keyword *kw, const struct nlattr **tb)
{
	switch (kw->type) {
	case KEYWORD_DST:
		print_dst(tb);
		return true;
	case KEYWORD_PORTS:
		print_range("port", tb[CBREAK_A_RULE_PORT_MIN],
			    tb[CBREAK_A_RULE_PORT_MAX]);
		return true;
	case KEYWORD_FWMARK:
		print_fwmark(tb);
		return true;
	case KEYWORD_OIF:
		if (tb[CBREAK_A_RULE_OIF])
			out_string("oif", nl_str(tb[CBREAK_A_RULE_OIF]));
		return true;
	case KEYWORD_UIDS:
		print_range("uid", tb[CBREAK_A_RULE_UID_MIN],
			    tb[CBREAK_A_RULE_UID_MAX]);
		return true;
	case KEYWORD_CGROUP:
		print_cgroup(tb);
		return true;
	case KEYWORD_HOOK:
		print_hook(tb);
		return true;
	case KEYWORD_KEY:
		print_key(tb);
		return true;
	default:
		return false;
	}
}
