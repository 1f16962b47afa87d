#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run the test scripts that are named, or all of the Makefile's TEST_PROGS, one
# after another, on this machine: meant for the guest of vm/vm.sh.
#
#	run.sh [SCRIPT...]
#
# What a script prints is shown as it comes. The last line counts the subtests
# of all. A script that ends without a complete plan, or with a status that
# does not go with what it printed, is one more failed test.
set -u
shopt -s lastpipe
cd "$(dirname "$0")" || exit 1

KSFT_SKIP=4
TIMEOUT_RC=124

passed=0 failed=0 skipped=0

list_scripts()
{
	sed -n 's/^TEST_PROGS .*= *//p' Makefile
}

# A script that is not in the list would never fail.
check_list()
{
	local script

	for script in *.sh; do
		grep -q '^\. "\$.*/[a-z_]*\.sh"$' "$script" || continue
		[[ $script != lib* ]] || continue
		[[ " ${scripts[*]} " != *" $script "* ]] || continue
		failed=$((failed + 1))
		echo "not ok $failed - $script is one of the Makefile's TEST_PROGS"
	done
}

# follow: show a script's output and count what it says.
follow()
{
	local line

	while IFS= read -r line || [ -n "$line" ]; do
		printf '%s\n' "$line"
		case $line in
		"not ok "*)
			numbered "${line#not }" || gap=1
			not_ok=$((not_ok + 1)) ;;
		"ok "*"# SKIP"*)
			numbered "$line" || gap=1
			skip=$((skip + 1)) ;;
		"ok "*)
			numbered "$line" || gap=1
			ok=$((ok + 1)) ;;
		"1.."*)
			plans=$((plans + 1))
			plan=${line#1..} ;;
		esac
	done
}

# numbered LINE: its number is the next one.
numbered()
{
	local number=${1#ok }

	[ "${number%% *}" = $((ok + not_ok + skip + 1)) ]
}

# verdict STATUS: what is wrong with a script besides failed tests, if anything
verdict()
{
	local total=$((ok + not_ok + skip))

	if [ "$1" = $TIMEOUT_RC ]; then
		echo "not done after $timeout s"
	elif [ "$1" = 137 ]; then
		echo "killed"
	elif [ "$1" = $KSFT_SKIP ] && [[ $plan == "0 # SKIP"* ]]; then
		:
	elif [ $plans != 1 ]; then
		echo "$plans plans, exit status $1"
	elif [ "$plan" != $total ] || [ $total = 0 ]; then
		echo "$total tests, and the plan says $plan"
	elif [ $gap = 1 ]; then
		echo "tests are not numbered one after another"
	elif [ $not_ok = 0 ] && [ "$1" != 0 ]; then
		echo "exit status $1, and no test that failed"
	elif [ $not_ok -gt 0 ] && [ "$1" = 0 ]; then
		echo "exit status 0 in spite of failed tests"
	fi
}

run_one()
{
	local script=$1 name=${1##*/} rc problem start=$SECONDS
	local ok=0 not_ok=0 skip=0 plans=0 plan='' gap=0

	echo "# selftests: cbreak: $name"
	timeout -k 20 "$timeout" bash "./$script" 2>&1 </dev/null | follow
	rc=${PIPESTATUS[0]}
	problem=$(verdict "$rc")
	if [ -n "$problem" ]; then
		not_ok=$((not_ok + 1))
		echo "not ok $((ok + not_ok + skip)) - $name: $problem"
	elif [ "$rc" = $KSFT_SKIP ]; then
		skip=$((skip + 1))
	fi
	[ ! -e /sys/module/cbreak ] || rmmod cbreak

	passed=$((passed + ok))
	failed=$((failed + not_ok))
	skipped=$((skipped + skip))
	result "$name" "$ok passed, $not_ok failed, $skip skipped," \
		"$((SECONDS - start)) s"
}

# A comment: who counts lines counts the subtests.
result()
{
	local name=$1 word=ok
	shift

	[ $not_ok = 0 ] || word="not ok"
	echo "# $word $number selftests: cbreak: $name # $*"
}

# On a kernel that is so many times slower, patience is greater as well.
slow=${CBREAK_SLOW:-1}
timeout=$(($(sed -n 's/^timeout=//p' settings) * slow))
[ "$slow" = 1 ] || export CBREAK_WAIT_MS=$((60000 * slow))
if [ $# = 0 ]; then
	mapfile -t scripts < <(list_scripts)
	check_list
	set -- "${scripts[@]}"
fi

number=0
for script; do
	number=$((number + 1))
	run_one "$script"
done
echo "selftests: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]
