// SPDX-License-Identifier: GPL-2.0
/*
 * cutout: one command with breakers of its own around its connections, after
 * the decorator of that name.
 *
 * A cgroup is made below the caller's, and a rule for it. Then cbctl moves
 * there and becomes the command: its PID, terminal, signals and exit status are
 * the command's, and nothing stands between the two when one of them is killed.
 * A process that stays outside waits until nobody is left in the cgroup, and
 * removes rule and cgroup.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/cbreak.h>

#include "cbctl.h"
#include "cgroup.h"
#include "nl.h"
#include "object.h"

/* What a shell says of a command that it cannot run, or cannot find. */
#define STATUS_CANNOT	126
#define STATUS_NONE	127

/**
 * struct cutout - what is made for the command
 * @name: of the rule, and of the cgroup
 * @parent: descriptor of the caller's cgroup
 * @cgroup: of the new one
 * @ratio: the rule's error-ratio, ppm
 * @time: its response-time, ms
 * @on: its kinds of failure as they were given, or NULL
 */
struct cutout {
	char name[32];
	int parent;
	int cgroup;
	uint32_t ratio;
	uint32_t time;
	const char *on;
};

const struct keyword cutout_keywords[] = {
	{ "on", "KIND[,KIND...]",
	  "{refused|timeout|unreachable|slow|reset|stalled|all}",
	  KEYWORD_ON, CBREAK_A_RULE_ON },
	{ }
};

static int failed(const char *what)
{
	fprintf(stderr, "cbctl: %s: %s\n", what, strerror(errno));
	return CBCTL_ERROR;
}

/* The line of /proc/self/cgroup that cgroup v2 has, see cgroups(7). */
static int open_own(int *fd)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	const char *err = "is not in a cgroup2 hierarchy";
	char line[4096];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::", 3))
			err = cgroup_open(line + 3, fd);
	}
	if (file)
		fclose(file);
	if (!err)
		return CBCTL_OK;
	fprintf(stderr, "cbctl: this process's cgroup %s\n", err);
	return CBCTL_ERROR;
}

static int make_cgroup(struct cutout *cutout)
{
	if (open_own(&cutout->parent))
		return CBCTL_ERROR;
	if (mkdirat(cutout->parent, cutout->name, 0755))
		return failed("cannot make a cgroup");
	cutout->cgroup = openat(cutout->parent, cutout->name,
				O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cutout->cgroup >= 0)
		return CBCTL_OK;
	failed("cannot open the new cgroup");
	unlinkat(cutout->parent, cutout->name, AT_REMOVEDIR);
	return CBCTL_ERROR;
}

/* The command may have made cgroups of its own in there. */
static void remove_cgroup(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			remove_cgroup(fd, entry->d_name);
	if (dir)
		closedir(dir);
	unlinkat(parent, name, AT_REMOVEDIR);
}

static int add_rule(const struct cutout *cutout)
{
	struct nlmsghdr *nlh = nl_begin(CBREAK_CMD_RULE_NEW, 0);
	int32_t fd = cutout->cgroup;
	const char *err = NULL;

	nl_put_str(nlh, CBREAK_A_RULE_NAME, cutout->name);
	nl_put(nlh, CBREAK_A_RULE_CGROUP_FD, &fd, sizeof(fd));
	nl_put(nlh, CBREAK_A_RULE_ERROR_RATIO, &cutout->ratio,
	       sizeof(cutout->ratio));
	nl_put(nlh, CBREAK_A_RULE_RESPONSE_TIME, &cutout->time,
	       sizeof(cutout->time));
	if (cutout->on)
		err = on_put(nlh, cutout->on);
	if (err)
		return usage_error("on \"%s\" %s", cutout->on, err);
	return nl_do(nlh, &rule_attrs, NULL, NULL);
}

static void del_rule(const struct cutout *cutout)
{
	struct nlmsghdr *nlh = nl_begin(CBREAK_CMD_RULE_DEL, 0);

	nl_put_str(nlh, CBREAK_A_RULE_NAME, cutout->name);
	nl_do(nlh, &rule_attrs, NULL, NULL);
}

