#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What cbctl -j prints is valid JSON with the documented keys and types, and
# says the same as the text; -p changes its form and nothing else.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"

# What the jq programs have in common. An object is compared by the words that
# cbctl would print for it.
# shellcheck disable=SC2016 # it is jq's
DEFS='
	def verdict: "\(if .[1] then "ok" else "not ok" end) \(.[0])";
	def is_int: type == "number" and . == floor and . >= 0;
	def ints($names): . as $o | all($names[]; $o[.] | is_int);
	def counter_names: ["admitted", "rejected", "would_reject",
			    "rejected_max_pending", "rejected_max_connections",
			    "success", "refused", "timeout", "unreachable",
			    "slow", "reset", "stalled", "late", "excused",
			    "withheld", "aborted"];
	def words($names):
		. as $o | [$names[] | "\(gsub("_"; "-")) \($o[.])"] | join(" ");
	def time: if . == 0 then "0s" elif . % 3600000 == 0 then "\(. / 3600000)h"
		elif . % 60000 == 0 then "\(. / 60000)m"
		elif . % 1000 == 0 then "\(. / 1000)s" else "\(.)ms" end;
	def times($names): . as $o | [$names[] |
		"\(.) \($o[gsub("-"; "_") + "_ms"] | time)"] | join(" ");
'

# judge NAME PROGRAM: each [description, condition] that PROGRAM makes of
# $TMP/NAME is a test. It has the text in $text, and the pretty form in $pretty.
judge()
{
	local line file=$TMP/$1

	while IFS= read -r line; do
		case $line in
		"ok "*)	pass "${line#ok }" ;;
		*)	fail "${line#not ok }" "$(<"$file")" "$(<"$file.text")" ;;
		esac
	done < <(jq -r --rawfile text "$file.text" \
		    --slurpfile pretty "$file.pretty" \
		    "$DEFS $2 | verdict" "$file" 2>&1)
}

# print NAME ARGUMENT...: in the three forms.
print()
{
	local file=$TMP/$1
	shift

	CB -j "$@" >"$file"
	CB -p -j "$@" >"$file.pretty"
	CB "$@" >"$file.text"
}

net_setup "$@"

# --- nothing ---------------------------------------------------------------

expect_eq "no rules are an empty list" "[]" "$(CB -j rule show)"
expect_eq "no breakers are an empty list" "[]" "$(CB -j breaker show)"
expect_eq "a rule that is not there is no JSON" \
	"" "$(CB -j rule show x 2>"$TMP/err" || :)"
expect_eq "nor is a breaker" \
	"" "$(CB -j breaker get x 192.0.2.1:1 2>"$TMP/err" || :)"

# --- something of everything -----------------------------------------------

TIMES="response-time 1h passing-time 90s broken-time 2h recovery-time 250ms"
# shellcheck disable=SC2086 # it is words
CB rule add db dst 10.0.0.0/8 port 1-9999 fwmark 0/0xf0 oif eth0 uid 0-65535 prio 3 error-ratio 0.7 $TIMES \
	connect-timeout 5m min-samples 100 on refused,timeout,icmp6:1/4,icmp:3/10 consecutive 7 \
	slow-time 1500ms backoff 1.5 broken-time-max 3h jitter 0.1 max-pending 1000 max-broken-pct 90 \
	max-connections 1048576 local-fault-guard on \
	abort-pending on
CB rule add all error-ratio 0.000001
CB rule add others hook forward reject icmp
CB rule add v6 dst "$S6" port 80 on all broken-time 1h
CB breaker trip v6 "[$S6]:80"
serve 8080
all_end OK 2 8080 >"$TMP/out"
unserve
all_end ECONNREFUSED 1 8080 >"$TMP/out"
port_does 81 reject with icmpx type host-unreachable
all_end EHOSTUNREACH 1 81 >"$TMP/out"
use_family 6
all_end ECONNREFUSED 2 80 >"$TMP/out"
use_family 4
wait_breaker db "$S4:8080" samples 3
wait_breaker db "$S4:81" samples 1

# --- rules -----------------------------------------------------------------

