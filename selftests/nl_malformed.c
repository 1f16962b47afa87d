// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that nothing but a broken or hostile program would send. Each has
 * to be refused, with the errno and the attribute that the table says, and the
 * rules have to stay as they are.
 *
 *	nl_malformed NETNS
 *
 * Prints a line "ok DESCRIPTION" or "not ok DESCRIPTION: WHAT HAPPENED" for
 * each. There should be a rule "db" already, so that something can be spoilt.
 */
#include <stdbool.h>

#include "nl_raw.h"

#define NAME	CBREAK_A_RULE_NAME

/* The offset of the attribute that is to be blamed; 0 for none. */
static int blamed;

static void blame(const struct msg *m)
{
	blamed = m->len;
}

static void rule_new(struct msg *m)
{
	msg_init(m, family, CBREAK_CMD_RULE_NEW, 0);
	msg_put_str(m, NAME, "fresh");
}

/* A good RULE_NEW, and one attribute that is not. */
static void add_bad(struct msg *m, uint16_t type, const void *data,
		    unsigned int len)
{
	rule_new(m);
	blame(m);
	msg_put(m, type, data, len);
}

/* What the bytes of an attribute matter is their number. */
static const char bytes[MSG_MAX / 2] = "\x0a";

static void bad_len(struct msg *m, uint16_t type, unsigned int len)
{
	add_bad(m, type, bytes, len);
}

static void set_len(struct msg *m, unsigned int len)
{
	m->len = len;
	msg_header(m)->nlmsg_len = len;
}

static void no_name(struct msg *m)
{
	msg_init(m, family, CBREAK_CMD_RULE_NEW, 0);
}

static void name_with(struct msg *m, const void *name, unsigned int len)
{
	msg_init(m, family, CBREAK_CMD_RULE_NEW, 0);
	blame(m);
	msg_put(m, NAME, name, len);
}

static void name_unterminated(struct msg *m) { name_with(m, "abc", 3); }
static void name_empty(struct msg *m) { name_with(m, "", 1); }
static void name_nothing(struct msg *m) { name_with(m, "", 0); }

/* All of it one word, but for its end. */
static void name_huge(struct msg *m)
{
	static char name[30000];

	memset(name, 'a', sizeof(name) - 1);
	name_with(m, name, sizeof(name));
}

static void name_long(struct msg *m)
{
	name_with(m, "a2345678901234567890123456789012", 33);
}

static void attr_future(struct msg *m) { bad_len(m, 99, 4); }
static void attr_reply(struct msg *m) { bad_len(m, CBREAK_A_RULE_PASSING, 4); }
static void attr_nest(struct msg *m) { bad_len(m, CBREAK_A_RULE_COUNTERS, 4); }
static void attr_id(struct msg *m) { bad_len(m, CBREAK_A_RULE_ID, 4); }
static void attr_zero(struct msg *m) { bad_len(m, 0, 4); }

static void u32_short(struct msg *m)
{
	bad_len(m, CBREAK_A_RULE_MIN_SAMPLES, 3);
}

static void u32_long(struct msg *m)
{
	bad_len(m, CBREAK_A_RULE_MIN_SAMPLES, 8);
}

static void u16_long(struct msg *m) { bad_len(m, CBREAK_A_RULE_PORT_MIN, 4); }
static void u8_long(struct msg *m) { bad_len(m, CBREAK_A_RULE_DST_LEN, 4); }
static void u32_empty(struct msg *m) { bad_len(m, CBREAK_A_RULE_PRIO, 0); }
static void dst_0(struct msg *m) { bad_len(m, CBREAK_A_RULE_DST, 0); }
static void dst_3(struct msg *m) { bad_len(m, CBREAK_A_RULE_DST, 3); }
static void dst_5(struct msg *m) { bad_len(m, CBREAK_A_RULE_DST, 5); }
static void dst_15(struct msg *m) { bad_len(m, CBREAK_A_RULE_DST, 15); }
static void dst_17(struct msg *m) { bad_len(m, CBREAK_A_RULE_DST, 17); }

static void dst_len_alone(struct msg *m)
{
	bad_len(m, CBREAK_A_RULE_DST_LEN, 1);
}

static void port_max_alone(struct msg *m)
{
	bad_len(m, CBREAK_A_RULE_PORT_MAX, 2);
}

static void on_nothing(struct msg *m)
{
	add_bad(m, CBREAK_A_RULE_ON, "\0\0\0", 4);
}

static void on_success(struct msg *m)
{
	add_bad(m, CBREAK_A_RULE_ON, "\x0f\0\0", 4);
}

static void on_future(struct msg *m)
{
	add_bad(m, CBREAK_A_RULE_ON, "\xfe\0\0", 4);
}

static void nested_flag(struct msg *m)
{
	bad_len(m, CBREAK_A_RULE_PRIO | NLA_F_NESTED, 4);
}