static void wait_until_empty(int cgroup)
{
	struct pollfd events = { .events = POLLPRI };
	char text[256];
	ssize_t len;

	events.fd = openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);
	for (;;) {
		len = pread(events.fd, text, sizeof(text) - 1, 0);
		if (len < 0)
			return;
		text[len] = '\0';
		if (strstr(text, "populated 0"))
			return;
		poll(&events, 1, -1);
	}
}

/*
 * In a session of its own, so that no terminal's signals come; and with nothing
 * open that somebody waits for the end of.
 */
static void clean_up(const struct cutout *cutout, int started)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char end;
	int fd;

	setsid();
	for (fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	if (chdir("/"))
		return;
	/* cbctl is in the cgroup when it becomes the command, or has died. */
	while (read(started, &end, 1) < 0 && errno == EINTR)
		;
	wait_until_empty(cutout->cgroup);
	del_rule(cutout);
	remove_cgroup(cutout->parent, cutout->name);
}

/* Not a child: the command did not start it, and must not have to wait for it. */
static int start_cleaner(const struct cutout *cutout)
{
	int started[2];
	int status;
	pid_t pid;

	if (pipe2(started, O_CLOEXEC))
		return failed("cannot make a pipe");
	pid = fork();
	if (pid < 0)
		return failed("cannot fork");
	if (pid) {
		close(started[0]);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		return status ? CBCTL_ERROR : CBCTL_OK;
	}
	close(started[1]);
	pid = fork();
	if (!pid)
		clean_up(cutout, started[0]);
	_exit(pid < 0);
}

static int move_self(int cgroup)
{
	int fd = openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		return failed("cannot move to the new cgroup");
	close(fd);
	return CBCTL_OK;
}

static int become(const struct cutout *cutout, char **command)
{
	int status;

	if (move_self(cutout->cgroup))
		return CBCTL_ERROR;
	execvp(*command, command);
	status = errno == ENOENT ? STATUS_NONE : STATUS_CANNOT;
	failed(*command);
	return status;
}

static int parse_args(struct cutout *cutout, int *argc, char ***argv)
{
	const char *err;

	if (*argc < 2)
		return usage_missing(*argc ? "TIME" : "RATIO");
	err = parse_ratio((*argv)[0], &cutout->ratio);
	if (err)
		return usage_error("RATIO \"%s\" %s", (*argv)[0], err);
	err = parse_time((*argv)[1], &cutout->time);
	if (err)
		return usage_error("TIME \"%s\" %s", (*argv)[1], err);
	*argc -= 2;
	*argv += 2;
	if (*argc && !strcmp(**argv, "on")) {
		if (*argc < 2)
			return usage_missing(cutout_keywords->arg);
		cutout->on = (*argv)[1];
		*argc -= 2;
		*argv += 2;
	}
	if (*argc && strcmp(**argv, "--"))
		return usage_error("\"%s\" is not a parameter", **argv);
	if (*argc < 2)
		return usage_missing(*argc ? "COMMAND" : "--");
	(*argc)--;
	(*argv)++;
	return CBCTL_OK;
}

/**
 * cutout_run() - become a command with a rule of its own
 * @argc: number of arguments
 * @argv: error-ratio, response-time, kinds of failure, and the command
 *
 * Return: only if the command could not be run: why not.
 */
int cutout_run(int argc, char **argv)
{
	struct cutout cutout = { .on = NULL };
	int ret;

	ret = parse_args(&cutout, &argc, &argv);
	if (ret)
		return ret;
	snprintf(cutout.name, sizeof(cutout.name), "cutout-%d", getpid());
	ret = make_cgroup(&cutout);
	if (ret)
		return ret;
	ret = add_rule(&cutout);
	if (ret) {
		remove_cgroup(cutout.parent, cutout.name);
		return ret;
	}
	ret = start_cleaner(&cutout);
	if (ret) {
		del_rule(&cutout);
		remove_cgroup(cutout.parent, cutout.name);
		return ret;
	}
	return become(&cutout, argv);
}
