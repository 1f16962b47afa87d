// SPDX-License-Identifier: GPL-2.0
/*
 * Random mutations of valid requests, the same ones for the same seed.
 *
 *	nl_fuzz NETNS SEED COUNT
 *
 * After each request all rules are dumped. If it was refused, they have to be
 * what they were; if not, every rule has to be a valid one all the same.
 * Prints what was done, and the bytes of the request that broke this.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>

#include "nl_raw.h"

/* So many rules, and all are deleted to begin anew. */
#define RULES_MAX	24

static uint64_t random_state;
static struct answer before, after;
static struct msg request;

/* xorshift64* */
static uint32_t rnd(uint32_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 2685821657736338717ULL >> 32) % below;
}

static uint32_t interesting(void)
{
	static const uint32_t values[] = {
		0, 1, 2, 4, 14, 15, 16, 31, 32, 33, 99, 100, 127, 128, 255,
		256, 32767, 32768, 65535, 65536, 300000, 300001, 999999,
		1000000, 86400000, 86400001, 0x7fffffff, 0x80000000, 0xffffffff
	};

	return values[rnd(ARRAY_SIZE(values))];
}

static const char *rule_name(struct nlmsghdr *nlh)
{
	struct nlattr *attr = (void *)((char *)nlh + NLMSG_LENGTH(GENL_HDRLEN));

	while (attr->nla_type != CBREAK_A_RULE_NAME)
		attr = (void *)((char *)attr + NLA_ALIGN(attr->nla_len));
	return (char *)attr + NLA_HDRLEN;
}

/* --- valid requests ------------------------------------------------------ */

/* So many names that most are free, and few enough to meet again. */
static const char *some_name(void)
{
	static char name[CBREAK_NAME_MAX + 1];

	snprintf(name, sizeof(name), "a.b:c-d_e%u", rnd(4 * RULES_MAX));
	return name;
}

/* One that is there, if there is one. */
static const char *known_name(void)
{
	unsigned int nth = rnd(RULES_MAX), left = before.dump_len;
	struct nlmsghdr *nlh = (void *)before.dump;
	const char *name = "nobody";

	for (; NLMSG_OK(nlh, left) && nth--; nlh = NLMSG_NEXT(nlh, left))
		name = rule_name(nlh);
	return name;
}

static void put_match(struct msg *m)
{
	uint8_t addr[16] = { 0 };
	uint8_t len = rnd(33);
	uint32_t dst;

	dst = len ? htonl(rnd(0x7fffffff) & ~0U << (32 - len)) : 0;
	if (rnd(2)) {
		msg_put(m, CBREAK_A_RULE_DST, &dst, sizeof(dst));
	} else {
		memcpy(addr, &dst, sizeof(dst));
		msg_put(m, CBREAK_A_RULE_DST, addr, sizeof(addr));
	}
	msg_put_u8(m, CBREAK_A_RULE_DST_LEN, len);
	if (rnd(2)) {
		msg_put_u16(m, CBREAK_A_RULE_PORT_MIN, 1 + rnd(1000));
		msg_put_u16(m, CBREAK_A_RULE_PORT_MAX, 1001 + rnd(1000));
	}
	if (rnd(2)) {
		msg_put_u32(m, CBREAK_A_RULE_FWMARK, 8 + rnd(8));
		msg_put_u32(m, CBREAK_A_RULE_FWMASK, 15 + 16 * rnd(16));
	}
	if (rnd(2))
		msg_put_str(m, CBREAK_A_RULE_OIF, rnd(2) ? "eth0" : "lo");
	if (rnd(2)) {
		msg_put_u32(m, CBREAK_A_RULE_UID_MIN, rnd(1000));
		msg_put_u32(m, CBREAK_A_RULE_UID_MAX, 1000 + rnd(0x7fffffff));
	}
	if (rnd(2))
		msg_put_u32(m, CBREAK_A_RULE_PRIO, rnd(4));
	if (rnd(2))
		msg_put_u32(m, CBREAK_A_RULE_HOOK, rnd(2));
}

