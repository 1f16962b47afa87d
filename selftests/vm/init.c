// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 of the guest.
 *
 * It brings the machine up, runs the job that vm.sh has put at /cbreak/job and
 * reports over virtio-serial, so that nothing that merely stops the machine
 * can look like success:
 *
 *	cbreak.output	what the job prints
 *	cbreak.verdict	one line: the nonce of the kernel command line, the
 *			job's exit status, the kernel's taint flags
 *
 * Then it ends the machine.  The kernel's log goes to the serial console.  It
 * loads no module but those of its own channels.
 *
 * A program and not a script, because a shell would spend a second on
 * mount(8) and modprobe(8) in an emulated machine, and because the pipe and
 * the children want poll().
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONSOLE "/dev/ttyS0"

static char nonce[64], mode[16], tty[16], term[64];

/* Ends the machine at once, with no verdict unless it is out already. */
static void __attribute__((noreturn)) off(void)
{
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static void __attribute__((noreturn)) fail(const char *what)
{
	int fd = open("/dev/kmsg", O_WRONLY);

	if (fd >= 0)
		dprintf(fd, "<3>init: %s: %s\n", what, strerror(errno));
	off();
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

/* The first line of a file, without its end. */
static int get(const char *path, char *buf, size_t size)
{
	FILE *file = fopen(path, "re");
	char *line;

	if (!file)
		return -1;
	line = fgets(buf, size, file);
	fclose(file);
	if (!line)
		return -1;
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

static const struct {
	const char *type, *dir, *options;
	int optional;		/* a small kernel of one's own may lack it */
} mounts[] = {
	{ "proc",	"/proc" },
	{ "sysfs",	"/sys" },
	{ "devtmpfs",	"/dev" },
	{ "devpts",	"/dev/pts",		"mode=620,ptmxmode=666" },
	{ "tmpfs",	"/dev/shm",		"mode=1777" },
	{ "tmpfs",	"/run",			"mode=755" },
	{ "tmpfs",	"/tmp",			"mode=1777" },
	{ "cgroup2",	"/sys/fs/cgroup",	NULL, 1 },
	{ "bpf",	"/sys/fs/bpf",		NULL, 1 },
	{ "debugfs",	"/sys/kernel/debug",	NULL, 1 },
	{ "tracefs",	"/sys/kernel/tracing",	NULL, 1 },
};

static const char *const links[][2] = {
	{ "/proc/self/fd",	"/dev/fd" },
	{ "/proc/self/fd/0",	"/dev/stdin" },
	{ "/proc/self/fd/1",	"/dev/stdout" },
	{ "/proc/self/fd/2",	"/dev/stderr" },
};

static void mount_all(void)
{
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		mkdir(mounts[i].dir, 0755);
		if (mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0,
			  mounts[i].options) && !mounts[i].optional)
			fail(mounts[i].dir);
	}
	for (i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (symlink(links[i][0], links[i][1]))
			fail(links[i][1]);
	/* The node has to be there first: opening it loads the module. */
	mkdir("/dev/net", 0755);
	if (mknod("/dev/net/tun", S_IFCHR | 0666, makedev(10, 200)) &&
	    errno != EEXIST)
		fail("/dev/net/tun");
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		fail("lo");
	close(fd);
}

static void read_cmdline(void)
{
	static char line[4096];
	char *word;

	if (get("/proc/cmdline", line, sizeof(line)))
		fail("/proc/cmdline");
	for (word = strtok(line, " "); word; word = strtok(NULL, " ")) {
		/*
		 * What does not match leaves its buffer alone.  Not "cbreak.":
		 * those would be taken for parameters of the module.
		 */
		if (sscanf(word, "cbreak-vm.nonce=%63s", nonce) == 1 ||
		    sscanf(word, "cbreak-vm.mode=%15s", mode) == 1 ||
		    sscanf(word, "cbreak-vm.tty=%15s", tty) == 1 ||
		    sscanf(word, "cbreak-vm.term=%63s", term) == 1)
			continue;
	}
	if (!*nonce) {
		errno = EINVAL;
		fail("no nonce");
	}
}

/*
 * The drivers of virtio-serial, in order, as modprobe would load them.  A
 * kernel that has them built in comes with an empty list.
 */
static void load_channels(void)
{
	FILE *list = fopen("/cbreak/channels", "re");
	char path[512];
	int fd;

	if (!list)
		return;
	while (fgets(path, sizeof(path), list)) {
		path[strcspn(path, "\n")] = '\0';
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) &&
			       errno != EEXIST))
			fail(path);
		close(fd);
	}
	fclose(list);
}

