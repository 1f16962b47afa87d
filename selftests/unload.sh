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

# What goes on is to leave a slow kernel time to free what RCU frees, or the
# module waits for minutes in the same queue: milliseconds, and as seconds. A
# breaker stays in a state for some attempts, or none would meet a broken one.
INTERVAL=$((20 * ${CBREAK_SLOW:-1}))
TIME=$((5 * INTERVAL))ms
printf -v PAUSE '0.%03d' $((50 * ${CBREAK_SLOW:-1}))

# begin NETNS ADDRESS PORT OPTION...: a client that connects for ever.
begin()
{
	"$TCPCLI" -N "$1" -q -n 1000000 -i $INTERVAL "${@:4}" "$2" "$3" \
		>"$TMP/client" &
	clients+=($!)
}

has_rejected()
{
	read_breaker "$1" "$2"
	[ "${BREAKER[rejected]-0}" -gt 0 ]
}

# load_and_use: everything that unloading may meet.
load_and_use()
{
	local netns

	users=()
	load_module
	for netns in "$CLIENT" "$SERVER"; do
		"$CBCTL" -n "$netns" rule add all passing-time $TIME \
			broken-time $TIME recovery-time $TIME \
			connect-timeout 5m || return 1
		"$CBCTL" -n "$netns" monitor >"$TMP/monitor" &
		users+=($!)
	done
	CB rule add tripped port $TRIPPED broken-time 1h
	CB rule add recovers port $RECOVERS broken-time $TIME recovery-time 1h
	for SRV in $S4 $S6; do
		at $RECOVERS
		CB breaker trip recovers "$AT"
		at $TRIPPED
		CB breaker trip tripped "$AT"
	done
	at $CLOSED
	wait_for has_rejected all "$AT"
}

# From one round to the next, whether the module is there or not.
list_for_ever()
{
	while :; do
		CB breaker show
		CB rule show
		pause $PAUSE
	done
}

read_sysfs_for_ever()
{
	# shellcheck disable=SC2016 # for the inner shell
	exec ip netns exec "$CLIENT" bash -c 'while ! read -r -t "$1"; do
		for f in /sys/class/cbreak/*/breakers/*/*; do
			read -r _ <"$f"
		done 2>/dev/null
	done' bash $PAUSE <&"$never"
}

nothing_of_it_is_left()
{
	! is_loaded && [ ! -e /sys/class/cbreak ]
}

# Whoever asks for the netlink family has the kernel load the module. Not here.
test_cleanup()
{
	echo "$helper" >/proc/sys/kernel/modprobe
}

helper=$(</proc/sys/kernel/modprobe)
net_setup "$@"
serve $OPEN
port_is_silent $SILENT
echo >/proc/sys/kernel/modprobe
unload_module
clients=()
for address in $S4 $S6; do
	begin "$CLIENT" "$address" $OPEN
	begin "$CLIENT" "$address" $CLOSED
	begin "$CLIENT" "$address" $SILENT -t 0
done
begin "$SERVER" $C4 $CLOSED
begin "$SERVER" $C6 $CLOSED
list_for_ever >"$TMP/lists" 2>&1 &
read_sysfs_for_ever &

for ((round = 1; round <= ROUNDS; round++)); do
	check "round $round: load, and use" load_and_use
	check "round $round: unload" unload_module
	check "round $round: nothing of it is left" nothing_of_it_is_left
	# A monitor that found no module has ended by itself.
	kill "${users[@]}" 2>/dev/null || :
	wait "${users[@]}" || :
done
check "the clients are still there" kill -0 "${clients[@]}"
SRV=$S4
check "and nobody is rejected" all_end OK 20 $OPEN
finish