/* Of all that end an attempt, and some that do not. */
static void put_icmp(struct msg *m)
{
	static const uint8_t types[] = { 1, 3, 4, 11, 12, 3, 1, 5 };
	struct nlattr *nest = (struct nlattr *)(m->buf + m->len);
	unsigned int i;

	msg_put(m, CBREAK_A_RULE_ON_ICMP | NLA_F_NESTED, NULL, 0);
	for (i = rnd(CBREAK_ON_ICMP_MAX + 2); i; i--)
		msg_put_u16(m, CBREAK_A_ICMP_V4 + rnd(2),
			    types[rnd(ARRAY_SIZE(types))] << 8 | rnd(16));
	nest->nla_len = m->buf + m->len - (char *)nest;
}

static void put_params(struct msg *m)
{
	unsigned int type;

	msg_put_u32(m, CBREAK_A_RULE_ERROR_RATIO, 1 + rnd(999999));
	for (type = CBREAK_A_RULE_RESPONSE_TIME;
	     type <= CBREAK_A_RULE_CONNECT_TIMEOUT; type++)
		if (rnd(2))
			msg_put_u32(m, type, 100 + rnd(100000));
	msg_put_u32(m, CBREAK_A_RULE_MIN_SAMPLES, 1 + rnd(65535));
	msg_put_u32(m, CBREAK_A_RULE_RECOVERY_SAMPLES, rnd(65536));
	msg_put_u32(m, CBREAK_A_RULE_ON, 2 + 2 * rnd(63));
	msg_put_u32(m, CBREAK_A_RULE_MODE, rnd(CBREAK_MODE_NEVER + 1));
	/* Refused of most rules. */
	if (!rnd(4))
		msg_put_u32(m, CBREAK_A_RULE_REJECT, rnd(CBREAK_REJECT_DROP + 1));
	msg_put_u32(m, CBREAK_A_RULE_CONSECUTIVE, rnd(65536));
	msg_put_u32(m, CBREAK_A_RULE_SLOW_TIME, rnd(300001));
	msg_put_u32(m, CBREAK_A_RULE_BACKOFF, 1000000 + rnd(9000001));
	msg_put_u32(m, CBREAK_A_RULE_JITTER, rnd(1000001));
	msg_put_u32(m, CBREAK_A_RULE_MAX_PENDING, rnd(CBREAK_PENDING_MAX + 1));
	msg_put_u32(m, CBREAK_A_RULE_MAX_BROKEN_PCT, 1 + rnd(100));
	msg_put_u32(m, CBREAK_A_RULE_LOCAL_FAULT_GUARD, rnd(2));
	msg_put_u32(m, CBREAK_A_RULE_ABORT_PENDING, !rnd(8));
	if (!rnd(4))
		msg_put_u32(m, CBREAK_A_RULE_MAX_CONNECTIONS,
			    rnd(CBREAK_CONNECTIONS_MAX + 1));
	if (!rnd(4))
		put_icmp(m);
}

static void put_breaker(struct msg *m)
{
	uint32_t addr = htonl(10U << 24 | rnd(1024));

	msg_put_str(m, CBREAK_A_BREAKER_RULE, known_name());
	msg_put(m, CBREAK_A_BREAKER_ADDR, &addr, sizeof(addr));
	msg_put_u16(m, CBREAK_A_BREAKER_PORT, 1 + rnd(65535));
}

static void make_valid(struct msg *m)
{
	uint8_t cmd = CBREAK_CMD_RULE_NEW + rnd(CBREAK_CMD_STATS_GET);
	bool dump = false;

	/* Without rules there is little to break. */
	if (cmd == CBREAK_CMD_RULE_DEL && rnd(4))
		cmd = CBREAK_CMD_RULE_NEW;
	if (cmd == CBREAK_CMD_RULE_GET || cmd == CBREAK_CMD_BREAKER_GET)
		dump = rnd(2);
	msg_init(m, family, cmd, dump ? NLM_F_DUMP : 0);
	switch (cmd) {
	case CBREAK_CMD_RULE_NEW:
	case CBREAK_CMD_RULE_REPLACE:
		msg_put_str(m, CBREAK_A_RULE_NAME, some_name());
		put_match(m);
		put_params(m);
		break;
	case CBREAK_CMD_RULE_SET:
		msg_put_str(m, CBREAK_A_RULE_NAME, known_name());
		put_params(m);
		break;
	case CBREAK_CMD_RULE_DEL:
	case CBREAK_CMD_RULE_GET:
		if (!dump)
			msg_put_str(m, CBREAK_A_RULE_NAME, known_name());
		break;
	case CBREAK_CMD_BREAKER_GET:
	case CBREAK_CMD_BREAKER_RESET:
	case CBREAK_CMD_BREAKER_TRIP:
		if (!dump)
			put_breaker(m);
		break;
	}
}

