#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Network namespaces have nothing to do with each other: rules of the same name
# have their own parameters, breakers, counters and events. A namespace without
# rules is left alone. One can go at any time: with clients at work, attempts
# waiting, and breakers in every state; and nothing of it remains.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

OPEN=80 CLOSED=81 SILENT=82 MOVES=83
ROUNDS=3 MANY=10

# SB ARGUMENT...: cbctl in the server's namespace.
SB()
{
	"$CBCTL" -n "$SERVER" "$@"
}

# server_has NAME VALUE...: a breaker that the server's namespace has for the
# client's address.
server_has()
{
	CLIENT=$SERVER breaker_has db "$C4:$CLOSED" "$@"
}

apart()
{
	CB rule add db dst 10.0.0.0/24 broken-time 1h error-ratio 0.25
	SB rule add db dst 10.0.0.0/24 broken-time 2h error-ratio 0.75
	use_family 4
	at $CLOSED
	all_end ECONNREFUSED 3 $CLOSED >"$TMP/cli"
	CB breaker trip db "$AT"
	check "the other namespace has no such breaker" \
		server_has state none
	"$TCPCLI" -N "$SERVER" -q -n 2 $C4 $CLOSED >"$TMP/cli"
	check "it has its own" server_has state passing admitted 2 refused 2
	check "the first one is as it was" breaker_has db "$AT" \
		state broken admitted 3 refused 3 rejected 0
	expect_match "each has its own parameters: client" \
		" error-ratio 0.25 .* broken-time 1h " "$(CB rule show db)"
	expect_match "each has its own parameters: server" \
		" error-ratio 0.75 .* broken-time 2h " "$(SB rule show db)"
	CB rule del db
	check "a rule that goes leaves the other" \
		server_has state passing admitted 2
	SB rule del db
	expect_eq "nobody heard of the server's rule" "" \
		"$(grep 'error-ratio 0.75' "$TMP/events" || :)"
}

# Answers are looked at only while there is a rule, whatever it matches.
left_alone()
{
	use_family 4
	stats_mark
	all_end ECONNREFUSED 5 $CLOSED >"$TMP/cli"
	check "no rule: no answer is looked at" stats_grew ignored 0
	CB rule add other dst 192.0.2.1
	all_end ECONNREFUSED 5 $CLOSED >"$TMP/cli"
	check "a rule: answers are looked at" stats_grew ignored 5 admitted 0
	CB rule del other
	all_end ECONNREFUSED 5 $CLOSED >"$TMP/cli"
	check "no rule again: left alone again" stats_grew ignored 5
}

# client_netns NAME: with a link to the server, as the client has.
client_netns()
{
	ip -batch - <<-END
		netns add $1
		link add eth0 netns $1 type veth peer name $1 netns $SERVER
	END
	ip -n "$1" -batch - <<-END
		link set lo up
		link set eth0 up
		addr add 10.1.0.1/24 dev eth0
		addr add fd01::1/64 dev eth0 nodad
	END
	ip -n "$SERVER" -batch - <<-END
		link set $1 up
		addr add 10.1.0.2/24 dev $1
		addr add fd01::2/64 dev $1 nodad
	END
}

# The link to a namespace goes when the namespace does.
is_gone()
{
	[ ! -e "/proc/$SERVER_PID/net/dev_snmp6/$1" ]
}

# deleted_under_load NETNS
deleted_under_load()
{
	local ns=$1 clients=() address
	local CLIENT=$ns

	client_netns "$ns" || return 1
	CB rule add stays passing-time 100ms broken-time 1h connect-timeout 5m
	CB rule add moves port $MOVES broken-time 100ms recovery-time 1h
	for address in 10.1.0.2 fd01::2; do
		for port in $OPEN $CLOSED $SILENT; do
			set -- -q -n 1000000 -i 10
			[ "$port" != $SILENT ] || set -- "$@" -t 0
			"$TCPCLI" -N "$ns" "$@" "$address" "$port" \
				>"$TMP/load" &
			clients+=($!)
		done
	done
	"$CBCTL" -n "$ns" monitor >"$TMP/monitor" &
	clients+=($!)
	CB breaker trip moves 10.1.0.2:$MOVES
	wait_breaker stays "[fd01::2]:$CLOSED" state broken &&
		wait_breaker stays 10.1.0.2:$CLOSED state broken &&
		wait_breaker stays 10.1.0.2:$OPEN state passing &&
		wait_breaker moves 10.1.0.2:$MOVES state recovering || return 1
	ip netns del "$ns"
	kill -9 "${clients[@]}"
	wait "${clients[@]}" || :
	wait_for is_gone "$ns"
}

# many: with a rule and breakers each, and gone again at once.
many()
{
	local i ns

	for ((i = 1; i <= MANY; i++)); do
		ns=many$i
		client_netns "$ns" &&
			"$CBCTL" -n "$ns" rule add db dst 127.0.0.0/8 \
				broken-time 1h &&
			"$CBCTL" -n "$ns" breaker trip db 127.0.0.1:1 &&
			"$TCPCLI" -N "$ns" -e ECONNREFUSED -q -n 20 -D 20 \
				127.0.0.1 1 || return 1
		ip netns del "$ns"
	done
}

many_are_gone()
{
	local i

	for ((i = 1; i <= MANY; i++)); do
		is_gone many$i || { echo "many$i is there"; return 1; }
	done
}

test_cleanup()
{
	local ns

	for ns in $(ip netns list | sed -n 's/^\(load[0-9]*\|many[0-9]*\).*/\1/p')
	do
		ip netns pids "$ns" | xargs -r kill -9
		ip netns del "$ns"
	done
}

net_setup "$@"
events_start
serve $OPEN
port_is_silent $SILENT
apart
left_alone
for ((round = 1; round <= ROUNDS; round++)); do
	check "deleted under load, round $round" \
		deleted_under_load "load$round"
done
check "$MANY namespaces come and go" many
check "and are gone" wait_for many_are_gone
finish
