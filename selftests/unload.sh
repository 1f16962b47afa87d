#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module can be unloaded whatever happens at that moment: clients connect in
# two namespaces, breakers are broken and recover, attempts wait for answers,
# somebody listens to events, others list rules and breakers and read sysfs.
# Clients see nothing of it but that nobody rejects them any more.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

ROUNDS=10
OPEN=80 CLOSED=81 SILENT=82 TRIPPED=83 RECOVERS=84

# load_and_use: everything that unloading may meet.
load_and_use()
{
	local netns dst

	users=()
	load_module
	for netns in "$CLIENT" "$SERVER"; do
		for dst in $S4 $S6 $C4 $C6; do
			"$CBCTL" -n "$netns" rule add "r$dst" dst "$dst" \
				passing-time 100ms broken-time 100ms \
				recovery-time 100ms connect-timeout 5m
		done
	done
	for dst in $S4 $S6; do
		use_family "$([ "$dst" = $S4 ] && echo 4 || echo 6)"
		at $TRIPPED
		CB rule change "r$dst" broken-time 1h
		CB breaker trip "r$dst" "$AT"
		CB rule change "r$dst" broken-time 100ms
		at $RECOVERS
		CB breaker trip "r$dst" "$AT"
		CB rule change "r$dst" recovery-time 1h
	done
	"$CBCTL" -n "$CLIENT" monitor >"$TMP/monitor" &
	users+=($!)
	"$CBCTL" -n "$SERVER" monitor >"$TMP/monitor" &
	users+=($!)
	use_family 4
	at $CLOSED
	wait_for has_rejected "r$S4" "$AT"
}

has_rejected()
{
	read_breaker "$1" "$2"
	[ "${BREAKER[rejected]-0}" -gt 0 ]
}

# Until the module goes, and in the next round again.
list_for_ever()
{
	while :; do
		CB breaker show
		CB rule show
		CB stats
		pause 0.05
	done
}

read_sysfs_for_ever()
{
	# shellcheck disable=SC2016 # for the inner shell
	exec ip netns exec "$CLIENT" bash -c 'while ! read -r -t 0.05; do
		for f in /sys/class/cbreak/*/breakers/*/*; do
			read -r _ <"$f"
		done 2>/dev/null
	done' <&"$never"
}

leave_alone()
{
	! is_loaded && [ ! -e /sys/class/cbreak ]
}

net_setup
serve $OPEN
port_is_silent $SILENT
unload_module
clients=()
for family in 4 6; do
	use_family $family
	hold open$family $OPEN -q -n 1000000 -i 5
	clients+=("$HOLD_PID")
	hold closed$family $CLOSED -q -n 1000000 -i 5
	clients+=("$HOLD_PID")
	hold silent$family $SILENT -q -n 1000000 -t 0 -i 5
	clients+=("$HOLD_PID")
	"$TCPCLI" -N "$SERVER" -q -n 1000000 -i 5 \
		"$([ "$family" = 4 ] && echo $C4 || echo $C6)" $CLOSED \
		>"$TMP/back$family" &
	clients+=($!)
done
list_for_ever >"$TMP/lists" 2>&1 &
read_sysfs_for_ever &

for ((round = 1; round <= ROUNDS; round++)); do
	check "round $round: load, and use" load_and_use
	check "round $round: unload" unload_module
	check "round $round: nothing is left of it" leave_alone
	kill "${users[@]}"
	wait "${users[@]}" || :
done
check "the clients are still there" kill -0 "${clients[@]}"
use_family 4
check "and nobody is rejected" all_end OK 20 $OPEN
finish
