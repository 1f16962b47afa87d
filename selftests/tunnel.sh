#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Connections through a tunnel: its packets leave with the TCP socket's name on
# them, and are no SYNs. What counts is where the connection goes, and not where
# the tunnel does.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

# tunnel TYPE PREFIX LEN: between the two namespaces, with an address in each
tunnel()
{
	local type=$1 addr=$2 len=$3

	ip -n "$CLIENT" link add tun9 type "$type" local $C4 remote $S4
	ip -n "$SERVER" link add tun9 type "$type" local $S4 remote $C4
	ip -n "$CLIENT" addr add "${addr}1/$len" dev tun9
	ip -n "$SERVER" addr add "${addr}2/$len" dev tun9
	ip -n "$CLIENT" link set tun9 up
	ip -n "$SERVER" link set tun9 up
	SRV=${addr}2
}

connects()
{
	local what=$1

	at $PORT
	CB rule add db dst "$SRV" response-time 1h passing-time 1h \
		broken-time 1h
	CB rule add outer dst $S4 response-time 1h broken-time 1h
	CB breaker trip outer $S4:$PORT
	check "$what: connects, whatever is on the way" all_end OK 3 $PORT
	check "$what: are three successes" wait_breaker db "$AT" \
		state passing admitted 3 success 3 samples 3
	check "$what: a refusal" all_end ECONNREFUSED 1 81
	at 81
	check "$what: is one of its destination" wait_breaker db "$AT" \
		admitted 1 refused 1 samples 1 failed 1
	at $PORT
	CB breaker trip db "$AT"
	read_syns
	before=$SYNS
	check "$what: broken rejects" all_end ECONNREFUSED 3 $PORT
	check "$what: each once" breaker_has db "$AT" admitted 3 rejected 3
	check "$what: nothing leaves" no_syns_since "$before"
	expect_eq "$what: the tunnel's own packets are no connections" "0 0" \
		"$(counter_of outer admitted) $(counter_of outer rejected)"
	CB rule del db
	CB rule del outer
}

for type in ipip sit; do
	modprobe -q $type || skip_all "there is no tunnel of type $type"
done
net_setup "$@"
serve $PORT
tunnel ipip 10.9.0. 24
connects "IPv4"
ip -n "$CLIENT" link del tun9
ip -n "$SERVER" link del tun9
tunnel sit fd09:: 64
connects "IPv6"
finish
