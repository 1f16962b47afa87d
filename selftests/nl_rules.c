// SPDX-License-Identifier: GPL-2.0
/*
 * Many rules at once, and requests that cbctl cannot make:
 *
 *	nl_rules NETNS fill N		create the rules r0 ... r(N-1)
 *	nl_rules NETNS mix FIRST END	create the rules rFIRST ... r(END-1),
 *					which match in four ways: see mix_rule()
 *	nl_rules NETNS interrupt	dump all rules, and create the rule
 *					"late" in the middle of it; prints the
 *					rules seen and whether the dump was
 *					marked as interrupted
 *	nl_rules NETNS dump		print the bytes of all rules
 *	nl_rules NETNS churn N		make a rule and a breaker of it, and
 *					delete them again, N times
 *	nl_rules NETNS send CMD FLAGS [TYPE=HEX...]
 *					one request; prints what came back:
 *					ERRNO ATTRIBUTE-TYPE TEXT; some types
 *					have names
 */
#include <arpa/inet.h>

#include "nl_raw.h"

static struct msg request;

/* 10.x.y.0/24, one rule each. */
static void make_rule(const char *name, unsigned int n)
{
	uint32_t addr = htonl(10U << 24 | n << 8);

	msg_init(&request, family, CBREAK_CMD_RULE_NEW, 0);
	msg_put_str(&request, CBREAK_A_RULE_NAME, name);
	msg_put(&request, CBREAK_A_RULE_DST, &addr, sizeof(addr));
	msg_put_u8(&request, CBREAK_A_RULE_DST_LEN, 24);
}

static void must(int fd, const char *what)
{
	struct answer a = { 0 };
	int err;

	err = raw_ask(fd, &request, &a);
	if (!err && a.acked && !a.error)
		return;
	fprintf(stderr, "%s: %s %s\n", what, strerror(err ? err : a.error),
		a.text);
	exit(2);
}

/* By destination, mark, user or interface. */
static void mix_rule(const char *name, unsigned int n)
{
	char oif[16];

	if (n % 4 == 0)
		return make_rule(name, n);
	msg_init(&request, family, CBREAK_CMD_RULE_NEW, 0);
	msg_put_str(&request, CBREAK_A_RULE_NAME, name);
	switch (n % 4) {
	case 1:
		msg_put_u32(&request, CBREAK_A_RULE_FWMARK, n);
		msg_put_u32(&request, CBREAK_A_RULE_FWMASK, 0xffffff);
		break;
	case 2:
		msg_put_u32(&request, CBREAK_A_RULE_UID_MIN, n);
		break;
	case 3:
		snprintf(oif, sizeof(oif), "e%u", n);
		msg_put_str(&request, CBREAK_A_RULE_OIF, oif);
		break;
	}
}

static int mix(int fd, unsigned int n, unsigned int end)
{
	char name[CBREAK_NAME_MAX + 1];

	for (; n < end; n++) {
		snprintf(name, sizeof(name), "r%u", n);
		mix_rule(name, n);
		must(fd, name);
	}
	return 0;
}

static int fill(int fd, unsigned int n)
{
	char name[CBREAK_NAME_MAX + 1];
	unsigned int i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "r%u", i);
		make_rule(name, i);
		must(fd, name);
	}
	return 0;
}

/*
 * The kernel fills a datagram of at most 32 KiB for each recv(), and one
 * ahead: after the first one a dump of many rules is not at its end.
 */
static int interrupt(int fd)
{
	static char buf[MSG_MAX] __attribute__((aligned(8)));
	struct answer a = { .offset = -1 };
	ssize_t n;

	msg_init(&request, family, CBREAK_CMD_RULE_GET, NLM_F_DUMP);
	if (raw_send(fd, &request))
		die("send");
	n = recv(fd, buf, sizeof(buf), 0);
	if (n < 0)
		die("recv");
	answer_parse(&a, buf, n);
	if (a.acked) {
		fputs("the dump ended too early\n", stderr);
		return 2;
	}
	make_rule("late", 65535);
	must(raw_open(), "late");
	raw_receive(fd, &a);
	printf("%u %s\n", a.messages,
	       a.interrupted ? "interrupted" : "consistent");
	return !a.acked || a.error;
}

static int dump(int fd)
{
	struct answer a = { .dump = malloc(DUMP_MAX) };
	unsigned int i;

	dump_rules(fd, &a);
	for (i = 0; i < a.dump_len; i++)
		printf("%02x%s", (uint8_t)a.dump[i], i % 32 == 31 ? "\n" : "");
	puts("");
	return 0;
}

