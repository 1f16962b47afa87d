#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What trips a breaker besides the ratio: failures in a row, and handshakes that
# take too long; and how long a breaker that trips again and again is BROKEN.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

# --- consecutive -----------------------------------------------------------

consecutive()
{
	local what=$1

	CB rule add db dst "$SRV" response-time 1h passing-time 100ms \
		broken-time 1h min-samples 100 consecutive 3
	at $PORT
	serve $PORT
	all_end OK 8 $PORT >"$TMP/cli"
	wait_older db "$AT" 100
	unserve
	all_end ECONNREFUSED 2 $PORT >"$TMP/cli"
	serve $PORT
	all_end OK 1 $PORT >"$TMP/cli"
	unserve
	all_end ECONNREFUSED 2 $PORT >"$TMP/cli"
	check "$what: a success ends a row" wait_breaker db "$AT" \
		state passing refused 4 success 9
	all_end ECONNREFUSED 1 $PORT >"$TMP/cli"
	check "$what: the third in a row trips" wait_event db "$AT" \
		passing broken consecutive samples 14 failed 5
	check "$what: whatever the ratio" all_end ECONNREFUSED 2 $PORT
	check "$what: as the next ones see" breaker_has db "$AT" \
		state broken rejected 2
	CB rule del db
}

# --- slow ------------------------------------------------------------------

# Connections are made, but it takes longer than they may.
slow()
{
	local what=$1

	CB rule add db dst "$SRV" response-time 1h passing-time 100ms \
		broken-time 1h min-samples 3 slow-time 150ms
	at $PORT
	serve $PORT
	all_end OK 1 $PORT >"$TMP/cli"
	check "$what: a quick handshake is a success" wait_breaker db "$AT" \
		success 1 slow 0
	wait_older db "$AT" 100
	tc -n "$SERVER" qdisc add dev eth0 root netem delay 300ms
	check "$what: a slow one connects all the same" all_end OK 2 $PORT
	check "$what: and trips" wait_event db "$AT" passing broken ratio \
		samples 3 failed 2
	check "$what: it is a kind of its own" breaker_has db "$AT" \
		success 1 slow 2 last slow
	expect_eq "$what: in sysfs too" slow "$(wait_for breaker_file last_kind)"
	CB rule change db on refused,timeout,unreachable
	CB breaker reset db
	all_end OK 1 $PORT >"$TMP/cli"
	check "$what: which may be left out" wait_breaker db "$AT" \
		state passing samples 1 failed 0 slow 3
	CB rule change db slow-time 0 on refused,timeout,unreachable,slow
	all_end OK 1 $PORT >"$TMP/cli"
	check "$what: without slow-time nothing is slow" wait_breaker db \
		"$AT" slow 3 success 2
	tc -n "$SERVER" qdisc del dev eth0 root
	unserve
	CB rule del db
}

# --- backoff and jitter ----------------------------------------------------

# next_between MIN MAX: how long it is BROKEN yet, ms
next_between()
{
	local ms

	read_breaker db "$AT"
	ms=${BREAKER[next]%s}
	ms=$((10#${ms/./}))
	echo "$ms ms"
	[ "$ms" -ge "$1" ] && [ "$ms" -le "$2" ]
}

# generation: of the breaker, into GENERATION
generation()
{
	CB -j breaker get db "$AT" >"$TMP/breaker"
	slurp GENERATION "$TMP/breaker"
	GENERATION=${GENERATION#*'"generation":'}
	GENERATION=${GENERATION%%,*}
}

# has_changed BEFORE: it has left the state of that generation, and may have
# left the next one too.
has_changed()
{
	generation
	[ "$GENERATION" != "$1" ]
}

backoff()
{
	local what=$1 n before

	CB rule add db dst "$SRV" response-time 10s passing-time 100ms \
		broken-time 100ms recovery-time 1h consecutive 1 \
		recovery-samples 2 backoff 10 broken-time-max 24h
	at $PORT
	CB breaker trip db "$AT"
	for n in 1 2 3; do
		check "$what: trip $n ends" wait_breaker db "$AT" \
			state recovering
		# So that RECOVERING admits, and does not end before.
		CB rule change db recovery-time 100ms
		wait_older db "$AT" 100
		generation
		before=$GENERATION
		all_end ECONNREFUSED 1 $PORT >"$TMP/cli"
		check "$what: and the next follows" \
			wait_for has_changed "$before"
		CB rule change db recovery-time 1h
		# The third would last for 10 s, and the fourth for longer.
		[ $n != 2 ] || break
	done
	check "$what: a third trip in a row lasts for a hundred times as long" \
		next_between 1000 10000
	CB rule change db broken-time 1h broken-time-max 1h jitter 1
	check "$what: not longer than broken-time-max, but for jitter" \
		next_between 3540000 7200000
	CB rule del db
}

net_setup "$@"
events_start
for family in 4 6; do
	use_family $family
	consecutive "IPv$family"
	slow "IPv$family"
	backoff "IPv$family"
done
events_stop
finish
