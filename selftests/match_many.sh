#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Ten thousand rules cost a SYN as many lookups as ten of the same kinds, and the
# right one of them is found, told by real connects. A kernel that looks for bugs
# gets a tenth of them: it takes minutes for the rest, and finds no more.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"
# shellcheck source=lib_match.sh
. "${0%/*}/lib_match.sh"

RULES=10000
[ "${CBREAK_SLOW:-1}" = 1 ] || RULES=1000

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
	"$LIB_DIR/nl_rules" "$CLIENT" mix 10 $RULES
	read_stats
	expect_eq "$RULES rules take as many lookups as ten" \
		"$RULES $masks" "${STATS[rules]} ${STATS[masks]}"
	check "the right one of them by mark" \
		admits r$((RULES - 3)) one -m $((RULES - 3))
	check "by user" admits r$((RULES - 2)) as $((RULES - 2))
	ip -n "$CLIENT" link set eth1 down
	ip -n "$CLIENT" link set eth1 name e$((RULES - 1))
	up_again e$((RULES - 1))
	check "by interface" admits r$((RULES - 1)) other_way
	use_family 4
	check "and by destination" admits r0 one
}

match_setup "$@"
use_family 6
thousands

finish