static int churn(int fd, unsigned int n)
{
	const uint32_t addr = htonl(10U << 24);
	unsigned int i;

	for (i = 0; i < n; i++) {
		make_rule("churn", 0);
		must(fd, "rule-new");
		msg_init(&request, family, CBREAK_CMD_BREAKER_TRIP, 0);
		msg_put_str(&request, CBREAK_A_BREAKER_RULE, "churn");
		msg_put(&request, CBREAK_A_BREAKER_ADDR, &addr, sizeof(addr));
		msg_put_u16(&request, CBREAK_A_BREAKER_PORT, 80);
		must(fd, "breaker-trip");
		/* Now and then for long enough that it gets a directory. */
		if (i % 4 == 0)
			usleep(50000);
		msg_init(&request, family, CBREAK_CMD_RULE_DEL, 0);
		msg_put_str(&request, CBREAK_A_RULE_NAME, "churn");
		must(fd, "rule-del");
	}
	return 0;
}

static unsigned int parse_hex(const char *hex, uint8_t *bytes, unsigned int max)
{
	unsigned int n = 0;

	for (; hex[0] && hex[1] && n < max; hex += 2)
		if (sscanf(hex, "%2hhx", &bytes[n++]) != 1)
			die(hex);
	return n;
}

/* Attributes that tests call by name: their numbers are not for ever. */
static const struct {
	const char *name;
	uint16_t type;
} names[] = {
	{ "on-icmp", CBREAK_A_RULE_ON_ICMP | NLA_F_NESTED },
	{ "on-icmp-flat", CBREAK_A_RULE_ON_ICMP },
	{ "inspector-fd", CBREAK_A_RULE_INSPECTOR_FD },
};

static uint16_t type_of(const char *word, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(names[i].name, word, len) && !names[i].name[len])
			return names[i].type;
	return atoi(word);
}

static const char *name_of(unsigned int type)
{
	static char number[16];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if ((names[i].type & NLA_TYPE_MASK) == type)
			return names[i].name;
	snprintf(number, sizeof(number), "%u", type);
	return number;
}

/* The type of the attribute at an offset of the request, 0 if there is none. */
static unsigned int type_at(const struct msg *m, int offset)
{
	const struct nlattr *attr;

	if (offset < 0 || offset + NLA_HDRLEN > (int)m->len)
		return 0;
	attr = (const void *)(m->buf + offset);
	return attr->nla_type & NLA_TYPE_MASK;
}

static int send_one(int fd, int argc, char **argv)
{
	static uint8_t bytes[16384];
	struct answer a = { 0 };
	unsigned int len;
	char *value;
	int err;

	msg_init(&request, family, atoi(argv[0]), strtoul(argv[1], NULL, 0));
	for (argc -= 2, argv += 2; argc; argc--, argv++) {
		value = strchr(*argv, '=');
		if (!value)
			die(*argv);
		len = parse_hex(value + 1, bytes, sizeof(bytes));
		msg_put(&request, type_of(*argv, value - *argv), bytes, len);
	}
	err = raw_ask(fd, &request, &a);
	if (!a.acked)
		err = err ? err : ENOMSG;
	else
		err = a.error;
	printf("%s %s %s\n", err ? strerrorname_np(err) : "OK",
	       name_of(type_at(&request, a.offset)), a.text);
	return 0;
}

int main(int argc, char **argv)
{
	int fd;

	if (argc < 3)
		goto usage;
	fd = raw_open_in(argv[1]);
	if (!strcmp(argv[2], "fill") && argc == 4)
		return fill(fd, atoi(argv[3]));
	if (!strcmp(argv[2], "mix") && argc == 5)
		return mix(fd, atoi(argv[3]), atoi(argv[4]));
	if (!strcmp(argv[2], "interrupt") && argc == 3)
		return interrupt(fd);
	if (!strcmp(argv[2], "dump") && argc == 3)
		return dump(fd);
	if (!strcmp(argv[2], "churn") && argc == 4)
		return churn(fd, atoi(argv[3]));
	if (!strcmp(argv[2], "send") && argc >= 5)
		return send_one(fd, argc - 3, argv + 3);
usage:
	fputs("usage: nl_rules NETNS { fill N | mix FIRST END | interrupt | dump | churn N |\n"
	      "                        send CMD FLAGS [TYPE=HEX...] }\n", stderr);
	return 2;
}
