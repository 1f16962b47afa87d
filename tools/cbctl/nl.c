// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: one socket, one request at a time. Nothing else in cbctl
 * but nl_attr.c knows of libmnl.
 *
 * The socket is opened by the first request, so that wrong usage is reported
 * as such when the module is not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <linux/cbreak.h>

#include "cbctl.h"
#include "nl.h"

#define NETNS_DIR	"/run/netns/"
/* The largest request is a rule with every parameter. */
#define REQUEST_LEN	1024
/* The kernel fills a dump's messages up to 32 KiB if the buffer takes them. */
#define ANSWER_LEN	32768
/* Room for some thousand events while a reader is slow. */
#define EVENTS_RCVBUF	(1024 * 1024)

/**
 * struct nl - the socket and what goes over it
 * @netns: name or path of the network namespace to ask, or NULL
 * @sock: the socket, or NULL
 * @family: number of the family
 * @events: number of the multicast group
 * @seq: number of the last request
 * @overflow: an attribute did not fit @request
 * @end: the message in @answer that ended the last request
 * @request: the request; of words, as messages are aligned to them
 * @answer: one datagram from the kernel; likewise
 */
struct nl {
	const char *netns;
	struct mnl_socket *sock;
	uint16_t family;
	uint32_t events;
	uint32_t seq;
	bool overflow;
	const struct nlmsghdr *end;
	uint32_t request[REQUEST_LEN / sizeof(uint32_t)];
	uint32_t answer[ANSWER_LEN / sizeof(uint32_t)];
};

static struct nl nl;

static int local_error(const char *what)
{
	fprintf(stderr, "cbctl: %s: %s\n", what, strerror(errno));
	return CBCTL_ERROR;
}

/* Unknown types and those of no use are skipped: kernels get newer. */
static int collect_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **tb = data;

	if (mnl_attr_get_type(attr) < NL_ATTRS)
		tb[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static void deliver(const struct nlmsghdr *nlh, nl_cb cb, void *data)
{
	const struct genlmsghdr *genlh = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[NL_ATTRS] = { NULL };

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*genlh))
		return;
	mnl_attr_parse(nlh, sizeof(*genlh), collect_attr, tb);
	if (cb)
		cb(genlh->cmd, tb, data);
}

/* Sends a request and takes all of its answers; the last one is nl.end. */
static int transact(struct nlmsghdr *nlh, nl_cb cb, void *data)
{
	bool interrupted = false;
	const struct nlmsghdr *msg;
	ssize_t n;
	int len;

	nlh->nlmsg_seq = ++nl.seq;
	if (mnl_socket_sendto(nl.sock, nlh, nlh->nlmsg_len) < 0)
		return local_error("cannot send to the kernel");
	nl.end = NULL;
	while (!nl.end) {
		n = mnl_socket_recvfrom(nl.sock, nl.answer, sizeof(nl.answer));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return local_error("cannot receive from the kernel");
		len = n;
		for (msg = (void *)nl.answer; mnl_nlmsg_ok(msg, len) && !nl.end;
		     msg = mnl_nlmsg_next(msg, &len)) {
			if (!mnl_nlmsg_seq_ok(msg, nlh->nlmsg_seq))
				continue;
			interrupted |= msg->nlmsg_flags & NLM_F_DUMP_INTR;
			if (msg->nlmsg_type == NLMSG_ERROR ||
			    msg->nlmsg_type == NLMSG_DONE)
				nl.end = msg;
			else if (msg->nlmsg_type >= NLMSG_MIN_TYPE)
				deliver(msg, cb, data);
		}
	}
	if (interrupted)
		fputs("Dump was interrupted and may be inconsistent.\n",
		      stderr);
	return CBCTL_OK;
}

/* The error that ended the last request, as a positive errno. */
static int end_errno(void)
{
	int32_t error;

	/* Both struct nlmsgerr and a dump's end begin with it. */
	if (mnl_nlmsg_get_payload_len(nl.end) < sizeof(error))
		return nl.end->nlmsg_type == NLMSG_ERROR ? EBADMSG : 0;
	memcpy(&error, mnl_nlmsg_get_payload(nl.end), sizeof(error));
	return -error;
}

/* Where the extended acknowledgment begins in the payload of nl.end. */
static size_t end_extack_offset(void)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nl.end);

	if (nl.end->nlmsg_type == NLMSG_DONE)
		return sizeof(err->error);
	/* A kernel that cannot cap sends the whole request back. */
	if (nl.end->nlmsg_flags & NLM_F_CAPPED)
		return sizeof(*err);
	return sizeof(err->error) + err->msg.nlmsg_len;
}

/* The name of the attribute at @offset of the request, or NULL. */
static const char *attr_name(const struct nlmsghdr *request,
			     const struct names *attrs, uint32_t offset)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, request, sizeof(struct genlmsghdr))
		if ((const char *)attr == (const char *)request + offset)
			return names_get(attrs, mnl_attr_get_type(attr));
	return NULL;
}

