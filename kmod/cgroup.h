/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_CGROUP_H
#define _CBREAK_CGROUP_H

#include <linux/err.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct cgroup;
struct sock;

/* Longest path, without its terminating zero. */
#define CBREAK_CGROUP_PATH_MAX	1023

/**
 * struct cbreak_cgroup - a cgroup that a rule asks for
 * @cgrp: the cgroup, referenced
 * @refcnt: of this structure
 * @path: its path when it was named, seen from the namespace of who named it
 */
struct cbreak_cgroup {
	struct cgroup *cgrp;
	refcount_t refcnt;
	char path[];
};

#ifdef CONFIG_SOCK_CGROUP_DATA
struct cbreak_cgroup *cbreak_cgroup_open(int fd);
struct cbreak_cgroup *cbreak_cgroup_get(struct cbreak_cgroup *cgroup);
void cbreak_cgroup_put(struct cbreak_cgroup *cgroup);
u64 cbreak_cgroup_id(const struct cbreak_cgroup *cgroup);
unsigned int cbreak_cgroup_level(const struct cbreak_cgroup *cgroup);
bool cbreak_cgroup_is_deleted(const struct cbreak_cgroup *cgroup);
u8 cbreak_cgroup_ids(struct sock *sk, u64 *ids, u8 depth);
#else
static inline struct cbreak_cgroup *cbreak_cgroup_open(int fd)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline struct cbreak_cgroup *
cbreak_cgroup_get(struct cbreak_cgroup *cgroup)
{
	return cgroup;
}

static inline void cbreak_cgroup_put(struct cbreak_cgroup *cgroup)
{
}

static inline u64 cbreak_cgroup_id(const struct cbreak_cgroup *cgroup)
{
	return 0;
}

static inline unsigned int
cbreak_cgroup_level(const struct cbreak_cgroup *cgroup)
{
	return 0;
}

static inline bool cbreak_cgroup_is_deleted(const struct cbreak_cgroup *cgroup)
{
	return false;
}

static inline u8 cbreak_cgroup_ids(struct sock *sk, u64 *ids, u8 depth)
{
	return 0;
}
#endif

#endif /* _CBREAK_CGROUP_H */
