/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_HOOK_H
#define _CBREAK_HOOK_H

#include "uapi/linux/cbreak.h"

struct cbreak_net;
struct netlink_ext_ack;

int cbreak_hook_start(struct cbreak_net *cn, enum cbreak_hook hook,
		      struct netlink_ext_ack *extack);
void cbreak_hook_stop(struct cbreak_net *cn, enum cbreak_hook hook);
void cbreak_hook_stop_all(struct cbreak_net *cn);

#endif /* _CBREAK_HOOK_H */
