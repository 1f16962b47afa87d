# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For tests of connections that are forwarded. Sourced after lib_net.sh. With
# FORWARDED=1, what is the client's namespace elsewhere, the one with cbreak's
# rules, is a router, clients run behind it, and rules are for what it forwards:
#
#	  home netns              router netns (CLIENT)            server netns
#	+-------------+       +-------------------------+       +-------------+
#	| eth0        |       | eth1        eth0        |       | eth0        |
#	| 10.0.1.1/24 |- veth -| 10.0.1.2/24 10.0.0.1/24 |- veth -| 10.0.0.2/24 |
#	| fd01::1/64  |       | fd01::2/64  fd00::1/64  |       | fd00::2/64  |
#	+-------------+       +-------------------------+       +-------------+
#
# What is asked for may be another address than the server's, which only the
# home knows a way to.

FORWARDED=1

# Addresses of the client and of the router's side that faces it.
H4=10.0.1.1 R4=10.0.1.2 H6=fd01::1 R6=fd01::2
NEXT4=10.0.1.101 NEXT6=fd01::101

# forward_setup: by net_setup, for what is not there without FORWARDED.
forward_setup()
{
	CLIENTS_AT=home-${CLIENT#*-}
	OTHERS=("$CLIENTS_AT")
	ip -batch - <<-END
		netns add $CLIENTS_AT
		link add eth0 netns $CLIENTS_AT type veth peer name eth1 netns $CLIENT
	END
	furnish "$CLIENTS_AT" $H4 $H6
	ip -n "$CLIENT" -batch - <<-END
		link set eth1 up
		addr add $R4/24 dev eth1
		addr add $R6/64 dev eth1 nodad
	END
	ip -n "$CLIENTS_AT" -batch - <<-END
		route add default via $R4
		route add default via $R6
	END
	ip -n "$SERVER" -batch - <<-END
		route add default via $C4
		route add default via $C6
	END
	cn sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_ratemask=0 \
		net.ipv6.icmp.ratelimit=0
}

# CB ARGUMENT...: a rule that says nothing else is for what is forwarded.
CB()
{
	if [[ "${1-} ${2-}" == "rule "@(add|replace) && " $* " != *" hook "* ]]; then
		"$CBCTL" -n "$CLIENT" "$@" hook forward
	else
		"$CBCTL" -n "$CLIENT" "$@"
	fi
}

# router_nft ARGUMENT...: the router's firewall.
router_nft()
{
	client_nft "$@"
}
