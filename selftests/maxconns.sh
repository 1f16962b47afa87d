#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# max-connections: a breaker has so many connections, attempts under way
# included; what comes beyond is rejected, counted apart, and no outcome. The
# number comes down however a connection ends, and is no other breaker's.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"
. "$LIB_DIR/lib_hold.sh"

PORT=80
LONG="response-time 1h passing-time 1h broken-time 1h"

# limit N [PARAMETER VALUE]...: a rule with that limit, and a server.
limit()
{
	# shellcheck disable=SC2086 # it is words
	CB rule add db dst "$SRV" max-connections "$1" $LONG "${@:2}"
	serve -k $PORT 81
	holder_start $PORT
	at $PORT
}

unlimit()
{
	holder_end
	unserve
	CB rule del db
}

connections_are()
{
	wait_breaker db "$AT" connections "$1"
}

# --- the limit -------------------------------------------------------------

holds()
{
	local what=$1

	limit 4
	check "$what: four connect" told "OK 4" connect 4
	check "$what: and are connections" wait_breaker db "$AT" connections 4 \
		pending 0 success 4
	read_syns
	before=$SYNS
	check "$what: the others are refused at once" \
		told "ECONNREFUSED 2" connect 2
	check "$what: without blocking, too" all_end ECONNREFUSED 2 $PORT -b
	read_syns
	expect_eq "$what: of which the server sees nothing" "$before" "$SYNS"
	check "$what: which is counted apart, and is no outcome" breaker_has \
		db "$AT" state passing connections 4 admitted 4 rejected 0 \
		would-reject 0 rejected-max-connections 4 \
		rejected-max-pending 0 samples 4 failed 0
	expect_eq "$what: the rule counts it too" 4 \
		"$(counter_of db rejected-max-connections)"
	check "$what: another destination has a limit of its own" \
		all_end OK 1 81
	check "$what: one is closed" told ok close 1
	connections_are 3
	check "$what: and the next one passes" told "OK 1" connect 1
	check "$what: which was the last" told "ECONNREFUSED 1" connect 1
	connections_are 4

	CB rule change db mode observe
	check "$what: observing, they pass" told "OK 2" connect 2
	check "$what: are counted as such, and are no connections" \
		breaker_has db "$AT" connections 4 would-reject 2 \
		admitted 5 rejected-max-connections 5
	CB rule change db mode enforce max-connections 5
	check "$what: with room for one" told "OK 1" connect 1
	connections_are 5
	CB rule change db max-connections 1
	check "$what: a lower limit ends none" told "OK 7" send
	check "$what: and lets none pass" told "ECONNREFUSED 1" connect 1
	CB breaker trip db "$AT"
	check "$what: broken, it is the breaker that rejects" \
		told "ECONNREFUSED 2" connect 2
	check "$what: and not the limit" breaker_has db "$AT" \
		connections 5 rejected 2 rejected-max-connections 6
	CB breaker reset db
	CB rule change db max-connections 0
	check "$what: without a limit they pass" told "OK 9" connect 9
	check "$what: and nobody counts" breaker_has db "$AT" connections none
	tell close 0
	unlimit
}

# What is under way has a place.
under_way()
{
	local what=$1

	limit 4 connect-timeout 5m
	tell connect 2
	connections_are 2
	port_is_silent $PORT
	hold flying $PORT -n 2 -p 2
	check "$what: two connections and two attempts" wait_breaker db "$AT" \
		connections 2 pending 2
	check "$what: are four" told "ECONNREFUSED 1" connect 1
	check "$what: and count as connections" breaker_has db "$AT" \
		rejected-max-connections 1 rejected-max-pending 0
	CB rule change db max-pending 2
	check "$what: of two limits" told "ECONNREFUSED 1" connect 1
	CB rule change db max-connections 8
	check "$what: the narrower one is named" told "ECONNREFUSED 1" connect 1
	check "$what: that is" breaker_has db "$AT" pending 2 \
		rejected-max-pending 2 rejected-max-connections 1
	CB rule change db max-connections 4 max-pending 0
	ports_open
	check "$what: they get through" wait_for held flying "OK 2"
	check "$what: close, and make room" wait_breaker db "$AT" \
		connections 2 pending 0
	check "$what: for two" told "OK 2" connect 2
	tell close 0
	connections_are 0

	# As many at once as there can be.
	CB rule change db max-connections 20
	read_breaker db "$AT"
	before=$(decided)
	hold burst $PORT -n 400 -p 400 -k
	check "$what: many at once" wait_for burst_is_over $((before + 400))
	wait_breaker db "$AT" pending 0
	check "$what: cannot overrun it" test "${BREAKER[connections]}" -ge 20
	check "$what: but by as many as there are processors" \
		test "${BREAKER[connections]}" -le $((20 + $(nproc)))
	kill "$HOLD_PID"
	connections_are 0
	unlimit
}

# decided: how many SYNs the breaker that was read has decided about
decided()
{
	echo $((BREAKER[admitted] + BREAKER[rejected-max-connections]))
}

