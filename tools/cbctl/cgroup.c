// SPDX-License-Identifier: GPL-2.0
/*
 * The directory of a cgroup, for the kernel to know which one is meant.
 *
 * The hierarchy is found in the process's own mounts; or mounted anew, for
 * this process alone, where it is not: "ip netns exec" hides it behind a /sys
 * of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mount.h>

#include "cgroup.h"

/* Fields of /proc/self/mountinfo, see proc(5). */
static bool parse_mount(char *line, char **point)
{
	char *root, *type;

	type = strstr(line, " - ");
	if (!type || strncmp(type + 3, "cgroup2 ", 8))
		return false;
	strtok(line, " ");
	strtok(NULL, " ");
	strtok(NULL, " ");
	root = strtok(NULL, " ");
	*point = strtok(NULL, " ");
	/* A part of it would not do. */
	return root && *point && !strcmp(root, "/");
}

static int open_mounted(void)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[4096];
	char *point;
	int fd = -1;

	if (!mounts)
		return -1;
	while (fd < 0 && fgets(line, sizeof(line), mounts))
		if (parse_mount(line, &point))
			fd = open(point, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fclose(mounts);
	return fd;
}

static int open_anew(void)
{
	int context, fd = -1;

	context = syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC);
	if (context < 0)
		return -1;
	if (!syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	close(context);
	return fd;
}

/**
 * cgroup_open() - the directory of a cgroup
 * @path: its path, as in /proc/PID/cgroup
 * @fd: set to a descriptor, which stays open until the process ends
 *
 * Return: NULL or what is wrong with the path.
 */
const char *cgroup_open(const char *path, int *fd)
{
	int root;

	if (*path != '/')
		return "does not begin with /, as paths in /proc/PID/cgroup do";
	root = open_mounted();
	if (root < 0)
		root = open_anew();
	if (root < 0)
		return "cannot be looked up: there is no cgroup2 file system";
	while (*path == '/')
		path++;
	*fd = openat(root, *path ? path : ".",
		     O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(root);
	return *fd < 0 ? strerror(errno) : NULL;
}
