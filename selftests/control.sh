#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What an administrator says of a breaker holds until it is over or something
# else is said, whatever happens to its destination; and is seen everywhere.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

# event TEXT: an event of the breaker has it.
event()
{
	grep -F " state db $AT " "$TMP/events" | grep -F "$1"
}

# listed TEXT: breaker show has it.
listed()
{
	CB breaker show db >"$TMP/list"
	grep -F " $1" "$TMP/list"
}

isolated()
{
	local what=$1

	CB breaker isolate db "$AT"
	check "$what: isolated, a live service is cut off" \
		all_end ECONNREFUSED 3 $PORT
	check "$what: without an end" breaker_has db "$AT" state broken \
		next none hold isolate for none rejected 3
	check "$what: listed" listed "hold isolate samples"
	check "$what: in JSON" jq_is '.[0].hold == "isolate" and
		.[0].hold_ms == null and .[0].next_ms == null'
	check "$what: an event says so" wait_for event \
		"cause isolate samples 0 failed 0 error-ratio 0 hold isolate"
	expect_eq "$what: in sysfs" isolate "$(wait_for breaker_file hold)"
	expect_eq "$what: with no end there" 0 "$(breaker_file hold_ms)"
	CB rule change db broken-time 100ms
	check "$what: broken-time does not end it" \
		wait_older db "$AT" 300
	check "$what: it is still so" breaker_has db "$AT" state broken \
		hold isolate
	CB rule change db broken-time 1h
	CB breaker reset db "$AT"
	check "$what: reset ends it" breaker_has db "$AT" state passing \
		hold none
	check "$what: and connects go" all_end OK 2 $PORT
}

isolated_for()
{
	local what=$1

	CB breaker isolate db "$AT" for 1h
	check "$what: isolated for an hour" listed "hold isolate for 3"
	expect_match "$what: sysfs says how long" '^3[56][0-9]{5}$' \
		"$(breaker_file hold_ms)"
	check "$what: it says when it ends" listed "next 3"
	CB breaker isolate db "$AT" for 100ms
	check "$what: after a short time it ends by itself" \
		wait_event db "$AT" broken recovering broken-time
	check "$what: nobody holds it then" breaker_has db "$AT" hold none
}

bypassed()
{
	local what=$1

	at 81
	CB breaker bypass db "$AT"
	check "$what: bypassed, a breaker that was not there is made" \
		breaker_has db "$AT" state passing hold bypass
	CB rule change db passing-time 100ms
	wait_older db "$AT" 100
	check "$what: failures do not trip it" all_end ECONNREFUSED 9 81
	check "$what: they are counted" wait_breaker db "$AT" \
		state passing rejected 0 refused 9 samples 9 failed 9
	check "$what: an event says so" wait_for event \
		"cause bypass samples 0 failed 0 error-ratio 0 hold bypass"
	CB breaker trip db "$AT" for 2h
	check "$what: what is said last holds" breaker_has db "$AT" \
		state broken hold trip
	CB breaker reset db for 1h
	check "$what: also when it is said of all" breaker_has db "$AT" \
		state passing hold reset
	check "$what: failures do not trip that" all_end ECONNREFUSED 9 81
	check "$what: either" breaker_has db "$AT" state passing rejected 0
	CB breaker reset db
	wait_older db "$AT" 100
	all_end ECONNREFUSED 5 81 >"$TMP/cli"
	check "$what: left to itself it trips" wait_breaker db "$AT" \
		state broken hold none
	CB rule change db passing-time 1h
	at $PORT
}

# jq_is FILTER: it is true of the breakers that JSON lists.
jq_is()
{
	CB -j breaker show db >"$TMP/json"
	jq -e "$1" "$TMP/json"
}

PORT=80

net_setup "$@"
serve $PORT
events_start
for family in 4 6; do
	use_family $family
	at $PORT
	CB rule add db dst "$SRV" response-time 1h
	isolated "IPv$family"
	isolated_for "IPv$family"
	bypassed "IPv$family"
	CB rule del db
done
events_stop

# Neither a full table nor idleness takes away what was said.
use_family 4
unload_module
load_module max_breakers=2
CB rule add db dst 10.0.0.0/8 response-time 100ms connect-timeout 100ms
CB breaker isolate db 10.0.0.9:1
CB breaker bypass db 10.0.0.9:2
stats_mark
check "a SYN that finds only held breakers passes" \
	all_end ECONNREFUSED 3 82
check "which is counted" stats_grew fail-open 3 breakers-evicted 0
CB breaker reset db 10.0.0.9:2
check "one that was reset may go" all_end ECONNREFUSED 1 82
check "and went" stats_grew fail-open 3 breakers-evicted 1
unload_module
load_module idle_timeout=1
CB rule add db dst 10.0.0.0/8 response-time 100ms connect-timeout 100ms
CB breaker isolate db 10.0.0.9:1
stats_mark
check "another destination has a breaker" all_end ECONNREFUSED 1 82
check "which goes when it is idle" wait_stats breakers-expired 1
expect_eq "and is gone" none "$(state_of db "$S4:82")"
check "an isolated one does not" is_state db 10.0.0.9:1 broken
finish
