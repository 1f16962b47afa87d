#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a router's own firewall does to a SYN says nothing of its destination.
# What it drops in forward is no attempt, makes no breaker, and gets no answer
# that the firewall did not give; what it drops behind that is unsent. Marks that
# it sets are seen. A neighbour that does not answer is the destination's fault,
# although the router says so.

FORWARDED=1
. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

# firewall CHAIN STATEMENT...: of the router, for a SYN
firewall()
{
	router_nft -f - <<-END
		flush chain inet own $1
		${2:+add rule inet own $1 tcp dport $PORT tcp flags syn ${*:2}}
	END
}

nothing_is_known()
{
	stats_grew breakers 0 attempts 0 admitted 0 rejected 0 unsent 0 \
		refused 0 timeout 0 unreachable 0 fail-open 0
}

unsent()
{
	check "$what: three are unsent" wait_stats unsent 3 attempts 0 \
		success 0 refused 0 timeout 0 unreachable 0
	check "$what: and no samples" breaker_has db "$AT" state passing \
		admitted "$1" samples 0
	stats_mark
}

in_forward()
{
	what="IPv$family: drop in forward"
	firewall forward drop
	check "$what" abandon 3 $PORT
	check "$what: is no attempt" nothing_is_known
	what="IPv$family: reject with tcp reset in forward"
	firewall forward reject with tcp reset
	check "$what" all_end ECONNREFUSED 3 $PORT
	check "$what: is no attempt" nothing_is_known
	what="IPv$family: reject with icmp in forward"
	firewall forward reject with icmpx type host-unreachable
	check "$what" abandon 3 $PORT
	check "$what: is no attempt" nothing_is_known
	firewall forward drop
	CB breaker trip db "$AT"
	what="IPv$family: drop in forward, broken"
	check "$what: the firewall's silence stays" abandon 3 $PORT
	check "$what: nothing is rejected" breaker_has db "$AT" rejected 0
	firewall forward
	check "$what: without it the breaker answers" \
		all_end ECONNREFUSED 3 $PORT
	CB breaker reset db "$AT"
}

in_postrouting()
{
	stats_mark
	what="IPv$family: drop in postrouting"
	firewall postrouting drop
	check "$what" abandon 3 $PORT
	unsent 3
	what="IPv$family: drop of the first SYN in postrouting"
	CB rule change db connect-timeout 5m
	firewall postrouting numgen inc mod 1000 == 0 drop
	check "$what: the client gets through" all_end OK 1 $PORT
	check "$what: it is a success" breaker_has db "$AT" samples 1 \
		failed 0 success 1 admitted 4
	check "$what: and nothing is unsent" wait_stats unsent 0 attempts 0 \
		retransmits 1
	firewall postrouting
	CB rule change db connect-timeout 300ms
}

# An answer that the client does not get is none.
answers()
{
	what="IPv$family: drop of the answers"
	router_nft add rule inet own forward tcp sport $PORT drop
	stats_mark
	check "$what" abandon 3 $PORT
	check "$what: is silence" wait_stats timeout 3 success 0 attempts 0
	firewall forward
}

marks()
{
	what="IPv$family: mark"
	CB rule add marked dst "$SRV" port $PORT fwmark 7 response-time 1h
	firewall forward meta mark set 7
	check "$what: set in forward" all_end OK 2 $PORT
	check "$what: is seen" wait_breaker marked "$AT" success 2
	CB rule del marked
	firewall forward
}

neighbours()
{
	local SRV AT

	what="IPv$family: neighbour that is not there${1:+, $1}"
	case $family in
	4)	SRV=10.0.0.99 ;;
	6)	SRV=fd00::99 ;;
	esac
	at $PORT
	CB rule add gone dst "$SRV" port $PORT response-time 1h \
		passing-time 1h connect-timeout 5m
	stats_mark
	check "$what" abandon 3 $PORT
	check "$what: is unreachable" wait_breaker gone "$AT" admitted 3 \
		unreachable 3 timeout 0 samples 3 failed 3 \
		"unreachable($ICMP" "$UNREACH)"
	check "$what: nothing is unsent" stats_grew unsent 0 attempts 0
	CB rule del gone
}

net_setup "$@"
cn sysctl -q -w net.ipv4.neigh.eth0.mcast_solicit=1 \
	net.ipv4.neigh.eth0.retrans_time_ms=50 \
	net.ipv6.neigh.eth0.mcast_solicit=1 \
	net.ipv6.neigh.eth0.retrans_time_ms=50
router_nft -f - <<-'END'
	table inet own {
		chain forward {
			type filter hook forward priority filter
		}
		chain postrouting {
			type filter hook postrouting priority srcnat
		}
	}
END
serve $PORT
for family in 4 6; do
	use_family $family
	at $PORT
	CB rule add db dst "$SRV" port $PORT response-time 1h \
		passing-time 1h broken-time 1h connect-timeout 300ms
	stats_mark
	in_forward
	in_postrouting
	answers
	marks
	CB rule del db
	neighbours
done
router_nft -f - <<-'END'
	table inet nat {
		chain postrouting {
			type nat hook postrouting priority srcnat
			oifname eth0 masquerade
		}
	}
END
for family in 4 6; do
	use_family $family
	neighbours masquerade
done
finish
