#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A breaker in PASSING that nobody uses for idle_timeout is removed; one that is
# in another state, or in use, or whose outcomes are still needed, is not.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

# slab_objects: sets OBJECTS to how many breakers the slab allocator has, or to
# nothing if it merges them with other things of their size.
slab_objects()
{
	local name active rest

	OBJECTS=''
	while read -r name active rest; do
		[ "$name" != cbreak_dest ] || OBJECTS=$active
	done </proc/slabinfo
}

# KASAN keeps freed objects for a while, but not those of a cache that shrinks.
slab_is_empty()
{
	echo 1 >/sys/kernel/slab/cbreak_dest/shrink
	slab_objects
	echo "objects: $OBJECTS"
	[ "$OBJECTS" -le 5 ]
}

# left NUMBER EXPIRED: so many breakers there are, and at least so many have gone;
# one more each time that the one in use got no processor for as long as that.
left()
{
	read_stats
	cat "$TMP/stats"
	[ "${STATS[breakers]}" = "$1" ] &&
		[ $((${STATS[breakers-expired]} - ${MARK[breakers-expired]})) -ge "$2" ]
}

net_setup "$@" idle_timeout=1
CB rule add short dst $S4 response-time 100ms connect-timeout 100ms \
	broken-time 1h recovery-time 1h min-samples 60000
CB rule add long dst $S6 response-time 1h connect-timeout 100ms
stats_mark
use_family 4
# 100 to 199 are idle, 200 is in use, 201 is broken, 202 recovering.
hold user 200 -q -n 1000000 -i 20
cli -q -n 100 -D 100 100 >"$TMP/cli"
at 201
CB breaker trip short "$AT"
CB rule change short broken-time 100ms
at 202
CB breaker trip short "$AT"
wait_breaker short "$AT" state recovering
CB rule change short broken-time 1h
at 201
CB breaker trip short "$AT"
SRV=$S6 cli -q -n 2 -D 2 100 >"$TMP/cli"
slab_objects
[ -z "$OBJECTS" ] || check "the slab has them" test "$OBJECTS" -ge 103
check "idle breakers go" wait_for left 5 100
at 200
check "the one in use stays" breaker_has short "$AT" state passing
at 201
check "a broken one stays" breaker_has short "$AT" state broken
at 202
check "a recovering one stays" breaker_has short "$AT" state recovering
use_family 6
at 101
check "one whose outcomes count for an hour stays" \
	breaker_has long "$AT" state passing samples 1
kill "$HOLD_PID"
CB breaker reset short
check "all of the rule go once they are passing" \
	wait_for left 2 103
CB rule change long response-time 100ms
check "and all of the other, once their outcomes have gone" \
	wait_for left 0 105
if [ -n "$OBJECTS" ]; then
	check "the slab gets them back" wait_for slab_is_empty
fi
use_family 4
at 100
check "a breaker that comes again is new" all_end ECONNREFUSED 1 100
check "and begins at nothing" breaker_has short "$AT" admitted 1 refused 1
finish
