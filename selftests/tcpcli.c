// SPDX-License-Identifier: GPL-2.0
/*
 * tcpcli - a TCP client for the tests
 *
 * Connects a number of times and says how each attempt ended, how long it took
 * and which call told:
 *
 *	1 OK connect 310
 *	2 ECONNREFUSED connect 25
 *	3 GIVEUP poll 100000
 *	total 3 OK 1 ECONNREFUSED 1 GIVEUP 1 us 25 33445 100000
 *
 * that is, its number, the result, the call and microseconds; in the end the
 * number of attempts, of each result, and the least, mean and greatest time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enter_netns.h"
#include "tcpcli_names.h"
#include "tcpcli_time.h"

#define PARALLEL_MAX	16384

/**
 * enum fastopen - whether the SYN may carry data
 * @FASTOPEN_NO: connect()
 * @FASTOPEN_SEND: sendto() with MSG_FASTOPEN, without connect()
 * @FASTOPEN_CONNECT: connect() with TCP_FASTOPEN_CONNECT, then send()
 */
enum fastopen {
	FASTOPEN_NO,
	FASTOPEN_SEND,
	FASTOPEN_CONNECT,
};

/* What the command line says. */
static struct {
	struct sockaddr_storage dst;
	struct sockaddr_storage src;
	unsigned int count;
	unsigned int parallel;
	unsigned int ports;
	unsigned int source_port;
	unsigned int interval_ms;
	unsigned int data_len;
	unsigned int mark;
	int timeout_ms;
	enum fastopen fastopen;
	const char *iface;
	const char *expect;
	bool nonblocking;
	bool reuse;
	bool keep;
	bool one_socket;
	bool reset;
	bool quiet;
	bool json;
} opts = {
	.count = 1,
	.parallel = 1,
	.ports = 1,
	.data_len = 16,
	.timeout_ms = -1,
};

/**
 * struct attempt - a connection that is being made
 * @fd: its socket
 * @nr: its number, from 1
 * @start_ns: when it began
 */
struct attempt {
	int fd;
	unsigned int nr;
	uint64_t start_ns;
};

static struct attempt flying[PARALLEL_MAX];
static struct pollfd pollfds[PARALLEL_MAX];
static unsigned int nr_flying;
/* With one_socket. */
static int only_fd = -1;

/* How the attempts ended, by errno. */
static unsigned int results[RESULTS];
static uint64_t sum_us, least_us = UINT64_MAX, most_us;
static unsigned int nr_done, nr_unexpected;

static void usage(void)
{
	fputs("usage: tcpcli [OPTION...] ADDR PORT\n"
	      "  -N NETNS   in that network namespace\n"
	      "  -I IFACE   SO_BINDTODEVICE\n"
	      "  -m MARK    SO_MARK\n"
	      "  -n COUNT   attempts (1)\n"
	      "  -p COUNT   of them at the same time; implies -b (1)\n"
	      "  -b         connect without blocking, wait with poll()\n"
	      "  -t MS      give up after that time; 0: do not wait at all\n"
	      "  -i MS      pause between attempts\n"
	      "  -D COUNT   spread them over that many ports, from PORT up\n"
	      "  -s ADDR    source address\n"
	      "  -P PORT    source port\n"
	      "  -r         SO_REUSEADDR\n"
	      "  -f         TCP Fast Open with MSG_FASTOPEN\n"
	      "  -F         TCP Fast Open with TCP_FASTOPEN_CONNECT\n"
	      "  -l LEN     bytes of data to send with it (16)\n"
	      "  -o         one socket for all of them, if they fail\n"
	      "  -k         keep the sockets, and wait for a signal\n"
	      "  -R         close with an RST\n"
	      "  -e RESULT  exit with 1 if one ends in another way\n"
	      "  -q         print no line for each attempt\n"
	      "  -j         print JSON\n", stderr);
	exit(2);
}

static void die(const char *what)
{
	fprintf(stderr, "tcpcli: %s: %s\n", what, strerror(errno));
	exit(2);
}

static unsigned int parse_number(const char *word, unsigned int max)
{
	unsigned long value;
	char *end;

	value = strtoul(word, &end, 10);
	if (!*word || *end || value > max)
		usage();
	return value;
}

/* How the attempt ended, and which call told; the socket is closed. */
static void finish(const struct attempt *attempt, unsigned int result,
		   const char *call)
{
	uint64_t us = (now_ns() - attempt->start_ns) / 1000;
	struct linger linger = { .l_onoff = 1 };

	if (result > GIVEUP)
		result = ERRNO_MAX - 1;
	if (!opts.keep && !opts.one_socket) {
		if (opts.reset)
			setsockopt(attempt->fd, SOL_SOCKET, SO_LINGER, &linger,
				   sizeof(linger));
		close(attempt->fd);
	}
	results[result]++;
	sum_us += us;
	if (us < least_us)
		least_us = us;
	if (us > most_us)
		most_us = us;
	if (opts.expect && strcmp(opts.expect, result_name(result)))
		nr_unexpected++;
	if (opts.json && !opts.quiet)
		printf("%s{\"result\":\"%s\",\"call\":\"%s\",\"us\":%llu}",
		       nr_done ? "," : "", result_name(result), call,
		       (unsigned long long)us);
	else if (!opts.quiet)
		printf("%u %s %s %llu\n", attempt->nr, result_name(result),
		       call, (unsigned long long)us);
	nr_done++;
}

