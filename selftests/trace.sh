#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tracepoints of the module tell of every admission, rejection, outcome and
# transition of a cycle, with the fields that perf and bpftrace would see.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"
. "$LIB_DIR/lib_hold.sh"

PORT=80
TRACE=/sys/kernel/tracing

# traced REGEX...: the events since the last call are these, one a line.
traced()
{
	local line lines=() want=("$@") i

	while IFS= read -r line; do
		[[ $line == *": cbreak_"* ]] && lines+=("cbreak_${line#*: cbreak_}")
	done <$TRACE/trace
	: >$TRACE/trace
	printf '%s\n' "${lines[@]}"
	[ ${#lines[@]} = ${#want[@]} ] || return 1
	for i in "${!want[@]}"; do
		[[ ${lines[i]} =~ ^${want[i]}$ ]] || {
			echo "want: ${want[i]}"
			return 1
		}
	done
}

test_cleanup()
{
	[ ! -e $TRACE/events/cbreak ] || echo 0 >$TRACE/events/cbreak/enable
	echo >$TRACE/trace
}

# isn: what the SYN that was captured had
isn()
{
	local out

	out=$("$FORGE" show "$TMP/syn")
	word_after seq $out
}

net_setup "$@"
[ -e $TRACE/trace ] || mount -t tracefs none $TRACE
for event in admit reject outcome state withheld guard abort; do
	check "there is cbreak:cbreak_$event" \
		test -e $TRACE/events/cbreak/cbreak_$event/format
done
echo >$TRACE/trace
echo 1 >$TRACE/events/cbreak/enable
for family in 4 6; do
	use_family $family
	at $PORT
	what="IPv$family"
	# As the kernel prints it, and as part of a regular expression.
	case $family in
	4)	id="rule=db dest=10\.0\.0\.2:80" ;;
	6)	id="rule=db dest=\[fd00::2\]:80" ;;
	esac
	CB rule add db dst "$SRV" port $PORT-82 response-time 1h broken-time 1h \
		passing-time 100ms min-samples 2 recovery-time 100ms \
		connect-timeout 100ms

	capture syn $PORT
	all_end ECONNREFUSED 1 $PORT >"$TMP/cli"
	wait_captured syn
	check "$what: an attempt that is refused" traced \
		"cbreak_admit: $id state=passing isn=$(isn)" \
		"cbreak_outcome: $id kind=refused icmp=0/0 latency_us=[0-9]+ counted=1"

	wait_older db "$AT" 100
	port_does $PORT reject with icmpx type host-unreachable
	abandon 1 $PORT >"$TMP/cli"
	wait_breaker db "$AT" state broken
	check "$what: one that is unreachable, and trips the breaker" traced \
		"cbreak_admit: $id state=passing isn=[0-9]+" \
		"cbreak_outcome: $id kind=unreachable icmp=$UNREACH latency_us=[0-9]+ counted=1" \
		"cbreak_state: $id from=passing to=broken cause=ratio gen=[0-9]+ samples=2 failed=2"
	ports_open

	all_end ECONNREFUSED 2 $PORT >"$TMP/cli"
	check "$what: two that are rejected" traced \
		"cbreak_reject: $id state=broken isn=[0-9]+ cause=breaker" \
		"cbreak_reject: $id state=broken isn=[0-9]+ cause=breaker"

	CB rule change db broken-time 100ms
	wait_breaker db "$AT" state recovering
	wait_older db "$AT" 100
	check "$what: time" traced \
		"cbreak_state: $id from=broken to=recovering cause=broken-time gen=[0-9]+ samples=0 failed=0"

	serve $PORT
	all_end OK 1 $PORT >"$TMP/cli"
	unserve
	check "$what: recovery" traced \
		"cbreak_admit: $id state=recovering isn=[0-9]+" \
		"cbreak_outcome: $id kind=success icmp=0/0 latency_us=[0-9]+ counted=1" \
		"cbreak_state: $id from=recovering to=passing cause=recovered gen=[0-9]+ samples=1 failed=0"

	port_is_silent $PORT
	CB rule change db broken-time 1h connect-timeout 300ms
	capture syn $PORT
	abandon 1 $PORT >"$TMP/cli"
	CB breaker trip db "$AT"
	wait_captured syn
	wait_breaker db "$AT" timeout 1
	# Late rather than early: no sooner than connect-timeout.
	check "$what: silence, which is noticed too late" traced \
		"cbreak_admit: $id state=passing isn=$(isn)" \
		"cbreak_state: $id from=passing to=broken cause=trip gen=[0-9]+ samples=0 failed=0" \
		"cbreak_outcome: $id kind=timeout icmp=0/0 latency_us=([3-9][0-9]{5}|[0-9]{7,}) counted=0"
	CB breaker reset db "$AT"
	check "$what: reset" traced \
		"cbreak_state: $id from=broken to=passing cause=reset gen=[0-9]+ samples=0 failed=0"

	CB rule change db connect-timeout 5m max-pending 1
	abandon 1 $PORT >"$TMP/cli"
	all_end ECONNREFUSED 1 $PORT >"$TMP/cli"
	check "$what: one too many" traced \
		"cbreak_admit: $id state=passing isn=[0-9]+" \
		"cbreak_reject: $id state=passing isn=[0-9]+ cause=max-pending"
	CB breaker isolate db "${AT%:*}:82"
	CB rule replace db dst "$SRV" port $PORT-82 max-broken-pct 50 min-samples 1 \
		response-time 1h passing-time 100ms
	wait_older db "$AT" 100
	ports_open
	: >$TRACE/trace
	all_end ECONNREFUSED 1 $PORT >"$TMP/cli"
	check "$what: a trip that is withheld" traced \
		"cbreak_admit: $id state=passing isn=[0-9]+" \
		"cbreak_outcome: $id kind=refused icmp=0/0 latency_us=[0-9]+ counted=1" \
		"cbreak_withheld: $id state=passing cause=ratio withheld=max-broken samples=1 failed=1"

	CB rule del db
	CB rule add db dst "$SRV" max-connections 1 on reset response-time 1h
	: >$TRACE/trace
	serve -k $PORT
	hold kept $PORT -k
	wait_breaker db "$AT" connections 1
	all_end ECONNREFUSED 1 $PORT >"$TMP/cli"
	serve_resets
	wait_breaker db "$AT" connections 0
	check "$what: a connection too many, and one that is reset" traced \
		"cbreak_admit: $id state=passing isn=[0-9]+" \
		"cbreak_outcome: $id kind=success icmp=0/0 latency_us=[0-9]+ counted=1" \
		"cbreak_reject: $id state=passing isn=[0-9]+ cause=max-connections" \
		"cbreak_outcome: $id kind=reset icmp=0/0 latency_us=[0-9]+ counted=1"
	kill "$HOLD_PID"
	unserve
	CB rule del db
done
finish
