#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# local-fault-guard: when most destinations fall silent at the same time, it is
# this host's link. Then no breaker of a rule with a guard trips, which one event
# says; and they may again when half of the destinations have answered, or after
# freeze_timeout, which another one says. A destination or two, those that never
# answered, and what is refused are no reason.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80 PORTS=10
TIMES="response-time 1h broken-time 1h passing-time 100ms min-samples 2"
TIMES+=" connect-timeout 200ms"

# guard [off]: a rule with a guard, or without
guard()
{
	# shellcheck disable=SC2086 # it is words
	CB rule add db dst "$SRV" $TIMES local-fault-guard "${1-on}"
}

# answer [N]: so many destinations answer.
answer()
{
	all_end OK "${1-$PORTS}" $PORT -q -D "${1-$PORTS}" >"$TMP/cli"
}

# Nothing that the client sends is answered, or all of it.
link_fails()
{
	server_nft add rule inet test input tcp flags '&' '(syn | ack)' == syn \
		"${@-drop}"
}

# silence N [ROUNDS]: the first N destinations are asked so often, in vain.
silence()
{
	abandon $(($1 * ${2-1})) $PORT -D "$1" >"$TMP/cli"
}

# broken_are N: of the rule's breakers
broken_are()
{
	local n

	n=$(counter_of db broken)
	[ "$n" = "$1" ] || { echo "$n are broken"; return 1; }
}

# told N EVENT: so often since the mark
told()
{
	local n

	n=$(tail -n +$((told_before + 1)) "$TMP/events" | grep -c " $2 ") || :
	[ "$n" = "$1" ] || { echo "$n times"; cat "$TMP/events"; return 1; }
}

mark()
{
	local lines

	stats_mark
	mapfile -t lines <"$TMP/events"
	told_before=${#lines[@]}
}

frozen_is()
{
	[ "$(cn cat /sys/class/cbreak/db/frozen)" = "$1" ] &&
		[ "$(stat_of frozen)" = "$1" ]
}

ready()
{
	# shellcheck disable=SC2046 # it is words
	serve $(seq $PORT $((PORT + PORTS - 1)))
	guard "$@"
	answer
	at $((PORT + PORTS - 1))
	wait_older db "$AT" 100
	mark
}

# --- it freezes, and thaws by itself ---------------------------------------

freezes()
{
	local how=$1
	shift

	what="IPv$family $how"
	ready
	link_fails "$@"
	silence $PORTS
	check "$what: most destinations fall silent" \
		wait_stats frozen 1 local-faults 1
	check "$what: the rule says so too" frozen_is 1
	check "$what: one event does" wait_for told 1 freeze
	expect_match "$what: with how many" \
		"freeze lost [3-9] destinations ([3-9]|10)\$" \
		"$(grep ' freeze ' "$TMP/events" | tail -n 1)"
	silence $PORTS 4
	check "$what: nothing trips" wait_for failures_are 50
	check "$what: nothing" broken_are 0
	check "$what: what would have is counted" \
		test "$(counter_of db withheld)" = $PORTS
	check "$what: and not told of" told 0 withheld
	at $PORT
	CB breaker trip db "$AT"
	check "$what: but by hand" is_state db "$AT" broken
	CB breaker reset db "$AT"
	check "$what: it is still frozen" frozen_is 1
	ports_open
	answer 3
	check "$what: some answers are not enough" frozen_is 1
	answer 8
	check "$what: half of them are" wait_stats frozen 0 local-faults 1
	check "$what: the rule" frozen_is 0
	check "$what: one event says so" wait_for told 1 thaw
	expect_match "$what: with how many are left" \
		"thaw lost [0-9]+ destinations [3-9]*1?0?\$" \
		"$(grep ' thaw ' "$TMP/events" | tail -n 1)"
	answer
	at $((PORT + PORTS - 1))
	check "$what: what failed is forgotten" wait_breaker db "$AT" \
		state passing failed 0
	check "$what: nothing trips afterwards" broken_are 0
	check "$what: no more than one of each" told 1 freeze
	check "$what: thaw too" told 1 thaw
	CB rule del db
	unserve
}

# failures_are N: of the rule, all kinds of silence
failures_are()
{
	[ $(($(counter_of db timeout) + $(counter_of db unreachable))) = "$1" ]
}

# --- what is no local fault ------------------------------------------------

none()
{
	what="IPv$family two destinations"
	# shellcheck disable=SC2046 # it is words
	serve $(seq $PORT $((PORT + PORTS - 1)))
	guard
	answer 2
	at $((PORT + 1))
	wait_older db "$AT" 100
	mark
	link_fails
	silence 2 3
	check "$what: both trip" wait_for broken_are 2
	check "$what: and nothing freezes" stats_grew local-faults 0 frozen 0
	CB rule del db

	what="IPv$family dead addresses"
	guard
	silence $PORTS
	at $((PORT + PORTS - 1))
	wait_older db "$AT" 100
	silence $PORTS 3
	check "$what: all trip" wait_for broken_are $PORTS
	check "$what: and nothing freezes" stats_grew local-faults 0 frozen 0
	CB rule del db
	ports_open
	unserve

	what="IPv$family a minority"
	ready
	# The others go on to answer.
	hold steady $((PORT + 4)) -q -n 1000000 -D 6 -i 20
	steady=$HOLD_PID
	port_is_silent $PORT-$((PORT + 3))
	silence 4 3
	check "$what: they trip" wait_for broken_are 4
	check "$what: and nothing freezes" stats_grew local-faults 0 frozen 0
	kill "$steady"
	CB rule del db
	ports_open
	unserve

	what="IPv$family refused"
	ready
	unserve
	cli -q -n $((4 * PORTS)) -D $PORTS $PORT >"$TMP/cli"
	check "$what: all trip" wait_for broken_are $PORTS
	check "$what: since who refuses is there" \
		stats_grew local-faults 0 frozen 0
	CB rule del db

	what="IPv$family without guard"
	ready off
	link_fails
	silence $PORTS 4
	check "$what: all trip" wait_for broken_are $PORTS
	check "$what: and nothing freezes" stats_grew local-faults 0 frozen 0
	CB rule del db
	ports_open
	unserve
}

# Breakers that go are not waited for.
removed()
{
	what="IPv$family removed"
	ready
	link_fails
	silence $PORTS
	check "$what: frozen" wait_stats frozen 1
	CB rule del db
	check "$what: without a rule, too" stats_grew frozen 1
	ports_open
	guard
	answer 1
	check "$what: until the first one answers, since none is lost" \
		wait_stats frozen 0
	CB rule del db
	unserve
}

# --- time ------------------------------------------------------------------

# Nothing answers, ever; nobody even asks.
times_out()
{
	what="IPv$family timeout"
	ready
	link_fails
	silence $PORTS
	check "$what: frozen" wait_stats local-faults 1
	silence $PORTS 3
	check "$what: time thaws it" wait_stats frozen 0 local-faults 1
	check "$what: which is told" wait_for told 1 thaw
	check "$what: nothing has tripped" broken_are 0
	silence $PORTS 4
	check "$what: what goes on to fail does" wait_for broken_are $PORTS
	check "$what: and freezes nothing" wait_stats local-faults 1
	ports_open
	CB rule del db
	unserve
}

net_setup "$@" freeze_timeout=3600
events_start
for family in 4 6; do
	use_family $family
	freezes "drop"
	freezes "icmp" reject with icmpx type host-unreachable
	none
	removed
done
events_stop
# Long enough for all to fail before it is over.
reload_module freeze_timeout=5
events_start
for family in 4 6; do
	use_family $family
	times_out
done
events_stop
finish
