#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Breakers can be tripped, reset and shown: one, those of a rule, those in a
# state, or hundreds, completely, also while more of them are made. What an
# administrator does to a breaker decides what becomes of connections.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"

PORT=8080
DEST=$S4:$PORT

# generation: of the breaker, into GENERATION.
generation()
{
	CB -j breaker get db "$DEST" >"$TMP/json"
	slurp GENERATION "$TMP/json"
	GENERATION=${GENERATION#*'"generation":'}
	GENERATION=${GENERATION%%,*}
}

# dests ARGUMENT...: what breaker show says, as RULE DEST STATE, sorted.
dests()
{
	local rule dest state _

	CB breaker show "$@" | while read -r rule dest state _; do
		printf '%s %s %s\n' "$rule" "$dest" "$state"
	done | LC_ALL=C sort
}

setup "$@"
serve $PORT
CB rule add db dst 10.0.0.0/8 response-time 1h min-samples 1000 broken-time 1h
CB rule add v6 dst fd00::/16 broken-time 1h

# --- trip and reset --------------------------------------------------------

check_fail "no breaker before a connection" CB breaker get db "$DEST"
check "trip makes a breaker" CB breaker trip db "$DEST"
check "and it is broken" breaker_has db "$DEST" state broken samples 0 admitted 0
check "connections are refused" all_end ECONNREFUSED 3 $PORT
check "and counted as rejected" \
	breaker_has db "$DEST" rejected 3 admitted 0 refused 0 samples 0
check "broken-time is counted down" [ -n "${BREAKER[next]-}" ]
check "no breaker but this one" is_state db "$S4:81" none

wait_older db "$DEST" 100
first=${BREAKER[since-ms]}
generation
before=$GENERATION
CB breaker trip db "$DEST"
read_breaker db "$DEST"
check "trip begins broken-time anew" [ "${BREAKER[since-ms]}" -lt "$first" ]
generation
check "with a new generation" [ "$GENERATION" != "$before" ]

before=$GENERATION
check "reset of a broken one" CB breaker reset db "$DEST"
check "makes it pass" breaker_has db "$DEST" state passing samples 0
expect_eq "without an end of that" "" "${BREAKER[next]-}"
generation
check "with a new generation again" [ "$GENERATION" != "$before" ]
check "connections are admitted" all_end OK 4 $PORT
check "and counted" \
	wait_breaker db "$DEST" admitted 4 success 4 samples 4 rejected 3
check "reset of a passing one" CB breaker reset db "$DEST"
check "empties the window, not the counters" \
	breaker_has db "$DEST" state passing samples 0 admitted 4 rejected 3

all_end OK 2 $PORT >"$TMP/out"
wait_breaker db "$DEST" samples 2
CB breaker trip db "$DEST"
check "a broken one shows the window that was there" \
	breaker_has db "$DEST" state broken samples 2 failed 0
CB rule change db broken-time 100ms recovery-time 1h
check "a shorter broken-time takes effect at once" \
	wait_state db "$DEST" recovering
CB rule change db broken-time 1h
check "trip of a recovering one" CB breaker trip db "$DEST"
check "breaks it again" is_state db "$DEST" broken
CB rule change db broken-time 100ms
wait_state db "$DEST" recovering
CB breaker reset db "$DEST"
check "reset of a recovering one" is_state db "$DEST" passing

# --- names of destinations -------------------------------------------------

CB rule change db broken-time 1h
check "trip with the port apart" CB breaker trip db "$S4" port 81
check "is the same breaker" CB breaker get db "$S4:81"
check "trip of an IPv6 destination" CB breaker trip v6 "[$S6]:80"
check "get with the port apart" CB breaker get v6 "$S6" port 80
check "get of an IPv6 destination written otherwise" \
	CB breaker get v6 "[fd00:0:0::0:2]:80"
use_family 6
check "refuses connections over IPv6" all_end ECONNREFUSED 1 80
check "and counts them" breaker_has v6 "[$S6]:80" rejected 1

# --- show ------------------------------------------------------------------

all="db $DEST passing"$'\n'"db $S4:81 broken"$'\n'"v6 [$S6]:80 broken"
expect_eq "show lists all" "$all" "$(dests)"
expect_eq "show of a rule lists its own" "v6 [$S6]:80 broken" "$(dests v6)"
expect_eq "show by state" "db $DEST passing" "$(dests state passing)"
expect_eq "show by rule and state" "db $S4:81 broken" "$(dests db state broken)"
expect_eq "show of an empty state" "" "$(dests state recovering)"
check_fail "show of no rule fails" CB breaker show nobody
expect_eq "a rule counts its breakers by state" "1 1 0" \
	"$(counter_of db passing) $(counter_of db broken) \
$(counter_of db recovering)"

check "reset of all of a rule" CB breaker reset db
all="db $DEST passing"$'\n'"db $S4:81 passing"$'\n'"v6 [$S6]:80 broken"
expect_eq "leaves those of other rules" "$all" "$(dests)"
CB rule del v6
expect_eq "and a rule takes its breakers along" 2 "$(stat_of breakers)"

# --- many ------------------------------------------------------------------

use_family 4
fill_breakers 20000 600 602
dests db >"$TMP/all"
for ((i = 20000; i < 20600; i++)); do
	printf 'db %s:%d passing\n' "$S4" $i
done >"$TMP/want"
printf 'db %s:%d passing\n' "$S4" $PORT "$S4" 81 >>"$TMP/want"
LC_ALL=C sort -o "$TMP/want" "$TMP/want"
check "a dump of 602 breakers is complete" diff "$TMP/want" "$TMP/all"

# complete_dump PORT TOTAL: a dump while breakers are made has all older ones.
complete_dump()
{
	fill_breakers "$1" 500 "$2" &
	dests db >"$TMP/all"
	wait $!
	# Some may come twice, when the table is resized.
	LC_ALL=C sort -u -o "$TMP/all" "$TMP/all"
	LC_ALL=C comm -23 "$TMP/want" "$TMP/all" >"$TMP/missing"
	cat "$TMP/missing"
	[ ! -s "$TMP/missing" ]
}
check "so is one while others are made" complete_dump 21000 1102
check "and another" complete_dump 22000 1602
expect_eq "all of them are there" 1602 "$(stat_of breakers)"
CB breaker reset db
expect_eq "reset of very many" "1602 0 0" \
	"$(counter_of db passing) $(counter_of db broken) \
$(counter_of db recovering)"

finish
