// SPDX-License-Identifier: GPL-2.0
/*
 * Do the same thing again and again, and let its first allocation fail, then
 * its second, until it was done without one that failed:
 *
 *	fault_walk NTH load KO
 *	fault_walk NTH netns
 *	fault_walk NTH netlink NETNS REQUEST
 *	fault_walk NTH connect NETNS PREFIX PORT
 *
 * NTH is a file like /proc/thread-self/fail-nth: N is written to it, and 0 read
 * back once the N-th allocation has failed.
 *
 * load: a failure is an error, and leaves no module. Afterwards it is loaded
 * and removed.
 * netns: a failure is an error.
 * netlink: a failure is an error, and leaves the rules and the number of
 * breakers as they were; then the same request succeeds. A request may also
 * succeed in spite of a failure, or its answer may be lost.
 * connect: to PREFIX.0.1, PREFIX.0.2 ..., which succeeds or is refused by
 * PORT, whatever fails.
 *
 * Prints the number of points walked, and how often which error came. The exit
 * status is 0 if all was as above, otherwise what was not is printed.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "enter_netns.h"
#include "nl_raw.h"

#define POINTS_MAX	20000
#define ERRNO_MAX	200
#define TIME_MS		3600000
/* The answer to a request was lost. */
#define LOST		(ERRNO_MAX - 1)

static const char *nth_path;
static unsigned int seen[ERRNO_MAX], survived, points;
static int bad;

static void complain(const char *what, int err)
{
	printf("point %u: %s: %s\n", points, what, strerror(err));
	bad = 1;
}

/* --- the N-th allocation --- */

static int nth_fd = -1;

static void arm(unsigned int n)
{
	char text[16];
	int len;

	nth_fd = open(nth_path, O_RDWR | O_CLOEXEC);
	len = snprintf(text, sizeof(text), "%u", n);
	if (nth_fd < 0 || write(nth_fd, text, len) != len)
		die(nth_path);
}

/* Whether it was reached. Nothing fails any more. */
static int disarm(void)
{
	char text[16] = "1";

	/* With fail-nth, to copy the answer is a point too: not of the walk. */
	if ((pread(nth_fd, text, sizeof(text) - 1, 0) <= 0 &&
	     errno != EFAULT) ||
	    pwrite(nth_fd, "0", 1, 0) != 1)
		die(nth_path);
	close(nth_fd);
	return atoi(text) == 0;
}

/* Counts the result of a call; whether the walk goes on. */
static int step(int reached, int err)
{
	if (!reached) {
		if (err)
			complain("fails without a fault", err);
		return 0;
	}
	points++;
	if (err)
		seen[err < ERRNO_MAX ? err : 0]++;
	else
		survived++;
	return !bad && points < POINTS_MAX;
}

static int report(const char *what)
{
	int i;

	printf("%s: %u points walked:", what, points);
	for (i = 0; i < LOST; i++)
		if (seen[i])
			printf(" %s %u", strerrorname_np(i) ?: "unknown",
			       seen[i]);
	printf(" lost %u survived %u\n", seen[LOST], survived);
	return bad;
}

/* --- the module --- */