/* Nested attributes, and garbage in them, where a number should be. */
static void nested_garbage(struct msg *m)
{
	add_bad(m, CBREAK_A_RULE_RESPONSE_TIME | NLA_F_NESTED,
		"\xff\xff\x01\0\x04\0\xff\xff\0\0\x07\0", 12);
}

static void leftover(struct msg *m)
{
	rule_new(m);
	memset(m->buf + m->len, 0x55, 3);
	set_len(m, m->len + 3);
}

static void attr_cut(struct msg *m)
{
	bad_len(m, CBREAK_A_RULE_PRIO, 4);
	set_len(m, m->len - 2);
	blamed = 0;
}

static void attr_overlong(struct msg *m)
{
	bad_len(m, CBREAK_A_RULE_PRIO, 4);
	((struct nlattr *)(m->buf + blamed))->nla_len = 0xffff;
	blamed = 0;
}

static void attr_tiny(struct msg *m)
{
	bad_len(m, CBREAK_A_RULE_PRIO, 4);
	((struct nlattr *)(m->buf + blamed))->nla_len = 1;
	blamed = 0;
}

static void no_genl(struct msg *m)
{
	rule_new(m);
	set_len(m, NLMSG_HDRLEN);
}

static void half_genl(struct msg *m)
{
	rule_new(m);
	set_len(m, NLMSG_HDRLEN + 2);
}

static void command(struct msg *m, uint8_t cmd, uint16_t flags)
{
	msg_init(m, family, cmd, flags);
}

static void cmd_0(struct msg *m) { command(m, 0, 0); }
static void cmd_ntf(struct msg *m) { command(m, CBREAK_CMD_STATE_NTF, 0); }
static void cmd_200(struct msg *m) { command(m, 200, 0); }
static void dump_stats(struct msg *m)
{
	command(m, CBREAK_CMD_STATS_GET, NLM_F_DUMP);
}

static void dump_new(struct msg *m)
{
	rule_new(m);
	msg_header(m)->nlmsg_flags |= NLM_F_DUMP;
}

static void dump_trip(struct msg *m)
{
	command(m, CBREAK_CMD_BREAKER_TRIP, NLM_F_DUMP);
}

static void dump_unknown(struct msg *m)
{
	command(m, CBREAK_CMD_RULE_GET, NLM_F_DUMP);
	blame(m);
	msg_put_u32(m, CBREAK_A_RULE_PRIO, 0);
}

static void dump_by_addr(struct msg *m)
{
	command(m, CBREAK_CMD_BREAKER_GET, NLM_F_DUMP);
	msg_put(m, CBREAK_A_BREAKER_ADDR, bytes, 4);
}

static void dump_no_rule(struct msg *m)
{
	command(m, CBREAK_CMD_BREAKER_GET, NLM_F_DUMP);
	/* Old kernels take no explanation when a dump begins. */
	msg_put_str(m, CBREAK_A_BREAKER_RULE, "nobody");
}

static void get_nothing(struct msg *m) { command(m, CBREAK_CMD_RULE_GET, 0); }
static void del_nothing(struct msg *m) { command(m, CBREAK_CMD_RULE_DEL, 0); }
static void del_more(struct msg *m)
{
	command(m, CBREAK_CMD_RULE_DEL, 0);
	msg_put_str(m, NAME, "db");
	blame(m);
	msg_put_u32(m, CBREAK_A_RULE_PRIO, 0);
}

static void trip_nothing(struct msg *m)
{
	command(m, CBREAK_CMD_BREAKER_TRIP, 0);
	msg_put_str(m, CBREAK_A_BREAKER_RULE, "db");
}

static void trip_odd(struct msg *m)
{
	trip_nothing(m);
	msg_put_u16(m, CBREAK_A_BREAKER_PORT, 80);
	blame(m);
	msg_put(m, CBREAK_A_BREAKER_ADDR, bytes, 7);
}

static void reset_half(struct msg *m)
{
	command(m, CBREAK_CMD_BREAKER_RESET, 0);
	msg_put_str(m, CBREAK_A_BREAKER_RULE, "db");
	msg_put_u16(m, CBREAK_A_BREAKER_PORT, 80);
}

static void stats_more(struct msg *m)
{
	command(m, CBREAK_CMD_STATS_GET, 0);
	blame(m);
	msg_put_u32(m, CBREAK_A_STATS_RULES, 0);
}

static void stats_pad(struct msg *m)
{
	command(m, CBREAK_CMD_STATS_GET, 0);
	blame(m);
	msg_put(m, CBREAK_A_STATS_PAD, NULL, 0);
}

/* As large as a message can be, and bad at its very end. */
static void huge(struct msg *m)
{
	rule_new(m);
	while (m->len + 16 < sizeof(m->buf))
		msg_put_u32(m, CBREAK_A_RULE_MIN_SAMPLES, 7);
	blame(m);
	msg_put_u32(m, 99, 0);
}