/* Tells the user what the kernel answered and makes it an exit status. */
static int report(const struct nlmsghdr *request, const struct names *attrs)
{
	const struct nlattr *tb[NL_ATTRS] = { NULL };
	const char *text = NULL;
	const char *name = NULL;
	int err = end_errno();
	size_t len;

	if (nl.end->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_parse(nl.end, end_extack_offset(), collect_attr, tb);
	if (tb[NLMSGERR_ATTR_MSG])
		text = nl_str(tb[NLMSGERR_ATTR_MSG]);
	if (tb[NLMSGERR_ATTR_OFFS])
		name = attr_name(request, attrs,
				 nl_uint(tb[NLMSGERR_ATTR_OFFS]));
	if (!err && !text)
		return CBCTL_OK;
	if (!text)
		text = strerror(err);
	len = strlen(text);
	if (len && text[len - 1] == '.')
		len--;
	fprintf(stderr, "%s: %.*s", err ? "Error" : "Warning", (int)len, text);
	if (name)
		fprintf(stderr, " (%s)", name);
	fputs(".\n", stderr);
	return err ? CBCTL_REFUSED : CBCTL_OK;
}

static int enter_netns(void)
{
	char path[4096];
	int fd, ret;

	if (!nl.netns)
		return CBCTL_OK;
	ret = snprintf(path, sizeof(path), "%s%s",
		       strchr(nl.netns, '/') ? "" : NETNS_DIR, nl.netns);
	if (ret >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return local_error("network namespace");
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr,
			"cbctl: cannot open network namespace \"%s\": %s\n",
			nl.netns, strerror(errno));
		return CBCTL_ERROR;
	}
	ret = CBCTL_OK;
	if (setns(fd, CLONE_NEWNET))
		ret = local_error("cannot enter the network namespace");
	close(fd);
	return ret;
}

static int open_socket(void)
{
	int one = 1;

	nl.sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl.sock || mnl_socket_bind(nl.sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return local_error("cannot open a netlink socket");
	/* Without these errors are terse and checks lax, no more than that. */
	mnl_socket_setsockopt(nl.sock, NETLINK_CAP_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl.sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl.sock, NETLINK_GET_STRICT_CHK, &one,
			      sizeof(one));
	return CBCTL_OK;
}

static void take_group(const struct nlattr *group)
{
	const struct nlattr *tb[NL_ATTRS];

	nl_nest(group, tb);
	if (tb[CTRL_ATTR_MCAST_GRP_NAME] && tb[CTRL_ATTR_MCAST_GRP_ID] &&
	    !strcmp(nl_str(tb[CTRL_ATTR_MCAST_GRP_NAME]), CBREAK_MCGRP_EVENTS))
		nl.events = nl_uint(tb[CTRL_ATTR_MCAST_GRP_ID]);
}

static void take_family(uint8_t cmd, const struct nlattr **tb, void *data)
{
	const struct nlattr *group;

	(void)cmd;
	(void)data;
	if (tb[CTRL_ATTR_FAMILY_ID])
		nl.family = nl_uint(tb[CTRL_ATTR_FAMILY_ID]);
	if (!tb[CTRL_ATTR_MCAST_GROUPS])
		return;
	mnl_attr_for_each_nested(group, tb[CTRL_ATTR_MCAST_GROUPS])
		take_group(group);
}

static void put_header(struct nlmsghdr *nlh, uint16_t type, uint8_t cmd,
		       uint8_t version, uint16_t flags)
{
	struct genlmsghdr *genlh;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	genlh = mnl_nlmsg_put_extra_header(nlh, sizeof(*genlh));
	genlh->cmd = cmd;
	genlh->version = version;
}

static int find_family(void)
{
	uint32_t buf[64];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	static const struct names no_names;

	put_header(nlh, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, CBREAK_FAMILY_NAME);
	if (transact(nlh, take_family, NULL))
		return CBCTL_ERROR;
	if (end_errno() == ENOENT) {
		fputs("cbreak: the kernel module is not loaded (family \""
		      CBREAK_FAMILY_NAME "\" not found)\n", stderr);
		return CBCTL_REFUSED;
	}
	return report(nlh, &no_names);
}

static int open_family(void)
{
	int ret;

	if (nl.sock)
		return CBCTL_OK;
	ret = enter_netns();
	if (!ret)
		ret = open_socket();
	if (!ret)
		ret = find_family();
	return ret;
}

/**
 * nl_init() - set the network namespace to ask
 * @netns: its name under /run/netns, its path, or NULL for the present one
 */
void nl_init(const char *netns)
{
	nl.netns = netns;
}

/**
 * nl_close() - close the socket, if there is one
 */
void nl_close(void)
{
	if (nl.sock)
		mnl_socket_close(nl.sock);
	nl.sock = NULL;
}

/**
 * nl_begin() - begin a request
 * @cmd: enum cbreak_cmd
 * @flags: NLM_F_*, besides NLM_F_REQUEST and NLM_F_ACK
 *
 * Return: the request, valid until the next one.
 */
struct nlmsghdr *nl_begin(uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl.request);

	nl.overflow = false;
	/* The number of the family is not known yet. */
	put_header(nlh, 0, cmd, CBREAK_FAMILY_VERSION, flags);
	return nlh;
}

