/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CBCTL_NL_H
#define CBCTL_NL_H

#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

#include "parse.h"

/* Attributes of a message are looked up in an array of this many. */
#define NL_ATTRS	64

/**
 * typedef nl_cb - gets a message from the kernel
 * @cmd: enum cbreak_cmd
 * @tb: attributes by type, NULL where absent; NL_ATTRS of them
 * @data: the caller's
 */
typedef void (*nl_cb)(uint8_t cmd, const struct nlattr **tb, void *data);

/**
 * typedef nl_attr_fn - gets an attribute
 * @type: its type
 * @attr: the attribute
 * @data: the caller's
 */
typedef void (*nl_attr_fn)(uint16_t type, const struct nlattr *attr,
			   void *data);

void nl_init(const char *netns);
void nl_close(void);

/* One request at a time: begin, put, do. */
struct nlmsghdr *nl_begin(uint8_t cmd, uint16_t flags);
void nl_put(struct nlmsghdr *nlh, uint16_t type, const void *value, size_t len);
void nl_put_str(struct nlmsghdr *nlh, uint16_t type, const char *value);
struct nlattr *nl_nest_begin(struct nlmsghdr *nlh, uint16_t type);
void nl_nest_end(struct nlmsghdr *nlh, struct nlattr *nest);
int nl_do(struct nlmsghdr *nlh, const struct names *attrs, nl_cb cb,
	  void *data);

/* Events. */
int nl_join(int *fd);
int nl_events(nl_cb cb, void *data);

/* Attributes, all of which must be there: nl_attr.c, and nl_nest(). */
uint64_t nl_uint(const struct nlattr *attr);
const char *nl_str(const struct nlattr *attr);
void nl_addr(const struct nlattr *attr, struct addr *addr);
char *nl_hex(const struct nlattr *attr, char *buf, size_t size);
void nl_each(const struct nlattr *attr, nl_attr_fn fn, void *data);
void nl_nest(const struct nlattr *attr, const struct nlattr **tb);

#endif /* CBCTL_NL_H */
