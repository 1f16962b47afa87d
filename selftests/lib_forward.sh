# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For tests of connections that are forwarded. Sourced after lib_net.sh;
# forward_setup takes the place of net_setup. What is the client's namespace
# elsewhere, the one with cbreak's rules, is a router here; clients run behind it:
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

# Addresses of the client and of the router's side that faces it.
H4=10.0.1.1 R4=10.0.1.2 H6=fd01::1 R6=fd01::2
# The name of the namespace; set by forward_setup.
HOME_NS=''

# forward_setup [PARAMETER=VALUE...]
forward_setup()
{
	net_setup "$@"
	HOME_NS=home-${CLIENT#*-}
	CLIENTS_AT=$HOME_NS
	OTHERS=("$HOME_NS")
	ip -batch - <<-END
		netns add $HOME_NS
		link add eth0 netns $HOME_NS type veth peer name eth1 netns $CLIENT
	END
	furnish "$HOME_NS" $H4 $H6
	ip -n "$CLIENT" -batch - <<-END
		link set eth1 up
		addr add $R4/24 dev eth1
		addr add $R6/64 dev eth1 nodad
	END
	ip -n "$HOME_NS" -batch - <<-END
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

# router_nft ARGUMENT...: the router's firewall.
router_nft()
{
	nsenter --net="/run/netns/$CLIENT" nft "$@"
}

# no_syns_since N: since there were that many, none has come to the server.
no_syns_since()
{
	read_syns
	[ "$SYNS" = "$1" ] || { echo "SYNs: $SYNS, were $1"; return 1; }
}