print rules rule show
mapfile -t lines <"$TMP/rules"
expect_eq "JSON is one line" 1 ${#lines[@]}
mapfile -t lines <"$TMP/rules.pretty"
check "pretty JSON is many" [ ${#lines[@]} -gt 50 ]
# shellcheck disable=SC2016 # it is jq's
judge rules '
	["id", "name", "hook", "prio", "key", "mode", "reject", "error_ratio",
	 "response_time_ms",
	 "passing_time_ms", "broken_time_ms", "recovery_time_ms",
	 "connect_timeout_ms", "min_samples", "recovery_samples", "on",
	 "consecutive", "slow_time_ms", "backoff", "broken_time_max_ms",
	 "jitter", "max_pending", "max_broken_pct",
	 "max_connections", "local_fault_guard",
	 "abort_pending", "passing", "broken", "recovering", "counters"] as $keys |
	["dst", "port_min", "port_max", "fwmark", "fwmask",
	 "oif", "uid_min", "uid_max"] as $match |
	["the pretty form is the same data", . == $pretty[0]],
	["there are four rules", length == 4],
	["rules without match have the common keys",
	 (.[1] | keys == ($keys | sort))],
	["rules with match have its keys too",
	 (.[0] | keys == ($keys + $match | sort))],
	["numbers of a rule are whole",
	 all(.[]; ints($keys - ["name", "hook", "key", "mode", "reject", "error_ratio", "on",
			    "backoff", "jitter", "local_fault_guard",
			    "abort_pending", "counters"]))],
	["ports are whole", (.[0] | ints(["port_min", "port_max"]))],
	["the mark is two numbers", (.[0] | .fwmark == 0 and .fwmask == 240)],
	["so are the users", (.[0] | .uid_min == 0 and .uid_max == 65535)],
	["the ratio is a number less than one",
	 all(.[].error_ratio; type == "number" and . > 0 and . < 1)],
	["on is a list of words", .[0].on == ["refused", "timeout",
	 "icmp6:1/4", "icmp:3/10"]],
	["names are words", [.[].name] == ["db", "all", "others", "v6"]],
	["so are hooks", [.[].hook] == ["output", "output", "forward", "output"]],
	["and ways to reject", [.[].reject] == ["reset", "reset", "icmp", "reset"]],
	["ids differ", ([.[].id] | unique | length) == 4],
	["counters have their keys, and are whole", all(.[].counters;
	 ints(counter_names) and keys == (counter_names | sort))],
	["rules say what the text says", $text == ([.[] |
	 "\(.name) dst \(.dst // "any")" +
	 (if .port_min == null then "" elif .port_min == .port_max then
	  " port \(.port_min)" else " port \(.port_min)-\(.port_max)" end) +
	 (if .fwmask then " fwmark 0x0/0xf0" else "" end) +
	 (if .oif then " oif \(.oif)" else "" end) +
	 (if .uid_max then " uid \(.uid_min)-\(.uid_max)" else "" end) +
	 (if .hook == "forward" then " hook forward" else "" end) +
	 " " + words(["prio", "key", "mode"]) +
	 (if .hook == "forward" then " reject \(.reject)" else "" end) +
	 " error-ratio " + (.error_ratio |
	 if . == 0.000001 then "0.000001" else tostring end) + " " +
	 times(["response-time", "passing-time", "broken-time",
		"recovery-time", "connect-timeout"]) + " " +
	 words(["min_samples", "recovery_samples"]) + " on " +
	 (.on | join(",")) + " " + words(["consecutive"]) + " " +
	 times(["slow-time"]) + " " + words(["backoff"]) + " " +
	 times(["broken-time-max"]) + " " + words(["jitter",
	 "max_pending", "max_broken_pct", "max_connections",
	 "local_fault_guard", "abort_pending"]) +
	 " inspector none " +
	 words(["passing", "broken", "recovering"]) + "\n    " +
	 (.counters | words(counter_names)) + "\n"] | add)]'
all=''
slurp all "$TMP/rules"
one=$(CB -j rule show v6)
check "one rule is a list of one, as in the list of all" \
	[ "[${all##*\},}" = "$one" ]

# --- breakers --------------------------------------------------------------

print breakers breaker show
# Time goes on between the calls.
sed -i -E 's/ since [0-9.]+s( next [0-9.]+s)?//' "$TMP/breakers.text"
# shellcheck disable=SC2016 # it is jq's
judge breakers '
	["addr", "counters", "error_ratio", "failed", "generation", "port",
	 "rule", "samples", "since_ms", "state"] as $keys |
	(map({key: "\(.addr) \(.port)", value: .}) | from_entries) as $by |
	["the pretty form of breakers is the same data",
	 map(del(.since_ms, .next_ms)) ==
	 ($pretty[0] | map(del(.since_ms, .next_ms)))],
	["there are three breakers", length == 3],
	["one that passes has a last kind and no end",
	 ($by["10.0.0.2 8080"] | keys == ($keys +
	  ["last_kind", "pending", "connections"] | sort))],
	["one that was unreachable has its ICMP numbers",
	 ($by["10.0.0.2 81"] | keys == ($keys + ["last_icmp_code",
	  "last_icmp_type", "last_kind", "pending",
	  "connections"] | sort))],
	["a broken one has an end",
	 ($by["fd00::2 80"] | keys == ($keys +
	  ["next_ms", "connections"] | sort))],
	["numbers of a breaker are whole", all(.[]; ints(["port", "generation",
	 "since_ms", "samples", "failed"]))],
	["the ratio is 6 decimals of failed / samples",
	 ($by["10.0.0.2 8080"] | .pending == 0 and .samples == 3 and .failed == 1 and
	  .error_ratio == 0.333333)],
	["a kind that is not in on has not failed",
	 ($by["10.0.0.2 81"] | .samples == 1 and .failed == 0 and
	  .error_ratio == 0 and .last_kind == "unreachable" and
	  .last_icmp_type == 3 and .last_icmp_code == 1)],
	["states are words", ([.[].state] | sort) ==
	 ["broken", "passing", "passing"]],
	["counters of a breaker are what happened", $by["10.0.0.2 8080"]
	 .counters == {admitted: 3, rejected: 0, would_reject: 0,
		       rejected_max_pending: 0,
		       rejected_max_connections: 0, success: 2,
		       refused: 1, timeout: 0, unreachable: 0, slow: 0,
		       reset: 0, stalled: 0, late: 0, excused: 0,
		       withheld: 0, aborted: 0}],
	["counters of a broken one too", $by["fd00::2 80"]
	 .counters == {admitted: 0, rejected: 2, would_reject: 0,
		       rejected_max_pending: 0,
		       rejected_max_connections: 0, success: 0,
		       refused: 0, timeout: 0, unreachable: 0, slow: 0,
		       reset: 0, stalled: 0, late: 0, excused: 0,
		       withheld: 0, aborted: 0}],
	["breakers say what the text says", $text == ([.[] | "\(.rule) " +
	 (if .addr | contains(":") then "[\(.addr)]" else .addr end) +
	 ":\(.port) \(.state) " +
	 (if .pending then "pending \(.pending) " else "" end) +
	 (if .connections then "connections \(.connections) " else "" end) +
	 words(["samples", "failed", "error_ratio"]) +
	 (if .last_kind then " last \(.last_kind)" else "" end) +
	 (if .last_icmp_type then
	  "(icmp \(.last_icmp_type)/\(.last_icmp_code))" else "" end) +
	 " " + (.counters | words(counter_names)) + "\n"] | add)]'

# --- stats -----------------------------------------------------------------

print stats stats
# shellcheck disable=SC2016 # it is jq's
judge stats '
	["the pretty form of stats is the same data", . == $pretty[0]],
	["stats are one object in a list", length == 1],
	["its numbers are whole", (.[0] | ints(keys))],
	["it has what it promises", (.[0] | keys | length == 42)],
	["it counts rules and breakers",
	 (.[0] | .rules == 4 and .breakers == 3 and .admitted == 4 and
	  .rejected == 2 and .success == 2 and .refused == 1 and
	  .unreachable == 1)],
	["stats say what the text says", $text == (.[0] |
	 words(["rules", "breakers", "breakers_max", "attempts",
		"attempts_max", "masks", "masks_max", "followed",
		"followed_max", "tracepoint", "frozen"]) + "\n    " +
	 words(counter_names) + "\n    " +
	 words(["orphaned", "retransmits", "ignored", "forged", "unsent",
		"replaced", "attempts_evicted", "breakers_evicted",
		"breakers_expired", "fail_open", "events_lost", "uninspected",
		"unfollowed", "local_faults", "sysfs_hidden"]) + "\n")]'

finish
