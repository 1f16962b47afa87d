/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_EVENT_H
#define _CBREAK_EVENT_H

#include <linux/types.h>

struct cbreak_dest;
struct cbreak_rule;
struct cbreak_transition;
struct genl_family;

void cbreak_event_start(const struct genl_family *family);
void cbreak_event_stop(void);
void cbreak_event_state(struct cbreak_dest *dest,
			const struct cbreak_transition *tr);
void cbreak_event_rule(struct cbreak_rule *rule, u8 cmd);

#endif /* _CBREAK_EVENT_H */
