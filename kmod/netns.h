/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_NETNS_H
#define _CBREAK_NETNS_H

int cbreak_netns_register(void);
void cbreak_netns_unregister(void);

#endif /* _CBREAK_NETNS_H */
