#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A rule that only observes changes nothing on the wire, and says what it would
# have done; one that never guards makes exceptions from a wider rule; and what
# shares a breaker is what the rule's key says.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

LONG="response-time 1h passing-time 100ms broken-time 1h"

# --- mode observe ----------------------------------------------------------

observes()
{
	local what=$1

	at 80
	# shellcheck disable=SC2086 # it is words
	CB rule add db dst "$SRV" port 80 mode observe $LONG
	all_end ECONNREFUSED 5 80 >"$TMP/cli"
	check "$what: observing, a breaker trips as always" \
		wait_for trips db "$AT"
	read_breaker db "$AT"
	admitted=${BREAKER[admitted]}
	# The connect that saw it BROKEN may be among them.
	would=${BREAKER[would-reject]}
	read_syns
	before=$SYNS
	check "$what: what it would reject reaches the server" \
		all_end ECONNREFUSED 3 80
	read_syns
	check "$what: all of it" test "$((SYNS - before))" = 3
	check "$what: and is counted, but not as admitted or rejected" \
		breaker_has db "$AT" state broken \
		would-reject $((would + 3)) rejected 0 \
		admitted "$admitted"
	check "$what: it is no attempt, so its outcome is no outcome" \
		wait_stats attempts 0 refused "$admitted"
	CB rule change db mode enforce
	check "$what: enforced, the same breaker rejects" \
		all_end ECONNREFUSED 3 80
	check "$what: which is counted as such" \
		breaker_has db "$AT" would-reject $((would + 3)) rejected 3
	read_syns
	check "$what: and nothing leaves" test "$((SYNS - before))" = 3
	CB rule del db
}

# trips RULE DEST: refused connects until it is BROKEN
trips()
{
	all_end ECONNREFUSED 1 "${2##*:}"
	is_state "$1" "$2" broken
}

# --- mode never ------------------------------------------------------------

never()
{
	local what=$1

	at 80
	# shellcheck disable=SC2086 # it is words
	CB rule add wide dst "$SRV" $LONG
	CB rule add lone dst "$SRV" port 80 mode never
	stats_mark
	check "$what: never guarded" all_end ECONNREFUSED 8 80
	check "$what: nothing is observed" stats_grew admitted 0 refused 0 \
		breakers 0
	check "$what: nor by the wider rule" breaker_has wide "$AT" state none
	check_fail "$what: it cannot be tripped" CB breaker trip lone "$AT"
	CB rule change lone mode enforce
	check "$what: it can be made to guard" all_end ECONNREFUSED 1 80
	check "$what: and does" wait_breaker lone "$AT" refused 1
	CB rule del lone
	CB rule del wide
}

# --- key -------------------------------------------------------------------

# shared KEY DEST OTHER-PORT: one breaker for the ports 80 and OTHER-PORT
shared()
{
	local key=$1 dest=$2

	# shellcheck disable=SC2086 # it is words
	CB rule add db dst "$NET" key "$key" $LONG
	all_end ECONNREFUSED 2 80 >"$TMP/cli"
	all_end ECONNREFUSED 2 81 >"$TMP/cli"
	check "key $key: $dest has the outcomes of both ports" \
		wait_breaker db "$dest" refused 4 samples 4
	expect_match "key $key: it is the only breaker, and is called so" \
		"^db ${dest//[\[\]]/.} passing [^
]*\$" "$(CB breaker show db)"
	expect_eq "key $key: sysfs calls it so" "$SHOWN" \
		"$(wait_for shown db)"
	CB breaker trip db "$dest"
	read_syns
	before=$SYNS
	check "key $key: both ports are rejected" all_end ECONNREFUSED 1 80
	all_end ECONNREFUSED 1 81 >"$TMP/cli"
	check "key $key: nothing leaves" no_syns_since "$before"
	at 80
	check "key $key: it is found by any of its destinations" \
		breaker_has db "$AT" state broken rejected 2
	CB breaker reset db "$AT"
	check "key $key: and reset" breaker_has db "$dest" state passing
	CB rule del db
}

# shown RULE: the breakers that sysfs shows
shown()
{
	cn sh -c "cd /sys/class/cbreak/$1/breakers && ls" >"$TMP/shown"
	[ -s "$TMP/shown" ] && cat "$TMP/shown"
}

net_setup "$@"
for family in 4 6; do
	use_family $family
	stats_mark
	observes "IPv$family"
done
for family in 4 6; do
	use_family $family
	never "IPv$family"
done

use_family 4
NET=10.0.0.0/8
SHOWN=$S4 shared addr "$S4"
SHOWN=10.0.0.0_24 shared prefix/24 10.0.0.0/24
SHOWN=any shared rule any
use_family 6
NET=fd00::/16
SHOWN="[$S6]" shared addr "$S6"
SHOWN="[fd00::]_64" shared prefix/64 fd00::/64

# Addresses of one prefix share, those of another do not.
CB rule add db dst 10.0.0.0/8 key prefix/30
CB breaker trip db 10.0.0.1
check "a prefix holds its addresses" is_state db 10.0.0.3:1 broken
check "and no others" is_state db 10.0.0.4:1 none
check_fail "a prefix of another length is refused" \
	CB breaker get db 10.0.0.0/24
CB rule del db
finish
