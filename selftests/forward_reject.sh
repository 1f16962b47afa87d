#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How the client of a forwarded connection hears that it is rejected: by an RST,
# by an ICMP error, or not at all; from the address that it asked for, also if
# that leads elsewhere. Nothing gets to the server. One that passes because the
# rule only observes is counted once, however often it is sent.

FORWARDED=1
. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80

# rejects HOW RESULT: so end three connects
rejects()
{
	CB rule change db reject "$1"
	check "$what: $1 is $2" all_end "$2" 3 $PORT
	check "$what: $1 gets nothing to the server" no_syns_since "$before"
}

# rejected_more_than N
rejected_more_than()
{
	read_breaker db "$AT"
	[ "${BREAKER[rejected]}" -gt "$1" ]
}

enforced()
{
	local rejected

	CB rule add db dst "$SRV" port $PORT response-time 1h passing-time 1h \
		broken-time 1h
	CB breaker trip db "$AT"
	read_syns
	before=$SYNS
	rejects reset ECONNREFUSED
	check "$what: each was rejected once" breaker_has db "$AT" rejected 3
	rejects icmp "$PROHIBITED"
	# A client may hear of the first of them only when it asks again.
	check "$what: each at least once" rejected_more_than 5
	CB rule change db reject drop
	read_breaker db "$AT"
	rejected=${BREAKER[rejected]}
	hold client $PORT -b
	check "$what: drop is silence, and the client asks again" \
		wait_for rejected_more_than $((rejected + 1))
	check "$what: drop gets nothing to the server" no_syns_since "$before"
	check "$what: the client still waits" test ! -s "$TMP/client"
	CB breaker reset db "$AT"
	check "$what: and gets through when it may" wait_for held client "OK 1"
	check "$what: as a single attempt" breaker_has db "$AT" admitted 1 \
		success 1 samples 1
	CB rule del db
}

# came_twice: a SYN that is dropped at the server
came_twice()
{
	read_syns
	[ $((SYNS - before)) -ge 2 ]
}

# As many as the server has seen, but for the first.
rest_are_counted()
{
	read_syns
	stats_grew would-reject 1 attempts 0 retransmits $((SYNS - before - 1))
}

observed()
{
	CB rule add db dst "$SRV" port $PORT mode observe response-time 1h \
		passing-time 1h broken-time 1h
	CB breaker trip db "$AT"
	check "$what: observed, it passes" all_end OK 3 $PORT
	check "$what: and is counted" breaker_has db "$AT" would-reject 3 \
		rejected 0 admitted 0
	port_is_silent "$SERVED"
	read_syns
	before=$SYNS
	stats_mark
	hold client $PORT -b
	check "$what: observed, it passes as often as it is sent" \
		wait_for came_twice
	kill "$HOLD_PID"
	check "$what: and is counted once" breaker_has db "$AT" would-reject 4 \
		rejected 0 admitted 0
	check "$what: the rest are retransmissions" wait_for rest_are_counted
	ports_open
	CB rule del db
}

net_setup "$@"
serve $PORT 8080
for nat in "" DNAT; do
	SERVED=$PORT
	if [ -n "$nat" ]; then
		SERVED=8080
		router_nft -f - <<-END
			table inet nat {
				chain prerouting {
					type nat hook prerouting priority dstnat
					tcp dport $PORT dnat ip to $S4:$SERVED
					tcp dport $PORT dnat ip6 to [$S6]:$SERVED
				}
				chain postrouting {
					type nat hook postrouting priority srcnat
					oifname eth0 masquerade
				}
			}
		END
	fi
	for family in 4 6; do
		use_family $family
		case $family in
		4)	PROHIBITED=EHOSTUNREACH SRV=${nat:+192.0.2.1} ;;
		6)	PROHIBITED=EACCES SRV=${nat:+2001:db8::1} ;;
		esac
		[ -n "$SRV" ] || use_family $family
		at $PORT
		what="IPv$family${nat:+, $nat}"
		enforced
		observed
	done
done
unserve
finish
