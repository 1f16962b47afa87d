#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A breaker goes through all of its states, for every kind of failure and both
# families: tripped by the ratio once passing_time and min_samples allow it;
# nothing leaves the host while it is broken; recovering when its time has
# come, without any traffic; back to broken while the service fails, and to
# passing when it does not. What is counted adds up.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

break_service()
{
	case $kind in
	refused)	unserve ;;
	timeout)	port_is_silent $PORT ;;
	unreachable)	port_does $PORT \
				reject with icmpx type host-unreachable ;;
	esac
}

repair_service()
{
	case $kind in
	refused)	serve $PORT ;;
	*)		ports_open ;;
	esac
}

# fail_attempts N: that many; all failures so far are counted.
fail_attempts()
{
	connects=$((connects + $1)) failures=$((failures + $1))
	case $kind in
	refused)	all_end ECONNREFUSED "$1" $PORT ;;
	*)		abandon "$1" $PORT ;;
	esac &&
		wait_breaker db "$AT" "$kind" $failures
}

succeed()
{
	connects=$((connects + $1))
	all_end OK "$1" $PORT
}

# are_rejected N [OPTION...]: N connects fail at once, by connect() itself.
are_rejected()
{
	local n=$1 lines
	shift

	connects=$((connects + n)) rejects=$((rejects + n))
	all_end ECONNREFUSED "$n" $PORT "$@" >"$TMP/rejected" || return 1
	mapfile -t lines < <(grep ' connect ' "$TMP/rejected")
	[ ${#lines[@]} = "$n" ] || { cat "$TMP/rejected"; return 1; }
}

adds_up()
{
	breaker_has db "$AT" rejected $rejects admitted $((connects - rejects)) \
		"$kind" $failures late 0 &&
		outcomes_are "${BREAKER[admitted]}"
}

tripped_by_ratio()
{
	check "$what: failures are counted" fail_attempts 8
	check "$what: and passing-time keeps it passing" \
		breaker_has db "$AT" state passing samples 8 failed 8
	CB breaker reset db "$AT"
	CB rule change db passing-time 100ms
	check "$what: four failures are less than min-samples" fail_attempts 4
	wait_older db "$AT" 100
	check "$what: so time alone does not trip it" \
		breaker_has db "$AT" state passing samples 4 failed 4
	check "$what: the fifth" fail_attempts 1
	check "$what: trips it, and listeners hear why" \
		wait_event db "$AT" passing broken ratio samples 5 failed 5
}

broken_is_broken()
{
	local last=$kind before

	[ "$kind" != unreachable ] || last="unreachable($ICMP"
	read_syns
	before=$SYNS
	check "$what: broken rejects" are_rejected 10
	check "$what: without blocking, too" are_rejected 10 -b
	check "$what: and many at the same time" are_rejected 20 -p 20
	check "$what: and again on the same socket" are_rejected 5 -o
	check "$what: nothing has left the host" no_syns_since "$before"
	check "$what: rejects are no outcomes" \
		breaker_has db "$AT" state broken samples 5 failed 5 \
		rejected $rejects last "$last"
	[ "$kind" != unreachable ] ||
		check "$what: it knows the ICMP error" \
			breaker_has db "$AT" "$last" "$UNREACH)"
	[ "$kind" != timeout ] ||
		expect_eq "$what: sysfs knows the kind" timeout \
			"$(wait_for breaker_file last_kind)"
}

recovering_fails()
{
	CB rule change db broken-time 100ms
	check "$what: recovering by time, without traffic" \
		wait_event db "$AT" broken recovering broken-time \
		samples 0 failed 0
	# The next time it is broken it stays so.
	CB rule change db broken-time 1h recovery-time 100ms
	wait_older db "$AT" 100
	check "$what: two failures after recovery-time" fail_attempts 2
	check "$what: are less than recovery-samples" \
		breaker_has db "$AT" state recovering samples 2 failed 2
	check "$what: the third" fail_attempts 1
	check "$what: shows that it has not recovered" \
		wait_event db "$AT" recovering broken not-recovered \
		samples 3 failed 3
}

recovers()
{
	repair_service
	check "$what: the service is back, and nobody asks it" are_rejected 5
	CB rule change db broken-time 100ms
	check "$what: recovering again" \
		wait_event db "$AT" broken recovering broken-time
	wait_older db "$AT" 100
	check "$what: three attempts succeed" succeed 3
	check "$what: and it has recovered" \
		wait_event db "$AT" recovering passing recovered \
		samples 3 failed 0
	check "$what: passing" succeed 5
	check "$what: the counters add up" adds_up
}

net_setup "$@"
events_start
for family in 4 6; do
	use_family $family
	at $PORT
	for kind in refused timeout unreachable; do
		what="IPv$family $kind"
		connects=0 rejects=0 failures=0
		CB rule add db dst "$SRV" port $PORT response-time 1h \
			passing-time 1h broken-time 1h recovery-time 1h \
			connect-timeout 300ms min-samples 5 \
			recovery-samples 3 on $kind
		serve $PORT
		break_service
		tripped_by_ratio
		broken_is_broken
		recovering_fails
		recovers
		unserve
		CB rule del db
	done
done
finish
