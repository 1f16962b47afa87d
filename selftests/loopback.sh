#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A rule for everything leaves loopback alone, and so does one with a prefix
# shorter than loopback's own; a rule that names loopback works there. The
# host's other addresses are no loopback, though their packets use it, and an
# IPv6 socket with a mapped address is an IPv4 connection.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

# goes_round: refused until it is broken, and back.
goes_round()
{
	CB rule change db passing-time 100ms recovery-time 100ms
	at $PORT "$1"
	check "$1: four are refused" all_end ECONNREFUSED 4 $PORT
	wait_older db "$AT" 100
	check "$1: the fifth, too" all_end ECONNREFUSED 1 $PORT
	check "$1: and trips the breaker" \
		wait_event db "$AT" passing broken ratio samples 5 failed 5
	"$TCPSRV" -N "$CLIENT" $PORT >"$TMP/server"
	check "$1: the service is back, and nobody asks it" \
		all_end ECONNREFUSED 3 $PORT
	check "$1: rejected" breaker_has db "$AT" admitted 5 rejected 3 late 0
	CB rule change db broken-time 100ms
	check "$1: recovering" wait_breaker db "$AT" state recovering
	wait_older db "$AT" 100
	check "$1: one success" all_end OK 1 $PORT
	check "$1: and it has recovered" \
		wait_event db "$AT" recovering passing recovered \
		samples 1 failed 0
	CB rule change db broken-time 1h
	end "$(<"$TMP/server")"
}

rule()
{
	CB rule add db response-time 1h broken-time 1h "$@"
}

net_setup "$@"
events_start
stats_mark
for dst in any 0.0.0.0/0 126.0.0.0/7 ::/0 ::/127; do
	rule dst $dst
	for address in 127.0.0.1 127.1.2.3 ::1; do
		SRV=$address all_end ECONNREFUSED 3 $PORT >"$TMP/cli"
	done
	check "a rule for $dst does not match loopback" \
		stats_grew admitted 0 breakers 0
	CB rule del db
done

for pair in 127.0.0.0/8=127.1.2.3 127.0.0.1=127.0.0.1 ::1=::1 \
	any=$C4 any=$C6; do
	rule dst "${pair%=*}"
	SRV=${pair#*=}
	goes_round "$SRV"
	CB rule del db
done

rule dst $S4
SRV=::ffff:$S4
check "a mapped address: refused" all_end ECONNREFUSED 2 $PORT
at $PORT $S4
check "a mapped address: is the IPv4 destination" \
	breaker_has db "$AT" refused 2
CB breaker trip db "$AT"
check "a mapped address: rejected" all_end ECONNREFUSED 2 $PORT
check "a mapped address: by the IPv4 destination's breaker" \
	breaker_has db "$AT" rejected 2
finish
