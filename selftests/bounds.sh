#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# There are never more breakers than max_breakers: the least recently used in
# PASSING make room, others only when there are none of those. There are never
# more attempts in flight than max_attempts: the oldest are forgotten, which is
# counted and is no failure.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

# use PORT [COUNT]: one connect each, that is refused
use()
{
	cli -q -n "${2-1}" -D "${2-1}" "$1" >"$TMP/cli"
}

breakers()
{
	local what=$1

	CB rule add db dst "$SRV" response-time 1h passing-time 1h \
		broken-time 1h
	stats_mark
	use 100 100
	check "$what: 100 destinations, 16 breakers" \
		stats_grew breakers 16 breakers-evicted 84 admitted 100 \
		refused 100 fail-open 0
	CB rule del db

	CB rule add db dst "$SRV" response-time 1h passing-time 1h \
		broken-time 1h
	use 100 16
	at 100
	CB breaker trip db "$AT"
	# A second later the others are less recently used than this one.
	at 101
	wait_older db "$AT" 2000
	use 101
	stats_mark
	use 200 14
	check "$what: 14 more take the place of 14" \
		stats_grew breakers 0 breakers-evicted 14
	check "$what: the one that was used last stays" \
		breaker_has db "$AT" state passing admitted 2
	at 102
	check "$what: one that was not is gone" \
		breaker_has db "$AT" state none
	use 300 100
	check "$what: 100 more" stats_grew breakers 0 breakers-evicted 114 \
		fail-open 0
	at 100
	check "$what: the broken one stays" breaker_has db "$AT" state broken
	check "$what: and rejects" all_end ECONNREFUSED 1 100
	check "$what: as before" breaker_has db "$AT" rejected 1 admitted 1

	CB rule change db passing-time 100ms min-samples 1
	at 399
	wait_older db "$AT" 100
	# The 15 last used ones, from 385 to 399; newer come to the end.
	use 385 15
	check "$what: when all are broken" wait_for broken_are 16
	stats_mark
	use 500
	check "$what: a new destination takes the place of a broken one" \
		stats_grew breakers 0 breakers-evicted 1 fail-open 0
	at 100
	check "$what: that of the oldest" breaker_has db "$AT" state none
	at 500
	check "$what: and is passing" breaker_has db "$AT" state passing
	CB rule del db
	check "$what: none are left" stats_grew breakers -16
}

# Those that an administrator holds make room for nothing.
held_breakers()
{
	local what=$1 port

	CB rule add db dst "$SRV" response-time 1h broken-time 1h
	stats_mark
	for ((port = 100; port < 116; port++)); do
		at $port
		CB breaker isolate db "$AT"
	done
	at 200
	expect_match "$what: all are held, and none can be tripped" \
		"no room for another breaker" \
		"$(CB breaker trip db "$AT" 2>&1 || :)"
	check "$what: that is no SYN that passed" stats_grew breakers 16 \
		breakers-evicted 0 fail-open 0
	check "$what: a SYN passes" all_end ECONNREFUSED 1 200
	check "$what: and is counted" stats_grew breakers 16 \
		breakers-evicted 0 fail-open 1
	CB rule del db
}

# broken_are N: of the rule's breakers
broken_are()
{
	local n

	n=$(counter_of db broken)
	[ "$n" = "$1" ] || { echo "$n are broken"; return 1; }
}

attempts()
{
	local what=$1 evicted replaced

	port_is_silent 80
	CB rule add db dst "$SRV" port 80 response-time 1h connect-timeout 5m
	stats_mark
	check "$what: 3000 attempts in silence" abandon 3000 80
	read_stats
	evicted=$((STATS[attempts-evicted] - MARK[attempts-evicted]))
	replaced=$((STATS[replaced] - MARK[replaced]))
	diag "${STATS[attempts]} in flight, $evicted evicted," \
		"$replaced replaced"
	check "$what: at most 256 in flight" test "${STATS[attempts]}" -le 256
	check "$what: but a good part of them" test "${STATS[attempts]}" -ge 128
	check "$what: every one of them is accounted for" test \
		$((STATS[attempts] + evicted + replaced)) = 3000
	check "$what: none is an outcome" stats_grew admitted 3000 success 0 \
		refused 0 timeout 0 unreachable 0 late 0 orphaned 0 unsent 0
	ports_open
	serve 80
	check "$what: there is room for those that are answered" \
		all_end OK 100 80 -q
	check "$what: each of them is a success" stats_grew admitted 3100 \
		success 100
	unserve
	CB rule del db
	check "$what: without rules there are none" \
		stats_grew attempts 0 rules -1
}

net_setup "$@" max_breakers=16 max_attempts=256
for family in 4 6; do
	use_family $family
	breakers "IPv$family breakers"
	held_breakers "IPv$family breakers"
	attempts "IPv$family attempts"
done
finish
