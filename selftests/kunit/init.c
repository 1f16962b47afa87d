// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 of the UML kernel: load /suites.ko, which runs its suites, unload it,
 * say what the kernel thinks of that, and halt.  User Mode Linux has no exit
 * status: run.sh looks for these lines on the console.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define MODULE "/suites.ko"
/* Time for what a module leaves behind to go off: timers, RCU callbacks. */
#define AFTERMATH_US 200000

static void say(const char *what, const char *value)
{
	dprintf(STDOUT_FILENO, "init: %s: %s\n", what, value);
	/* What the kernel prints does not wait for what we print. */
	tcdrain(STDOUT_FILENO);
}

static void say_result(const char *what, long result)
{
	say(what, result ? strerrordesc_np(errno) : "ok");
}

/* Say those lines of a file that begin with prefix, without it. */
static void say_file(const char *what, const char *path, const char *prefix)
{
	FILE *file = fopen(path, "re");
	char line[256];
	char *text;

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line + strspn(line, " "), prefix, strlen(prefix)))
			continue;
		text = line + strspn(line, " ") + strlen(prefix);
		text += strspn(text, " ");
		text[strcspn(text, "\n")] = '\0';
		say(what, text);
	}
	if (file)
		fclose(file);
}

int main(int argc, char **argv)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);

	/* The name of the module comes from run.sh by way of the kernel. */
	if (getpid() != 1 || argc < 2)
		return 1;

	say("load", argv[1]);
	say_result("loaded", syscall(SYS_finit_module, fd, "", 0));
	say_result("unloaded", syscall(SYS_delete_module, argv[1], O_NONBLOCK));
	usleep(AFTERMATH_US);

	mount("none", "/proc", "proc", 0, NULL);
	say_file("tainted", "/proc/sys/kernel/tainted", "");
	say_file("lockdep", "/proc/lockdep_stats", "debug_locks:");
	say("end", "halting");
	reboot(RB_POWER_OFF);
	return 1;
}
