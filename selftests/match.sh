#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a rule can ask for besides the destination, told by real connects: the
# mark, the interface, the owner of the socket.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"
# shellcheck source=lib_match.sh
. "${0%/*}/lib_match.sh"

# The firewall marks what goes to the port, before cbreak is asked.
mangle_marks()
{
	client_nft -f - <<-END
		table inet own {
			chain mangle {
				type route hook output priority mangle
				tcp dport $PORT meta mark set 0x10
			}
		}
	END
}

# --- marks -----------------------------------------------------------------

marks()
{
	local what=$1

	CB rule add low fwmark 0x10/0xff
	CB rule add high fwmark 0x1200/0xff00 prio 1
	CB rule add full fwmark 0x1210
	check "$what: a socket without a mark" falls_under '' one
	check "$what: SO_MARK" falls_under low one -m 16
	check "$what: bits beyond the mask do not matter" \
		falls_under low one -m $((0x910))
	check "$what: bits in it do" falls_under '' one -m 17
	check "$what: of equally many bits the lower prio wins" \
		falls_under low one -m $((0x91210))
	check "$what: more bits win" falls_under full one -m $((0x1210))
	CB rule add any prio 3
	check "$what: a rule without a mark has the rest" falls_under any one
	check "$what: but not what has the mark" falls_under low one -m 16
	CB rule add host dst "$SRV"
	check "$what: the destination counts before the mark" \
		falls_under host one -m 16
	CB rule del host

	mangle_marks
	check "$what: a mark that mangle sets" falls_under low one
	check "$what: and that it changes" falls_under low one -m $((0x1210))
	# Later than that is too late.
	client_nft -f - <<-END
		flush chain inet own mangle
		table inet own {
			chain late {
				type filter hook output priority filter
				tcp dport $PORT meta mark set 0x10
			}
		}
	END
	check "$what: a mark of the filter comes too late" falls_under any one
	client_nft delete table inet own

	at $PORT
	CB breaker trip low "$AT"
	check "$what: what is broken for a mark is so for it alone" \
		all_end ECONNREFUSED 2 $PORT -m 16
	check "$what: it is rejected" breaker_has low "$AT" rejected 2
	check "$what: without the mark it is not" falls_under any one
	for rule in low high full any; do
		CB rule del $rule
	done
}

# --- interfaces ------------------------------------------------------------

interfaces()
{
	local what=$1

	CB rule add zero oif eth0
	CB rule add one oif eth1
	check "$what: the interface of the route" falls_under zero one
	check "$what: another one" falls_under one other_way
	CB rule add late oif eth2
	CB rule add any
	check "$what: a rule without an interface has no more than the rest" \
		falls_under one other_way
	ip -n "$CLIENT" link set eth1 down
	ip -n "$CLIENT" link set eth1 name eth2
	up_again eth2
	check "$what: one that got its name after the rule was made" \
		falls_under late other_way
	ip -n "$CLIENT" link set eth2 down
	ip -n "$CLIENT" link set eth2 name eth3
	up_again eth3
	check "$what: and a name that no rule has" falls_under any other_way
	ip -n "$CLIENT" link set eth3 down
	ip -n "$CLIENT" link set eth3 name eth1
	up_again eth1
	for rule in zero one late any; do
		CB rule del $rule
	done
}

# Mangle may send the packet another way: it is the way taken that counts.
rerouted()
{
	ip -n "$CLIENT" -batch - <<-END
		rule add fwmark 0x10 table 100
		route add 10.0.0.0/24 dev eth1 via 10.1.0.2 table 100
	END
	mangle_marks
	CB rule add zero oif eth0
	CB rule add one oif eth1
	check "an interface that mangle's mark leads to" falls_under one one
	client_nft delete table inet own
	check "and without the mark" falls_under zero one
	CB rule del zero
	CB rule del one
}

# --- users -----------------------------------------------------------------

users()
{
	local what=$1

	CB rule add users uid 1000-1999
	CB rule add tester uid 1001
	check "$what: a user of a range" falls_under users as 1000
	check "$what: the last one" falls_under users as 1999
	check "$what: the next one" falls_under '' as 2000
	check "$what: a user of a rule's own" falls_under tester as 1001
	check "$what: root is no other user" falls_under '' as 0
	CB rule add root uid 0
	check "$what: root" falls_under root as 0
	CB rule add any prio 1
	check "$what: users without a rule" falls_under any as 2000
	check "$what: the last user that there is" falls_under any \
		as 4294967294
	CB rule add last uid 4294967294
	check "$what: has a rule" falls_under last as 4294967294
	CB rule add marked fwmark 16
	check "$what: a mark counts before the user" \
		falls_under marked one -m 16
	CB rule add eth0 oif eth0
	check "$what: and the interface, too" falls_under eth0 as 1001
	for rule in users tester root any last marked eth0; do
		CB rule del $rule
	done
}

match_setup "$@"
for family in 4 6; do
	use_family $family
	marks "IPv$family"
	interfaces "IPv$family"
	users "IPv$family"
done
use_family 4
rerouted

finish