# burst_is_over N: it has about so many.
burst_is_over()
{
	read_breaker db "$AT"
	cat "$TMP/breaker"
	[ "$(decided)" = "$1" ]
}

# --- every way in which a connection ends ----------------------------------

kill_sockets()
{
	cn ss -K -H -t dst "$AT" >"$TMP/ss"
}

stall()
{
	server_nft add rule inet test input tcp dport $PORT drop
	tell send
	tell wait
	ports_open
	# The server knows nothing of it.
	serve_closes
}

refill()
{
	told "OK 3" connect 3 && connections_are 3 &&
		told "ECONNREFUSED 1" connect 1
}

ends()
{
	local what=$1 way

	limit 3
	holder_end
	holder_start $PORT -u 500
	for way in "told ok close 0" "told ok abort 0" "told ok unspec 0" \
		   serve_closes serve_resets kill_sockets stall; do
		check "$what: three, and no more" refill
		$way
		tell wait
		tell close 0
		check "$what: $way ends them" connections_are 0
	done
	check "$what: three, and no more" refill
	unserve
	tell wait
	check "$what: the end of the server is half of theirs" connections_are 3
	tell close 0
	check "$what: the other half is here" connections_are 0
	serve -k $PORT 81
	check "$what: three, and no more" refill
	unlimit
}

churn()
{
	local what=$1

	CB rule add db dst "$SRV" port 8000-8003 key rule $LONG \
		max-connections 50
	serve 8000 8001 8002
	stats_mark
	# The fourth is closed.
	cli -q -n 2000 -p 40 -D 4 8000 >"$TMP/cli"
	check "$what: all of them have ended" wait_breaker db any \
		connections 0 pending 0
	check "$what: each was admitted or rejected" stats_grew admitted \
		$((BREAKER[success] + BREAKER[refused])) \
		rejected-max-connections $((2000 - BREAKER[admitted])) \
		followed 0 unfollowed 0
	check "$what: fifty have room" test "$(cli -q -n 50 -p 50 -t 60000 8000 |
		tr -d '\n')" != ""
	unserve
	CB rule del db
}

# --- whose it is -----------------------------------------------------------

keys()
{
	local what=$1

	limit 3 key addr
	at_addr="$SRV"
	tell connect 2
	wait_for shared_is 2
	hold other 81 -k
	wait_for shared_is 3
	check "$what: two ports share a limit" told "ECONNREFUSED 1" connect 1
	check "$what: both of them" all_end ECONNREFUSED 1 81
	kill "$HOLD_PID"
	wait_for shared_is 2
	check "$what: and its places" told "OK 1" connect 1
	unlimit
}

shared_is()
{
	breaker_has db "$at_addr" connections "$1"
}

late_limit()
{
	local what=$1

	CB rule add db dst "$SRV" $LONG
	serve -k $PORT
	holder_start $PORT
	at $PORT
	tell connect 2
	wait_breaker db "$AT" success 2
	CB rule change db max-connections 2
	check "$what: connections of before are not counted" \
		told "OK 2" connect 2
	check "$what: as is shown" connections_are 2
	check "$what: the others are" told "ECONNREFUSED 1" connect 1
	tell close 2
	wait_breaker db "$AT" connections 2
	check "$what: and their end makes no room" told "ECONNREFUSED 1" connect 1
	CB rule del db
	CB rule add db dst "$SRV" max-connections 2 $LONG
	check "$what: a new rule counts its own" told "OK 2" connect 2
	check "$what: as is shown" connections_are 2
	tell close 2
	tell send
	check "$what: whatever ends of the old one's" connections_are 2
	tell close 0
	check "$what: until they end" connections_are 0
	unlimit
}

# sockets WHAT SERVER-OPTION HOLDER-OPTION
sockets()
{
	local what=$1

	CB rule add db dst "$SRV" max-connections 2 $LONG
	# shellcheck disable=SC2086 # it is words
	serve -k $2 $PORT
	holder_start $PORT "$3"
	at $PORT
	check "$what: two connect" told "OK 2" connect 2
	connections_are 2
	check "$what: and no more" told "ECONNREFUSED 3" connect 3
	check "$what: each is refused once" breaker_has db "$AT" admitted 2 \
		rejected-max-connections 3
	tell close 1
	connections_are 1
	check "$what: one is closed, one passes" told "OK 1" connect 1
	check "$what: and no more" told "ECONNREFUSED 1" connect 1
	tell close 0
	check "$what: all are closed" connections_are 0
	unlimit
}

net_setup "$@"
for family in 4 6; do
	use_family $family
	holds "IPv$family"
	under_way "IPv$family under way"
	ends "IPv$family"
	churn "IPv$family churn"
	keys "IPv$family keys"
	late_limit "IPv$family"
	sockets "IPv$family TFO" "-t 16" -f
	if [ -e /proc/sys/net/mptcp/enabled ]; then
		sockets "IPv$family MPTCP" -M -M
	else
		skip "IPv$family MPTCP" "this kernel has none"
	fi
done
finish
