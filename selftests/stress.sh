#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Many clients on all processors, and breakers that go through their states as
# fast as they can: each connect is counted once, each attempt has one outcome,
# and the transitions that listeners hear of are a chain without a gap.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

# Destinations: the first is open, the next ones are closed.
PORT=80 PORTS=3
CLIENTS=4 CONNECTS=1200

run_clients()
{
	local i pids=()

	for ((i = 0; i < CLIENTS; i++)); do
		for SRV in $S4 $S6; do
			hold client$i-$SRV $PORT -q -n $CONNECTS -D $PORTS -p 8
			pids+=("$HOLD_PID")
		done
	done
	wait "${pids[@]}"
}

# sum: what the clients say, of all connects and of those that succeeded
sum()
{
	local file words

	total=0 ok=0
	for file in "$TMP"/client*; do
		read -r -a words <"$file"
		total=$((total + words[1]))
		# "total N OK N ECONNREFUSED N us ..."
		[ "${words[2]}" != OK ] || ok=$((ok + words[3]))
	done
}

adds_up()
{
	local admitted=$((STATS[admitted] - MARK[admitted]))
	local refused=$((STATS[refused] - MARK[refused]))

	echo "$total connects, $ok succeeded"
	echo "$admitted admitted, $refused refused"
	cat "$TMP/stats"
	[ $((admitted + STATS[rejected] - MARK[rejected])) = $total ] &&
		[ $((ok + refused)) = $admitted ]
}

# Each one begins where the one before it ended, and is the next generation.
chain()
{
	jq -r 'select(.event == "state") | "\(.addr) \(.port) \(.generation)" +
		" \(.from) \(.to)"' "$TMP/json" |
	LC_ALL=C sort -k 1,2 -k 3,3n |
	awk '{
		if ($1 " " $2 != dest) {
			dest = $1 " " $2
			from = "passing"
		} else if ($3 != generation + 1) {
			print dest ": " $3 " after " generation
			bad = 1
		}
		if ($4 != from) {
			print dest ": from " $4 ", was " from
			bad = 1
		}
		generation = $3
		from = $5
		n++
	}
	END { print n " transitions"; exit bad || n < 20 }'
}

net_setup "$@"
"$CBCTL" -n "$CLIENT" -j monitor >"$TMP/json" &
EVENTS_PID=$!
wait_for events_flow json
serve $PORT
stats_mark
# None of them is to time out, however slow the kernel is.
CB rule add db response-time 100ms min-samples 5 on refused connect-timeout 5m
check "clients connect" run_clients
sum
check "no attempt waits" wait_stats attempts 0 forged 0 orphaned 0 timeout 0 \
	unreachable 0 unsent 0 replaced 0 attempts-evicted 0 fail-open 0
check "every connect is counted once" adds_up
check "no success is missing" stats_grew success $ok
# Nothing more happens to them, but the last events may be on their way.
CB rule del db
wait_for grep -q '"event":"rule-del".*"name":"db"' "$TMP/json"
events_stop
check "no event is lost" stats_grew events-lost 0
check "the transitions are a chain" chain
diag "$(<"$TMP/out")"
finish
