// SPDX-License-Identifier: GPL-2.0
/*
 * Words for the kernel's numbers, and back.
 */
#include <string.h>

#include <linux/cbreak.h>

#include "parse.h"
#include "util.h"

static const char *const states[] = {
	[CBREAK_STATE_PASSING]		= "passing",
	[CBREAK_STATE_BROKEN]		= "broken",
	[CBREAK_STATE_RECOVERING]	= "recovering",
};

static const char *const kinds[] = {
	[CBREAK_KIND_SUCCESS]		= "success",
	[CBREAK_KIND_REFUSED]		= "refused",
	[CBREAK_KIND_TIMEOUT]		= "timeout",
	[CBREAK_KIND_UNREACHABLE]	= "unreachable",
	[CBREAK_KIND_SLOW]		= "slow",
	[CBREAK_KIND_RESET]		= "reset",
	[CBREAK_KIND_STALLED]		= "stalled",
};

static const char *const causes[] = {
	[CBREAK_CAUSE_RATIO]		= "ratio",
	[CBREAK_CAUSE_BROKEN_TIME]	= "broken-time",
	[CBREAK_CAUSE_RECOVERED]	= "recovered",
	[CBREAK_CAUSE_NOT_RECOVERED]	= "not-recovered",
	[CBREAK_CAUSE_TRIP]		= "trip",
	[CBREAK_CAUSE_RESET]		= "reset",
	[CBREAK_CAUSE_CONSECUTIVE]	= "consecutive",
	[CBREAK_CAUSE_ISOLATE]		= "isolate",
	[CBREAK_CAUSE_BYPASS]		= "bypass",
};

static const char *const modes[] = {
	[CBREAK_MODE_ENFORCE]		= "enforce",
	[CBREAK_MODE_OBSERVE]		= "observe",
	[CBREAK_MODE_NEVER]		= "never",
};

static const char *const hooks[] = {
	[CBREAK_HOOK_OUTPUT]		= "output",
	[CBREAK_HOOK_FORWARD]		= "forward",
};

static const char *const rejects[] = {
	[CBREAK_REJECT_RESET]		= "reset",
	[CBREAK_REJECT_ICMP]		= "icmp",
	[CBREAK_REJECT_DROP]		= "drop",
};

static const char *const key_types[] = {
	[CBREAK_KEY_TYPE_ADDR_PORT]	= "addr+port",
	[CBREAK_KEY_TYPE_ADDR]		= "addr",
	[CBREAK_KEY_TYPE_PREFIX]	= "prefix",
	[CBREAK_KEY_TYPE_RULE]		= "rule",
};

static const char *const holds[] = {
	[CBREAK_HOLD_TRIP]		= "trip",
	[CBREAK_HOLD_RESET]		= "reset",
	[CBREAK_HOLD_ISOLATE]		= "isolate",
	[CBREAK_HOLD_BYPASS]		= "bypass",
};

static const char *const withhelds[] = {
	[CBREAK_WITHHELD_MAX_BROKEN]	= "max-broken",
	[CBREAK_WITHHELD_LOCAL_FAULT]	= "local-fault",
};

static const char *const switch_words[] = { "off", "on" };

const struct names parse_states = { states, ARRAY_SIZE(states) };
const struct names parse_kinds = { kinds, ARRAY_SIZE(kinds) };
const struct names parse_causes = { causes, ARRAY_SIZE(causes) };
const struct names parse_holds = { holds, ARRAY_SIZE(holds) };
const struct names parse_withhelds = { withhelds, ARRAY_SIZE(withhelds) };
const struct names parse_switch = { switch_words, ARRAY_SIZE(switch_words) };
const struct names parse_modes = { modes, ARRAY_SIZE(modes) };
const struct names parse_key_types = { key_types, ARRAY_SIZE(key_types) };
const struct names parse_hooks = { hooks, ARRAY_SIZE(hooks) };
const struct names parse_rejects = { rejects, ARRAY_SIZE(rejects) };

/**
 * names_get() - the word for a value
 * @names: the words
 * @value: the value, possibly of a newer kernel
 *
 * Return: the word, or NULL if there is none.
 */
const char *names_get(const struct names *names, unsigned int value)
{
	return value < names->n ? names->name[value] : NULL;
}

/* The value that is called by the @len bytes at @word. */
static bool find_name(const struct names *names, const char *word, size_t len,
		      unsigned int *value)
{
	unsigned int i;

	for (i = 0; i < names->n; i++) {
		if (!names->name[i] || strlen(names->name[i]) != len ||
		    memcmp(word, names->name[i], len))
			continue;
		*value = i;
		return true;
	}
	return false;
}

static bool wants_len(uint32_t type)
{
	return type == CBREAK_KEY_TYPE_PREFIX;
}