/* Opens the virtio-serial port of that name, once it is there. */
static int open_port(const char *wanted)
{
	const char *class = "/sys/class/virtio-ports";
	char path[512], name[64];
	struct dirent *entry;
	int tries, fd = -1;
	DIR *dir;

	for (tries = 0; tries < 3000; tries++) {
		dir = opendir(class);
		while (dir && fd < 0 && (entry = readdir(dir))) {
			snprintf(path, sizeof(path), "%s/%s/name", class,
				 entry->d_name);
			if (get(path, name, sizeof(name)) ||
			    strcmp(name, wanted))
				continue;
			snprintf(path, sizeof(path), "/dev/%s",
				 entry->d_name);
			fd = open(path, O_WRONLY | O_CLOEXEC);
		}
		if (dir)
			closedir(dir);
		if (fd >= 0)
			return fd;
		usleep(10000);
	}
	fail(wanted);
}

static void write_all(int fd, const char *buf, size_t len)
{
	ssize_t done;

	while (len) {
		done = write(fd, buf, len);
		if (done < 0 && errno != EINTR)
			fail("output");
		if (done > 0) {
			buf += done;
			len -= done;
		}
	}
}

/* As a shell has it. */
static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

static void wake(int signal)
{
	(void)signal;
}

/*
 * Runs the job, passes on what it prints, then ends all that it left running.
 * Between the two is a pipe, because a port can be opened only once, and
 * programs do open /dev/stdout.  Returns when the last writer is gone: what
 * cannot be killed is a hang, and the host sees to those.
 */
static int run_job(int out)
{
	struct sigaction action = { .sa_handler = wake };
	struct pollfd pollfd = { .events = POLLIN };
	int fds[2], status, result = -1;
	sigset_t blocked, open_mask;
	char buf[4096];
	pid_t job, pid;
	ssize_t len;

	if (pipe2(fds, O_CLOEXEC))
		fail("pipe");
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &open_mask);
	sigaction(SIGCHLD, &action, NULL);

	job = fork();
	if (job < 0)
		fail("fork");
	if (!job) {
		sigprocmask(SIG_SETMASK, &open_mask, NULL);
		setsid();
		dup2(open("/dev/null", O_RDONLY), 0);
		dup2(fds[1], 1);
		dup2(fds[1], 2);
		if (!chdir("/selftests"))
			execl("/bin/bash", "bash", "/cbreak/job", NULL);
		perror("/cbreak/job");
		_exit(127);
	}
	close(fds[1]);
	pollfd.fd = fds[0];

	for (;;) {
		if (ppoll(&pollfd, 1, NULL, &open_mask) > 0) {
			len = read(fds[0], buf, sizeof(buf));
			if (len == 0)
				pollfd.fd = -1;
			else if (len > 0)
				write_all(out, buf, len);
		}
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			if (pid != job)
				continue;
			result = exit_status(status);
			kill(-1, SIGKILL);
		}
		if (result >= 0 && pollfd.fd < 0)
			break;
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	return result;
}

/* A session with a controlling terminal: job control, and ctrl-C. */
static int run_shell(void)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int status;
	pid_t pid;

	put("/proc/sys/kernel/printk", "5");
	if (sscanf(tty, "%hux%hu", &size.ws_row, &size.ws_col) != 2)
		put("/dev/kmsg", "init: the terminal's size is not known\n");
	if (*term)
		setenv("TERM", term, 1);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		setsid();
		close(0);
		if (open(CONSOLE, O_RDWR) == 0) {
			ioctl(0, TIOCSCTTY, 1);
			ioctl(0, TIOCSWINSZ, &size);
			dup2(0, 1);
			dup2(0, 2);
			execl("/bin/bash", "bash", "--rcfile",
			      "/cbreak/shellrc", "-i", NULL);
		}
		_exit(127);
	}
	while (waitpid(-1, &status, 0) != pid)
		;
	return exit_status(status);
}

/*
 * Where the kernel can look for leaked memory, let it do so.  An object counts
 * once it is five seconds old.  What it finds goes to its log.
 */
static void scan_leaks(void)
{
	const char *leaks = "/sys/kernel/debug/kmemleak";
	char line[512];
	FILE *file;

	if (access(leaks, W_OK))
		return;
	sleep(6);
	put(leaks, "scan");
	put(leaks, "scan");
	file = fopen(leaks, "re");
	while (file && fgets(line, sizeof(line), file))
		put("/dev/kmsg", line);
	if (file)
		fclose(file);
}

int main(void)
{
	int output, verdict, status;
	char taint[32];

	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "dumb", 1);
	setenv("LANG", "C.UTF-8", 1);
	umask(022);

	mount_all();
	if (sethostname("cbreak", strlen("cbreak")))
		fail("hostname");
	loopback_up();
	read_cmdline();
	load_channels();
	verdict = open_port("cbreak.verdict");

	if (!strcmp(mode, "shell")) {
		status = run_shell();
	} else {
		output = open_port("cbreak.output");
		/* From here on all that the kernel says reaches the console. */
		put("/proc/sys/kernel/printk", "8");
		status = run_job(output);
		scan_leaks();
	}

	if (get("/proc/sys/kernel/tainted", taint, sizeof(taint)))
		fail("tainted");
	dprintf(verdict, "%s exit=%d taint=%s\n", nonce, status, taint);
	off();
}