/* --- mutations ----------------------------------------------------------- */

/* A random attribute; the first byte behind the headers if there is none. */
static struct nlattr *some_attr(struct msg *m)
{
	unsigned int at = NLMSG_LENGTH(GENL_HDRLEN);
	struct nlattr *attr = (void *)(m->buf + at);
	unsigned int steps = rnd(16);

	for (; steps; steps--) {
		if (attr->nla_len < NLA_HDRLEN ||
		    at + NLA_ALIGN(attr->nla_len) + NLA_HDRLEN > m->len)
			break;
		at += NLA_ALIGN(attr->nla_len);
		attr = (void *)(m->buf + at);
	}
	return attr;
}

static void set_len(struct msg *m, unsigned int len)
{
	m->len = len;
	msg_header(m)->nlmsg_len = len;
}

/* The header keeps its type: other families are not tested here. */
static void mutate(struct msg *m)
{
	struct nlattr *attr = some_attr(m);
	unsigned int body = m->len - NLMSG_HDRLEN;
	uint32_t value = interesting();
	unsigned int at;

	if (body < 4)
		return;
	at = NLMSG_HDRLEN + rnd(body);
	switch (rnd(10)) {
	case 0:
		m->buf[at] ^= 1 << rnd(8);
		break;
	case 1:
		m->buf[at] = value;
		break;
	case 2:
		attr->nla_len = rnd(2) ? value : attr->nla_len + rnd(9) - 4;
		break;
	case 3:
		attr->nla_type = rnd(2) ? value : rnd(24);
		break;
	case 4:
		attr->nla_type ^= rnd(2) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER;
		break;
	case 5:
		memcpy((char *)attr + NLA_HDRLEN, &value, sizeof(value));
		break;
	case 6:
		set_len(m, at);
		break;
	case 7:
		if (m->len + 32 > sizeof(m->buf))
			break;
		for (at = m->len; at < m->len + 32; at++)
			m->buf[at] = rnd(256);
		set_len(m, m->len + 1 + rnd(32));
		break;
	case 8:
		msg_header(m)->nlmsg_flags ^= 1 << rnd(16);
		break;
	case 9:
		/* More in the header than there is. */
		msg_header(m)->nlmsg_len += rnd(2) ? value : 4;
		break;
	}
}

/* --- what must hold ------------------------------------------------------ */

static bool valid_name(const char *name)
{
	if (strlen(name) > CBREAK_NAME_MAX ||
	    (!isalnum((unsigned char)name[0]) && name[0] != '_'))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_-.:", *name))
			return false;
	return true;
}

static bool in(const struct nlattr **tb, unsigned int type, uint32_t min,
	       uint32_t max)
{
	uint32_t v;

	if (!tb[type])
		return false;
	memcpy(&v, (char *)tb[type] + NLA_HDRLEN, sizeof(v));
	return v >= min && v <= max;
}

static bool valid_dst(const struct nlattr **tb)
{
	const uint8_t *addr = (void *)((char *)tb[CBREAK_A_RULE_DST] +
				       NLA_HDRLEN);
	unsigned int bit, bits = (tb[CBREAK_A_RULE_DST]->nla_len -
				  NLA_HDRLEN) * 8;

	if ((bits != 32 && bits != 128) || !tb[CBREAK_A_RULE_DST_LEN])
		return false;
	bit = *((uint8_t *)tb[CBREAK_A_RULE_DST_LEN] + NLA_HDRLEN);
	for (; bit < bits; bit++)
		if (addr[bit / 8] & 0x80 >> bit % 8)
			return false;
	return true;
}

static bool valid_ports(const struct nlattr **tb)
{
	uint16_t min, max;

	memcpy(&min, (char *)tb[CBREAK_A_RULE_PORT_MIN] + NLA_HDRLEN, 2);
	memcpy(&max, (char *)tb[CBREAK_A_RULE_PORT_MAX] + NLA_HDRLEN, 2);
	return min <= max;
}

