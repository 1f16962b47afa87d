/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink without a library, for programs that must be able to send
 * what no library would: messages are bytes in a buffer, and what was wrong
 * with one is a struct answer.
 */
#ifndef NL_RAW_H
#define NL_RAW_H

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/cbreak.h>

#define MSG_MAX		65536
#define DUMP_MAX	(1024 * 1024)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/**
 * struct msg - a request
 * @len: bytes to send; the length in the header is the same unless changed
 * @buf: the bytes
 */
struct msg {
	unsigned int len;
	char buf[MSG_MAX] __attribute__((aligned(8)));
};

/**
 * struct answer - what the kernel answered
 * @acked: there was an NLMSG_ERROR or NLMSG_DONE
 * @error: its errno, 0 for success
 * @offset: NLMSGERR_ATTR_OFFS, -1 if there was none
 * @text: NLMSGERR_ATTR_MSG, empty if there was none
 * @messages: other messages, the replies
 * @interrupted: one of them had NLM_F_DUMP_INTR
 * @dump: replies one after another, for those who want them
 * @dump_len: their length
 */
struct answer {
	int acked;
	int error;
	int offset;
	char text[160];
	unsigned int messages;
	int interrupted;
	char *dump;
	unsigned int dump_len;
};

static uint16_t family;
static uint32_t sequence;

static inline void die(const char *what)
{
	perror(what);
	exit(2);
}

static inline struct nlmsghdr *msg_header(struct msg *m)
{
	return (struct nlmsghdr *)m->buf;
}

static inline void msg_init(struct msg *m, uint16_t type, uint8_t cmd,
			    uint16_t flags)
{
	struct nlmsghdr *nlh = msg_header(m);
	struct genlmsghdr *genl = NLMSG_DATA(nlh);

	m->len = NLMSG_LENGTH(GENL_HDRLEN);
	memset(m->buf, 0, m->len);
	nlh->nlmsg_len = m->len;
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = ++sequence;
	genl->cmd = cmd;
	genl->version = CBREAK_FAMILY_VERSION;
}

static inline void msg_put(struct msg *m, uint16_t type, const void *data,
			   unsigned int len)
{
	struct nlattr *attr = (struct nlattr *)(m->buf + m->len);

	if (m->len + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(m->buf))
		die("message too long");
	memset(attr, 0, NLA_HDRLEN + NLA_ALIGN(len));
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)attr + NLA_HDRLEN, data, len);
	m->len += NLA_HDRLEN + NLA_ALIGN(len);
	msg_header(m)->nlmsg_len = m->len;
}

static inline void msg_put_u32(struct msg *m, uint16_t type, uint32_t value)
{
	msg_put(m, type, &value, sizeof(value));
}

static inline void msg_put_u16(struct msg *m, uint16_t type, uint16_t value)
{
	msg_put(m, type, &value, sizeof(value));
}

static inline void msg_put_u8(struct msg *m, uint16_t type, uint8_t value)
{
	msg_put(m, type, &value, sizeof(value));
}

static inline void msg_put_str(struct msg *m, uint16_t type, const char *value)
{
	msg_put(m, type, value, strlen(value) + 1);
}

