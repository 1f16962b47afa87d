#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Model checks: all interleavings of the models, and mutations of them,
# which spin must find.  Prints TAP; exit status 0 if all passed.
set -u
cd "$(dirname "$0")" || exit 1

TMP=$(mktemp -d) || exit 1
trap 'rm -rf "$TMP"' EXIT
number=0
failures=0

# check WANT MODEL [-D...]: WANT is "holds" or "fails".
check()
{
	local want=$1 model=$2 got=error states dir

	shift 2
	number=$((number + 1))
	dir=$TMP/$number
	mkdir "$dir"
	if (cd "$dir" && spin -a "$@" "$OLDPWD/$model" &&
	    gcc -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=2000 -o pan pan.c &&
	    ./pan -m100000) >"$dir/log" 2>&1; then
		if grep -q 'errors: 0$' "$dir/log" &&
		   ! grep -qE 'max search depth too small|Search not completed' \
			"$dir/log"; then
			got=holds
		elif grep -q 'assertion violated' "$dir/log"; then
			got=fails
		fi
	fi
	states=$(awk '/states, stored/ { print $1 }' "$dir/log")
	if [ "$got" = "$want" ]; then
		echo "ok $number - $model $* $want, ${states:-0} states"
	else
		failures=$((failures + 1))
		echo "not ok $number - $model $* $want, ${states:-0} states"
		sed 's/^/# /' "$dir/log" | tail -n 40
	fi
}

echo "TAP version 13"
check holds window.pml
for mutation in PLAIN_WRITE NO_LATER NO_GEN NO_REPLACE; do
	check fails window.pml "-D$mutation"
done
check holds breaker.pml
for mutation in NO_LOCK STALE_NOW TORN NO_GEN EARLY LATE \
		BROKEN_ADMITS NO_RETURN; do
	check fails breaker.pml -DSTEPS=2 "-D$mutation"
done
echo "1..$number"
echo "model: $((number - failures)) passed, $failures failed"
[ "$failures" = 0 ]
