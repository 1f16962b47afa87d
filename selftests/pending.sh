#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# max-pending: so many attempts of a breaker are in flight, and not one more;
# what comes beyond is rejected, counted apart, and no outcome. The number comes
# down however an attempt ends: by an answer, by silence, when its port is used
# again, when it is forgotten, when the host's own firewall dropped it. A
# breaker that comes after one that was removed begins with its own.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80
LONG="response-time 1h broken-time 1h recovery-time 100ms"

# limit N [TIME]: a rule that lets so many fly, for so long.
limit()
{
	# shellcheck disable=SC2086 # it is words
	CB rule add db dst "$SRV" port $PORT-$((PORT + 400)) $LONG \
		max-pending "$1" connect-timeout "${2-5m}"
	at $PORT
}

pending_is()
{
	wait_breaker db "$AT" pending "$1"
}

# --- the limit -------------------------------------------------------------

holds()
{
	limit 4
	port_is_silent $PORT
	hold flying $PORT -n 4 -p 4
	check "$what: four are in flight" pending_is 4
	check "$what: the others are refused at once" \
		all_end ECONNREFUSED 3 $PORT
	check "$what: without blocking, too" all_end ECONNREFUSED 3 $PORT -b
	check "$what: which is counted apart, and is no outcome" \
		breaker_has db "$AT" state passing pending 4 admitted 4 \
		rejected 0 would-reject 0 rejected-max-pending 6 samples 0
	expect_eq "$what: the rule counts it too" 6 \
		"$(counter_of db rejected-max-pending)"
	check "$what: another destination has a limit of its own" \
		all_end ECONNREFUSED 1 $((PORT + 1))
	at $((PORT + 1))
	check "$what: and its attempt has ended" wait_breaker db "$AT" \
		pending 0 admitted 1 refused 1 rejected-max-pending 0
	at $PORT
	CB rule change db mode observe
	check "$what: observing, they pass" abandon 2 $PORT
	check "$what: and are counted as such" breaker_has db "$AT" pending 4 \
		admitted 4 would-reject 2 rejected-max-pending 6
	CB rule change db mode enforce max-pending 5
	check "$what: with room for one" abandon 1 $PORT
	check "$what: the next one is refused" all_end ECONNREFUSED 1 $PORT
	check "$what: one goes" breaker_has db "$AT" pending 5 admitted 5 \
		rejected-max-pending 7
	CB rule change db max-pending 1
	check "$what: a lower limit ends nothing" breaker_has db "$AT" pending 5
	check "$what: and lets none pass" all_end ECONNREFUSED 1 $PORT

	CB breaker trip db "$AT"
	check "$what: broken, it is the breaker that rejects" \
		all_end ECONNREFUSED 2 $PORT
	check "$what: and the limit does not" breaker_has db "$AT" \
		state broken pending 5 rejected 2 rejected-max-pending 8
	CB rule change db broken-time 100ms recovery-samples 60000
	wait_breaker db "$AT" state recovering
	wait_older db "$AT" 100
	check "$what: recovering, the limit has its say" \
		all_end ECONNREFUSED 2 $PORT
	check "$what: after the breaker" breaker_has db "$AT" \
		state recovering rejected 2 rejected-max-pending 10

	# A SYN that is sent again must not come to an open port with no server.
	serve $PORT
	ports_open
	check "$what: TCP asks again, and is answered" wait_for held flying "OK 4"
	# What was given up stays for five minutes.
	check "$what: those that were answered are not in flight" pending_is 1
	CB rule change db max-pending 2
	check "$what: one after the other they can be many" \
		all_end OK 50 $PORT
	check "$what: and end" breaker_has db "$AT" pending 1 \
		rejected-max-pending 10
	unserve
	CB rule del db
}

# --- every way in which an attempt ends ------------------------------------

