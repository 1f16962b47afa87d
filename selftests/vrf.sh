#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Connections through a VRF: the kernel shows their packets to netfilter twice,
# the first time where a refusal may not reach connect(). They are to be treated
# like all others, whether or not the VRF's device has a queue.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

connects()
{
	local what=$1

	at $PORT
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
	check "$what: nothing leaves" no_syns_since "$before"
	CB rule del db
}

# What the host's own firewall drops is nobody's failure, in a VRF too.
filtered()
{
	local what=$1

	ip netns exec "$CLIENT" nft -f - <<-END
		table inet own {
			chain output {
				type filter hook output priority 0
				oifname eth0 tcp dport $PORT drop
			}
		}
	END
	CB rule add db dst "$SRV" port $PORT connect-timeout 100ms
	stats_mark
	check "$what: a firewall of one's own" abandon 3 $PORT -I red
	check "$what: what the own firewall drops is not sent" \
		wait_stats unsent 3 timeout 0 attempts 0
	ip netns exec "$CLIENT" nft delete table inet own
	CB rule del db
}

modprobe -q vrf || skip_all "there is no VRF"
net_setup "$@"
ip -n "$CLIENT" -batch - <<-END
	link add red type vrf table 100
	link set red up
	link set eth0 master red
	addr replace $C6/64 dev eth0 nodad
END
serve $PORT
stats_mark
for family in 4 6; do
	use_family $family
	connects "IPv$family"
done
check "no SYN is taken for another" stats_grew retransmits 0 unsent 0
for family in 4 6; do
	use_family $family
	filtered "IPv$family"
done
tc -n "$CLIENT" qdisc add dev red root pfifo
for family in 4 6; do
	use_family $family
	connects "IPv$family, with a queue"
	filtered "IPv$family, with a queue"
done
finish
