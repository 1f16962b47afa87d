#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Model checks: all interleavings of the models, and mutations of them, which
# spin must find.  Prints TAP; exit status 0 if all passed.
set -u
MODEL_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=../vm/common.sh
. "$MODEL_DIR/../vm/common.sh"

deps_need model
TMP=$(mktemp -d) || exit 1
trap 'rm -rf "$TMP"' EXIT
number=0
failures=0

# explore MODEL [-D...]: a model that was not explored to its end is an error.
explore()
{
	local model=$1

	shift
	spin -a "$@" "$MODEL_DIR/$model" &&
		gcc -O2 -w -DSAFETY -DMEMLIM=2000 -o pan pan.c &&
		./pan -m100000
}

# check WANT MODEL [-D...]: WANT is "holds" or "fails".
check()
{
	local want=$1 got=error dir states

	shift
	number=$((number + 1))
	dir=$TMP/$number
	mkdir "$dir"
	if (cd "$dir" && explore "$@") >"$dir/log" 2>&1; then
		if grep -q 'assertion violated' "$dir/log"; then
			got=fails
		elif grep -q 'errors: 0$' "$dir/log" &&
		     ! grep -qE 'max search depth|not completed' "$dir/log"
		then
			got=holds
		fi
	fi
	states=$(awk '/states, stored/ { print $1 }' "$dir/log")
	if [ "$got" = "$want" ]; then
		echo "ok $number - $* $want, ${states:-0} states"
	else
		failures=$((failures + 1))
		echo "not ok $number - $* $want, ${states:-0} states"
		tail -n 40 "$dir/log" | sed 's/^/# /'
	fi
	rm -r "$dir"
}

# mutations MODEL [-D...] -- MUTATION...: without them it holds.
mutations()
{
	local model=() mutation

	while [ "$1" != -- ]; do
		model+=("$1")
		shift
	done
	shift
	check holds "${model[@]}"
	for mutation; do
		check fails "${model[@]}" "-D$mutation"
	done
}

echo "TAP version 13"
mutations window.pml -- PLAIN_WRITE NO_LATER NO_GEN NO_REPLACE

# One client, and everything else, and then as much as is explored in seconds.
alone=(-DTIMERS=0 -DADMINS=0 -DCHANGES=0)
timer=(-DADMINS=0 -DCHANGES=0)
check holds breaker.pml
check holds breaker.pml -DCALLS=2 -DSTEPS=1
check holds breaker.pml -DCLIENTS=2 -DCHANGES=0 -DSTEPS=1
check holds breaker.pml -DCLIENTS=2 -DCHANGES=0 -DSTEPS=1 -DSTART=BROKEN
check holds breaker.pml -DCLIENTS=2 -DTIMERS=0 -DADMINS=0 -DSTEPS=1
check holds breaker.pml -DCLIENTS=2 -DCALLS=2 "${timer[@]}"
check holds breaker.pml -DCLIENTS=3 "${alone[@]}" -DSTEPS=1
mutations breaker.pml -DSTEPS=1 -DTAGS=4 -- NO_LOCK STALE_NOW TORN \
	WORD_FIRST NO_GEN NO_CLEAR EARLY LATE NO_TRIP NO_RETURN
mutations breaker.pml -DSTEPS=1 -DSTART=BROKEN -- BROKEN_ADMITS

check holds cap.pml
check holds cap.pml -DPCT=34
mutations cap.pml -DBREAKERS=2 -- NO_CAS NO_LOCK NO_DEAD NO_FLOOR NO_PUT
echo "1..$number"
echo "model: $((number - failures)) passed, $failures failed"
[ "$failures" = 0 ]
