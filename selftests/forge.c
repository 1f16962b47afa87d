// SPDX-License-Identifier: GPL-2.0
/*
 * forge - answers to a SYN, true and forged
 *
 * "capture" waits for a SYN on an interface and keeps its whole frame in a
 * file. "send" makes an answer to it and sends it back the way the SYN came.
 * Every number in the answer is right unless the command line says otherwise;
 * both go past the firewall and the stack of the host that they run on.
 *
 *	forge capture eth0 SYN-FILE ip6 port 80	# returns when it listens
 *	forge show SYN-FILE
 *	forge send eth0 SYN-FILE rst-ack ack +2 then syn-ack times 2
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enter_netns.h"
#include "forge.h"

#define CAPTURE_S	300

struct ask ask;

void usage(void)
{
	fputs("usage: forge [-N NETNS] capture IFACE FILE ip|ip6 port PORT\n"
	      "       forge show FILE\n"
	      "       forge [-N NETNS] send IFACE FILE ANSWER [then ANSWER]...\n"
	      "ANSWER: KIND [OPTION VALUE]...\n"
	      "KIND: rst rst-ack syn-ack ack syn icmp\n"
	      "OPTION:\n"
	      "  ack NUMBER          (+1; +N adds to the SYN's, or random)\n"
	      "  src ADDR, dst ADDR  of the packet\n"
	      "  sport N, dport N    of the TCP header\n"
	      "  type N, code N      of ICMP (port unreachable)\n"
	      "  mtu N               for those ICMP errors that have one\n"
	      "  quote-seq NUMBER    (+0)\n"
	      "  quote-src ADDR, quote-dst ADDR, quote-sport N, quote-dport N\n"
	      "  quote-proto N       of the quoted IP header\n"
	      "  quote-len N         bytes quoted, from the IP header on\n"
	      "  ext N, quote-ext N  an IPv6 extension header of that number\n"
	      "  fragment yes        quote a later fragment\n"
	      "  checksum bad        of TCP or ICMP\n"
	      "  times N             send it N times\n", stderr);
	exit(2);
}

void die(const char *what)
{
	fprintf(stderr, "forge: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- checksums ---------------------------------------------------------- */
static void load(const char *file, struct frame *frame, struct syn *syn)
{
	ssize_t len;
	int fd;

	fd = open(file, O_RDONLY);
	if (fd < 0)
		die(file);
	len = read(fd, frame->data, sizeof(frame->data));
	if (len < 0)
		die(file);
	close(fd);
	frame->len = len;
	if (!parse_syn(frame, syn)) {
		fprintf(stderr, "forge: %s: is no SYN\n", file);
		exit(1);
	}
}

/* The file appears when it is whole. */
static void save(const char *file, const struct frame *frame)
{
	char part[4096];
	int fd;

	snprintf(part, sizeof(part), "%s.part", file);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, frame->data, frame->len) !=
		      (ssize_t)frame->len || close(fd) || rename(part, file))
		die(file);
}

/* --- building an answer ------------------------------------------------- */

static int open_packet(const char *iface, uint16_t proto)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(proto),
	};
	int fd;

	sll.sll_ifindex = if_nametoindex(iface);
	if (!sll.sll_ifindex)
		die(iface);
	/* Nothing comes before it is bound, as its own protocol is 0. */
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sll, sizeof(sll)))
		die("packet socket");
	return fd;
}

static int capture(int argc, char **argv)
{
	struct frame frame;
	struct syn syn;
	ssize_t len;
	int fd, family, port;
	pid_t pid;

	if (argc != 5 || strcmp(argv[3], "port"))
		usage();
	if (!strcmp(argv[2], "ip"))
		family = AF_INET;
	else if (!strcmp(argv[2], "ip6"))
		family = AF_INET6;
	else
		usage();
	port = atoi(argv[4]);
	fd = open_packet(argv[0], ETH_P_ALL);
	unlink(argv[1]);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid)
		return 0;
	/* Who waits for the end of our output waits for the parent's alone. */
	fclose(stdout);
	fclose(stderr);
	alarm(CAPTURE_S);
	do {
		len = recv(fd, frame.data, sizeof(frame.data), 0);
		if (len < 0)
			exit(1);
		frame.len = len;
	} while (!parse_syn(&frame, &syn) || syn.family != family ||
		 syn.dport != port);
	save(argv[1], &frame);
	return 0;
}

static int show(int argc, char **argv)
{
	char saddr[INET6_ADDRSTRLEN], daddr[INET6_ADDRSTRLEN];
	struct frame frame;
	struct syn syn;

	if (argc != 1)
		usage();
	load(argv[0], &frame, &syn);
	inet_ntop(syn.family, &syn.saddr, saddr, sizeof(saddr));
	inet_ntop(syn.family, &syn.daddr, daddr, sizeof(daddr));
	printf("src %s sport %u dst %s dport %u seq %u data %u\n", saddr,
	       syn.sport, daddr, syn.dport, syn.seq, syn.data_len);
	return 0;
}

