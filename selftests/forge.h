/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _FORGE_H
#define _FORGE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX	2048

/**
 * union addr - an address
 * @in: of IPv4
 * @in6: of IPv6
 */
union addr {
	struct in_addr in;
	struct in6_addr in6;
};

/**
 * struct frame - a packet as it is on the wire
 * @len: its length
 * @data: its bytes, from the Ethernet header on
 */
struct frame {
	size_t len;
	unsigned char data[FRAME_MAX];
};

/**
 * struct syn - what is to be known of a SYN
 * @family: AF_INET or AF_INET6
 * @saddr: the client's address
 * @daddr: the server's
 * @sport: the client's port, host byte order
 * @dport: the server's
 * @seq: its sequence number
 * @data_len: its payload
 */
struct syn {
	int family;
	union addr saddr;
	union addr daddr;
	uint16_t sport;
	uint16_t dport;
	uint32_t seq;
	unsigned int data_len;
};

/**
 * struct number - a sequence number on the command line
 * @given: whether there was one
 * @relative: whether it is to be added to that of the SYN
 * @value: the number
 */
struct number {
	bool given;
	bool relative;
	uint32_t value;
};

/**
 * struct ask - what the command line asks of an answer
 *
 * -1 and NULL mean what is right.
 */
struct ask {
	struct number ack;
	struct number quote_seq;
	const char *src;
	const char *dst;
	const char *quote_src;
	const char *quote_dst;
	long sport;
	long dport;
	long quote_sport;
	long quote_dport;
	long quote_proto;
	long quote_len;
	long ext;
	long quote_ext;
	long type;
	long code;
	long mtu;
	long times;
	bool bad_checksum;
	bool fragment;
};

/* Filled by the command line, read by build(). */
extern struct ask ask;

/* Both end the process. */
void usage(void);
void die(const char *what);

bool parse_syn(const struct frame *frame, struct syn *syn);
void build(struct frame *frame, const struct frame *syn_frame,
	   const struct syn *syn, const char *kind);

#endif /* _FORGE_H */
