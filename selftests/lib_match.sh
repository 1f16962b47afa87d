# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the tests about matching share: connects, and the rule under which each
# is counted. Sourced after lib_net.sh; match_setup takes the place of net_setup.
#
#	   client netns                          server netns
#	+------------------+                  +------------------+
#	| eth0 10.0.0.1/24 |------- veth -----| eth0 10.0.0.2/24 |
#	|      fd00::1/64  |                  |      fd00::2/64  |
#	| eth1 10.1.0.1/24 |------- veth -----| eth1 10.1.0.2/24 |
#	|      fd01::1/64  |                  |      fd01::2/64  |
#	+------------------+                  +------------------+

PORT=80

# counts: sets COUNT[RULE] to the attempts that each rule has admitted.
declare -A COUNT
counts()
{
	local name='' words

	COUNT=()
	CB rule show >"$TMP/rules"
	while read -r -a words; do
		case ${words[0]} in
		admitted) COUNT[$name]=${words[1]} ;;
		*) name=${words[0]} ;;
		esac
	done <"$TMP/rules"
}

# falls_under RULE COMMAND...: the one attempt that COMMAND makes is counted
# there, and nowhere else. An empty RULE is none.
falls_under()
{
	local want=$1 rule rc=0
	local -A old
	shift

	counts
	for rule in "${!COUNT[@]}"; do
		old[$rule]=${COUNT[$rule]}
	done
	"$@" >"$TMP/connect" 2>&1 || rc=$?
	counts
	for rule in "${!COUNT[@]}"; do
		case $rule,$((COUNT[$rule] - old[$rule])) in
		"$want",1) ;;
		"$want",* | *,[!0]*)
			echo "$rule: $((COUNT[$rule] - old[$rule])) more"
			rc=1 ;;
		esac
	done
	[ $rc = 0 ] || cat "$TMP/connect"
	return $rc
}

# one OPTION...: one connect, which the server refuses.
one()
{
	all_end ECONNREFUSED 1 $PORT "$@"
}

# up_again IFACE: as its addresses went with the link.
up_again()
{
	ip -n "$CLIENT" -batch - <<-END
		link set $1 up
		addr replace fd01::1/64 dev $1 nodad
	END
}

# other_way: a connect that leaves by the second interface.
other_way()
{
	local addr=10.1.0.2

	[ "$SRV" != "$S6" ] || addr=fd01::2
	"$TCPCLI" -N "$CLIENT" -e ECONNREFUSED $addr $PORT
}

# as UID OPTION...: one connect of that user.
as()
{
	local uid=$1
	shift

	nsenter --net="/run/netns/$CLIENT" setpriv --reuid "$uid" \
		--clear-groups "$TCPCLI" -e ECONNREFUSED "$@" "$SRV" $PORT
}

# match_setup [PARAMETER=VALUE...]
match_setup()
{
	net_setup "$@"
	ip -batch - <<-END
		link add eth1 netns $CLIENT type veth peer name eth1 netns $SERVER
	END
	ip -n "$SERVER" -batch - <<-END
		link set eth1 up
		addr add 10.1.0.2/24 dev eth1
		addr add fd01::2/64 dev eth1 nodad
	END
	ip -n "$CLIENT" addr add 10.1.0.1/24 dev eth1
	up_again eth1
}
