// SPDX-License-Identifier: GPL-2.0
/*
 * ops - what an operation on a TCP socket costs
 *
 *	ops connect [-s] ADDR PORT [LISTEN-PORT]
 *	ops trip ADDR PORT [LISTEN-PORT]
 *	ops refused ADDR PORT
 *	ops fill ADDR PORT COUNT
 *	ops loop ADDR PORT COUNT
 *
 * connect: socket, connect, accept, close both. With -s, connections that are
 * refused are not counted. trip: one byte there and back over an established
 * connection. refused: socket, connect, which must be refused, close. fill:
 * refused once at each of COUNT ports; nothing is measured. loop: connect, COUNT
 * times, without a measurement, for those who watch from outside.
 *
 * Client and server are this process, so that nothing else has to run. If
 * LISTEN-PORT differs from PORT, somebody in between listens at PORT.
 *
 * Prints the median, the least and the greatest number of ticks of the time
 * stamp counter. With QEMU's -icount shift=0 a tick is an instruction.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <x86intrin.h>

#define ROUNDS		7
#define WARM_UP		16
#define ROUND_OPS	15
#define OPS		(ROUNDS * ROUND_OPS)
#define PAUSE_US	10000

static struct sockaddr_storage dst;
static socklen_t dst_len;
static int listener = -1;
static bool skip_refused;
static uint64_t ticks[OPS];

static void usage(void)
{
	fputs("usage: ops connect [-s] ADDR PORT [LISTEN-PORT]\n"
	      "       ops trip ADDR PORT [LISTEN-PORT]\n"
	      "       ops refused ADDR PORT\n"
	      "       ops fill ADDR PORT COUNT\n"
	      "       ops loop ADDR PORT COUNT\n", stderr);
	exit(2);
}

static void die(const char *what)
{
	fprintf(stderr, "ops: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned int parse_port(const char *word)
{
	char *end;
	unsigned long port = strtoul(word, &end, 10);

	if (!*word || *end || !port || port > 65535)
		usage();
	return port;
}

static void set_port(unsigned int port)
{
	if (dst.ss_family == AF_INET)
		((struct sockaddr_in *)&dst)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)&dst)->sin6_port = htons(port);
}

static void parse_dst(const char *addr, unsigned int port)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&dst;
	struct sockaddr_in *sin = (struct sockaddr_in *)&dst;

	if (inet_pton(AF_INET, addr, &sin->sin_addr) == 1) {
		dst.ss_family = AF_INET;
		dst_len = sizeof(*sin);
	} else if (inet_pton(AF_INET6, addr, &sin6->sin6_addr) == 1) {
		dst.ss_family = AF_INET6;
		dst_len = sizeof(*sin6);
	} else {
		usage();
	}
	set_port(port);
}

static int make_socket(void)
{
	int fd = socket(dst.ss_family, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

/* At dst's address and this port; dst's own port stays. */
static void make_listener(unsigned int port, unsigned int own_port)
{
	int on = 1;

	set_port(port);
	listener = make_socket();
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(listener, (struct sockaddr *)&dst, dst_len) ||
	    listen(listener, 128))
		die("listen");
	set_port(own_port);
}

/* False if the connection was refused, which must have been expected. */
static bool op_connect(void)
{
	int fd = make_socket(), conn;

	if (connect(fd, (struct sockaddr *)&dst, dst_len)) {
		if (errno != ECONNREFUSED || !skip_refused)
			die("connect");
		close(fd);
		return false;
	}
	conn = accept(listener, NULL, NULL);
	if (conn < 0)
		die("accept");
	close(fd);
	close(conn);
	return true;
}

static bool op_refused(void)
{
	int fd = make_socket();

	if (!connect(fd, (struct sockaddr *)&dst, dst_len))
		errno = EISCONN;
	if (errno != ECONNREFUSED)
		die("connect that was to be refused");
	close(fd);
	return true;
}

static int near_end, far_end;

static void begin_trip(void)
{
	int on = 1;

	near_end = make_socket();
	if (connect(near_end, (struct sockaddr *)&dst, dst_len))
		die("connect");
	far_end = accept(listener, NULL, NULL);
	if (far_end < 0)
		die("accept");
	if (setsockopt(near_end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    setsockopt(far_end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("TCP_NODELAY");
}

static bool op_trip(void)
{
	char byte = 0;

	if (send(near_end, &byte, 1, 0) != 1 || recv(far_end, &byte, 1, 0) != 1 ||
	    send(far_end, &byte, 1, 0) != 1 || recv(near_end, &byte, 1, 0) != 1)
		die("round trip");
	return true;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void measure_round(bool (*op)(void), uint64_t *result)
{
	unsigned int i;
	uint64_t start;

	for (i = 0; i < WARM_UP; )
		i += op();
	for (i = 0; i < ROUND_OPS; ) {
		start = __rdtsc();
		if (op())
			result[i++] = __rdtsc() - start;
	}
}

/*
 * A softirq that has been left to ksoftirqd makes every local_bh_enable() longer
 * until that has run, and a hundred operations are over sooner. So it is let
 * run, time and again.
 */
static void measure(bool (*op)(void))
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		usleep(PAUSE_US);
		measure_round(op, ticks + i * ROUND_OPS);
	}
	qsort(ticks, OPS, sizeof(ticks[0]), compare);
	printf("%llu %llu %llu\n", (unsigned long long)ticks[OPS / 2],
	       (unsigned long long)ticks[0],
	       (unsigned long long)ticks[OPS - 1]);
}

static void fill(unsigned int port, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		set_port(port + i);
		op_refused();
	}
}

static void loop(unsigned int count)
{
	while (count--)
		op_connect();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	unsigned int port, number;

	if (argc > 2 && !strcmp(argv[2], "-s")) {
		skip_refused = true;
		argv++;
		argc--;
	}
	if (argc != 4 && argc != 5)
		usage();
	port = parse_port(argv[3]);
	number = argc == 5 ? parse_port(argv[4]) : port;
	parse_dst(argv[2], port);
	/* A page fault is not what is to be counted. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		die("mlockall");

	if (!strcmp(what, "connect")) {
		make_listener(number, port);
		measure(op_connect);
	} else if (!strcmp(what, "trip")) {
		make_listener(number, port);
		begin_trip();
		measure(op_trip);
	} else if (!strcmp(what, "refused") && argc == 4) {
		measure(op_refused);
	} else if (!strcmp(what, "fill") && argc == 5) {
		fill(port, number);
	} else if (!strcmp(what, "loop") && argc == 5) {
		make_listener(port, port);
		loop(number);
	} else {
		usage();
	}
	return 0;
}