static bool valid_icmp(const struct nlattr *nest)
{
	unsigned int n = 0, left = nest->nla_len - NLA_HDRLEN;
	const struct nlattr *attr = (const void *)(nest + 1);
	uint8_t type, code, ok;

	for (; left >= NLA_HDRLEN; n++) {
		/* Type and code in one number: little-endian here. */
		code = *((uint8_t *)attr + NLA_HDRLEN);
		type = *((uint8_t *)attr + NLA_HDRLEN + 1);
		if (attr->nla_type == CBREAK_A_ICMP_V4)
			ok = type == 11 || type == 12 ||
			     (type == 3 && code != 4 && code <= 15);
		else
			ok = type == 1 || type == 3 || type == 4;
		if (!ok || attr->nla_len != NLA_HDRLEN + 2)
			return false;
		left -= NLA_ALIGN(attr->nla_len);
		attr = (const void *)((char *)attr + NLA_ALIGN(attr->nla_len));
	}
	return n && n <= CBREAK_ON_ICMP_MAX;
}

static bool valid_rule(const struct nlattr **tb)
{
	unsigned int type;

	if (!tb[CBREAK_A_RULE_NAME] ||
	    !valid_name((char *)tb[CBREAK_A_RULE_NAME] + NLA_HDRLEN))
		return false;
	if (tb[CBREAK_A_RULE_DST] && !valid_dst(tb))
		return false;
	if (tb[CBREAK_A_RULE_ON_ICMP] && !valid_icmp(tb[CBREAK_A_RULE_ON_ICMP]))
		return false;
	if (tb[CBREAK_A_RULE_PORT_MIN] && !valid_ports(tb))
		return false;
	for (type = CBREAK_A_RULE_RESPONSE_TIME;
	     type < CBREAK_A_RULE_CONNECT_TIMEOUT; type++)
		if (!in(tb, type, CBREAK_TIME_MIN_MS, CBREAK_TIME_MAX_MS))
			return false;
	return in(tb, CBREAK_A_RULE_CONNECT_TIMEOUT, CBREAK_TIME_MIN_MS,
		  CBREAK_CONNECT_TIMEOUT_MAX_MS) &&
	       in(tb, CBREAK_A_RULE_ERROR_RATIO, 1, CBREAK_RATIO_ONE - 1) &&
	       in(tb, CBREAK_A_RULE_MIN_SAMPLES, 1, CBREAK_SAMPLES_MAX) &&
	       in(tb, CBREAK_A_RULE_RECOVERY_SAMPLES, 0, CBREAK_SAMPLES_MAX) &&
	       in(tb, CBREAK_A_RULE_ON, tb[CBREAK_A_RULE_ON_ICMP] ? 0 : 2,
		  126) &&
	       in(tb, CBREAK_A_RULE_KEY, 0, CBREAK_KEY_TYPE_RULE) &&
	       in(tb, CBREAK_A_RULE_MODE, 0, CBREAK_MODE_NEVER) &&
	       in(tb, CBREAK_A_RULE_HOOK, 0,
		  tb[CBREAK_A_RULE_UID_MIN] ? 0 : CBREAK_HOOK_FORWARD) &&
	       in(tb, CBREAK_A_RULE_REJECT, 0,
		  in(tb, CBREAK_A_RULE_HOOK, 1, 1) ? CBREAK_REJECT_DROP : 0) &&
	       in(tb, CBREAK_A_RULE_CONSECUTIVE, 0, CBREAK_SAMPLES_MAX) &&
	       in(tb, CBREAK_A_RULE_SLOW_TIME, 0,
		  CBREAK_CONNECT_TIMEOUT_MAX_MS) &&
	       in(tb, CBREAK_A_RULE_BACKOFF, CBREAK_RATIO_ONE,
		  CBREAK_BACKOFF_MAX) &&
	       in(tb, CBREAK_A_RULE_BROKEN_TIME_MAX, CBREAK_TIME_MIN_MS,
		  CBREAK_TIME_MAX_MS) &&
	       in(tb, CBREAK_A_RULE_JITTER, 0, CBREAK_RATIO_ONE) &&
	       in(tb, CBREAK_A_RULE_MAX_PENDING, 0, CBREAK_PENDING_MAX) &&
	       in(tb, CBREAK_A_RULE_MAX_BROKEN_PCT, 1, 100) &&
	       in(tb, CBREAK_A_RULE_MAX_CONNECTIONS, 0, CBREAK_CONNECTIONS_MAX) &&
	       in(tb, CBREAK_A_RULE_LOCAL_FAULT_GUARD, 0, 1) &&
	       in(tb, CBREAK_A_RULE_ABORT_PENDING, 0, 1);
}

