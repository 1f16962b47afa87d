/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CBCTL_TESTS_UNIT_H
#define CBCTL_TESTS_UNIT_H

#include <stdbool.h>

#include "util.h"

void expect(bool right, const char *fmt, ...) __printf(2, 3);

void test_number(void);
void test_ratio(void);
void test_time(void);
void test_on(void);
void test_on_many(void);
void test_state(void);
void test_names(void);
void test_format(void);
void test_addr(void);
void test_prefix(void);
void test_ports(void);
void test_uids(void);
void test_endpoint(void);
void test_dest(void);
void test_key(void);
void test_fwmark(void);
void test_round_trip_values(void);
void test_round_trip_addrs(void);
void test_time_against_naive(void);
void test_garbage(void);

#endif /* CBCTL_TESTS_UNIT_H */
