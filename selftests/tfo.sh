#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# TCP Fast Open: a SYN with data is one attempt, and the SYN-ACK may confirm
# all of the data, some, or none. When the breaker rejects such a SYN, TCP
# tries at once without data: that is decided and counted once, in broken and
# in recovering.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80
LEN=100

# carries_data: the SYN of a connect had data, and the server took it.
carries_data()
{
	all_end OK 1 $PORT -f -l $LEN &&
		all_end OK 1 $PORT -f -l $LEN >"$TMP/cli" &&
		grep ' OK syn-data ' "$TMP/cli"
}

passing()
{
	check "$what: with the server's cookie, data goes in the SYN" \
		carries_data
	check "$what: each was one attempt" breaker_has db "$AT" \
		admitted 2 success 2 samples 2
	check "$what: TCP_FASTOPEN_CONNECT" all_end OK 2 $PORT -F -l $LEN
	check "$what: too" breaker_has db "$AT" admitted 4 success 4 samples 4
	stats_mark
	check "$what: nothing was sent twice" stats_grew retransmits 0
}

# rejected_once RESULT OPTION...: three attempts end so, and each is counted
# once.
rejected_once()
{
	local before

	read_breaker db "$AT"
	before=${BREAKER[rejected]}
	all_end "$1" 3 $PORT "${@:2}" &&
		breaker_has db "$AT" rejected $((before + 3)) \
		admitted "${BREAKER[admitted]}"
}

broken()
{
	local before

	read_syns
	before=$SYNS
	CB breaker trip db "$AT"
	check "$what: broken rejects each once" \
		rejected_once ECONNREFUSED -f -l $LEN
	check "$what: also after TCP_FASTOPEN_CONNECT" \
		rejected_once "${ABORTED:-ECONNABORTED}" -F -l $LEN
	check "$what: without blocking" \
		rejected_once "${LATER:-ECONNREFUSED}" -f -b -l $LEN
	check "$what: a cookie and no data" \
		rejected_once ECONNREFUSED -f -l 0
	check "$what: nothing has left the host" no_syns_since "$before"
}

# recovering: attempts while the share grows from nothing to everything.
recovering()
{
	local n=0 refused before len

	CB rule change db recovery-time 1500ms recovery-samples 60000 \
		min-samples 60000 broken-time 100ms
	CB breaker trip db "$AT"
	wait_breaker db "$AT" state recovering
	CB rule change db broken-time 1h
	read_syns
	before=$SYNS
	stats_mark
	: >"$TMP/cli"
	until is_older db "$AT" 1500; do
		for len in $LEN 0; do
			cli -n 10 -f -l $len $PORT >>"$TMP/cli"
			n=$((n + 10))
		done
	done
	refused=$(grep -c ' ECONNREFUSED send ' "$TMP/cli" || :)
	read_syns
	diag "$n attempts, $refused rejected"
	check "$what: recovering decides on each once" stats_grew \
		rejected "$refused" admitted $((n - refused)) \
		success $((n - refused))
	check "$what: and lets out what it admits" \
		test $((SYNS - before)) = $((n - refused))
}

# confirms N IGNORED: a SYN-ACK that acknowledges N numbers.
confirms()
{
	capture syn $PORT
	cli -b -f -l $LEN -q $PORT >"$TMP/cli"
	wait_captured syn
	stats_mark
	forge syn syn-ack ack "+$1"
	check "$what: a SYN-ACK confirms $1 numbers" \
		wait_stats success $((1 - $2)) ignored "$2" forged "$2"
}

confirmations()
{
	CB rule change db connect-timeout 5m
	CB breaker reset db "$AT"
	port_is_silent $PORT
	confirms 1 0
	check "$what: that was a SYN with data" \
		grep -q "data $LEN\$" <("$FORGE" show "$TMP/syn")
	confirms $((1 + LEN / 2)) 0
	confirms $((1 + LEN)) 0
	confirms $((2 + LEN)) 1
	confirms 0 1
	ports_open
}

net_setup "$@"
hn sysctl -q -w net.ipv4.tcp_fastopen=1 \
	net.ipv4.tcp_fastopen_blackhole_timeout_sec=0
sn sysctl -q -w net.ipv4.tcp_fastopen=2
serve -t 64 $PORT
for family in 4 6; do
	use_family $family
	at $PORT
	what="IPv$family"
	CB rule add db dst "$SRV" port $PORT response-time 1h \
		passing-time 1h broken-time 1h
	passing
	broken
	recovering
	confirmations
	CB rule del db
done
finish
