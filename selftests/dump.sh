#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A dump of breakers takes many messages, and as long as its reader likes. What
# becomes of the table meanwhile, it has all that were there from beginning to
# end, and none that had gone before it was asked for; and it says so if some
# came or went.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"

FIRST=20000

# stop_dump: a dump begins, and stands still as soon as nobody has read some 64
# KiB of what it prints. That needs hundreds of breakers.
stop_dump()
{
	"$CBCTL" -n "$CLIENT" -j breaker show >"$TMP/fifo" 2>"$TMP/dump.err" &
	DUMP_PID=$!
	exec {DUMP_FD}<"$TMP/fifo"
	wait_for dump_stands
}

dump_stands()
{
	grep -q pipe_write "/proc/$DUMP_PID/stack"
}

# end_dump: the rest of it; the ports and what holds the breakers are in
# $TMP/ports, a line each.
end_dump()
{
	cat <&"$DUMP_FD" >"$TMP/dump"
	exec {DUMP_FD}<&-
	wait "$DUMP_PID" || return 1
	jq -r '.[] | "\(.port) \(.hold // "-")"' "$TMP/dump" |
		LC_ALL=C sort -u >"$TMP/ports"
}

# has_ports FIRST LAST: those are in it.
has_ports()
{
	local port

	for ((port = $1; port <= $2; port++)); do
		echo "$port -"
	done | LC_ALL=C sort | LC_ALL=C comm -23 - "$TMP/ports" >"$TMP/missing"
	cat "$TMP/missing"
	[ ! -s "$TMP/missing" ]
}

was_interrupted()
{
	grep -qx 'Dump was interrupted and may be inconsistent.' "$TMP/dump.err"
}

setup "$@" max_breakers=8192
mkfifo "$TMP/fifo"
use_family 4
CB rule add db dst 10.0.0.0/8 response-time 1h broken-time 1h
for n in 400 800 1600; do
	fill_breakers $FIRST $n $n
	stop_dump
	fill_breakers $FIRST $((n * 2)) $((n * 2))
	check "a dump of $n breakers while the table grows" end_dump
	check "has all of them" has_ports $FIRST $((FIRST + n - 1))
	check "and says that there are more now" was_interrupted
done

stop_dump
# The table shrinks, and is another one. The message that was on its way has
# some of them; whoever is put into another is shown as held.
CB breaker reset db for 1h
CB rule del db
check "a dump of breakers that have gone" end_dump
check_fail "does not show them any more" grep -v -- '-$' "$TMP/ports"
check "and says that it is not what there was" was_interrupted
finish
