/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_HOOK_H
#define _CBREAK_HOOK_H

struct cbreak_net;

int cbreak_hook_start(struct cbreak_net *cn);
void cbreak_hook_stop(struct cbreak_net *cn);

#endif /* _CBREAK_HOOK_H */
