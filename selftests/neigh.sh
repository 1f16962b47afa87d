#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A neighbour that does not answer ARP or neighbour discovery: the client's own
# kernel says so with an ICMP error, and the breaker counts it. Once it is
# broken nobody is asked for the neighbour either.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

# asked: sets ASKED to how often the server's side was asked for the neighbour,
# by ARP and by neighbour discovery.
asked()
{
	server_nft list table netdev test >"$TMP/asked"
	ASKED=$(sed -n 's/.*packets \([0-9]*\).*/\1/p' "$TMP/asked")
}

nobody_is_asked()
{
	ip -n "$CLIENT" neigh >"$TMP/neigh"
	! grep INCOMPLETE "$TMP/neigh"
}

nobody_asked_since()
{
	asked
	[ "$ASKED" = "$1" ] || { echo "asked: $ASKED, was $1"; return 1; }
}

net_setup "$@"
events_start
# A single question, and little patience.
cn sysctl -q -w net.ipv4.neigh.eth0.mcast_solicit=1 \
	net.ipv4.neigh.eth0.retrans_time_ms=50 \
	net.ipv6.neigh.eth0.mcast_solicit=1 \
	net.ipv6.neigh.eth0.retrans_time_ms=50
server_nft -f - <<-'END'
	table netdev test {
		chain ingress {
			type filter hook ingress device eth0 priority 0
			arp operation request arp daddr ip 10.0.0.99 counter
			ip6 daddr ff02::1:ff00:99 counter
		}
	}
END
for family in 4 6; do
	use_family $family
	case $family in
	4)	SRV=10.0.0.99 ;;
	6)	SRV=fd00::99 ;;
	esac
	at $PORT
	what="IPv$family"
	asked
	before=$ASKED
	CB rule add db dst "$SRV" port $PORT response-time 1h \
		passing-time 100ms broken-time 1h on unreachable
	check "$what: four go to a neighbour that is not there" \
		abandon 4 $PORT
	check "$what: and end as unreachable" \
		wait_breaker db "$AT" state passing samples 4 failed 4 \
		unreachable 4 "unreachable($ICMP" "$UNREACH)"
	wait_older db "$AT" 100
	check "$what: the fifth" abandon 1 $PORT
	check "$what: trips the breaker" \
		wait_event db "$AT" passing broken ratio samples 5 failed 5
	# Whatever else was about to be asked has been.
	wait_for nobody_is_asked
	asked
	check "$what: the neighbour was asked for" test "$ASKED" != "$before"
	before=$ASKED
	check "$what: broken rejects" all_end ECONNREFUSED 5 $PORT
	check "$what: and nobody is asked for the neighbour" \
		nobody_asked_since "$before"
	CB rule del db
done
finish