static void print_totals(void)
{
	uint64_t mean_us = nr_done ? sum_us / nr_done : 0;
	const char *separator = "";
	unsigned int i;

	if (!nr_done)
		least_us = 0;
	if (opts.json)
		printf("%s\"total\":%u,\"results\":{", opts.quiet ? "{" : "],",
		       nr_done);
	else
		printf("total %u", nr_done);
	for (i = 0; i < RESULTS; i++) {
		if (!results[i])
			continue;
		if (opts.json)
			printf("%s\"%s\":%u", separator, result_name(i),
			       results[i]);
		else
			printf(" %s %u", result_name(i), results[i]);
		separator = ",";
	}
	printf(opts.json ?
	       "},\"us\":{\"min\":%llu,\"mean\":%llu,\"max\":%llu}}\n" :
	       " us %llu %llu %llu\n", (unsigned long long)least_us,
	       (unsigned long long)mean_us, (unsigned long long)most_us);
	if (fflush(stdout))
		die("stdout");
}

static void set_timeouts(int fd)
{
	struct timeval time = {
		.tv_sec = opts.timeout_ms / 1000,
		.tv_usec = opts.timeout_ms % 1000 * 1000,
	};

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)))
		die("SO_SNDTIMEO");
}

static int make_socket(void)
{
	int fd, on = 1;

	fd = socket(opts.dst.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
		    (opts.nonblocking ? SOCK_NONBLOCK : 0), 0);
	if (fd < 0)
		die("socket");
	if (opts.reuse &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		die("SO_REUSEADDR");
	if (opts.iface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE,
				     opts.iface, strlen(opts.iface)))
		die("SO_BINDTODEVICE");
	if (opts.mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &opts.mark,
				    sizeof(opts.mark)))
		die("SO_MARK");
	if (opts.src.ss_family &&
	    bind(fd, (struct sockaddr *)&opts.src, sizeof(opts.src)))
		die("bind");
	if (opts.fastopen == FASTOPEN_CONNECT &&
	    setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)))
		die("TCP_FASTOPEN_CONNECT");
	if (!opts.nonblocking && opts.timeout_ms > 0)
		set_timeouts(fd);
	return fd;
}

/* The server closes when it has seen us; only then has the SYN an answer. */
static const char *wait_for_close(int fd, unsigned int *result)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	char buf[512];
	ssize_t n;

	do
		n = recv(fd, buf, sizeof(buf), 0);
	while (n > 0);
	if (n < 0)
		*result = errno == EAGAIN ? GIVEUP : errno;
	if (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) &&
	    info.tcpi_options & TCPI_OPT_SYN_DATA)
		return "syn-data";
	return "send";
}

/* Returns which call told; blocking or not. */
static const char *send_fastopen(int fd, const struct sockaddr_storage *dst,
				 unsigned int *result)
{
	static const char data[65536];
	ssize_t len;

	if (opts.fastopen == FASTOPEN_CONNECT) {
		if (connect(fd, (struct sockaddr *)dst, sizeof(*dst))) {
			*result = errno;
			return "connect";
		}
		len = send(fd, data, opts.data_len, MSG_NOSIGNAL);
	} else {
		len = sendto(fd, data, opts.data_len,
			     MSG_FASTOPEN | MSG_NOSIGNAL,
			     (struct sockaddr *)dst, sizeof(*dst));
	}
	if (len < 0) {
		*result = errno;
		return "send";
	}
	if (opts.nonblocking)
		return "send";
	return wait_for_close(fd, result);
}

/* Begin an attempt; without blocking it may be flying afterwards. */
static void start(unsigned int nr)
{
	struct sockaddr_storage dst = opts.dst;
	struct attempt attempt = { .nr = nr };
	const char *call = "connect";
	unsigned int result = 0;

	add_port(&dst, (nr - 1) % opts.ports);
	if (opts.one_socket && only_fd < 0)
		only_fd = make_socket();
	attempt.fd = opts.one_socket ? only_fd : make_socket();
	attempt.start_ns = now_ns();
	if (opts.fastopen)
		call = send_fastopen(attempt.fd, &dst, &result);
	else if (connect(attempt.fd, (struct sockaddr *)&dst, sizeof(dst)))
		result = errno;

	if (result != EINPROGRESS && result != EAGAIN) {
		finish(&attempt, result, call);
	} else if (!opts.nonblocking || !opts.timeout_ms) {
		finish(&attempt, GIVEUP, call);
	} else {
		pollfds[nr_flying].fd = attempt.fd;
		pollfds[nr_flying].events = POLLOUT;
		pollfds[nr_flying].revents = 0;
		flying[nr_flying++] = attempt;
	}
}

