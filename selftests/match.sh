#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a rule can ask for besides the destination, told by real connects: the
# rule under which an attempt is counted.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"

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

client_nft()
{
	nsenter --net="/run/netns/$CLIENT" nft "$@"
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

	# The same by the firewall, before cbreak is asked.
	client_nft -f - <<-END
		table inet own {
			chain mangle {
				type route hook output priority mangle
				tcp dport $PORT meta mark set 0x10
			}
		}
	END
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

net_setup "$@"
for family in 4 6; do
	use_family $family
	marks "IPv$family"
done

finish
