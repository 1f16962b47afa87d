// SPDX-License-Identifier: GPL-2.0
/*
 * Values of netlink attributes.
 */
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <string.h>

#include "nl.h"

/**
 * nl_uint() - the value of an integer attribute
 * @attr: the attribute, of 1, 2, 4 or 8 bytes
 *
 * Return: its value.
 */
uint64_t nl_uint(const struct nlattr *attr)
{
	switch (mnl_attr_get_payload_len(attr)) {
	case sizeof(uint8_t):
		return mnl_attr_get_u8(attr);
	case sizeof(uint16_t):
		return mnl_attr_get_u16(attr);
	case sizeof(uint32_t):
		return mnl_attr_get_u32(attr);
	case sizeof(uint64_t):
		return mnl_attr_get_u64(attr);
	default:
		return 0;
	}
}

/**
 * nl_str() - the value of a string attribute
 * @attr: the attribute
 *
 * Return: the string, empty if it is not terminated.
 */
const char *nl_str(const struct nlattr *attr)
{
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
		return "";
	return mnl_attr_get_str(attr);
}

/**
 * nl_addr() - the value of an address attribute
 * @attr: the attribute, of 4 or 16 bytes
 * @addr: set to the address
 */
void nl_addr(const struct nlattr *attr, struct addr *addr)
{
	size_t len = mnl_attr_get_payload_len(attr);

	memset(addr, 0, sizeof(*addr));
	addr->len = len == 4 ? 4 : 16;
	memcpy(addr->bytes, mnl_attr_get_payload(attr),
	       len < addr->len ? len : addr->len);
}

/**
 * nl_hex() - the value of an attribute as hexadecimal digits
 * @attr: the attribute
 * @buf: the text is put here
 * @size: room for it
 *
 * Return: @buf.
 */
char *nl_hex(const struct nlattr *attr, char *buf, size_t size)
{
	const uint8_t *byte = mnl_attr_get_payload(attr);
	size_t left = mnl_attr_get_payload_len(attr);
	char *c = buf;

	*c = '\0';
	for (; left && (size_t)(c - buf) + 3 <= size; left--, c += 2)
		snprintf(c, 3, "%02x", *byte++);
	return buf;
}

/**
 * nl_each() - every attribute inside another, of which types may come again
 * @attr: the attribute
 * @fn: called for each of them
 * @data: handed to @fn
 */
void nl_each(const struct nlattr *attr, nl_attr_fn fn, void *data)
{
	const struct nlattr *inner;

	mnl_attr_for_each_nested(inner, attr)
		fn(mnl_attr_get_type(inner), inner, data);
}
