#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The breaker is that of the address that the application asked for, also when
# the client's own NAT sends it elsewhere, and from another address and port:
# every outcome lands on it.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

# What is asked for, and where it leads.
PORT=80 REAL_PORT=8080

# outcomes WHAT: each kind of outcome, for the destination that is asked for.
outcomes()
{
	what="IPv$family $1"
	CB rule add db dst "$SRV" port $PORT response-time 1h \
		passing-time 1h connect-timeout 500ms
	serve $REAL_PORT
	check "$what: success" all_end OK 3 $PORT
	unserve
	check "$what: refused" all_end ECONNREFUSED 3 $PORT
	port_does $REAL_PORT reject with icmpx type host-unreachable
	check "$what: unreachable" abandon 3 $PORT
	check "$what: all are known" wait_breaker db "$AT" admitted 9 \
		success 3 refused 3 unreachable 3 timeout 0 samples 9 \
		failed 6 "unreachable($ICMP" "$UNREACH)"
	ports_open
	port_is_silent $REAL_PORT
	check "$what: silence" abandon 3 $PORT
	check "$what: is known" wait_breaker db "$AT" admitted 12 timeout 3
	ports_open
	CB breaker trip db "$AT"
	read_syns
	before=$SYNS
	check "$what: broken rejects" all_end ECONNREFUSED 3 $PORT
	check "$what: nothing leaves" no_syns_since "$before"
	CB rule del db
}

nothing_unclear()
{
	# Not "ignored": an RST may end a connection that is established.
	stats_grew forged 0 unsent 0 orphaned 0 breakers 0
}

net_setup "$@"
ip -n "$CLIENT" -batch - <<-END
	addr add 10.0.0.101/24 dev eth0
	addr add fd00::101/64 dev eth0 nodad preferred_lft 0
	route add 192.0.2.0/24 via $S4
	route add 2001:db8::/32 via $S6
END
# Another address, or another port of the same address.
client_nft -f - <<-END
	table inet nat {
		chain output {
			type nat hook output priority -100
			tcp dport $PORT dnat ip to $S4:$REAL_PORT
			tcp dport $PORT dnat ip6 to [$S6]:$REAL_PORT
		}
		chain postrouting {
			type nat hook postrouting priority 100
		}
	}
END
stats_mark
for family in 4 6; do
	use_family $family
	case $family in
	4)	SRV=192.0.2.1 to="ip to 10.0.0.101" ;;
	6)	SRV=2001:db8::1 to="ip6 to [fd00::101]" ;;
	esac
	at $PORT
	outcomes "DNAT"
	client_nft add rule inet nat postrouting tcp dport $REAL_PORT snat "$to"
	outcomes "DNAT and SNAT"
	client_nft flush chain inet nat postrouting
	client_nft add rule inet nat postrouting tcp dport $REAL_PORT \
		masquerade to :40000-40999
	outcomes "DNAT and masquerade"
	client_nft flush chain inet nat postrouting
	check "$what: nothing is unclear" nothing_unclear
done
finish