/* Milliseconds until the first of them has waited long enough. */
static int patience_ms(void)
{
	uint64_t now = now_ns(), first = UINT64_MAX, end;
	unsigned int i;

	if (opts.timeout_ms < 0)
		return -1;
	for (i = 0; i < nr_flying; i++)
		if (flying[i].start_ns < first)
			first = flying[i].start_ns;
	end = first + opts.timeout_ms * UINT64_C(1000000);
	return end > now ? (end - now + 999999) / 1000000 : 0;
}

static void reap(void)
{
	socklen_t len = sizeof(int);
	uint64_t now;
	unsigned int i;
	int err;

	if (poll(pollfds, nr_flying, patience_ms()) < 0 && errno != EINTR)
		die("poll");
	now = now_ns();
	for (i = nr_flying; i--; ) {
		if (pollfds[i].revents) {
			if (getsockopt(flying[i].fd, SOL_SOCKET, SO_ERROR,
				       &err, &len))
				die("SO_ERROR");
			finish(&flying[i], err, "poll");
		} else if (opts.timeout_ms >= 0 &&
			   now - flying[i].start_ns >=
			   opts.timeout_ms * UINT64_C(1000000)) {
			finish(&flying[i], GIVEUP, "poll");
		} else {
			continue;
		}
		flying[i] = flying[--nr_flying];
		pollfds[i] = pollfds[nr_flying];
	}
}

static void parse(int argc, char **argv)
{
	unsigned int port;
	const char *source = NULL;
	int opt;

	while ((opt = getopt(argc, argv, "D:FI:N:P:Rbe:fi:jkl:m:n:op:qrs:t:")) != -1) {
		switch (opt) {
		case 'D':
			opts.ports = parse_number(optarg, 65535);
			break;
		case 'F':
			opts.fastopen = FASTOPEN_CONNECT;
			break;
		case 'I':
			opts.iface = optarg;
			break;
		case 'N':
			enter_netns(optarg);
			break;
		case 'P':
			opts.source_port = parse_number(optarg, 65535);
			break;
		case 'R':
			opts.reset = true;
			break;
		case 'b':
			opts.nonblocking = true;
			break;
		case 'e':
			opts.expect = optarg;
			break;
		case 'f':
			opts.fastopen = FASTOPEN_SEND;
			break;
		case 'i':
			opts.interval_ms = parse_number(optarg, 3600000);
			break;
		case 'j':
			opts.json = true;
			break;
		case 'k':
			opts.keep = true;
			break;
		case 'l':
			opts.data_len = parse_number(optarg, 65535);
			break;
		case 'm':
			opts.mark = parse_number(optarg, UINT32_MAX);
			break;
		case 'n':
			opts.count = parse_number(optarg, UINT32_MAX);
			break;
		case 'o':
			opts.one_socket = true;
			break;
		case 'p':
			opts.parallel = parse_number(optarg, PARALLEL_MAX);
			opts.nonblocking = true;
			break;
		case 'q':
			opts.quiet = true;
			break;
		case 'r':
			opts.reuse = true;
			break;
		case 's':
			source = optarg;
			break;
		case 't':
			opts.timeout_ms = parse_number(optarg, 3600000);
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 2 || !opts.ports || !opts.parallel)
		usage();
	port = parse_number(argv[optind + 1], 65535);
	if (!parse_addr(argv[optind], port, &opts.dst))
		usage();
	if (!source && opts.source_port)
		source = opts.dst.ss_family == AF_INET ? "0.0.0.0" : "::";
	if (source && !parse_addr(source, opts.source_port, &opts.src))
		usage();
	/* A connect() that blocks cannot be given up before it has begun. */
	if (!opts.timeout_ms)
		opts.nonblocking = true;
}

int main(int argc, char **argv)
{
	struct rlimit files;
	unsigned int nr;

	parse(argc, argv);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = PARALLEL_MAX + 16;
		if (files.rlim_max < files.rlim_cur)
			files.rlim_max = files.rlim_cur;
		/* Without the right to it, fewer have to do. */
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (opts.json && !opts.quiet)
		printf("{\"attempts\":[");
	for (nr = 1; nr <= opts.count; nr++) {
		while (nr_flying == opts.parallel)
			reap();
		if (opts.interval_ms && nr > 1)
			sleep_ms(opts.interval_ms);
		start(nr);
	}
	while (nr_flying)
		reap();
	print_totals();
	if (opts.keep)
		pause();
	return nr_unexpected ? 1 : 0;
}
