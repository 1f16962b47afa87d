/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ENTER_NETNS_H
#define _ENTER_NETNS_H

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/**
 * enter_netns - go where "ip netns exec" would
 * @name: of a network namespace, below /run/netns
 *
 * To start a second program only for that takes most of a test's time in an
 * emulated machine. Ends the process if it cannot be done.
 */
static inline void enter_netns(const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET)) {
		perror(path);
		exit(2);
	}
	close(fd);
}

#endif /* _ENTER_NETNS_H */
