#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# max-broken-pct: no more than that share of a rule's breakers trips; what would
# be beyond it is withheld, counted and told. A destination that fails alone
# trips whatever the share, and what an administrator says is not limited.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80 PORTS=10
TIMES="response-time 1h broken-time 1h passing-time 100ms min-samples 1"

# crowd PCT: a rule with breakers that have all succeeded once and may trip.
crowd()
{
	# shellcheck disable=SC2086 # it is words
	CB rule add db dst "$SRV" $TIMES error-ratio 0.4 max-broken-pct "$1"
	# shellcheck disable=SC2046 # it is words
	serve $(seq $PORT $((PORT + PORTS - 1)))
	all_end OK $PORTS $PORT -q -D $PORTS >"$TMP/cli"
	unserve
	at $((PORT + PORTS - 1))
	wait_older db "$AT" 100
}

# broken_are N: of the rule's breakers
broken_are()
{
	local n

	n=$(counter_of db broken)
	[ "$n" = "$1" ] || { echo "$n are broken"; return 1; }
}

# told N: so many withheld trips were told of.
told()
{
	local n

	# The file was cut under the one who writes it: it may have a hole.
	n=$(grep -ac " withheld db .* withheld max-broken" "$TMP/events") || :
	[ "$n" = "$1" ] || { echo "$n events"; cat "$TMP/events"; return 1; }
}

share()
{
	: >"$TMP/events"
	crowd 30
	cli -q -n 30 -D $PORTS $PORT >"$TMP/cli"
	check "$what: three of ten trip" wait_for broken_are 3
	expect_eq "$what: the others do not, which is counted once each" 7 \
		"$(counter_of db withheld)"
	check "$what: and told" wait_for told 7
	at $((PORT + 9))
	check "$what: such a one passes on, and counts what fails" \
		breaker_has db "$AT" state passing samples 4 failed 3 rejected 0 \
		withheld 1
	expect_match "$what: the event says what would have been" \
		"withheld db $(re "$AT") passing -> broken cause ratio samples [0-9]+ failed [0-9]+ error-ratio 0\.[0-9]+ withheld max-broken last refused" \
		"$(grep -aF " $AT " "$TMP/events")"
	at $PORT
	check "$what: a tripped one rejects" breaker_has db "$AT" state broken \
		rejected 2
	CB breaker reset db "$AT"
	at $((PORT + 9))
	check "$what: where there is room again" \
		all_end ECONNREFUSED 1 $((PORT + 9))
	check "$what: the next failure trips" wait_state db "$AT" broken
	check "$what: three are broken" broken_are 3
	CB breaker trip db "$(at $((PORT + 8)); echo "$AT")"
	CB breaker isolate db "$(at $((PORT + 7)); echo "$AT")"
	check "$what: by hand it can be more" broken_are 5
	CB rule change db max-broken-pct 100
	cli -q -n $PORTS -D $PORTS $PORT >"$TMP/cli"
	check "$what: without a limit all of them go" wait_for more_broken
	CB rule del db
}

more_broken()
{
	cli -q -n $PORTS -D $PORTS $PORT >"$TMP/cli"
	broken_are $PORTS
}