static inline int raw_open(void)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK };
	int size = DUMP_MAX;
	int one = 1;
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (fd < 0 || bind(fd, (void *)&local, sizeof(local)))
		die("netlink socket");
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static inline void answer_error(struct answer *a, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = NLMSG_DATA(nlh);
	const struct nlattr *attr;
	unsigned int at;

	a->acked = 1;
	a->error = -err->error;
	at = NLMSG_HDRLEN + (nlh->nlmsg_type == NLMSG_DONE ?
			     sizeof(int) : sizeof(*err));
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	while (at + NLA_HDRLEN <= nlh->nlmsg_len) {
		attr = (void *)((char *)nlh + at);
		if (attr->nla_len < NLA_HDRLEN)
			break;
		if ((attr->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			snprintf(a->text, sizeof(a->text), "%s",
				 (char *)attr + NLA_HDRLEN);
		if ((attr->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_OFFS)
			memcpy(&a->offset, (char *)attr + NLA_HDRLEN, 4);
		at += NLA_ALIGN(attr->nla_len);
	}
}

/* Takes one datagram apart. */
static inline void answer_parse(struct answer *a, char *buf, ssize_t n)
{
	struct nlmsghdr *nlh = (void *)buf;
	struct nlmsghdr *copy;
	unsigned int left = n;

	for (; NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left)) {
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			a->interrupted = 1;
		if (nlh->nlmsg_type == NLMSG_ERROR ||
		    nlh->nlmsg_type == NLMSG_DONE) {
			answer_error(a, nlh);
			continue;
		}
		a->messages++;
		if (!a->dump)
			continue;
		if (a->dump_len + NLMSG_ALIGN(nlh->nlmsg_len) > DUMP_MAX)
			die("dump too long");
		memcpy(a->dump + a->dump_len, nlh, nlh->nlmsg_len);
		/* So that two dumps of the same compare equal. */
		copy = (struct nlmsghdr *)(a->dump + a->dump_len);
		copy->nlmsg_seq = 0;
		copy->nlmsg_pid = 0;
		copy->nlmsg_flags = 0;
		a->dump_len += NLMSG_ALIGN(nlh->nlmsg_len);
	}
}

static inline void answer_init(struct answer *a)
{
	char *dump = a->dump;

	memset(a, 0, sizeof(*a));
	a->offset = -1;
	a->dump = dump;
}

/* Requests are handled while they are sent, so answers are there already. */
static inline void raw_receive(int fd, struct answer *a)
{
	static char buf[MSG_MAX] __attribute__((aligned(8)));
	ssize_t n;

	for (;;) {
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			die("recv");
		answer_parse(a, buf, n);
	}
}

/* 0, or the errno of a message that could not even be sent. */
static inline int raw_send(int fd, const struct msg *m)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (sendto(fd, m->buf, m->len, 0, (void *)&kernel, sizeof(kernel)) < 0)
		return errno;
	return 0;
}

static inline int raw_ask(int fd, const struct msg *m, struct answer *a)
{
	int err;

	answer_init(a);
	err = raw_send(fd, m);
	if (!err)
		raw_receive(fd, a);
	return err;
}

static inline void find_family(int fd)
{
	static struct msg m;
	struct answer a = { .dump = malloc(DUMP_MAX) };
	const struct nlattr *attr;
	unsigned int at;

	msg_init(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	msg_put_str(&m, CTRL_ATTR_FAMILY_NAME, CBREAK_FAMILY_NAME);
	if (raw_ask(fd, &m, &a) || !a.messages) {
		fprintf(stderr, "there is no family %s\n", CBREAK_FAMILY_NAME);
		exit(2);
	}
	at = NLMSG_LENGTH(GENL_HDRLEN);
	while (at + NLA_HDRLEN <= a.dump_len) {
		attr = (void *)(a.dump + at);
		if (attr->nla_type == CTRL_ATTR_FAMILY_ID)
			memcpy(&family, (char *)attr + NLA_HDRLEN, 2);
		at += NLA_ALIGN(attr->nla_len);
	}
	free(a.dump);
}

/* A socket in the network namespace of that name. */
static inline int raw_open_in(const char *netns)
{
	char path[256];
	int ns, fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		die(path);
	close(ns);
	fd = raw_open();
	find_family(fd);
	return fd;
}

/* All rules; @a->dump is there. */
static inline void dump_rules(int fd, struct answer *a)
{
	static struct msg m;

	msg_init(&m, family, CBREAK_CMD_RULE_GET, NLM_F_DUMP);
	if (raw_ask(fd, &m, a) || !a->acked || a->error)
		die("cannot dump the rules");
}

#endif /* NL_RAW_H */
