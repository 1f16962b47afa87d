// SPDX-License-Identifier: GPL-2.0
/*
 * tcpsrv - a TCP server for the tests
 *
 * Accepts connections on one or more ports, for IPv4 and IPv6 at once, reads
 * what is there and closes them. It goes into the background when it listens,
 * and prints its process number: no test has to wait for it.
 *
 * SIGUSR1 makes it reset the connections that it keeps, SIGUSR2 close them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enter_netns.h"

#define FDS_MAX	4096

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

/**
 * struct options - what the command line says
 * @addr: address to listen on
 * @backlog: of listen()
 * @fastopen: length of the queue of TCP_FASTOPEN, 0 for none
 * @foreground: stay there
 * @keep: leave connections open until the client closes them
 * @mptcp: MPTCP, for those who ask for it
 * @mute: listen but never accept
 * @reset: close connections with an RST
 */
struct options {
	struct in6_addr addr;
	int backlog;
	int fastopen;
	bool foreground;
	bool keep;
	bool mptcp;
	bool mute;
	bool reset;
};

/* Signals, then listeners, then connections. */
static struct pollfd fds[FDS_MAX];
static unsigned int nr_fds;
static unsigned int nr_listeners;

static void usage(void)
{
	fputs("usage: tcpsrv [OPTION...] PORT...\n"
	      "  -N NETNS    in that network namespace\n"
	      "  -a ADDR     listen on this address (::, which is IPv4 as well)\n"
	      "  -b BACKLOG  of listen() (4096)\n"
	      "  -f          stay in the foreground\n"
	      "  -k          keep connections until the client closes them\n"
	      "  -M          MPTCP\n"
	      "  -m          never accept\n"
	      "  -r          close with an RST\n"
	      "  -t QUEUE    allow TCP Fast Open\n", stderr);
	exit(2);
}

static void die(const char *what)
{
	fprintf(stderr, "tcpsrv: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void parse_addr(const char *word, struct in6_addr *addr)
{
	struct in_addr in;

	if (inet_pton(AF_INET, word, &in) == 1) {
		memset(addr, 0, sizeof(*addr));
		addr->s6_addr[10] = 0xff;
		addr->s6_addr[11] = 0xff;
		memcpy(&addr->s6_addr[12], &in, sizeof(in));
	} else if (inet_pton(AF_INET6, word, addr) != 1) {
		usage();
	}
}

static void add_listener(const struct options *opts, const char *word)
{
	int fd, on = 1, off = 0, fastopen = opts->fastopen;
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_addr = opts->addr,
	};
	unsigned long port;
	char *end;

	port = strtoul(word, &end, 10);
	if (*end || !port || port > 65535 || nr_fds == FDS_MAX)
		usage();
	sin6.sin6_port = htons(port);
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    opts->mptcp ? IPPROTO_MPTCP : 0);
	if (fd < 0)
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)))
		die("setsockopt");
	if (fastopen && setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &fastopen,
				   sizeof(fastopen)))
		die("TCP_FASTOPEN");
	if (bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)))
		die("bind");
	if (listen(fd, opts->backlog))
		die("listen");
	fds[nr_fds].fd = fd;
	fds[nr_fds].events = opts->mute ? 0 : POLLIN;
	nr_fds++;
}

/* Returns false if nothing more will come. */
static bool drain(int fd)
{
	char buf[4096];
	ssize_t len;

	do
		len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	while (len > 0);
	return len < 0 && (errno == EAGAIN || errno == EINTR);
}

static void end(int fd, bool reset)
{
	const struct linger linger = { .l_onoff = 1 };

	if (reset && setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger,
				sizeof(linger)))
		die("SO_LINGER");
	close(fd);
}

static void accept_all(int listener, const struct options *opts)
{
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		if (drain(fd) && opts->keep && nr_fds < FDS_MAX) {
			fds[nr_fds].fd = fd;
			fds[nr_fds].events = POLLIN;
			nr_fds++;
		} else {
			end(fd, opts->reset);
		}
	}
}

static void add_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		die("sigprocmask");
	fds[0].fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fds[0].fd < 0)
		die("signalfd");
	fds[0].events = POLLIN;
	nr_fds = 1;
}

static void end_all(void)
{
	struct signalfd_siginfo info;

	if (read(fds[0].fd, &info, sizeof(info)) != sizeof(info))
		die("signalfd");
	while (nr_fds > nr_listeners)
		end(fds[--nr_fds].fd, info.ssi_signo == SIGUSR1);
}

static void serve(const struct options *opts)
{
	unsigned int i;

	for (;;) {
		if (poll(fds, nr_fds, -1) < 0 && errno != EINTR)
			die("poll");
		if (fds[0].revents)
			end_all();
		/* From the end, as the last one takes the place of a closed. */
		for (i = nr_fds; i-- > nr_listeners; ) {
			if (!fds[i].revents || drain(fds[i].fd))
				continue;
			close(fds[i].fd);
			fds[i] = fds[--nr_fds];
		}
		for (i = 1; i < nr_listeners; i++)
			if (fds[i].revents)
				accept_all(fds[i].fd, opts);
	}
}

/* The caller gets its prompt back, and the process number on stdout. */
static void go_background(void)
{
	pid_t pid = fork();
	int fd;

	if (pid < 0)
		die("fork");
	if (pid) {
		printf("%d\n", pid);
		exit(fflush(stdout) ? 1 : 0);
	}
	fd = open("/dev/null", O_RDWR);
	if (fd < 0)
		die("/dev/null");
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	struct rlimit files = { FDS_MAX + 16, FDS_MAX + 16 };
	struct options opts = {
		.addr = IN6ADDR_ANY_INIT,
		.backlog = 4096,
	};
	int opt;

	while ((opt = getopt(argc, argv, "MN:a:b:fkmrt:")) != -1) {
		switch (opt) {
		case 'M':
			opts.mptcp = true;
			break;
		case 'N':
			enter_netns(optarg);
			break;
		case 'a':
			parse_addr(optarg, &opts.addr);
			break;
		case 'b':
			opts.backlog = atoi(optarg);
			break;
		case 'f':
			opts.foreground = true;
			break;
		case 'k':
			opts.keep = true;
			break;
		case 'm':
			opts.mute = true;
			break;
		case 'r':
			opts.reset = true;
			break;
		case 't':
			opts.fastopen = atoi(optarg);
			break;
		default:
			usage();
		}
	}
	if (optind == argc)
		usage();
	add_signals();
	/* Without the right to it, fewer have to do. */
	setrlimit(RLIMIT_NOFILE, &files);
	for (; optind < argc; optind++)
		add_listener(&opts, argv[optind]);
	nr_listeners = nr_fds;
	if (!opts.foreground)
		go_background();
	serve(&opts);
}