ends()
{
	limit 100 300ms
	port_does $((PORT + 1)) reject with icmpx type host-unreachable
	port_is_silent $PORT
	abandon 5 $PORT
	check "$what: silence ends them" wait_breaker db "$AT" pending 0 timeout 5
	own_firewall drop
	abandon 3 $PORT
	stats_mark
	check "$what: so does it if they were not sent" \
		wait_breaker db "$AT" pending 0 admitted 8 timeout 5
	own_firewall
	at $((PORT + 1))
	abandon 3 $((PORT + 1))
	check "$what: an ICMP error does" wait_breaker db "$AT" pending 0 \
		unreachable 3
	at $PORT

	CB rule change db connect-timeout 5m
	stats_mark
	# Each from the same port, with a number of its own.
	abandon 6 $PORT -P 4000 -r
	check "$what: a port that is used again" stats_grew replaced 5
	check "$what: is one attempt" breaker_has db "$AT" pending 1

	CB rule change db max-pending 1
	check "$what: which keeps its place to its end" \
		all_end ECONNREFUSED 1 $PORT -P 4000 -r
	CB rule change db max-pending 1048576
	stats_mark
	abandon 800 $PORT
	read_stats
	check "$what: some are forgotten" \
		test $((STATS[attempts-evicted] - MARK[attempts-evicted])) -gt 0
	check "$what: and are not in flight" \
		breaker_has db "$AT" pending "${STATS[attempts]}"

	CB rule change db max-pending 0
	in_flight=${STATS[attempts]}
	abandon 1 $((PORT + 2))
	at $((PORT + 2))
	check "$what: off, they are not counted" breaker_has db "$AT" admitted 1
	check_fail "$what: nor shown" grep -q ' pending ' "$TMP/breaker"
	at $PORT
	# It may have taken the place of one of them.
	read_breaker db "$AT"
	check "$what: but those that are come down" \
		test "${BREAKER[pending]}" -ge $((in_flight - 1))
	ports_open
	CB rule del db
	expect_eq "$what: nothing is in flight without a rule" 0 \
		"$(stat_of attempts)"
}

# --- breakers that go ------------------------------------------------------

# An attempt of a breaker that was evicted ends, and its successor has one. Its
# end must not come before that of the breaker.
goes()
{
	limit 3 $((2 * ${CBREAK_SLOW:-1}))s
	port_is_silent $PORT
	abandon 3 $PORT
	check "$what: full" breaker_has db "$AT" pending 3
	stats_mark
	CB rule change db connect-timeout 5m
	cli -q -n 100 -D 100 $((PORT + 100)) >"$TMP/cli"
	check "$what: its breaker makes room for others" \
		breaker_has db "$AT" state none
	hold one $PORT -n 1 -b
	check "$what: a new one begins with its own" \
		wait_breaker db "$AT" pending 1 admitted 1
	check "$what: the old attempts end as its own outcomes, too late" \
		wait_breaker db "$AT" late 3
	check "$what: and its own is still there" breaker_has db "$AT" pending 1
	kill "$HOLD_PID"
	CB rule del db

	limit 3
	abandon 3 $PORT
	CB rule del db
	limit 3
	check "$what: a new rule begins with nothing" abandon 3 $PORT
	check "$what: and counts to its limit" breaker_has db "$AT" pending 3 \
		admitted 3 rejected-max-pending 0
	ports_open
	CB rule del db
}

# --- many at once ----------------------------------------------------------

crowd()
{
	local total=0 pids=() i words

	limit 3
	serve $PORT
	# Without it most of them would be over before the next one begins.
	tc -n "$SERVER" qdisc add dev eth0 root netem delay 20ms
	for i in 1 2 3 4; do
		hold crowd$i $PORT -q -n 500 -p 8
		pids+=("$HOLD_PID")
	done
	check "$what: four clients of eight each" wait "${pids[@]}"
	tc -n "$SERVER" qdisc del dev eth0 root
	for i in 1 2 3 4; do
		read -r -a words <"$TMP/crowd$i"
		total=$((total + words[1]))
	done
	check "$what: end" pending_is 0
	check "$what: some were too many" \
		test "${BREAKER[rejected-max-pending]}" -gt 0
	check "$what: all are counted" test $((BREAKER[admitted] + \
		BREAKER[rejected-max-pending])) = $total
	check "$what: those that went succeeded" \
		test "${BREAKER[success]}" = "${BREAKER[admitted]}"
	unserve
	CB rule del db
}

# --- TCP Fast Open ---------------------------------------------------------

# The second copy of a SYN is no second attempt, and a rejection is one.
fast_open()
{
	limit 2
	serve -t 100 $PORT
	check "$what: a cookie" all_end OK 2 $PORT -f
	check "$what: and its end" wait_breaker db "$AT" pending 0
	port_is_silent $PORT
	hold fast $PORT -n 2 -p 2
	check "$what: full" pending_is 2
	check "$what: a SYN with data is rejected" \
		all_end ECONNREFUSED 3 $PORT -f
	check "$what: once each" breaker_has db "$AT" pending 2 \
		rejected-max-pending 3
	kill "$HOLD_PID"
	unserve
	ports_open
	CB rule del db
}

net_setup "$@" max_breakers=16 max_attempts=256
client_nft -f - <<-'END'
	table inet test {
		chain output {
			type filter hook output priority 0
		}
	}
END
sn sysctl -q -w net.ipv4.tcp_fastopen=3
hn sysctl -q -w net.ipv4.tcp_fastopen=1
for family in 4 6; do
	use_family $family
	what="IPv$family"
	holds
	ends
	goes
	crowd
	fast_open
done
finish
