#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The most specific rule gets a connection: the longest prefix, then the
# narrower range of ports, then the lower prio, whatever the order in which
# rules were made; and broad rules leave loopback alone. Told by real connects:
# the rule under which the breaker of a destination appears.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"

LOOP4=127.0.0.1 LOOP6=::1

# knocks ADDRESS PORT...: one connect to each, which nobody answers with yes.
knocks()
{
	local addr=$1 port
	shift

	for port; do
		"$TCPCLI" -q -N "$CLIENT" -e ECONNREFUSED "$addr" "$port" \
			>"$TMP/knock" || return 1
	done
}

# under RULE ADDRESS PORT...: those ports have a breaker under RULE, and under
# no other rule.
under()
{
	local rule=$1 addr=$2 port line got bad=0
	shift 2

	for port; do
		at "$port" "$addr"
		got=''
		while read -r line _; do
			got+="$line "
		done < <(grep -F " $AT " "$TMP/breakers")
		[ "$got" = "${rule:+$rule }" ] && continue
		echo "$AT: want ${rule:-none}, got ${got:-none}"
		bad=1
	done
	return "$bad"
}

read_breakers()
{
	CB breaker show >"$TMP/breakers"
}

setup "$@"
[ -x "$TCPCLI" ] || skip_all "tcpcli has not been built"

# Broad ones first, narrow ones first, and between.
CB rule add net8 dst 10.0.0.0/8
CB rule add any prio 1
CB rule add v4 dst 0.0.0.0/0
CB rule add host-range dst "$S4" port 100-199
CB rule add host dst "$S4"
CB rule add host-port dst "$S4" port 150
CB rule add host-wide dst "$S4" port 50-249
CB rule add net24-port dst 10.0.0.0/24 port 150
CB rule add net24 dst 10.0.0.0/24
CB rule add other dst 10.9.0.0/16
CB rule add tie2 dst "$S4" port 1000-1009 prio 2
CB rule add tie1 dst "$S4" port 1005-1014 prio 1
CB rule add odd dst "$S4" port 3333-7777
CB rule add six dst fd00::/16
CB rule add six-host dst "$S6" port 1-1024

knocks "$S4" 49 50 99 100 149 150 151 199 200 249 250 \
	1000 1004 1005 1009 1010 1014 1015 3332 3333 4096 7777 7778
knocks "$C4" 150 151
knocks "$S6" 1 1024 1025
knocks "$LOOP4" 80 150
knocks "$LOOP6" 80 150
read_breakers

check "a host's rule is for ports that no range has" \
	under host "$S4" 49 250 1015 3332 7778
check "a range of ports wins over all ports" under host-wide "$S4" 50 99 200 249
check "a narrower range wins over a wider one" \
	under host-range "$S4" 100 149 151 199
check "a single port wins over a range, and a host over a network" \
	under host-port "$S4" 150
check "the lower prio wins between equal ranges" \
	under tie1 "$S4" 1005 1009 1010 1014
check "and the other has what is left" under tie2 "$S4" 1000 1004
check "a range that is no power of two is exact" under odd "$S4" 3333 4096 7777
check "a prefix of 24 bits wins over one of 8, however narrow its ports" \
	under net24 "$C4" 151
check "and its port over all of them" under net24-port "$C4" 150
check "an IPv6 prefix" under six "$S6" 1025
check "an IPv6 host" under six-host "$S6" 1 1024
check "rules without destination leave 127.0.0.0/8 alone" under '' "$LOOP4" 80 150
check "and ::1" under '' "$LOOP6" 80 150
expect_eq "a rule that matches nothing here has no breaker" \
	"0 0" "$(counter_of other passing) $(counter_of any passing)"

# --- what is left when a rule goes -----------------------------------------

CB rule del host-port
CB rule del host
CB rule del tie1
knocks "$S4" 150 250 1005
read_breakers
check "the next narrower range steps in" under host-range "$S4" 150
check "the next shorter prefix steps in" under net24 "$S4" 250
check "the higher prio steps in" under tie2 "$S4" 1005

CB rule del host-range
CB rule del host-wide
CB rule del net24-port
CB rule del net24
knocks "$S4" 150
read_breakers
check "down to a network" under net8 "$S4" 150
CB rule del net8
knocks "$S4" 150
read_breakers
check "to all IPv4 destinations" under v4 "$S4" 150
CB rule del v4
knocks "$S4" 150
read_breakers
check "and to all" under any "$S4" 150
CB rule del any
knocks "$S4" 150
read_breakers
check "and to none" under '' "$S4" 150

# --- loopback --------------------------------------------------------------

CB rule add short dst 126.0.0.0/7
CB rule add short6 dst ::/127
knocks "$LOOP4" 80
knocks "$LOOP6" 80
read_breakers
check "a prefix shorter than loopback's leaves 127.0.0.0/8 alone" \
	under '' "$LOOP4" 80
check "and ::1" under '' "$LOOP6" 80
CB rule add loop dst 127.0.0.0/8
CB rule add loop6 dst ::1
knocks "$LOOP4" 80
knocks "$LOOP6" 80
read_breakers
check "a rule for 127.0.0.0/8 is for it" under loop "$LOOP4" 80
check "a rule for ::1 is for it" under loop6 "$LOOP6" 80

# --- many ------------------------------------------------------------------

"$LIB_DIR/nl_rules" "$CLIENT" fill 1000
knocks "$S4" 80
read_breakers
check "the right one of a thousand" under r0 "$S4" 80
CB rule add needle dst 10.0.0.0/25 port 80
knocks "$S4" 80
read_breakers
expect_eq "and a longer prefix among them" 1 "$(counter_of needle passing)"

finish
