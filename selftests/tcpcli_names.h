/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TCPCLI_NAMES_H
#define _TCPCLI_NAMES_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ERRNO_MAX	256
/* What is no errno: the client's own patience ended. */
#define GIVEUP		ERRNO_MAX
#define RESULTS		(GIVEUP + 1)

static inline const char *result_name(unsigned int result)
{
	static const struct {
		unsigned int result;
		const char *name;
	} names[] = {
		{ 0, "OK" },
		{ GIVEUP, "GIVEUP" },
		{ ECONNREFUSED, "ECONNREFUSED" },
		{ ETIMEDOUT, "ETIMEDOUT" },
		{ EHOSTUNREACH, "EHOSTUNREACH" },
		{ ENETUNREACH, "ENETUNREACH" },
		{ ECONNRESET, "ECONNRESET" },
		{ ECONNABORTED, "ECONNABORTED" },
		{ EADDRINUSE, "EADDRINUSE" },
		{ EADDRNOTAVAIL, "EADDRNOTAVAIL" },
		{ EACCES, "EACCES" },
		{ EPERM, "EPERM" },
		{ EPROTO, "EPROTO" },
		{ ENOPROTOOPT, "ENOPROTOOPT" },
		{ EPIPE, "EPIPE" },
		{ EMFILE, "EMFILE" },
		{ EINTR, "EINTR" },
		{ EINVAL, "EINVAL" },
	};
	static char other[16];
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].result == result)
			return names[i].name;
	snprintf(other, sizeof(other), "E%u", result);
	return other;
}

static inline bool parse_addr(const char *word, unsigned int port,
			      struct sockaddr_storage *addr)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *sin = (struct sockaddr_in *)addr;

	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, word, &sin->sin_addr) == 1) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
	} else if (inet_pton(AF_INET6, word, &sin6->sin6_addr) == 1) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(port);
	} else {
		return false;
	}
	return true;
}

/* Both kinds of address have the port in the same place. */
static inline void add_port(struct sockaddr_storage *addr, unsigned int port)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)addr;

	sin->sin_port = htons(ntohs(sin->sin_port) + port);
}

#endif /* _TCPCLI_NAMES_H */