/**
 * parse_key() - what shares a breaker: addr+port, addr, prefix/LEN or rule
 * @word: the word
 * @key: set to what it says
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_key(const char *word, struct key *key)
{
	size_t end = strcspn(word, "/");
	uint32_t len = 0;

	*key = (struct key){ .has_len = word[end] };
	if (find_name(&parse_key_types, word, end, &key->type) &&
	    key->has_len == wants_len(key->type) &&
	    (!key->has_len ||
	     (!parse_number(word + end + 1, &len) && len <= UINT8_MAX))) {
		key->len = len;
		return NULL;
	}
	return "is not addr+port, addr, prefix/LEN or rule";
}

/**
 * parse_hook() - the name of a hook
 * @word: the word
 * @hook: set to the enum cbreak_hook
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_hook(const char *word, uint32_t *hook)
{
	if (find_name(&parse_hooks, word, strlen(word), hook))
		return NULL;
	return "is not output or forward";
}

/**
 * parse_mode() - the name of a mode
 * @word: the word
 * @mode: set to the enum cbreak_mode
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_mode(const char *word, uint32_t *mode)
{
	if (find_name(&parse_modes, word, strlen(word), mode))
		return NULL;
	return "is not enforce, observe or never";
}

/**
 * parse_reject() - the name of a way to reject
 * @word: the word
 * @reject: set to the enum cbreak_reject
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_reject(const char *word, uint32_t *reject)
{
	if (find_name(&parse_rejects, word, strlen(word), reject))
		return NULL;
	return "is not reset, icmp or drop";
}

/**
 * parse_on_off() - whether something is wanted
 * @word: the word
 * @on: set to 1 or 0
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_on_off(const char *word, uint32_t *on)
{
	if (find_name(&parse_switch, word, strlen(word), on))
		return NULL;
	return "is not on or off";
}

/**
 * parse_state() - the name of a state
 * @word: the word
 * @state: set to the enum cbreak_state
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_state(const char *word, uint8_t *state)
{
	unsigned int value;

	if (!find_name(&parse_states, word, strlen(word), &value))
		return "is not passing, broken or recovering";
	*state = value;
	return NULL;
}

/* Adds the kind called by the @len bytes at @word to @on. */
static bool add_kind(const char *word, size_t len, uint32_t *on)
{
	unsigned int kind;

	if (!find_name(&parse_kinds, word, len, &kind) ||
	    kind == CBREAK_KIND_SUCCESS)
		return false;
	*on |= UINT32_C(1) << kind;
	return true;
}

/* A number of at most 255 at *@word, which is moved beyond it. */
static bool take_byte(const char **word, uint8_t *byte)
{
	unsigned int value = 0;
	const char *c = *word;

	for (; *c >= '0' && *c <= '9' && value <= UINT8_MAX; c++)
		value = value * 10 + *c - '0';
	if (c == *word || value > UINT8_MAX)
		return false;
	*byte = value;
	*word = c;
	return true;
}

/* Adds the ICMP error icmp:TYPE/CODE or icmp6:TYPE/CODE. */
static bool add_icmp(const char *word, size_t len, struct on *on)
{
	const char *end = word + len;
	uint8_t type, code;
	bool v6 = false;

	if (strncmp(word, "icmp", 4))
		return false;
	word += 4;
	if (*word == '6') {
		v6 = true;
		word++;
	}
	if (*word++ != ':' || !take_byte(&word, &type) || *word++ != '/' ||
	    !take_byte(&word, &code) || word != end ||
	    on->nr_icmp == ON_ICMP_MAX)
		return false;
	on->icmp[on->nr_icmp].v6 = v6;
	on->icmp[on->nr_icmp].type = type;
	on->icmp[on->nr_icmp].code = code;
	on->nr_icmp++;
	return true;
}

/**
 * parse_on() - what counts: a list of KIND and icmp:TYPE/CODE, or "all"
 * @word: the word
 * @on: set to what it says
 *
 * Return: NULL or what is wrong with the word.
 */
const char *parse_on(const char *word, struct on *on)
{
	size_t len;

	*on = (struct on){ 0 };
	if (!strcmp(word, "all")) {
		on->kinds = CBREAK_ON_REFUSED | CBREAK_ON_TIMEOUT |
			    CBREAK_ON_UNREACHABLE | CBREAK_ON_SLOW |
			    CBREAK_ON_RESET | CBREAK_ON_STALLED;
		return NULL;
	}
	for (;;) {
		len = strcspn(word, ",");
		if (!add_kind(word, len, &on->kinds) &&
		    !add_icmp(word, len, on))
			return "is not all, or a list of kinds and ICMP codes: refused,icmp:3/1";
		word += len;
		if (!*word++)
			return NULL;
	}
}
