#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# abort-pending: when a breaker enters BROKEN, connects that hang under it fail
# with ECONNREFUSED at once, whoever tripped it; they have no outcome. Others,
# and connections that exist, are left alone, and every attempt ends once,
# whatever happens at the same time.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80
TIMES="response-time 1h broken-time 1h passing-time 100ms connect-timeout 5m"

# rule [PARAMETER VALUE]...: one that aborts
rule()
{
	# shellcheck disable=SC2086 # it is words
	CB rule add db dst "$SRV" $TIMES abort-pending on max-pending 100000 "$@"
}

# Nothing answers at PORT; so many connects hang there.
hang()
{
	hold "$1" $PORT -n "$2" -p "$2" "${@:3}"
	at $PORT
	wait_breaker db "$AT" pending "$2"
}

# gone NAME N: all of them were refused.
gone()
{
	wait_for held "$1" "ECONNREFUSED $2"
}

by_hand()
{
	local n

	rule
	port_is_silent $PORT
	port_is_silent $((PORT + 1))
	hold other $((PORT + 1))
	other=$HOLD_PID
	for n in trip isolate; do
		hang many 20
		hold one $PORT
		wait_breaker db "$AT" pending 21
		read_syns
		before=$SYNS
		stats_mark
		CB breaker $n db "$AT"
		check "$what: $n: connects without blocking are refused" \
			gone many 20
		check "$what: $n: and one that blocks" gone one 1
		check "$what: $n: none of them is an outcome" \
			stats_grew aborted 21 refused 0 timeout 0 late 0 \
			attempts -21 forged 0 orphaned 0
		check "$what: $n: the breaker knows" breaker_has db "$AT" \
			state broken pending 0 samples 0
		CB breaker reset db "$AT"
	done
	at $((PORT + 1))
	check "$what: another destination's goes on" breaker_has db "$AT" \
		state passing pending 1 aborted 0
	kill "$other"
	expect_eq "$what: the rule has counted them" 42 "$(counter_of db aborted)"
	CB rule del db
	ports_open
}

by_itself()
{
	rule key addr min-samples 3 error-ratio 0.1
	port_is_silent $PORT
	hold many $PORT -n 10 -p 10
	AT=$SRV
	[ "$family" = 4 ] || AT="[$SRV]"
	wait_breaker db "$AT" pending 10
	wait_older db "$AT" 100
	all_end ECONNREFUSED 3 $((PORT + 1)) >"$TMP/cli"
	check "$what: the machine trips, and they are refused" gone many 10
	check "$what: three failures did it" breaker_has db "$AT" state broken \
		failed 3 pending 0 refused 3 aborted 10
	CB rule del db
	ports_open
}

left_alone()
{
	rule
	serve -k $PORT
	hold made $PORT -n 3 -k -q
	made=$HOLD_PID
	at $PORT
	wait_breaker db "$AT" success 3
	port_is_silent $PORT
	hang many 5
	CB breaker trip db "$AT"
	check "$what: those that hang are refused" gone many 5
	check "$what: those that are made stay" established 3
	kill "$made"
	CB breaker reset db "$AT"
	CB rule change db mode observe
	hang few 3
	stats_mark
	CB breaker trip db "$AT"
	check "$what: observing, none is refused" sleepers 3
	CB rule change db mode enforce abort-pending off
	CB breaker trip db "$AT"
	check "$what: nor without abort-pending" sleepers 3
	check "$what: nor counted" stats_grew aborted 0 attempts 0
	CB rule change db abort-pending on
	CB breaker trip db "$AT"
	check "$what: with it, at the next trip" gone few 3
	unserve
	CB rule del db
	ports_open
}

# in_state STATE N: so many of the client's sockets are, towards the server. The
# port follows the last colon, unless there are brackets.
in_state()
{
	local n lines

	at $PORT
	cn ss -Htn state "$1" dst "$AT" >"$TMP/ss"
	mapfile -t lines <"$TMP/ss"
	n=${#lines[@]}
	[ "$n" = "$2" ] || { echo "$n are"; return 1; }
}

# established N, sleepers N: so many connections are made, or wait for that.
established()
{
	in_state established "$1"
}

sleepers()
{
	in_state syn-sent "$1"
}

# Sockets that are bound to a device; IPv6 sockets that send IPv4.
special()
{
	rule
	port_is_silent $PORT
	hang bound 3 -I eth0
	CB breaker trip db "$AT"
	check "$what: bound to a device" gone bound 3
	CB breaker reset db "$AT"
	if [ "$family" = 4 ]; then
		SRV=::ffff:$S4
		hold mapped $PORT
		SRV=$S4
		wait_breaker db "$AT" pending 1
		CB breaker trip db "$AT"
		check "$what: mapped into IPv6" gone mapped 1
	fi
	CB rule del db
	ports_open
}

# Breakers trip and are reset while clients come, and some of them are answered.
race()
{
	local pids=() i ended

	rule min-samples 60000
	serve $PORT
	stats_mark
	# Half of the SYNs get lost: TCP sends them again.
	port_does $PORT numgen inc mod 2 == 0 drop
	at $PORT
	for i in 1 2 3; do
		hold race$i $PORT -q -n 400 -p 40
		pids+=("$HOLD_PID")
	done
	for i in {1..40}; do
		CB breaker trip db "$AT"
		CB breaker reset db "$AT"
	done
	check "$what: all come to their end" wait "${pids[@]}"
	check "$what: none is in flight" wait_stats attempts 0
	read_breaker db "$AT"
	ended=$((STATS[success] - MARK[success] + STATS[aborted] -
		 MARK[aborted]))
	check "$what: each attempt has ended once" \
		test $((STATS[admitted] - MARK[admitted])) = $ended
	check "$what: some were aborted" \
		test $((STATS[aborted] - MARK[aborted])) -gt 0
	expect_eq "$what: none is pending" 0 "${BREAKER[pending]}"
	diag "$(<"$TMP/stats")"
	unserve
	CB rule del db
	ports_open
}

# What is not over when rules, or the module, go.
leaves()
{
	local i

	port_is_silent $PORT
	for i in {1..10}; do
		rule
		hang "leave" 100
		CB breaker trip db "$AT"
		CB rule del db
		kill "$HOLD_PID" 2>/dev/null || :
		wait "$HOLD_PID" || :
	done
	check "$what: rules can go at the same time" stats_grew rules 0
	rule
	hang "leave" 100
	CB breaker trip db "$AT"
	reload_module
	kill "$HOLD_PID" 2>/dev/null || :
	wait "$HOLD_PID" || :
	check "$what: so can the module" is_loaded
	stats_mark
	ports_open
}

net_setup "$@"
check_fail "a forwarded connection has no socket" \
	CB rule add fwd dst 192.0.2.0/24 hook forward abort-pending on
CB rule add fwd dst 192.0.2.0/24 hook forward
check_fail "not later either" CB rule change fwd abort-pending on
check "but off is no question" CB rule change fwd abort-pending off
CB rule del fwd
stats_mark
for family in 4 6; do
	use_family $family
	what="IPv$family"
	by_hand
	by_itself
	left_alone
	special
	race
	stats_mark
	leaves
done
finish