static const struct {
	const char *what;
	void (*build)(struct msg *m);
	int error;
} cases[] = {
	{ "no name", no_name, EINVAL },
	{ "a name without its zero", name_unterminated, EINVAL },
	{ "an empty name", name_empty, EINVAL },
	{ "a name of no bytes", name_nothing, EINVAL },
	{ "a name of 32 letters", name_long, EINVAL },
	{ "a name of 30000 bytes", name_huge, EINVAL },
	{ "an attribute of the future", attr_future, EINVAL },
	{ "an attribute of replies", attr_reply, EINVAL },
	{ "a nest of replies", attr_nest, EINVAL },
	{ "the attribute id", attr_id, EINVAL },
	{ "an attribute of type 0", attr_zero, EINVAL },
	{ "a u32 of 3 bytes", u32_short, EINVAL },
	{ "a u32 of 8 bytes", u32_long, EINVAL },
	{ "a u32 of no bytes", u32_empty, EINVAL },
	{ "a u16 of 4 bytes", u16_long, EINVAL },
	{ "a u8 of 4 bytes", u8_long, EINVAL },
	{ "a destination of no bytes", dst_0, EINVAL },
	{ "a destination of 3 bytes", dst_3, EINVAL },
	{ "a destination of 5 bytes", dst_5, EINVAL },
	{ "a destination of 15 bytes", dst_15, EINVAL },
	{ "a destination of 17 bytes", dst_17, ERANGE },
	{ "a prefix length without destination", dst_len_alone, EINVAL },
	{ "a last port without a first", port_max_alone, EINVAL },
	{ "no kind in on", on_nothing, EINVAL },
	{ "success in on", on_success, EINVAL },
	{ "a kind of the future in on", on_future, EINVAL },
	{ "the flag of nests on a number", nested_flag, EINVAL },
	{ "nested garbage", nested_garbage, EINVAL },
	{ "bytes left over", leftover, EINVAL },
	{ "the last attribute cut", attr_cut, EINVAL },
	{ "an attribute longer than the message", attr_overlong, EINVAL },
	{ "an attribute shorter than its header", attr_tiny, EINVAL },
	{ "no generic netlink header", no_genl, EINVAL },
	{ "half a generic netlink header", half_genl, EINVAL },
	{ "command 0", cmd_0, EOPNOTSUPP },
	{ "the command of an event", cmd_ntf, EOPNOTSUPP },
	{ "command 200", cmd_200, EOPNOTSUPP },
	{ "a dump of stats", dump_stats, EOPNOTSUPP },
	{ "rule-new as a dump", dump_new, EOPNOTSUPP },
	{ "breaker-trip as a dump", dump_trip, EOPNOTSUPP },
	{ "an unknown attribute in a dump", dump_unknown, EINVAL },
	{ "a dump of breakers by address", dump_by_addr, EINVAL },
	{ "a dump of breakers of no rule", dump_no_rule, ENOENT },
	{ "rule-get of nothing", get_nothing, EINVAL },
	{ "rule-del of nothing", del_nothing, EINVAL },
	{ "rule-del with a parameter", del_more, EINVAL },
	{ "breaker-trip of nothing", trip_nothing, EINVAL },
	{ "breaker-trip of 7 bytes", trip_odd, EINVAL },
	{ "breaker-reset of half a key", reset_half, EINVAL },
	{ "stats-get with a counter", stats_more, EINVAL },
	{ "stats-get with padding", stats_pad, EINVAL },
	{ "64 KiB with an unknown attribute at the end", huge, EINVAL },
};

static struct answer before, after;

static bool same_rules(int fd)
{
	dump_rules(fd, &after);
	return before.dump_len == after.dump_len &&
	       !memcmp(before.dump, after.dump, after.dump_len);
}

/* A blamed attribute goes with an explanation. */
static bool is_right(const struct answer *a, int error)
{
	if (!a->acked || a->error != error)
		return false;
	return !blamed || (a->offset == blamed && a->text[0]);
}

static bool run(int fd, unsigned int i)
{
	static struct msg m;
	struct answer a = { 0 };
	bool same;
	int err;

	blamed = 0;
	cases[i].build(&m);
	err = raw_ask(fd, &m, &a);
	same = same_rules(fd);
	if (!err && same && is_right(&a, cases[i].error)) {
		printf("ok %s\n", cases[i].what);
		return true;
	}
	printf("not ok %s: want %s at %d, got ", cases[i].what,
	       strerrorname_np(cases[i].error), blamed);
	if (err)
		printf("%s from send", strerrorname_np(err));
	else if (!a.acked)
		printf("no answer");
	else
		printf("errno %d at %d, \"%s\"", a.error, a.offset, a.text);
	puts(same ? "" : ", and rules changed");
	return false;
}

int main(int argc, char **argv)
{
	unsigned int i;
	bool good = true;
	int fd;

	if (argc != 2) {
		fputs("usage: nl_malformed NETNS\n", stderr);
		return 2;
	}
	fd = raw_open_in(argv[1]);
	before.dump = malloc(DUMP_MAX);
	after.dump = malloc(DUMP_MAX);
	dump_rules(fd, &before);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		good &= run(fd, i);
	return !good;
}