static int load(const char *ko)
{
	unsigned int n = 0;
	int fd, err, reached;

	fd = open(ko, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(ko);
	do {
		arm(++n);
		err = syscall(SYS_finit_module, fd, "", 0) ? errno : 0;
		reached = disarm();
		if (!err && syscall(SYS_delete_module, "cbreak", O_NONBLOCK))
			complain("rmmod", errno);
		if (!access("/sys/module/cbreak", F_OK) ||
		    !access("/sys/class/cbreak", F_OK))
			complain("something is left", err);
	} while (step(reached, err));
	return report("module load");
}

/* --- a namespace --- */

static int netns(void)
{
	unsigned int n = 0;
	int status;
	pid_t pid;

	do {
		n++;
		pid = fork();
		if (pid < 0)
			die("fork");
		if (!pid) {
			int err;

			arm(n);
			err = unshare(CLONE_NEWNET) ? errno : 0;
			_exit(err | disarm() << 7);
		}
		if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
			die("wait");
		status = WEXITSTATUS(status);
	} while (step(status >> 7, status & 127));
	return report("namespace creation");
}

/* --- requests --- */

static struct msg request;

static const uint8_t dst6[16] = { 0xfd, 0, 0, 0x77 };
static const uint8_t place6[16] = { 0xfd, 0, 0, 0x77, [15] = 1 };

/* A rule with every attribute. */
static void put_params(struct msg *m, uint32_t response_ms)
{
	msg_put_u32(m, CBREAK_A_RULE_ERROR_RATIO, 400000);
	msg_put_u32(m, CBREAK_A_RULE_RESPONSE_TIME, response_ms);
	msg_put_u32(m, CBREAK_A_RULE_PASSING_TIME, TIME_MS);
	msg_put_u32(m, CBREAK_A_RULE_BROKEN_TIME, TIME_MS);
	msg_put_u32(m, CBREAK_A_RULE_RECOVERY_TIME, TIME_MS);
	msg_put_u32(m, CBREAK_A_RULE_CONNECT_TIMEOUT, 5000);
	msg_put_u32(m, CBREAK_A_RULE_MIN_SAMPLES, 7);
	msg_put_u32(m, CBREAK_A_RULE_RECOVERY_SAMPLES, 3);
	msg_put_u32(m, CBREAK_A_RULE_ON, CBREAK_ON_REFUSED);
	msg_put_u32(m, CBREAK_A_RULE_MODE, CBREAK_MODE_ENFORCE);
	msg_put_u32(m, CBREAK_A_RULE_CONSECUTIVE, 9);
	msg_put_u32(m, CBREAK_A_RULE_SLOW_TIME, 1000);
	msg_put_u32(m, CBREAK_A_RULE_BACKOFF, 2 * CBREAK_RATIO_ONE);
	msg_put_u32(m, CBREAK_A_RULE_BROKEN_TIME_MAX, 2 * TIME_MS);
	msg_put_u32(m, CBREAK_A_RULE_JITTER, 100000);
	msg_put_u32(m, CBREAK_A_RULE_MAX_PENDING, 100);
	msg_put_u32(m, CBREAK_A_RULE_MAX_BROKEN_PCT, 50);
	msg_put_u32(m, CBREAK_A_RULE_MAX_CONNECTIONS, 100);
	msg_put_u32(m, CBREAK_A_RULE_LOCAL_FAULT_GUARD, 1);
	msg_put_u32(m, CBREAK_A_RULE_ABORT_PENDING, 1);
}

static void put_full(struct msg *m, uint32_t response_ms)
{
	msg_put_str(m, CBREAK_A_RULE_NAME, "walk");
	msg_put(m, CBREAK_A_RULE_DST, dst6, sizeof(dst6));
	msg_put_u8(m, CBREAK_A_RULE_DST_LEN, 64);
	msg_put_u16(m, CBREAK_A_RULE_PORT_MIN, 1000);
	msg_put_u16(m, CBREAK_A_RULE_PORT_MAX, 2999);
	msg_put_u32(m, CBREAK_A_RULE_PRIO, 7);
	msg_put_u32(m, CBREAK_A_RULE_KEY, CBREAK_KEY_TYPE_PREFIX);
	msg_put_u8(m, CBREAK_A_RULE_KEY_LEN, 96);
	put_params(m, response_ms);
}

/* Both families, and a range that is cut into as many blocks as can be. */
static void put_wide(struct msg *m)
{
	msg_put_str(m, CBREAK_A_RULE_NAME, "wide");
	msg_put_u16(m, CBREAK_A_RULE_PORT_MIN, 1);
	msg_put_u16(m, CBREAK_A_RULE_PORT_MAX, 65534);
}

/* Everything that the first rule for forwarded connections brings along. */
static void put_forward(struct msg *m)
{
	put_wide(m);
	msg_put_u32(m, CBREAK_A_RULE_HOOK, CBREAK_HOOK_FORWARD);
	msg_put_u32(m, CBREAK_A_RULE_REJECT, CBREAK_REJECT_DROP);
}

static void put_breaker(struct msg *m)
{
	msg_put_str(m, CBREAK_A_BREAKER_RULE, "walk");
	msg_put(m, CBREAK_A_BREAKER_ADDR, place6, sizeof(place6));
	msg_put_u8(m, CBREAK_A_BREAKER_ADDR_LEN, 96);
}

enum needs {
	RULE = 1,	/* the rule "walk" */
	BREAKER = 2,	/* a breaker of it, BROKEN */
};

static const struct request {
	const char *name;
	uint8_t cmd;
	uint16_t flags;
	unsigned int needs;
} requests[] = {
	{ "rule-new", CBREAK_CMD_RULE_NEW, 0, 0 },
	{ "rule-new-wide", CBREAK_CMD_RULE_NEW, 0, RULE },
	{ "rule-new-forward", CBREAK_CMD_RULE_NEW, 0, 0 },
	{ "rule-new-forward-too", CBREAK_CMD_RULE_NEW, 0, RULE },
	{ "rule-replace", CBREAK_CMD_RULE_REPLACE, 0, RULE | BREAKER },
	{ "rule-replace-new", CBREAK_CMD_RULE_REPLACE, 0, 0 },
	{ "rule-set", CBREAK_CMD_RULE_SET, 0, RULE | BREAKER },
	{ "rule-del", CBREAK_CMD_RULE_DEL, 0, RULE | BREAKER },
	{ "rule-get", CBREAK_CMD_RULE_GET, 0, RULE },
	{ "rule-dump", CBREAK_CMD_RULE_GET, NLM_F_DUMP, RULE },
	{ "breaker-get", CBREAK_CMD_BREAKER_GET, 0, RULE | BREAKER },
	{ "breaker-dump", CBREAK_CMD_BREAKER_GET, NLM_F_DUMP, RULE | BREAKER },
	{ "trip", CBREAK_CMD_BREAKER_TRIP, 0, RULE },
	{ "isolate", CBREAK_CMD_BREAKER_ISOLATE, 0, RULE },
	{ "bypass", CBREAK_CMD_BREAKER_BYPASS, 0, RULE },
	{ "reset", CBREAK_CMD_BREAKER_RESET, 0, RULE | BREAKER },
	{ "reset-rule", CBREAK_CMD_BREAKER_RESET, 0, RULE | BREAKER },
	{ "stats", CBREAK_CMD_STATS_GET, 0, RULE | BREAKER },
};

static void build(struct msg *m, const struct request *r)
{
	msg_init(m, family, r->cmd, r->flags);
	switch (r->cmd) {
	case CBREAK_CMD_RULE_NEW:
		if (strstr(r->name, "forward"))
			put_forward(m);
		else if (r->needs & RULE)
			put_wide(m);
		else
			put_full(m, TIME_MS);
		break;
	case CBREAK_CMD_RULE_REPLACE:
		put_full(m, r->needs & RULE ? TIME_MS / 2 : TIME_MS);
		break;
	case CBREAK_CMD_RULE_SET:
		msg_put_str(m, CBREAK_A_RULE_NAME, "walk");
		put_params(m, TIME_MS / 2);
		break;
	case CBREAK_CMD_RULE_DEL:
		msg_put_str(m, CBREAK_A_RULE_NAME, "walk");
		break;
	case CBREAK_CMD_RULE_GET:
		if (!r->flags)
			msg_put_str(m, CBREAK_A_RULE_NAME, "walk");
		break;
	case CBREAK_CMD_BREAKER_GET:
		if (!r->flags)
			put_breaker(m);
		else
			msg_put_str(m, CBREAK_A_BREAKER_RULE, "walk");
		break;
	case CBREAK_CMD_STATS_GET:
		break;
	default:
		if (strcmp(r->name, "reset-rule"))
			put_breaker(m);
		else
			msg_put_str(m, CBREAK_A_BREAKER_RULE, "walk");
		msg_put_u32(m, CBREAK_A_BREAKER_FOR_MS, TIME_MS);
	}
}

/* raw_ask(), but an answer that the kernel had no memory for is LOST. */
static int ask(int fd, const struct msg *m, struct answer *a)
{
	static char buf[MSG_MAX] __attribute__((aligned(8)));
	ssize_t n;
	int err;

	answer_init(a);
	err = raw_send(fd, m);
	if (err)
		return err;
	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) >= 0 ||
	       errno == EINTR)
		if (n >= 0)
			answer_parse(a, buf, n);
	return a->acked ? a->error : LOST;
}

