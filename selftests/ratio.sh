#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A breaker trips when the share of failures is greater than error_ratio, not
# when it is equal, and not before min_samples outcomes; on a success as well
# as on a failure. Failures of a kind that is not in the rule's set count as
# outcomes, and not as failed.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

# ripe: PASSING for passing-time, with an empty window.
ripe()
{
	CB breaker trip db "$AT"
	CB breaker reset db "$AT"
	wait_older db "$AT" 100
}

# some N: that many connects, however they end; they have ended.
some()
{
	read_breaker db "$AT"
	cli -q -n "$1" $PORT &&
		wait_breaker db "$AT" admitted $((BREAKER[admitted] + $1)) &&
		outcomes_are "${BREAKER[admitted]}"
}

half()
{
	CB rule change db error-ratio 0.5 min-samples 10
	port_does $PORT numgen inc mod 2 == 0 reject with tcp reset
	ripe
	check "$what: every other one of ten fails" some 10
	check "$what: half is not greater than 0.5" \
		breaker_has db "$AT" state passing samples 10 failed 5
	check "$what: one failure more" some 1
	check "$what: is greater" \
		wait_event db "$AT" passing broken ratio samples 11 failed 6
	ports_open
}

quarter()
{
	CB rule change db error-ratio 0.25 min-samples 40
	port_does $PORT numgen inc mod 4 == 0 reject with tcp reset
	ripe
	check "$what: every fourth of 39 fails" some 39
	check "$what: more than a quarter, but less than min-samples" \
		breaker_has db "$AT" state passing samples 39 failed 10
	check "$what: a success completes them" some 1
	check "$what: a quarter is not greater than 0.25" \
		breaker_has db "$AT" state passing samples 40 failed 10
	ports_open

	CB rule change db error-ratio 0.249999
	port_does $PORT numgen inc mod 4 == 0 reject with tcp reset
	ripe
	check "$what: every fourth of 40 fails" some 40
	check "$what: it is greater than 0.249999, and the success tells" \
		wait_event db "$AT" passing broken ratio samples 40 failed 10
	ports_open
}

lone()
{
	CB rule change db error-ratio 0.999999 min-samples 1
	port_does $PORT reject with tcp reset
	ripe
	check "$what: with min-samples 1, one failure" some 1
	check "$what: trips" \
		wait_event db "$AT" passing broken ratio samples 1 failed 1
	ports_open
}

other_kinds()
{
	CB rule change db error-ratio 0.5 min-samples 5 on timeout
	port_does $PORT reject with tcp reset
	ripe
	check "$what: ten are refused" some 10
	check "$what: which is not what counts" \
		breaker_has db "$AT" state passing samples 10 failed 0 \
		last refused
	ports_open

	CB rule change db on refused min-samples 20
	port_does $PORT numgen inc mod 2 == 0 reject with tcp reset
	port_does $PORT reject with icmpx type admin-prohibited
	ripe
	check "$what: ten of twenty are refused, and ten unreachable" \
		cli -q -n 20 -t 0 $PORT
	check "$what: all of them are samples, and half of them failed" \
		wait_breaker db "$AT" state passing samples 20 failed 10
	ports_open
	CB rule change db on all
}

net_setup "$@"
events_start
serve $PORT
for family in 4 6; do
	use_family $family
	at $PORT
	what="IPv$family"
	CB rule add db dst "$SRV" port $PORT response-time 1h \
		passing-time 100ms broken-time 1h
	half
	quarter
	lone
	other_kinds
	CB rule del db
done
finish