# re DESTINATION: as part of an extended regular expression.
re()
{
	local word=${1//./\\.}

	word=${word//[/\\[}
	echo "${word//]/\\]}"
}

lone()
{
	crowd 1
	all_end ECONNREFUSED 1 $((PORT + 3)) >"$TMP/cli"
	at $((PORT + 3))
	check "$what: one of many trips at a share of 1 %" \
		wait_state db "$AT" broken
	all_end ECONNREFUSED 1 $((PORT + 4)) >"$TMP/cli"
	at $((PORT + 4))
	check "$what: a second one does not" wait_breaker db "$AT" \
		state passing failed 1 withheld 1
	CB rule del db
	# shellcheck disable=SC2086 # it is words
	CB rule add db dst "$SRV" key rule $TIMES max-broken-pct 1
	all_end ECONNREFUSED 1 $PORT >"$TMP/cli"
	wait_older db any 100
	all_end ECONNREFUSED 1 $PORT >"$TMP/cli"
	check "$what: the only one there is trips" wait_state db any broken
	CB rule del db
}

# One that recovers may find no way back.
recovering()
{
	crowd 10
	at $PORT
	all_end ECONNREFUSED 1 $PORT >"$TMP/cli"
	wait_state db "$AT" broken
	CB rule change db broken-time 100ms recovery-time 100ms \
		recovery-samples 100
	wait_state db "$AT" recovering
	CB rule change db broken-time 1h
	at $((PORT + 1))
	all_end ECONNREFUSED 1 $((PORT + 1)) >"$TMP/cli"
	check "$what: another one takes the place" wait_state db "$AT" broken
	at $PORT
	wait_older db "$AT" 100
	check "$what: what fails goes on recovering" \
		all_end ECONNREFUSED 2 $PORT
	check "$what: and lets connections through" wait_breaker db "$AT" \
		state recovering failed 2 rejected 0
	at $((PORT + 1))
	CB breaker reset db "$AT"
	at $PORT
	all_end ECONNREFUSED 1 $PORT >"$TMP/cli"
	check "$what: until there is room" wait_state db "$AT" broken
	CB rule del db
}

# Breakers that are removed while they are BROKEN give their places back.
removed()
{
	crowd 20
	cli -q -n $PORTS -D $PORTS $PORT >"$TMP/cli"
	check "$what: two of ten" wait_for broken_are 2
	CB rule change db max-broken-pct 100
	check "$what: without a limit, those that waited go at once" broken_are 10
	check "$what: as many as there may be" wait_for all_break
	stats_mark
	cli -q -n 20 -D 20 300 >"$TMP/cli"
	check "$what: one makes room, for one after the other" \
		stats_grew breakers-evicted 20 breakers 0
	CB rule change db max-broken-pct 25
	CB breaker reset db
	check "$what: none is broken" broken_are 0
	at 205
	wait_older db "$AT" 100
	cli -q -n 12 -D 6 200 >"$TMP/cli"
	check "$what: a quarter of sixteen, whatever went before" \
		wait_for broken_are 4
	CB rule del db
}

# One more round: those that are broken stay, and the others find a place.
all_break()
{
	cli -q -n 6 -D 6 200 >"$TMP/cli"
	broken_are 16
}

# All fail at once, on all processors, and heal, again and again; in the end the
# share is what it should be, so none was counted twice, or forgotten.
race()
{
	local pids=() i

	crowd 30
	CB rule change db response-time 100ms broken-time 100ms \
		recovery-time 100ms
	: >"$TMP/json"
	"$CBCTL" -n "$CLIENT" -j monitor >"$TMP/json" &
	EVENTS_JSON=$!
	wait_for events_flow json
	for i in 1 2 3 4; do
		hold race$i $PORT -q -n 1500 -D $PORTS -p 8
		pids+=("$HOLD_PID")
	done
	wait "${pids[@]}"
	CB rule change db broken-time 1h response-time 1h
	check "$what: after a crowd, three of ten" wait_for three_break
	kill $EVENTS_JSON
	wait $EVENTS_JSON || :
	check "$what: there was one" test \
		"$(grep -c '"to":"broken"' "$TMP/json")" -gt 20
	check "$what: that was kept within its share" test \
		"$(counter_of db withheld)" -gt 20
	CB breaker reset db
	check "$what: reset, none" broken_are 0
	at $PORT
	wait_older db "$AT" 100
	check "$what: and three once more" wait_for three_break
	CB rule del db
}

# Until the share is full: one more round makes no difference then.
three_break()
{
	cli -q -n $((2 * PORTS)) -D $PORTS $PORT >"$TMP/cli"
	broken_are 3
}

net_setup "$@" max_breakers=16
events_start
for family in 4 6; do
	use_family $family
	what="IPv$family"
	share
	lone
	recovering
	removed
	race
done
events_stop
finish
