#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Of the ICMP errors, those count as failed that "on" names: a code alone, or
# all of them as the kind unreachable. Whatever else fails counts as an outcome
# and not as failed. The errors are those of a router's routes, of its firewall
# and of a hop limit that has run out.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"

LONG="response-time 1h passing-time 100ms broken-time 1h min-samples 3"

# What is behind the server, which routes: an address of each family for each
# error. The columns: the route at the server, the address, the error's name in
# "on", what connect() says.
ERRORS4="prohibit 10.9.1.1 icmp:3/13 EHOSTUNREACH
unreachable 10.9.2.1 icmp:3/1 EHOSTUNREACH
throw 10.9.3.1 icmp:3/0 ENETUNREACH
hoplimit 10.9.4.1 icmp:11/0 EHOSTUNREACH"
ERRORS6="prohibit fd09:1::1 icmp6:1/1 EACCES
unreachable fd09:2::1 icmp6:1/0 ENETUNREACH
hoplimit fd09:4::1 icmp6:3/0 EHOSTUNREACH"

# routes FAMILY: make the server a router that has these routes.
routes()
{
	local kind addr _

	while read -r kind addr _; do
		case $kind in
		hoplimit)
			ip -n "$CLIENT" route add "$addr" via "$SRV" hoplimit 1
			ip -n "$SERVER" route add "$addr" via "$PEER" ;;
		throw)
			ip -n "$CLIENT" route add "$addr" via "$SRV" ;;
		*)
			ip -n "$CLIENT" route add "$addr" via "$SRV"
			ip -n "$SERVER" route add "$kind" "$addr" ;;
		esac
	done <<<"$1"
}

# knock ADDRESS RESULT N: so many connects to it, which end so.
knock()
{
	"$TCPCLI" -N "$CLIENT" -e "$2" -n "$3" "$1" 80 >"$TMP/knock"
}

# Each of the errors counts when it is named, and no other one does. All share a
# breaker, in which what counts is seen among what does not.
each_alone()
{
	local what=$1 errors=$2 addr word result other expected n

	while read -r _ addr word result; do
		# shellcheck disable=SC2086 # it is words
		CB rule add db key rule on "$word" consecutive 2 $LONG
		n=0
		while read -r _ other _ expected; do
			knock "$other" "$expected" 1
			n=$((n + 1))
		done <<<"$errors"
		check "$what: of all errors $word alone counts" \
			wait_breaker db any unreachable $n samples $n failed 1
		CB breaker reset db
		wait_older db any 100
		knock "$addr" "$result" 2
		check "$what: $word trips" wait_event db any \
			passing broken consecutive samples 2 failed 2
		CB rule del db
	done <<<"$errors"
}

# The kind is all of them, and codes go with other kinds.
together()
{
	local what=$1 errors=$2 word=$3 kind addr error result

	# shellcheck disable=SC2086 # it is words
	CB rule add db on unreachable $LONG
	while read -r kind addr _ result; do
		knock "$addr" "$result" 2
		at 80 "$addr"
		check "$what: unreachable counts $kind" wait_breaker db "$AT" \
			unreachable 2 samples 2 failed 2
	done <<<"$errors"
	CB rule change db on "refused,$word"
	CB breaker reset db
	knock "$SRV" ECONNREFUSED 2
	at 80
	check "$what: a kind beside a code counts" wait_breaker db "$AT" \
		refused 2 samples 2 failed 2
	while read -r kind addr error result; do
		knock "$addr" "$result" 1
		at 80 "$addr"
		check "$what: $kind beside a kind" wait_breaker db "$AT" \
			samples 1 failed "$([ "$error" = "$word" ] && echo 1 || echo 0)"
	done <<<"$errors"
	port_does 81 reject with icmpx type port-unreachable
	all_end ECONNREFUSED 2 81 >"$TMP/cli"
	at 81
	check "$what: a code is not a refusal, though connect() says so" \
		wait_breaker db "$AT" unreachable 2 samples 2 failed 0
	ports_open
	CB rule change db on refused
	check "$what: codes go when on is set anew" code_is_gone "$word"
	CB rule del db
}

code_is_gone()
{
	CB rule show db >"$TMP/rule"
	! grep -F "$1" "$TMP/rule" && grep ' on refused consecutive ' "$TMP/rule"
}

# The same numbers mean something else in the other family.
families_differ()
{
	# shellcheck disable=SC2086 # it is words
	CB rule add db key rule on icmp6:1/0,icmp6:3/0,icmp6:3/1,icmp6:3/13 \
		consecutive 9 $LONG
	knock 10.9.1.1 EHOSTUNREACH 2
	knock 10.9.2.1 EHOSTUNREACH 2
	knock 10.9.3.1 ENETUNREACH 2
	check "ICMPv6 codes do not count ICMP errors" wait_breaker db any \
		unreachable 6 samples 6 failed 0
	knock fd09:2::1 ENETUNREACH 1
	check "and count their own" wait_breaker db any \
		unreachable 7 samples 7 failed 1
	CB rule del db
}

# As many as there may be, all of which work.
sixteen()
{
	local list=icmp:3/0 code

	for code in 1 2 3 5 6 7 8 9 10 11 12 14 15; do
		list+=,icmp:3/$code
	done
	# shellcheck disable=SC2086 # it is words
	CB rule add db on "$list,icmp:11/0,icmp:3/13" $LONG
	knock 10.9.1.1 EHOSTUNREACH 2
	at 80 10.9.1.1
	check "the last of sixteen codes counts" wait_breaker db "$AT" \
		samples 2 failed 2
	CB rule change db on "$list,icmp:11/0,icmp6:1/0"
	knock 10.9.1.1 EHOSTUNREACH 1
	check "and no more when another takes its place" wait_breaker db "$AT" \
		samples 3 failed 2
	CB rule del db
}

net_setup "$@"
sn sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for family in 4 6; do
	use_family $family
	if [ $family = 4 ]; then
		PEER=$C4 ERRORS=$ERRORS4 WORD=icmp:3/1
	else
		PEER=$C6 ERRORS=$ERRORS6 WORD=icmp6:1/0
	fi
	routes "$ERRORS"
	events_start
	each_alone "IPv$family" "$ERRORS"
	events_stop
	together "IPv$family" "$ERRORS" "$WORD"
done
use_family 4
families_differ
sixteen

finish
