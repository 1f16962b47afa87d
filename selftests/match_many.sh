#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Ten thousand rules cost a SYN as many lookups as ten of the same kinds, and the
# right one of them is found, told by real connects.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"
# shellcheck source=lib_match.sh
. "${0%/*}/lib_match.sh"

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

match_setup "$@"
use_family 6
thousands

finish
