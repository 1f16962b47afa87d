/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CBCTL_OBJECT_H
#define CBCTL_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

struct keyword;
struct names;
struct nlattr;
struct nlmsghdr;

/* Between the files of the objects: what one prints inside another. */
extern const struct names rule_attrs;

const char *match_put(struct nlmsghdr *nlh, const struct keyword *kw,
		      const char *word);
bool match_is_forward(const struct nlattr **tb);
bool match_print(const struct keyword *kw, const struct nlattr **tb);
void rule_print_config(const struct nlattr **tb);
void breaker_print_dest(const struct nlattr *addr, const struct nlattr *port,
			const struct nlattr *len);
void breaker_print_hold(const struct nlattr *hold, const struct nlattr *ms);
void breaker_print_last(const struct nlattr *kind, const struct nlattr *type,
			const struct nlattr *code, const struct nlattr *addr);
const char *inspector_put(struct nlmsghdr *nlh, const char *word);
void inspector_print(const char *name, const struct nlattr *id);
void inspector_print_names(const struct nlattr *name, const struct nlattr *tag);
const char *on_put(struct nlmsghdr *nlh, const char *word);
void on_print(const char *name, const struct nlattr *kinds,
	      const struct nlattr *icmp);
void stats_print_counters(const struct nlattr *nest);

#endif /* CBCTL_OBJECT_H */
