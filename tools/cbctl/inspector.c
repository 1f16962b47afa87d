// SPDX-License-Identifier: GPL-2.0
/*
 * The program that decides what counts: opened here, and handed to the kernel
 * as a descriptor, which proves that we may use it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/cbreak.h>

#include "nl.h"
#include "object.h"
#include "out.h"
#include "parse.h"

#define BY_ID	"id:"

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int open_path(const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	attr.file_flags = BPF_F_RDONLY;
	return sys_bpf(BPF_OBJ_GET, &attr);
}

static int open_id(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

/**
 * inspector_put() - name the program
 * @nlh: the request
 * @word: the path where it is pinned, its number after "id:", or "none"
 *
 * The descriptor stays open until cbctl ends, as the kernel looks it up when
 * the request is sent.
 *
 * Return: NULL or what is wrong with the word.
 */
const char *inspector_put(struct nlmsghdr *nlh, const char *word)
{
	static char text[128];
	const char *err;
	int32_t fd = -1;
	uint32_t id;

	if (!strncmp(word, BY_ID, strlen(BY_ID))) {
		err = parse_number(word + strlen(BY_ID), &id);
		if (err)
			return err;
		fd = open_id(id);
	} else if (strcmp(word, "none")) {
		fd = open_path(word);
	} else {
		nl_put(nlh, CBREAK_A_RULE_INSPECTOR_FD, &fd, sizeof(fd));
		return NULL;
	}
	if (fd < 0) {
		snprintf(text, sizeof(text), "cannot be opened: %s",
			 strerror(errno));
		return text;
	}
	nl_put(nlh, CBREAK_A_RULE_INSPECTOR_FD, &fd, sizeof(fd));
	return NULL;
}

/**
 * inspector_print() - print which program it is, so that it can be typed again
 * @name: what it is called
 * @id: the attribute with its number, or NULL if there is none
 */
void inspector_print(const char *name, const struct nlattr *id)
{
	if (!id)
		return out_text("%s none", name);
	out_json_number("inspector-id", nl_uint(id));
	out_text("%s " BY_ID "%u", name, (unsigned int)nl_uint(id));
}

/**
 * inspector_print_names() - print what else it is called
 * @name: the attribute with its name, or NULL
 * @tag: the attribute with the hash of its instructions, or NULL
 */
void inspector_print_names(const struct nlattr *name, const struct nlattr *tag)
{
	char hex[OUT_VALUE_LEN];

	if (!name || !tag)
		return;
	out_text_break();
	out_string("inspector-name", nl_str(name));
	out_string("inspector-tag", nl_hex(tag, hex, sizeof(hex)));
}