static void must(int fd, const char *what)
{
	struct answer a = { 0 };
	int err = ask(fd, &request, &a);

	if (!err)
		return;
	printf("%s: %s: %s\n", what, strerror(err), a.text);
	exit(2);
}

/* What there is: the rules as they are dumped, and how many breakers. */
struct state {
	struct answer rules;
	unsigned int breakers;
};

static void look(struct state *state)
{
	int fd = raw_open();
	struct answer a = { 0 };

	if (!state->rules.dump)
		state->rules.dump = malloc(DUMP_MAX);
	dump_rules(fd, &state->rules);
	msg_init(&request, family, CBREAK_CMD_BREAKER_GET, NLM_F_DUMP);
	if (ask(fd, &request, &a))
		die("dump of breakers");
	state->breakers = a.messages;
	close(fd);
}

static int same(const struct state *a, const struct state *b)
{
	return a->breakers == b->breakers &&
	       a->rules.dump_len == b->rules.dump_len &&
	       !memcmp(a->rules.dump, b->rules.dump, a->rules.dump_len);
}

static void delete_rule(int fd, const char *name)
{
	struct answer a = { 0 };
	int err;

	msg_init(&request, family, CBREAK_CMD_RULE_DEL, 0);
	msg_put_str(&request, CBREAK_A_RULE_NAME, name);
	err = ask(fd, &request, &a);
	if (err && err != ENOENT)
		die("rule-del");
}

