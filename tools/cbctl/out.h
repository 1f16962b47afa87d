/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CBCTL_OUT_H
#define CBCTL_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parse.h"
#include "util.h"

/* Digits behind the point of a ratio. */
#define RATIO_DECIMALS	6

/* Room for any single formatted value. */
#define OUT_VALUE_LEN	80

void out_init(bool json, bool pretty);
int out_flush(void);

/* A list of objects, or objects that come one by one. */
void out_list_begin(void);
void out_list_end(int status);
void out_begin(void);
void out_end(void);
void out_nest_begin(const char *name);
void out_nest_end(void);

/* "name value" in text, "name": value in JSON. */
void out_string(const char *name, const char *value);
void out_number(const char *name, uint64_t value);
void out_ratio(const char *name, uint32_t ppm);
void out_time(const char *name, uint64_t ms);
void out_elapsed(const char *name, uint64_t ms);

/* A set: a list of words. */
void out_words_begin(const char *name);
void out_words_add(const char *word);
void out_words_flags(const struct names *names, uint32_t mask);
void out_words_end(const char *name);

/* The value alone in text. */
void out_bare(const char *name, const char *value);

/* For one of the two only. */
void out_text(const char *fmt, ...) __printf(1, 2);
void out_text_break(void);
void out_json_string(const char *name, const char *value);
void out_json_bool(const char *name, bool value);
void out_json_number(const char *name, uint64_t value);

/* Values as text; each returns @buf, OUT_VALUE_LEN bytes. */
char *out_format_ratio(char *buf, uint32_t ppm);
char *out_format_time(char *buf, uint64_t ms);
char *out_format_elapsed(char *buf, uint64_t ms);
char *out_format_enum(char *buf, const struct names *names, unsigned int value);
char *out_format_addr(char *buf, const struct addr *addr);
char *out_format_fwmark(char *buf, uint32_t mark, uint32_t mask);
char *out_format_prefix(char *buf, const struct addr *addr, unsigned int len);
char *out_format_endpoint(char *buf, const struct addr *addr, uint16_t port);

#endif /* CBCTL_OUT_H */