static uint32_t random_number(void)
{
	uint32_t value;
	int fd = open("/dev/urandom", O_RDONLY);

	if (fd < 0 || read(fd, &value, sizeof(value)) != sizeof(value))
		die("/dev/urandom");
	close(fd);
	return value;
}

static void parse_seq(const char *word, struct number *number)
{
	char *end = "";

	number->given = true;
	if (!strcmp(word, "random")) {
		/* Away from what is right, whatever it is added to. */
		number->relative = true;
		number->value = 1 << 17 | random_number() >> 1;
		return;
	}
	number->relative = *word == '+' || *word == '-';
	number->value = strtoll(word, &end, 0);
	if (*end)
		usage();
}

static void parse_option(const char *name, const char *value)
{
	static const struct {
		const char *name;
		long *number;
		const char **text;
		struct number *seq;
	} options[] = {
		{ "ack", NULL, NULL, &ask.ack },
		{ "quote-seq", NULL, NULL, &ask.quote_seq },
		{ "src", NULL, &ask.src, NULL },
		{ "dst", NULL, &ask.dst, NULL },
		{ "quote-src", NULL, &ask.quote_src, NULL },
		{ "quote-dst", NULL, &ask.quote_dst, NULL },
		{ "sport", &ask.sport, NULL, NULL },
		{ "dport", &ask.dport, NULL, NULL },
		{ "quote-sport", &ask.quote_sport, NULL, NULL },
		{ "quote-dport", &ask.quote_dport, NULL, NULL },
		{ "quote-proto", &ask.quote_proto, NULL, NULL },
		{ "quote-len", &ask.quote_len, NULL, NULL },
		{ "ext", &ask.ext, NULL, NULL },
		{ "quote-ext", &ask.quote_ext, NULL, NULL },
		{ "type", &ask.type, NULL, NULL },
		{ "code", &ask.code, NULL, NULL },
		{ "mtu", &ask.mtu, NULL, NULL },
		{ "times", &ask.times, NULL, NULL },
	};
	unsigned int i;
	char *end = "";

	if (!strcmp(name, "checksum") && !strcmp(value, "bad")) {
		ask.bad_checksum = true;
		return;
	}
	if (!strcmp(name, "fragment") && !strcmp(value, "yes")) {
		ask.fragment = true;
		return;
	}
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(options[i].name, name))
			continue;
		if (options[i].seq)
			parse_seq(value, options[i].seq);
		else if (options[i].text)
			*options[i].text = value;
		else
			*options[i].number = strtol(value, &end, 0);
		if (*end)
			usage();
		return;
	}
	usage();
}

static const char *parse_kind(const char *word)
{
	static const char *const kinds[] = {
		"rst", "rst-ack", "syn-ack", "ack", "syn", "icmp",
	};
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(word, kinds[i]))
			return kinds[i];
	usage();
	return NULL;
}

/* Answers are to arrive in the order in which they are sent. */
static void stay_on_one_cpu(void)
{
	cpu_set_t cpus;
	int cpu = sched_getcpu();

	CPU_ZERO(&cpus);
	CPU_SET(cpu < 0 ? 0 : cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("sched_setaffinity");
}

static int send_answers(int argc, char **argv)
{
	static const struct ask right = {
		.sport = -1, .dport = -1,
		.quote_sport = -1, .quote_dport = -1,
		.quote_proto = -1, .quote_len = -1,
		.ext = -1, .quote_ext = -1,
		.type = -1, .code = -1,
		.times = 1,
	};
	struct frame syn_frame, frame;
	const char *kind;
	struct syn syn;
	int i = 2, fd;

	if (argc < 3)
		usage();
	load(argv[1], &syn_frame, &syn);
	stay_on_one_cpu();
	fd = open_packet(argv[0], 0);
	while (i < argc) {
		ask = right;
		frame.len = 0;
		kind = parse_kind(argv[i++]);
		for (; i < argc && strcmp(argv[i], "then"); i += 2) {
			if (i + 1 == argc)
				usage();
			parse_option(argv[i], argv[i + 1]);
		}
		if (i < argc && ++i == argc)
			usage();
		build(&frame, &syn_frame, &syn, kind);
		while (ask.times--)
			if (send(fd, frame.data, frame.len, 0) !=
			    (ssize_t)frame.len)
				die("send");
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "capture", capture },
		{ "show", show },
		{ "send", send_answers },
	};
	unsigned int i;

	if (argc > 2 && !strcmp(argv[1], "-N")) {
		enter_netns(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc < 2)
		usage();
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 2, argv + 2);
	usage();
}
