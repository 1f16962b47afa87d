#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the client's own firewall does to a SYN says nothing of its destination:
# such an attempt is unsent, and no outcome. One that it lets pass later is
# sent.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

unsent()
{
	check "$what: three are unsent" wait_stats unsent 3 attempts 0 \
		ignored 0 success 0 refused 0 timeout 0 unreachable 0
	check "$what: and no samples" breaker_has db "$AT" state passing \
		admitted $1 samples 0
	stats_mark
}

net_setup "$@"
client_nft -f - <<-'END'
	table inet test {
		chain output {
			type filter hook output priority 0
		}
	}
END
serve $PORT
for family in 4 6; do
	use_family $family
	at $PORT
	CB rule add db dst "$SRV" port $PORT response-time 1h \
		passing-time 100ms min-samples 1 connect-timeout 300ms
	stats_mark

	what="IPv$family: own drop"
	own_firewall drop
	check "$what" abandon 3 $PORT
	unsent 3

	what="IPv$family: own reject with tcp reset"
	own_firewall reject with tcp reset
	check "$what" all_end ECONNREFUSED 3 $PORT
	unsent 6

	what="IPv$family: own reject with icmp"
	own_firewall reject with icmpx type admin-prohibited
	check "$what" abandon 3 $PORT
	unsent 9

	what="IPv$family: own drop of the first SYN"
	CB rule change db connect-timeout 5m
	own_firewall numgen inc mod 1000 == 0 drop
	check "$what: the client gets through" all_end OK 1 $PORT
	check "$what: it is a success" breaker_has db "$AT" samples 1 \
		failed 0 success 1 admitted 10
	check "$what: and nothing is unsent" wait_stats unsent 0 attempts 0
	CB rule change db connect-timeout 300ms
	own_firewall numgen inc mod 1000 == 0 drop
	port_is_silent $PORT
	stats_mark
	hold client $PORT -b
	check "$what: silence afterwards" wait_stats unsent 1 retransmits 1
	kill "$HOLD_PID"
	ports_open

	what="IPv$family: rejected before the firewall"
	own_firewall counter
	CB breaker trip db "$AT"
	check "$what" all_end ECONNREFUSED 3 $PORT
	check "$what: it does not see it" \
		grep -q 'packets 0 ' <(client_nft list chain inet test output)
	own_firewall
	CB rule del db
done
finish
