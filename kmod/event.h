/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_EVENT_H
#define _CBREAK_EVENT_H

#include <linux/types.h>

struct cbreak_dest;
struct cbreak_dests;
struct cbreak_guard_view;
struct cbreak_rule;
struct cbreak_transition;
struct genl_family;

void cbreak_event_start(const struct genl_family *family);
void cbreak_event_stop(void);
void cbreak_event_state(struct cbreak_dest *dest,
			const struct cbreak_transition *tr);
void cbreak_event_guard(struct cbreak_dests *dests, u8 cmd,
			const struct cbreak_guard_view *view);
void cbreak_event_rule(struct cbreak_rule *rule, u8 cmd);

#endif /* _CBREAK_EVENT_H */
