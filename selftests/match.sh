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

# Mangle may send the packet another way: it is the way taken that counts.
rerouted()
{
	ip -n "$CLIENT" -batch - <<-END
		rule add fwmark 0x10 table 100
		route add 10.0.0.0/24 dev eth1 via 10.1.0.2 table 100
	END
	client_nft -f - <<-END
		table inet own {
			chain mangle {
				type route hook output priority mangle
				tcp dport $PORT meta mark set 0x10
			}
		}
	END
	CB rule add zero oif eth0
	CB rule add one oif eth1
	check "an interface that mangle's mark leads to" falls_under one one
	client_nft delete table inet own
	check "and without the mark" falls_under zero one
	CB rule del zero
	CB rule del one
}

# --- users -----------------------------------------------------------------

# as UID OPTION...: one connect of that user.
as()
{
	local uid=$1
	shift

	nsenter --net="/run/netns/$CLIENT" setpriv --reuid "$uid" \
		--clear-groups "$TCPCLI" -e ECONNREFUSED "$@" "$SRV" $PORT
}

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

# --- cgroups ---------------------------------------------------------------

# make_cgroups: sets CG, the path of one with descendants, and CGROUPS, where
# cgroup2 is mounted.
make_cgroups()
{
	CGROUPS=$(sed -n 's/^[^ ]* [^ ]* [^ ]* \/ \([^ ]*\) .* - cgroup2 .*/\1/p' \
		/proc/self/mountinfo | head -n 1)
	[ -n "$CGROUPS" ] || return 1
	CG=/cbreak-test-$SRANDOM
	mkdir -p "$CGROUPS$CG/a/b/c" "$CGROUPS$CG/z"
}

# remove_cgroup PATH: with all below it; a process that has just ended may
# still be in it.
remove_cgroup()
{
	wait_for find "$CGROUPS$1" -depth -type d -exec rmdir '{}' +
}

test_cleanup()
{
	[ -z "${CG-}" ] || [ ! -d "$CGROUPS$CG" ] || remove_cgroup "$CG"
}

# inside PATH OPTION...: one connect from that cgroup.
inside()
{
	local path=$1
	shift

	(
		echo "$BASHPID" >"$CGROUPS$path/cgroup.procs"
		exec "$TCPCLI" -N "$CLIENT" -e ECONNREFUSED "$@" "$SRV" $PORT
	)
}

# dying N: so many descendants of the test's cgroup are deleted and held.
dying()
{
	grep -x "nr_dying_descendants $1" "$CGROUPS$CG/cgroup.stat"
}

cgroups()
{
	local what=$1

	CB rule add host dst "$SRV" port $PORT prio 1
	CB rule add top cgroup "$CG"
	CB rule add deep cgroup "$CG/a/b"
	check "$what: a socket of no rule's cgroup" falls_under host one
	check "$what: one of a rule's cgroup, whatever the destination" \
		falls_under top inside "$CG"
	check "$what: of a descendant" falls_under top inside "$CG/a"
	check "$what: of another" falls_under top inside "$CG/z"
	check "$what: the deepest rule wins" falls_under deep inside "$CG/a/b"
	check "$what: for its descendants, too" \
		falls_under deep inside "$CG/a/b/c"
	CB rule add deeper cgroup "$CG/a/b" dst "$SRV"
	CB rule add marked cgroup "$CG/a/b" fwmark 7
	check "$what: in the same cgroup the destination counts" \
		falls_under deeper inside "$CG/a/b" -m 7
	CB rule del deeper
	check "$what: and then the rest" falls_under marked inside "$CG/a/b" -m 7
	check "$what: which it need not have" falls_under deep inside "$CG/a/b"
	at $PORT
	CB breaker trip deep "$AT"
	check "$what: a breaker is for the cgroup alone" \
		falls_under top inside "$CG/a"
	check "$what: and for what is below it" inside "$CG/a/b/c" -n 3
	check "$what: it rejects" breaker_has deep "$AT" rejected 3
	for rule in host top deep marked; do
		CB rule del $rule
	done
}

