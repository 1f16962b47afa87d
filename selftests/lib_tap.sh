# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# TAP lines: what a test says. Sourced by lib.sh, which prints the plan; the
# number of tests is in tests, that of those that failed in failed.

KSFT_SKIP=4

echo "TAP version 13"

# diag TEXT...: lines that explain, for people.
diag()
{
	local text line

	text=$(printf '%s\n' "$@")
	while IFS= read -r line; do
		printf '# %s\n' "$line"
	done <<<"$text"
}

# pass DESCRIPTION, fail DESCRIPTION [EXPLANATION...]: one test's result.
pass()
{
	tests=$((tests + 1))
	printf 'ok %d - %s\n' "$tests" "$1"
}

fail()
{
	tests=$((tests + 1))
	failed=$((failed + 1))
	printf 'not ok %d - %s\n' "$tests" "$1"
	shift
	[ $# = 0 ] || diag "$@"
}

# skip DESCRIPTION REASON: a test that cannot be done here.
skip()
{
	if [ "${CBREAK_NO_SKIP:-0}" = 1 ]; then
		fail "$1" "skipped: $2"
		return
	fi
	tests=$((tests + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tests" "$1" "$2"
}

# skip_all REASON: the whole script cannot be run here.
skip_all()
{
	# shellcheck disable=SC2034 # for lib.sh
	finished=1
	if [ "${CBREAK_NO_SKIP:-0}" = 1 ]; then
		fail "$TEST_NAME can be run" "$1"
		echo "1..$tests"
		exit 1
	fi
	echo "1..0 # SKIP $1"
	exit $KSFT_SKIP
}

# check DESCRIPTION COMMAND...: COMMAND succeeds. It runs in this shell; what
# it prints is in $TMP/out, and is shown when it fails.
check()
{
	local what=$1 rc=0
	shift

	"$@" >"$TMP/out" 2>&1 || rc=$?
	if [ $rc = 0 ]; then
		pass "$what"
	else
		fail "$what" "$* : exit status $rc" "$(<"$TMP/out")"
	fi
}

# check_fail DESCRIPTION COMMAND...: COMMAND fails, but not by a signal or for
# want of a program.
check_fail()
{
	local what=$1 rc=0
	shift

	"$@" >"$TMP/out" 2>&1 || rc=$?
	if [ $rc -gt 0 ] && [ $rc -lt 126 ]; then
		pass "$what"
	else
		fail "$what" "$* : exit status $rc" "$(<"$TMP/out")"
	fi
}

# expect_eq DESCRIPTION WANT GOT
expect_eq()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "want: $2" "got:  $3"
	fi
}

# expect_match DESCRIPTION REGEX GOT: the extended regex matches.
expect_match()
{
	if [[ $3 =~ $2 ]]; then
		pass "$1"
	else
		fail "$1" "no match for: $2" "got: $3"
	fi
}
