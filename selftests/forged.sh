#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Only an answer that proves that its sender has seen the SYN ends an attempt.
# Whatever is wrong in a forged one, nothing changes but the counters ignored
# and forged; and the true answer still counts, once.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

# no_effect IGNORED FORGED WHAT KIND [OPTION VALUE]...: a packet adds as much
# to these two counters, and has no other effect.
no_effect()
{
	local ignored=$1 forged=$2 text=$3
	shift 3

	# That it fails need not take a minute each time.
	local WAIT_MS=$((WAIT_MS < 15000 ? WAIT_MS : 15000))

	# When the second one has been ignored, the first has been seen.
	forge syn "$@" "then" rst-ack dport 9
	check "$what: no effect: $text" \
		wait_stats ignored $((ignored + 1)) forged "$forged" \
		success 0 refused 0 timeout 0 unreachable 0 late 0 \
		orphaned 0 unsent 0 attempts 0
	stats_remark
}

# pending: an attempt that waits for its answer, without a client.
pending()
{
	capture syn $PORT
	abandon 1 $PORT >"$TMP/abandoned"
	wait_captured syn
}

wrong_tcp()
{
	local kind

	for kind in rst-ack syn-ack; do
		no_effect 1 1 "$kind that acknowledges nothing" $kind ack +0
		no_effect 1 1 "$kind that acknowledges too much" $kind ack +2
		no_effect 1 1 "$kind that is half a circle off" \
			$kind ack +0x80000001
		no_effect 1 1 "$kind with a guess" $kind ack random
		no_effect 1 0 "$kind from another port" $kind sport 81
		no_effect 1 0 "$kind to another port" $kind dport 10
		no_effect 1 0 "$kind from another address" $kind src "$other"
		no_effect 1 0 "$kind to another address" $kind dst "$second"
		no_effect 0 0 "$kind with a bad checksum" $kind checksum bad
	done
	no_effect 0 0 "RST without ACK" rst
	no_effect 0 0 "ACK without SYN" ack
}

wrong_icmp()
{
	no_effect 1 1 "ICMP that quotes another SYN" icmp quote-seq -1
	no_effect 1 1 "ICMP that quotes a guess" icmp quote-seq random
	no_effect 1 0 "ICMP that quotes another port" icmp quote-dport 81
	no_effect 1 0 "ICMP that quotes another client" icmp quote-sport 81
	no_effect 1 0 "ICMP that quotes another server" \
		icmp quote-dst "$other"
	no_effect 1 0 "ICMP that quotes another source" \
		icmp quote-src "$second"
	no_effect 0 0 "ICMP that quotes too little" icmp quote-len $((min - 1))
	no_effect 0 0 "ICMP that quotes no more than an IP header" \
		icmp quote-len $((min - 8))
	no_effect 0 0 "ICMP that quotes UDP" icmp quote-proto 17
	no_effect 0 0 "ICMP with a bad checksum" icmp checksum bad
	if [ "$family" = 4 ]; then
		no_effect 0 0 "fragmentation needed" \
			icmp type 3 code 4 mtu 1280
		no_effect 0 0 "unreachable of no known code" \
			icmp type 3 code 16
		no_effect 0 0 "source quench" icmp type 4 code 0
		no_effect 0 0 "redirect" icmp type 5 code 1
		no_effect 0 0 "echo reply" icmp type 0 code 0
	else
		no_effect 0 0 "packet too big" icmp type 2 code 0 mtu 1280
		no_effect 0 0 "echo reply" icmp type 129 code 0
		no_effect 0 0 "nothing that is known behind an extension header" \
			rst-ack ext 99
		no_effect 0 0 "ICMP that quotes nothing that is known" \
			icmp quote-ext 99
	fi
}

still_waits()
{
	kill -0 "$HOLD_PID" && [ ! -s "$TMP/client" ]
}

