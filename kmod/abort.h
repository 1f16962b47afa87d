/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_ABORT_H
#define _CBREAK_ABORT_H

struct cbreak_net;

void cbreak_abort_init(struct cbreak_net *cn);
void cbreak_abort_start(struct cbreak_net *cn);
void cbreak_abort_forbid(struct cbreak_net *cn);
void cbreak_abort_stop(struct cbreak_net *cn);

#endif /* _CBREAK_ABORT_H */