/*
 * Looks at each rule of a dump, and blanks what time and traffic change in it.
 */
static bool examine(struct answer *a)
{
	struct nlmsghdr *nlh = (void *)a->dump;
	unsigned int left = a->dump_len;
	bool good = true;

	for (; NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left)) {
		const struct nlattr *tb[CBREAK_A_RULE_MAX + 1] = { NULL };
		unsigned int at = NLMSG_LENGTH(GENL_HDRLEN);
		struct nlattr *attr;
		uint16_t type;

		while (at + NLA_HDRLEN <= nlh->nlmsg_len) {
			attr = (void *)((char *)nlh + at);
			type = attr->nla_type & NLA_TYPE_MASK;
			if (type <= CBREAK_A_RULE_MAX)
				tb[type] = attr;
			if (type >= CBREAK_A_RULE_PASSING &&
			    type <= CBREAK_A_RULE_COUNTERS)
				memset((char *)attr + NLA_HDRLEN, 0,
				       attr->nla_len - NLA_HDRLEN);
			at += NLA_ALIGN(attr->nla_len);
		}
		good &= valid_rule(tb);
	}
	return good;
}

static void delete_all(int fd)
{
	struct nlmsghdr *nlh = (void *)before.dump;
	unsigned int left = before.dump_len;
	struct answer a = { 0 };

	for (; NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left)) {
		msg_init(&request, family, CBREAK_CMD_RULE_DEL, 0);
		msg_put_str(&request, CBREAK_A_RULE_NAME, rule_name(nlh));
		if (raw_ask(fd, &request, &a) || a.error)
			die("cannot delete a rule");
	}
	dump_rules(fd, &before);
	if (before.messages)
		die("rules are left");
}

static int complain(uint32_t n, const char *what)
{
	unsigned int i;

	printf("request %u: %s\n", n, what);
	for (i = 0; i < request.len; i++)
		printf("%02x%s", (uint8_t)request.buf[i],
		       i % 16 == 15 ? "\n" : " ");
	puts("");
	return 1;
}

static int fuzz(int fd, uint32_t count)
{
	uint32_t n, refused = 0, accepted = 0, unanswered = 0;
	struct answer a = { 0 };
	unsigned int i;

	for (n = 0; n < count; n++) {
		make_valid(&request);
		for (i = rnd(4); i; i--)
			mutate(&request);
		raw_ask(fd, &request, &a);
		refused += a.acked && a.error;
		accepted += a.acked && !a.error;
		unanswered += !a.acked;

		dump_rules(fd, &after);
		if (!examine(&after))
			return complain(n, "there is an invalid rule");
		if (a.error && (after.dump_len != before.dump_len ||
				memcmp(before.dump, after.dump,
				       after.dump_len)))
			return complain(n, "it was refused and did something");
		memcpy(before.dump, after.dump, after.dump_len);
		before.dump_len = after.dump_len;
		if (after.messages > RULES_MAX)
			delete_all(fd);
	}
	printf("%u accepted, %u refused, %u unanswered\n", accepted, refused,
	       unanswered);
	/* Else this tests nothing. */
	return accepted < count / 20 || refused < count / 20;
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 4) {
		fputs("usage: nl_fuzz NETNS SEED COUNT\n", stderr);
		return 2;
	}
	fd = raw_open_in(argv[1]);
	before.dump = malloc(DUMP_MAX);
	after.dump = malloc(DUMP_MAX);
	random_state = strtoull(argv[2], NULL, 0) * 2 + 1;
	dump_rules(fd, &before);
	delete_all(fd);
	return fuzz(fd, strtoul(argv[3], NULL, 0));
}
