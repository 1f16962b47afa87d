// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: cgroups that rules ask for
 *
 * A cgroup is named by a file descriptor of its directory: who cannot open it
 * cannot name it, and no path has to be resolved here in the right namespace.
 * The reference is held as long as the rule is there. So a cgroup that was
 * deleted keeps its memory until then, but nothing else, and its number is
 * not given to another.
 *
 * A socket is in the cgroup in which its process was when it made it.
 */
#include <linux/cgroup.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "cgroup.h"

#ifdef CONFIG_SOCK_CGROUP_DATA

/* With its path, as the present process sees it. */
static struct cbreak_cgroup *make(struct cgroup *cgrp)
{
	struct cbreak_cgroup *cgroup;
	int len;

	/* One byte more, to notice a path that is too long on every kernel. */
	cgroup = kzalloc(sizeof(*cgroup) + CBREAK_CGROUP_PATH_MAX + 2,
			 GFP_KERNEL_ACCOUNT);
	if (!cgroup)
		return ERR_PTR(-ENOMEM);
	len = cgroup_path_ns(cgrp, cgroup->path, CBREAK_CGROUP_PATH_MAX + 2,
			     current->nsproxy->cgroup_ns);
	if (len < 0 || strlen(cgroup->path) > CBREAK_CGROUP_PATH_MAX) {
		kfree(cgroup);
		return ERR_PTR(-ENAMETOOLONG);
	}
	cgroup->cgrp = cgrp;
	refcount_set(&cgroup->refcnt, 1);
	return cgroup;
}

/**
 * cbreak_cgroup_open - the cgroup that a file descriptor is of
 * @fd: descriptor of the present process, of a directory of cgroup v2
 *
 * Context: process, may sleep.
 * Return: the cgroup, referenced; -EBADF if @fd is something else, -ENOENT or
 *	   -ENODEV if it is being deleted, -ENAMETOOLONG, -ENOMEM.
 */
struct cbreak_cgroup *cbreak_cgroup_open(int fd)
{
	struct cbreak_cgroup *cgroup;
	struct cgroup *cgrp;

	cgrp = cgroup_get_from_fd(fd);
	if (IS_ERR(cgrp))
		return ERR_CAST(cgrp);
	cgroup = make(cgrp);
	if (IS_ERR(cgroup))
		cgroup_put(cgrp);
	return cgroup;
}

/**
 * cbreak_cgroup_get - take another reference
 * @cgroup: the cgroup, or NULL
 *
 * Context: any.
 * Return: @cgroup.
 */
struct cbreak_cgroup *cbreak_cgroup_get(struct cbreak_cgroup *cgroup)
{
	if (cgroup)
		refcount_inc(&cgroup->refcnt);
	return cgroup;
}

/**
 * cbreak_cgroup_put - give a reference back
 * @cgroup: the cgroup, or NULL
 *
 * Context: any.
 */
void cbreak_cgroup_put(struct cbreak_cgroup *cgroup)
{
	if (!cgroup || !refcount_dec_and_test(&cgroup->refcnt))
		return;
	cgroup_put(cgroup->cgrp);
	kfree(cgroup);
}

/**
 * cbreak_cgroup_id - its number, never given to another one
 * @cgroup: the cgroup
 *
 * Context: any.
 * Return: the number, not 0.
 */
u64 cbreak_cgroup_id(const struct cbreak_cgroup *cgroup)
{
	return cgroup_id(cgroup->cgrp);
}

/**
 * cbreak_cgroup_level - how far is it from the root?
 * @cgroup: the cgroup
 *
 * Context: any.
 * Return: 0 for the root, whatever the namespace.
 */
unsigned int cbreak_cgroup_level(const struct cbreak_cgroup *cgroup)
{
	return cgroup->cgrp->level;
}

/**
 * cbreak_cgroup_is_deleted - is its directory gone?
 * @cgroup: the cgroup
 *
 * Sockets may outlive it, and are in it for ever.
 *
 * Context: any.
 * Return: whether it is.
 */
bool cbreak_cgroup_is_deleted(const struct cbreak_cgroup *cgroup)
{
	return !(READ_ONCE(cgroup->cgrp->self.flags) & CSS_ONLINE);
}

/**
 * cbreak_cgroup_ids - the cgroups that a socket is in
 * @sk: the socket, a full one
 * @ids: their numbers by level, the socket's own and its ancestors' but for
 *	 the root's
 * @depth: down to which level
 *
 * Context: any.
 * Return: the deepest level that was filled in, 0 if none was.
 */
u8 cbreak_cgroup_ids(struct sock *sk, u64 *ids, u8 depth)
{
	struct cgroup *cgrp = sock_cgroup_ptr(&sk->sk_cgrp_data);
	u8 level = min_t(int, cgrp->level, depth);

	for (; cgrp && cgrp->level > 0; cgrp = cgroup_parent(cgrp))
		if (cgrp->level <= level)
			ids[cgrp->level] = cgroup_id(cgrp);
	return level;
}

#endif /* CONFIG_SOCK_CGROUP_DATA */
