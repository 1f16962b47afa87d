/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_LIMIT_H
#define _CBREAK_LIMIT_H

#include <linux/atomic.h>
#include <linux/types.h>

bool cbreak_limit_take(atomic_t *nr, u32 max);
void cbreak_limit_put(atomic_t *nr);

#endif /* _CBREAK_LIMIT_H */
