#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Connections through a VRF: the kernel shows their packets to netfilter twice,
# the first time where a refusal cannot reach connect(). They are to be treated
# like all others.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

net_setup "$@"
ip -n "$CLIENT" link add red type vrf table 100 ||
	skip_all "there is no VRF"
ip -n "$CLIENT" -batch - <<-END
	link set red up
	link set eth0 master red
	addr replace $C6/64 dev eth0 nodad
END
serve $PORT
stats_mark
for family in 4 6; do
	use_family $family
	at $PORT
	what="IPv$family"
	CB rule add db dst "$SRV" port $PORT response-time 1h \
		passing-time 1h broken-time 1h
	check "$what: connects" all_end OK 3 $PORT -I red -t 5000
	check "$what: are three successes" breaker_has db "$AT" \
		state passing admitted 3 success 3 samples 3
	CB breaker trip db "$AT"
	read_syns
	before=$SYNS
	check "$what: broken rejects" \
		all_end ECONNREFUSED 3 $PORT -I red -t 5000
	check "$what: each once" breaker_has db "$AT" admitted 3 rejected 3
	read_syns
	check "$what: nothing leaves" test "$SYNS" = "$before"
	CB rule del db
done
check "no SYN is taken for another" stats_grew retransmits 0 unsent 0
finish
