#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A SYN that TCP sends again is the same attempt: counted as a retransmission,
# never admitted again and never rejected, whether the attempt still waits or
# has timed out, and whatever has become of the breaker. Silence is one
# timeout, also when the client has gone. A SYN with a new sequence number on
# the same ports is a new attempt and takes the old one's place. The answer to
# an attempt whose rule has gone is an orphan, also when the rule is back.
#
# Clients of both families wait at the same port here, so the SYN that is to be
# answered has to be told from another family's retransmission.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

# Attempts that wait, that time out, and the same with the breaker broken.
WAITS=81 TIMES_OUT=82 WAITS_BROKEN=83 TIMES_OUT_BROKEN=84
ALL="$WAITS $TIMES_OUT $WAITS_BROKEN $TIMES_OUT_BROKEN"

# add PORT PARAMETER...
add()
{
	CB rule add "r$1" port "$1" response-time 1h broken-time 1h "${@:2}"
}

# Each of the SYNs has come twice; all that have come were dropped there.
came_twice()
{
	local line n=0

	server_nft list chain inet test input >"$TMP/input"
	while read -r line; do
		[[ $line == *" counter packets "* ]] || continue
		line=${line#*packets }
		[ "${line%% *}" -ge 4 ] || { echo "$line"; return 1; }
		n=$((n + 1))
	done <"$TMP/input"
	[ $n = 4 ]
}

# TCP's own count of retransmitted SYNs is the module's.
same_count()
{
	tcp_ext TCPSynRetrans
	read_stats
	echo "TCP: $TCP_EXT, cbreak: ${STATS[retransmits]}"
	[ "$TCP_EXT" = "${STATS[retransmits]}" ] && [ "$TCP_EXT" -ge 8 ]
}

# The IPv4 client's SYN passes first.
captures_its_family()
{
	local out

	use_family 6
	capture syn 88
	use_family 4
	all_end ECONNREFUSED 1 88 -q || return
	use_family 6
	all_end ECONNREFUSED 1 88 -q || return
	wait_captured syn
	out=$("$FORGE" show "$TMP/syn")
	[[ $out == "src "*:*" dst $S6 dport 88 "* ]] || { echo "$out"; return 1; }
}

net_setup "$@"
check "the SYN that is answered is of the family asked for" captures_its_family
add $WAITS connect-timeout 5m
add $WAITS_BROKEN connect-timeout 5m
add $TIMES_OUT connect-timeout 100ms
add $TIMES_OUT_BROKEN connect-timeout 100ms min-samples 1 passing-time 100ms
for port in $ALL; do
	port_is_silent "$port"
done
clients=()
stats_mark
for family in 4 6; do
	use_family $family
	for port in $ALL; do
		capture syn$port-$family "$port"
		hold client$port-$family "$port" -b
		clients+=("$HOLD_PID")
		wait_captured syn$port-$family
	done
	at $WAITS_BROKEN
	CB breaker trip r$WAITS_BROKEN "$AT"
done
check "every SYN comes a second time" wait_for came_twice
check "as often as TCP says" wait_for same_count
check "each of eight is one attempt" stats_grew admitted 8 rejected 0 \
	success 0 refused 0 unreachable 0 unsent 0 late 0 replaced 0
for family in 4 6; do
	use_family $family
	what="IPv$family"
	at $WAITS
	check "$what: one that waits" breaker_has r$WAITS "$AT" \
		state passing admitted 1 rejected 0 timeout 0
	at $WAITS_BROKEN
	check "$what: one that waits, broken meanwhile" \
		breaker_has r$WAITS_BROKEN "$AT" \
		state broken admitted 1 rejected 0 timeout 0
	at $TIMES_OUT
	check "$what: one that timed out before" breaker_has r$TIMES_OUT \
		"$AT" state passing admitted 1 rejected 0 timeout 1 samples 1
	at $TIMES_OUT_BROKEN
	check "$what: one that timed out before, and broke it" \
		breaker_has r$TIMES_OUT_BROKEN "$AT" \
		state broken admitted 1 rejected 0 timeout 1 samples 1

	stats_mark
	forge syn$WAITS-$family syn-ack
	at $WAITS
	check "$what: an answer to a retransmission counts" \
		wait_breaker r$WAITS "$AT" success 1 samples 1 late 0
	check "$what: and the client has it" \
		wait_for held client$WAITS-$family "OK 1"
	forge syn$WAITS_BROKEN-$family rst-ack
	at $WAITS_BROKEN
	check "$what: so does one when the breaker is broken" \
		wait_breaker r$WAITS_BROKEN "$AT" refused 1 samples 0 late 1
	check "$what: and the client has it" \
		wait_for held client$WAITS_BROKEN-$family "ECONNREFUSED 1"
	forge syn$TIMES_OUT-$family syn-ack
	check "$what: one after the timeout does not count" \
		wait_stats ignored 1 success 1 refused 1
done
# Those that still wait; the others are gone.
kill "${clients[@]}" 2>/dev/null || :
wait "${clients[@]}" || :

add 85 connect-timeout 100ms
add 86 connect-timeout 1s
port_is_silent 85-87
for family in 4 6; do
	use_family $family
	what="IPv$family"
	at 85
	check "$what: three clients go before the timeout" abandon 3 85
	check "$what: three timeouts" wait_breaker r85 "$AT" \
		admitted 3 timeout 3 samples 3 failed 3
	stats_mark
	check "$what: the same ports, three times" abandon 3 86 -P 5555 -r
	at 86
	check "$what: one timeout" wait_breaker r86 "$AT" \
		admitted 3 timeout 1 samples 1 failed 1 late 0
	check "$what: two were replaced" stats_grew replaced 2 attempts 0 \
		timeout 1 retransmits 0

	add 87 connect-timeout 5m
	capture syn 87
	hold client 87 -b
	wait_captured syn
	CB rule del r87
	add 87 connect-timeout 5m
	at 87
	CB breaker trip r87 "$AT"
	stats_mark
	forge syn rst-ack
	check "$what: a rule of the same name has nothing to do with it" \
		wait_stats orphaned 1 ignored 0 refused 0
	check "$what: nor its breaker" breaker_has r87 "$AT" state broken \
		admitted 0 refused 0 late 0
	CB rule del r87
done
finish
