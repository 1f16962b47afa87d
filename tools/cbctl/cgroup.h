/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CBCTL_CGROUP_H
#define CBCTL_CGROUP_H

const char *cgroup_open(const char *path, int *fd);

#endif /* CBCTL_CGROUP_H */
