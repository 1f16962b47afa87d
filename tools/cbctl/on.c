// SPDX-License-Identifier: GPL-2.0
/*
 * The failures that count, in two attributes: kinds and ICMP errors.
 */
#include <stdio.h>

#include <linux/cbreak.h>

#include "nl.h"
#include "object.h"
#include "out.h"
#include "parse.h"

/**
 * on_put() - say what counts
 * @nlh: the request
 * @word: a list, as parse_on() reads it
 *
 * Return: NULL or what is wrong with the word.
 */
const char *on_put(struct nlmsghdr *nlh, const char *word)
{
	struct nlattr *nest;
	const char *err;
	unsigned int i;
	struct on on;

	err = parse_on(word, &on);
	if (err)
		return err;
	nl_put(nlh, CBREAK_A_RULE_ON, &on.kinds, sizeof(on.kinds));
	if (!on.nr_icmp)
		return NULL;
	nest = nl_nest_begin(nlh, CBREAK_A_RULE_ON_ICMP);
	for (i = 0; i < on.nr_icmp; i++) {
		uint16_t value = on.icmp[i].type << 8 | on.icmp[i].code;

		nl_put(nlh, on.icmp[i].v6 ? CBREAK_A_ICMP_V6 : CBREAK_A_ICMP_V4,
		       &value, sizeof(value));
	}
	nl_nest_end(nlh, nest);
	return NULL;
}

static void print_code(uint16_t type, const struct nlattr *attr, void *data)
{
	unsigned int value = nl_uint(attr);
	char word[OUT_VALUE_LEN];

	(void)data;
	snprintf(word, sizeof(word), "icmp%s:%u/%u",
		 type == CBREAK_A_ICMP_V4 ? "" : "6", value >> 8 & 0xff,
		 value & 0xff);
	out_words_add(word);
}

/**
 * on_print() - print what counts
 * @name: what it is called
 * @kinds: the attribute with the kinds
 * @icmp: the attribute with the ICMP errors, or NULL
 */
void on_print(const char *name, const struct nlattr *kinds,
	      const struct nlattr *icmp)
{
	out_words_begin(name);
	out_words_flags(&parse_kinds, nl_uint(kinds));
	if (icmp)
		nl_each(icmp, print_code, NULL);
	out_words_end(name);
}