# What is said of a cgroup, and what becomes of a rule without it.
cgroup_goes()
{
	CB rule add gone cgroup "$CG/z"
	CB rule add "all" prio 1
	expect_match "a rule shows its cgroup" "^gone dst any cgroup $CG/z prio " \
		"$(CB rule show gone)"
	expect_eq "in JSON, too" "$CG/z false" "$(CB -j rule show gone |
		jq -r '.[] | "\(.cgroup) \(.cgroup_deleted)"')"
	expect_eq "and in sysfs" "$CG/z" \
		"$(cn cat /sys/class/cbreak/gone/cgroup)"
	remove_cgroup "$CG/z"
	expect_match "one that was deleted is shown as such" \
		"^gone dst any cgroup $CG/z \(deleted\) prio " \
		"$(CB rule show gone)"
	expect_eq "in JSON, too" true \
		"$(CB -j rule show gone | jq '.[].cgroup_deleted')"
	expect_eq "and in sysfs" "$CG/z (deleted)" \
		"$(cn cat /sys/class/cbreak/gone/cgroup)"
	mkdir "$CGROUPS$CG/z"
	check "a new one of the same name is another one" \
		falls_under "all" inside "$CG/z"
	CB rule add new cgroup "$CG/z"
	check "and can have a rule of its own" falls_under new inside "$CG/z"
	check "a rule holds its cgroup" dying 1
	CB rule replace new cgroup "$CG/z" min-samples 9
	check_fail "and keeps it" CB rule replace new cgroup "$CG/a"
	CB rule del gone
	check "and lets go of it" wait_for dying 0
	CB rule del new
	remove_cgroup "$CG/z"
	check "at once if it has none" wait_for dying 0
	CB rule del "all"
}

# "ip netns exec" hides the hierarchy behind a /sys of its own.
cgroup_hidden()
{
	check "cbctl finds a hierarchy that is not mounted" \
		cn "$CBCTL" rule add hidden cgroup "$CG/a"
	check "which is the same" falls_under hidden inside "$CG/a"
	CB rule del hidden
}

cgroup_too_deep()
{
	local path=$CG i

	# The test's own is at level 1.
	for ((i = 2; i <= 32; i++)); do
		path+=/$i
	done
	mkdir -p "$CGROUPS$path/33"
	check "a cgroup at level 32" CB rule add deep cgroup "$path"
	check "is matched from below it" falls_under deep inside "$path/33"
	expect_match "a cgroup at level 33 is too deep" \
		"the cgroup is more than 32 levels deep" \
		"$(CB rule add x cgroup "$path/33" 2>&1)"
	CB rule del deep
}

# --- ten thousand rules ----------------------------------------------------

# admits RULE COMMAND...: the attempt that COMMAND makes is RULE's.
admits()
{
	local rule=$1 before
	shift

	before=$(counter_of "$rule" admitted)
	"$@" || return 1
	[ "$(counter_of "$rule" admitted)" = $((before + 1)) ]
}

# A SYN asks as many tables as there are kinds of match, however many rules.
thousands()
{
	local masks

	"$LIB_DIR/nl_rules" "$CLIENT" mix 0 10
	read_stats
	masks=${STATS[masks]}
	"$LIB_DIR/nl_rules" "$CLIENT" mix 10 10000
	read_stats
	expect_eq "ten thousand rules take as many lookups as ten" \
		"10000 $masks" "${STATS[rules]} ${STATS[masks]}"
	check "the right one of ten thousand by mark" \
		admits r9997 one -m 9997
	check "by user" admits r9998 as 9998
	ip -n "$CLIENT" link set eth1 down
	ip -n "$CLIENT" link set eth1 name e9999
	up_again e9999
	check "by interface" admits r9999 other_way
	use_family 4
	check "and by destination" admits r0 one
}

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

for family in 4 6; do
	use_family $family
	marks "IPv$family"
	interfaces "IPv$family"
	users "IPv$family"
done
use_family 4
rerouted
if make_cgroups; then
	for family in 4 6; do
		use_family $family
		cgroups "IPv$family"
	done
	cgroup_goes
	cgroup_hidden
	cgroup_too_deep
else
	skip "cgroups" "there is no cgroup2"
fi
use_family 6
thousands

finish