static void prepare(unsigned int needs)
{
	int fd = raw_open();

	delete_rule(fd, "walk");
	delete_rule(fd, "wide");
	if (needs & RULE) {
		msg_init(&request, family, CBREAK_CMD_RULE_NEW, 0);
		put_full(&request, TIME_MS);
		must(fd, "rule-new");
	}
	if (needs & BREAKER) {
		msg_init(&request, family, CBREAK_CMD_BREAKER_TRIP, 0);
		put_breaker(&request);
		must(fd, "trip");
	}
	close(fd);
}

/* Whether that is an error that want of memory may give. */
static int is_right(int err)
{
	return err == ENOMEM || err == ENOBUFS || err == EFAULT;
}

static int netlink(const char *name)
{
	static struct state before, after;
	const struct request *r;
	struct answer a = { 0 };
	unsigned int n = 0;
	int fd, err, reached;

	for (r = requests; strcmp(r->name, name); r++)
		if (r + 1 == requests + ARRAY_SIZE(requests))
			die(name);
	do {
		prepare(r->needs);
		look(&before);
		/* A dump that failed at its start keeps a socket busy. */
		fd = raw_open();
		build(&request, r);
		arm(++n);
		err = ask(fd, &request, &a);
		reached = disarm();
		close(fd);
		look(&after);
		if (err && err != LOST) {
			if (reached && !is_right(err))
				complain(a.text, err);
			if (!same(&before, &after))
				complain("something has changed", err);
		}
		if (err && (err != LOST || same(&before, &after))) {
			fd = raw_open();
			build(&request, r);
			must(fd, "the same without a fault");
			close(fd);
		}
	} while (step(reached, err));
	prepare(0);
	return report(name);
}

/* --- connections --- */

static int connect_to(const char *prefix, unsigned int n, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	char text[32];
	int fd, err;

	snprintf(text, sizeof(text), "%s.%u.%u", prefix, n >> 8, n & 255);
	sin.sin_port = htons(port);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || inet_pton(AF_INET, text, &sin.sin_addr) != 1)
		die(text);
	err = connect(fd, (void *)&sin, sizeof(sin)) ? errno : 0;
	close(fd);
	return err;
}

static int connects(const char *prefix, int port)
{
	int err, want = connect_to(prefix, 0, port);
	unsigned int n = 0;

	do {
		arm(++n);
		err = connect_to(prefix, n, port);
		if (err != want)
			complain("connect", err);
	} while (step(disarm(), 0));
	return report("connect");
}

int main(int argc, char **argv)
{
	if (argc < 3)
		goto usage;
	nth_path = argv[1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(argv[2], "load") && argc == 4)
		return load(argv[3]);
	if (!strcmp(argv[2], "netns") && argc == 3)
		return netns();
	if (argc < 5)
		goto usage;
	enter_netns(argv[3]);
	if (!strcmp(argv[2], "connect") && argc == 6)
		return connects(argv[4], atoi(argv[5]));
	find_family(raw_open());
	if (!strcmp(argv[2], "netlink") && argc == 5)
		return netlink(argv[4]);
usage:
	fputs("usage: fault_walk NTH { load KO | netns |\n"
	      "                        netlink NETNS REQUEST |\n"
	      "                        connect NETNS PREFIX PORT }\n", stderr);
	return 2;
}
