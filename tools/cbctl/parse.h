/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CBCTL_PARSE_H
#define CBCTL_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct names - the words for the values of an enum
 * @name: indexed by value; may have holes
 * @n: number of entries
 */
struct names {
	const char *const *name;
	unsigned int n;
};

extern const struct names parse_states;
extern const struct names parse_kinds;
extern const struct names parse_causes;
extern const struct names parse_holds;
extern const struct names parse_withhelds;
extern const struct names parse_switch;
extern const struct names parse_modes;
extern const struct names parse_key_types;
extern const struct names parse_hooks;
extern const struct names parse_rejects;

/**
 * struct addr - an IPv4 or IPv6 address
 * @len: 4 or 16
 * @bytes: network byte order
 */
struct addr {
	uint8_t len;
	uint8_t bytes[16];
};

/**
 * struct prefix - what follows "dst"
 * @any: "any" or "default"; the rest is unset
 * @has_len: a length was given
 * @len: the length, not checked against the family
 * @addr: the address, host bits as typed
 */
struct prefix {
	bool any;
	bool has_len;
	uint8_t len;
	struct addr addr;
};

/**
 * struct dest - what names a breaker
 * @any: "any": a whole rule shares it; the rest is unset
 * @addr: its address
 * @has_len: it is a prefix
 * @len: the prefix length
 * @has_port: a port was given
 * @port: the port
 */
struct dest {
	bool any;
	struct addr addr;
	bool has_len;
	uint8_t len;
	bool has_port;
	uint16_t port;
};

/**
 * struct fwmark - what follows "fwmark"
 * @mark: the mark, bits beyond the mask as typed
 * @has_mask: a mask was given
 * @mask: the mask
 */
struct fwmark {
	uint32_t mark;
	bool has_mask;
	uint32_t mask;
};

/**
 * struct key - what shares a breaker
 * @type: enum cbreak_key_type
 * @has_len: a prefix length was given
 * @len: the length
 */
struct key {
	uint32_t type;
	bool has_len;
	uint8_t len;
};

/* More than the kernel takes, so that it is the kernel who says so. */
#define ON_ICMP_MAX	32

/**
 * struct on - the failures that count
 * @kinds: a mask of enum cbreak_on
 * @nr_icmp: number of @icmp
 * @icmp: ICMP errors besides
 */
struct on {
	uint32_t kinds;
	unsigned int nr_icmp;
	struct {
		bool v6;
		uint8_t type;
		uint8_t code;
	} icmp[ON_ICMP_MAX];
};

const char *names_get(const struct names *names, unsigned int value);

/*
 * Each returns NULL, or what is wrong with the word: the predicate of a
 * sentence whose subject is the word.
 */
const char *parse_number(const char *word, uint32_t *number);
const char *parse_ratio(const char *word, uint32_t *ppm);
const char *parse_time(const char *word, uint32_t *ms);
const char *parse_addr(const char *word, struct addr *addr);
const char *parse_prefix(const char *word, struct prefix *prefix);
const char *parse_port(const char *word, uint16_t *port);
const char *parse_ports(const char *word, uint16_t *min, uint16_t *max);
const char *parse_uids(const char *word, uint32_t *min, uint32_t *max);
const char *parse_fwmark(const char *word, struct fwmark *fwmark);
const char *parse_endpoint(const char *word, struct addr *addr, uint16_t *port);
const char *parse_dest(const char *word, struct dest *dest);
const char *parse_key(const char *word, struct key *key);
const char *parse_hook(const char *word, uint32_t *hook);
const char *parse_mode(const char *word, uint32_t *mode);
const char *parse_reject(const char *word, uint32_t *reject);
const char *parse_on_off(const char *word, uint32_t *on);
const char *parse_state(const char *word, uint8_t *state);
const char *parse_on(const char *word, struct on *on);

#endif /* CBCTL_PARSE_H */
