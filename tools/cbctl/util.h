/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CBCTL_UTIL_H
#define CBCTL_UTIL_H

/* The kernel's names for what every file wants. */
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define __printf(fmt, args)	__attribute__((		\
					format(printf, fmt, args)))

#endif /* CBCTL_UTIL_H */
