// SPDX-License-Identifier: GPL-2.0
/*
 * tcphold - TCP connections that do as they are told
 *
 *	tcphold [OPTION...] ADDR PORT
 *
 * Reads commands, one a line, and answers each with a line:
 *
 *	connect N	make N more; how many calls ended how
 *	send		a byte on each
 *	shut		shutdown(SHUT_WR) each
 *	unspec		connect(AF_UNSPEC) each, and close it
 *	wait		until each has been closed by the other end or has failed;
 *			how many ended how. They stay there
 *	close N		close the N oldest; 0: all of them
 *	abort N		the same with an RST
 *
 * An answer is "ok", or names and numbers: "OK 3 ECONNREFUSED 1".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enter_netns.h"
#include "tcpcli_names.h"

#define FDS_MAX	4096

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

static struct sockaddr_storage dst;
static unsigned int user_timeout_ms;
static int protocol = IPPROTO_TCP;
static bool fastopen;

static int fds[FDS_MAX];
static unsigned int nr_fds;
/* How calls ended, by errno. */
static unsigned int results[RESULTS];

static void usage(void)
{
	fputs("usage: tcphold [OPTION...] ADDR PORT\n"
	      "  -N NETNS  in that network namespace\n"
	      "  -M        MPTCP\n"
	      "  -f        TCP Fast Open, with a byte in the SYN\n"
	      "  -u MS     TCP_USER_TIMEOUT\n", stderr);
	exit(2);
}

static void die(const char *what)
{
	fprintf(stderr, "tcphold: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void result(int err)
{
	results[err < ERRNO_MAX ? err : ERRNO_MAX - 1]++;
}

static void print_results(void)
{
	const char *space = "";
	unsigned int i;

	for (i = 0; i < RESULTS; i++) {
		if (!results[i])
			continue;
		printf("%s%s %u", space, result_name(i), results[i]);
		space = " ";
		results[i] = 0;
	}
	puts(*space ? "" : "none");
}

static int make_socket(void)
{
	int fd = socket(dst.ss_family, SOCK_STREAM | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		die("socket");
	if (user_timeout_ms &&
	    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms,
		       sizeof(user_timeout_ms)))
		die("TCP_USER_TIMEOUT");
	return fd;
}

static void do_connect(unsigned int n)
{
	const struct sockaddr *addr = (const struct sockaddr *)&dst;
	int fd, err;

	while (n-- && nr_fds < FDS_MAX) {
		fd = make_socket();
		if (fastopen)
			err = sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
				     addr, sizeof(dst)) < 0;
		else
			err = connect(fd, addr, sizeof(dst));
		result(err ? errno : 0);
		if (err)
			close(fd);
		else
			fds[nr_fds++] = fd;
	}
	print_results();
}

static void do_send(void)
{
	unsigned int i;

	for (i = 0; i < nr_fds; i++)
		result(send(fds[i], "x", 1, MSG_NOSIGNAL) < 0 ? errno : 0);
	print_results();
}

static void do_shut(void)
{
	unsigned int i;

	for (i = 0; i < nr_fds; i++)
		result(shutdown(fds[i], SHUT_WR) ? errno : 0);
	print_results();
}

static void do_wait(void)
{
	char buf[4096];
	unsigned int i;
	ssize_t len;

	for (i = 0; i < nr_fds; i++) {
		do
			len = recv(fds[i], buf, sizeof(buf), 0);
		while (len > 0);
		result(len < 0 ? errno : 0);
	}
	print_results();
}

/* What to do with a socket before it is closed. */
enum farewell {
	FAREWELL_NONE,
	FAREWELL_ABORT,
	FAREWELL_UNSPEC,
};

static void do_close(unsigned int n, enum farewell farewell)
{
	const struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	const struct linger linger = { .l_onoff = 1 };
	unsigned int i;

	if (!n || n > nr_fds)
		n = nr_fds;
	for (i = 0; i < n; i++) {
		if (farewell == FAREWELL_ABORT &&
		    setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &linger,
			       sizeof(linger)))
			die("SO_LINGER");
		if (farewell == FAREWELL_UNSPEC &&
		    connect(fds[i], &unspec, sizeof(unspec)))
			die("AF_UNSPEC");
		close(fds[i]);
	}
	nr_fds -= n;
	memmove(fds, fds + n, nr_fds * sizeof(*fds));
	puts("ok");
}

static bool obey(const char *line)
{
	char word[16] = "";
	unsigned int n = 0;

	if (sscanf(line, "%15s %u", word, &n) < 1)
		return false;
	if (!strcmp(word, "connect"))
		do_connect(n);
	else if (!strcmp(word, "send"))
		do_send();
	else if (!strcmp(word, "shut"))
		do_shut();
	else if (!strcmp(word, "wait"))
		do_wait();
	else if (!strcmp(word, "close"))
		do_close(n, FAREWELL_NONE);
	else if (!strcmp(word, "abort"))
		do_close(n, FAREWELL_ABORT);
	else if (!strcmp(word, "unspec"))
		do_close(n, FAREWELL_UNSPEC);
	else
		return false;
	return !fflush(stdout);
}

int main(int argc, char **argv)
{
	struct rlimit files = { FDS_MAX + 16, FDS_MAX + 16 };
	char line[64];
	int opt;

	while ((opt = getopt(argc, argv, "MN:fu:")) != -1) {
		switch (opt) {
		case 'M':
			protocol = IPPROTO_MPTCP;
			break;
		case 'N':
			enter_netns(optarg);
			break;
		case 'f':
			fastopen = true;
			break;
		case 'u':
			user_timeout_ms = strtoul(optarg, NULL, 10);
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 2 ||
	    !parse_addr(argv[optind], strtoul(argv[optind + 1], NULL, 10),
			&dst))
		usage();
	/* Without the right to it, fewer have to do. */
	setrlimit(RLIMIT_NOFILE, &files);
	while (fgets(line, sizeof(line), stdin))
		if (!obey(line))
			usage();
	return 0;
}
