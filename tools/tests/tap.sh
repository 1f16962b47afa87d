# SPDX-License-Identifier: GPL-2.0
#
# TAP for the scripts beside this file. A test is a function; what it prints
# says what is wrong, and it passes if it prints nothing.
# shellcheck shell=bash disable=SC2034

TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$TESTS/../.." && pwd)
CBCTL=${CBCTL:-$ROOT/tools/cbctl/cbctl}
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT

[ -x "$CBCTL" ] || { echo "Bail out! no $CBCTL"; exit 1; }

# Runs cbctl; what it printed is in $out and $err, its exit status in $status.
# It has another name, since completion calls cbctl.
call()
{
	timeout 60 "$CBCTL" "$@" >"$TMP/out" 2>"$TMP/err" </dev/null
	status=$?
	out=$(cat "$TMP/out")
	err=$(cat "$TMP/err")
}

# expect STATUS: complains unless the last command exited so.
expect()
{
	[ "$status" -eq "$1" ] || echo "exit status $status, not $1; $err"
}

# same WHAT GOT WANTED
same()
{
	[ "$2" = "$3" ] || printf '%s: "%s", not "%s"\n' "$1" "$2" "$3"
}

# run_tests NAME...: runs functions and exits.
run_tests()
{
	local nr=0 failures=0 name wrong

	echo "TAP version 13"
	echo "1..$#"
	for name in "$@"; do
		nr=$((nr + 1))
		wrong=$("$name" 2>&1)
		if [ -z "$wrong" ]; then
			echo "ok $nr - ${name//_/ }"
			continue
		fi
		echo "not ok $nr - ${name//_/ }"
		printf '%s\n' "$wrong" | sed 's/^/# /'
		failures=$((failures + 1))
	done
	exit $((failures != 0))
}
