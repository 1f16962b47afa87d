#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Connections that a router forwards, with and without conntrack and NAT: every
# outcome lands on the breaker of the address that the client asked for, and a
# breaker that is broken answers the client in its name.

FORWARDED=1
. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

# What is asked for, and with DNAT where it leads.
PORT=80 REAL_PORT=8080

# outcomes WHAT SERVER-PORT: each kind of outcome, for the destination that is
# asked for.
outcomes()
{
	local what="IPv$family, $1" port=$2 before

	CB rule add db dst "$SRV" port $PORT response-time 1h \
		passing-time 1h broken-time 1h connect-timeout 500ms
	stats_mark
	serve "$port"
	check "$what: success" all_end OK 3 $PORT
	unserve
	check "$what: refused" all_end ECONNREFUSED 3 $PORT
	port_does "$port" reject with icmpx type host-unreachable
	check "$what: unreachable" abandon 3 $PORT
	check "$what: all are known" wait_breaker db "$AT" admitted 9 \
		success 3 refused 3 unreachable 3 timeout 0 samples 9 \
		failed 6 "unreachable($ICMP" "$UNREACH)"
	ports_open
	port_is_silent "$port"
	check "$what: silence" abandon 3 $PORT
	check "$what: is known" wait_breaker db "$AT" admitted 12 timeout 3
	ports_open
	check "$what: nothing is unclear" stats_grew forged 0 unsent 0 \
		orphaned 0 breakers 1 attempts 0 retransmits 0
	CB breaker trip db "$AT"
	read_syns
	before=$SYNS
	check "$what: broken rejects" all_end ECONNREFUSED 3 $PORT
	check "$what: nothing gets to the server" no_syns_since "$before"
	check "$what: and that is no outcome" breaker_has db "$AT" rejected 3 \
		admitted 12 refused 3
	CB breaker reset db "$AT"
	serve "$port"
	check "$what: reset, it lets pass" all_end OK 1 $PORT
	unserve
	CB rule del db
}

net_setup "$@"
for family in 4 6; do
	use_family $family
	at $PORT
	outcomes "no conntrack" $PORT
done
router_nft -f - <<-END
	table inet nat {
		chain raw {
			type filter hook prerouting priority raw
		}
		chain forward {
			type filter hook forward priority filter
			ct state invalid,new,established,related counter
		}
		chain prerouting {
			type nat hook prerouting priority dstnat
		}
		chain postrouting {
			type nat hook postrouting priority srcnat
		}
	}
END
for family in 4 6; do
	use_family $family
	at $PORT
	outcomes "conntrack" $PORT
	router_nft add rule inet nat raw notrack
	outcomes "notrack" $PORT
	router_nft flush chain inet nat raw
	router_nft add rule inet nat postrouting oifname eth0 masquerade
	outcomes "masquerade" $PORT
	router_nft flush chain inet nat postrouting
done
# As kube-proxy and container hosts have it.
router_nft -f - <<-END
	table inet nat {
		chain prerouting {
			tcp dport $PORT dnat ip to $S4:$REAL_PORT
			tcp dport $PORT dnat ip6 to [$S6]:$REAL_PORT
		}
	}
END
for family in 4 6; do
	use_family $family
	case $family in
	4)	SRV=192.0.2.1 ;;
	6)	SRV=2001:db8::1 ;;
	esac
	at $PORT
	outcomes "DNAT" $REAL_PORT
	router_nft add rule inet nat postrouting tcp dport $REAL_PORT \
		masquerade to :40000-40999
	outcomes "DNAT and masquerade" $REAL_PORT
	router_nft flush chain inet nat postrouting
done
finish
