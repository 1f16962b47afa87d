#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A recovering breaker lets some attempts through and rejects others; each is
# counted once, and only those that were admitted reach the server. If they
# fail it is broken again before recovery_time is over. An outcome that comes
# after a transition is late: it is counted, and does not touch the new state.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

# recover RULE-PARAMETER...: trip it, and wait until it recovers. Not to be
# taken in by the event of the time before, wait for one of another kind first.
recover()
{
	read_breaker db "$AT"
	if [ "${BREAKER[state]}" != none ]; then
		CB breaker reset db "$AT"
		wait_event db "$AT" "${BREAKER[state]}" passing reset
	fi
	CB rule change db broken-time 100ms "$@"
	CB breaker trip db "$AT"
	wait_event db "$AT" broken recovering broken-time
	CB rule change db broken-time 1h
}

# some_of_each: connect until at least one was admitted and one rejected, all
# of them in the same state. The share grows, so both come.
some_of_each()
{
	local admitted rejected generation

	read_breaker db "$AT"
	admitted=${BREAKER[admitted]} rejected=${BREAKER[rejected]}
	connects=0 refusals=0
	while :; do
		cli -n 10 $PORT >"$TMP/cli"
		connects=$((connects + 10))
		refusals=$((refusals + $(grep -c ' ECONNREFUSED connect ' \
			"$TMP/cli" || :)))
		read_breaker db "$AT"
		[ "${BREAKER[state]}" = recovering ] || {
			cat "$TMP/breaker"
			return 1
		}
		[ "${BREAKER[admitted]}" = "$admitted" ] ||
			[ "${BREAKER[rejected]}" = "$rejected" ] || break
	done
	admissions=$((BREAKER[admitted] - admitted))
	rejections=$((BREAKER[rejected] - rejected))
}

adds_up()
{
	echo "$connects connects: $refusals refused," \
		"$admissions admitted, $rejections rejected"
	[ $connects = $((admissions + rejections)) ] &&
		[ $refusals = $rejections ]
}

# The SYNs that came are those that were admitted.
syns_are()
{
	read_syns
	echo "SYNs: $((SYNS - $1)), admitted: $2"
	[ $((SYNS - $1)) = "$2" ]
}

shares()
{
	local before

	serve $PORT
	read_syns
	before=$SYNS
	recover recovery-time 30s recovery-samples 60000 min-samples 60000
	check "$what: some are admitted, some rejected" some_of_each
	check "$what: each is counted once" adds_up
	check "$what: only those that were admitted reach the server" \
		syns_are "$before" $admissions
	check "$what: each of those is a sample" \
		breaker_has db "$AT" state recovering \
		samples $admissions failed 0 late 0
	unserve
}

# Until as many were admitted as it takes; before that, nothing trips it.
fails_early()
{
	recover recovery-time 30s recovery-samples 60000 min-samples 3
	while last_event db "$AT" broken recovering broken-time \
		>/dev/null; do
		cli -q -n 10 $PORT >"$TMP/cli"
	done
	check "$what: failures end it before recovery-time" \
		wait_event db "$AT" recovering broken ratio samples 3 failed 3
}

late()
{
	port_is_silent $PORT
	CB rule change db connect-timeout 5m
	CB breaker reset db "$AT"
	read_breaker db "$AT"
	late=${BREAKER[late]} refused=${BREAKER[refused]}
	capture syn $PORT
	abandon 1 $PORT >"$TMP/cli"
	CB breaker trip db "$AT"
	wait_captured syn
	forge syn rst-ack
	check "$what: an outcome after a trip is late" \
		wait_breaker db "$AT" state broken samples 0 failed 0 \
		late $((late + 1)) refused $((refused + 1))
	ports_open
}

net_setup "$@"
events_start
for family in 4 6; do
	use_family $family
	at $PORT
	what="IPv$family"
	CB rule add db dst "$SRV" port $PORT response-time 1h \
		passing-time 1h broken-time 1h recovery-time 1h
	shares
	fails_early
	late
	CB rule del db
done
finish