/**
 * nl_put() - add an attribute
 * @nlh: the request
 * @type: its type
 * @value: its value, in the form that the kernel takes
 * @len: length of @value in bytes
 */
void nl_put(struct nlmsghdr *nlh, uint16_t type, const void *value, size_t len)
{
	if (!mnl_attr_put_check(nlh, sizeof(nl.request), type, len, value))
		nl.overflow = true;
}

/**
 * nl_put_str() - add a string
 * @nlh: the request
 * @type: its type
 * @value: the string
 */
void nl_put_str(struct nlmsghdr *nlh, uint16_t type, const char *value)
{
	nl_put(nlh, type, value, strlen(value) + 1);
}

/**
 * nl_nest_begin() - what is put from here on is inside an attribute
 * @nlh: the request
 * @type: its type
 *
 * Return: what nl_nest_end() wants; NULL if there is no room.
 */
struct nlattr *nl_nest_begin(struct nlmsghdr *nlh, uint16_t type)
{
	struct nlattr *nest;

	nest = mnl_attr_nest_start_check(nlh, sizeof(nl.request), type);
	if (!nest)
		nl.overflow = true;
	return nest;
}

/**
 * nl_nest_end() - what is put from here on is outside again
 * @nlh: the request
 * @nest: what nl_nest_begin() returned
 */
void nl_nest_end(struct nlmsghdr *nlh, struct nlattr *nest)
{
	if (nest)
		mnl_attr_nest_end(nlh, nest);
}

/**
 * nl_do() - send a request, take the answers and report what went wrong
 * @nlh: the request
 * @attrs: names of its attributes, for errors that point at one
 * @cb: called for each answer, or NULL
 * @data: handed to @cb
 *
 * Return: an enum cbctl_status; unless it is CBCTL_OK the user was told.
 */
int nl_do(struct nlmsghdr *nlh, const struct names *attrs, nl_cb cb, void *data)
{
	int ret;

	if (nl.overflow)
		return usage_error("the arguments are too long");
	ret = open_family();
	if (ret)
		return ret;
	nlh->nlmsg_type = nl.family;
	ret = transact(nlh, cb, data);
	if (ret)
		return ret;
	return report(nlh, attrs);
}

/**
 * nl_join() - join the group of events
 * @fd: set to what becomes readable when there are events
 *
 * Return: an enum cbctl_status; unless it is CBCTL_OK the user was told.
 */
int nl_join(int *fd)
{
	int size = EVENTS_RCVBUF;
	int ret;

	ret = open_family();
	if (ret)
		return ret;
	*fd = mnl_socket_get_fd(nl.sock);
	/* Beyond the system's limit only with CAP_NET_ADMIN; either will do. */
	if (setsockopt(*fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(*fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (mnl_socket_setsockopt(nl.sock, NETLINK_ADD_MEMBERSHIP, &nl.events,
				  sizeof(nl.events)))
		return local_error("cannot join the group of events");
	return CBCTL_OK;
}

/**
 * nl_events() - receive the events that are there
 * @cb: called for each event
 * @data: handed to @cb
 *
 * Return: an enum cbctl_status; unless it is CBCTL_OK the user was told.
 */
int nl_events(nl_cb cb, void *data)
{
	const struct nlmsghdr *msg;
	ssize_t n;
	int len;

	n = mnl_socket_recvfrom(nl.sock, nl.answer, sizeof(nl.answer));
	if (n < 0 && errno == EINTR)
		return CBCTL_OK;
	if (n < 0 && errno == ENOBUFS) {
		fputs("cbctl: events were lost: they came faster than they could be read\n",
		      stderr);
		return CBCTL_OK;
	}
	if (n <= 0)
		return local_error("cannot receive from the kernel");
	len = n;
	for (msg = (void *)nl.answer; mnl_nlmsg_ok(msg, len);
	     msg = mnl_nlmsg_next(msg, &len))
		if (msg->nlmsg_type == nl.family)
			deliver(msg, cb, data);
	return CBCTL_OK;
}

/**
 * nl_nest() - the attributes inside another
 * @attr: the attribute
 * @tb: filled with them by type, NULL where absent; NL_ATTRS of them
 */
void nl_nest(const struct nlattr *attr, const struct nlattr **tb)
{
	memset(tb, 0, NL_ATTRS * sizeof(*tb));
	mnl_attr_parse_nested(attr, collect_attr, tb);
}