# ends_attempt WHAT KIND [OPTION VALUE]...: the first of two such packets ends
# a new attempt; OUTCOME is what grows.
ends_attempt()
{
	local text=$1
	shift

	pending
	forge syn "$@" times 2
	check "$what: counts once: $text" \
		wait_stats "$outcome" 1 ignored 1 forged 0 admitted 1 attempts 0
	stats_remark
}

true_answers()
{
	local error errors

	outcome=success
	ends_attempt "SYN-ACK" syn-ack
	outcome=refused
	ends_attempt "RST" rst-ack
	outcome=unreachable
	case $family in
	4)	errors="3/0 3/1 3/2 3/3 3/5 3/9 3/13 3/15 11/0 12/0" ;;
	6)	errors="1/0 1/1 1/3 1/4 1/6 3/0 4/0 4/1" ;;
	esac
	for error in $errors; do
		ends_attempt "ICMP $error" icmp \
			type "${error%/*}" code "${error#*/}" quote-len $min
		check "$what: it is known as $error" \
			breaker_has db "$AT" "unreachable($ICMP" "$error)"
	done
}

# What lies between the headers of IPv6 and of TCP or ICMP: hop-by-hop options,
# destination options, a fragment header that is of no fragment.
true_behind_extensions()
{
	local ext

	for ext in 0 60 44; do
		outcome=success
		ends_attempt "SYN-ACK behind an extension header $ext" \
			syn-ack ext $ext
		outcome=unreachable
		ends_attempt "ICMP behind an extension header $ext" icmp ext $ext
		ends_attempt "ICMP that quotes an extension header $ext" \
			icmp quote-ext $ext
	done
}

net_setup "$@"
ip -n "$CLIENTS_AT" addr add $NEXT4/24 dev eth0
ip -n "$CLIENTS_AT" addr add $NEXT6/64 dev eth0 nodad preferred_lft 0
# The client's own TCP answers what is forged.
ip -n "$CLIENT" neigh add 10.0.0.77 lladdr 02:00:00:00:00:77 dev eth0
ip -n "$CLIENT" neigh add fd00::77 lladdr 02:00:00:00:00:77 dev eth0
port_is_silent $PORT
for family in 4 6; do
	use_family $family
	at $PORT
	what="IPv$family"
	case $family in
	4)	other=10.0.0.77 second=$NEXT4 min=28 ;;
	6)	other=fd00::77 second=$NEXT6 min=48 ;;
	esac
	CB rule add db dst "$SRV" port $PORT response-time 1h \
		passing-time 100ms connect-timeout 5m min-samples 60000

	capture syn $PORT
	hold client $PORT -b
	wait_captured syn
	wait_breaker db "$AT" admitted 1
	stats_mark
	wrong_tcp
	wrong_icmp
	check "$what: the client still waits" still_waits
	check "$what: and the breaker has no outcome" \
		breaker_has db "$AT" state passing samples 0 failed 0
	forge syn syn-ack
	check "$what: the true answer counts" wait_breaker db "$AT" \
		samples 1 failed 0 success 1
	check "$what: and the client has it" wait_for held client "OK 1"
	stats_mark
	no_effect 1 0 "the same once more" syn-ack
	no_effect 1 0 "RST for what is established" rst-ack

	# TCP would believe these, so it is not to be there any more.
	pending
	stats_mark
	case $family in
	4)	no_effect 0 0 "ICMP that quotes a later fragment" \
			icmp fragment yes ;;
	6)	no_effect 0 0 "an unknown error" icmp type 100 code 0 ;;
	esac
	no_effect 1 1 "ICMP that quotes what follows the SYN" \
		icmp quote-seq +1
	no_effect "${PASSES_BACK:-0}" 0 "SYN, as if both sides had begun" syn
	forge syn rst-ack
	check "$what: the true answer ends it" wait_breaker db "$AT" refused 1
	stats_mark
	true_answers
	[ "$family" = 4 ] || true_behind_extensions
	CB rule del db
done
finish
