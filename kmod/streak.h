/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CBREAK_STREAK_H
#define _CBREAK_STREAK_H

#include <linux/atomic.h>
#include <linux/types.h>

void cbreak_streak_count(atomic_t *streak, u32 gen, bool failed);
u32 cbreak_streak_read(const atomic_t *streak, u32 gen);

#endif /* _CBREAK_STREAK_H */
