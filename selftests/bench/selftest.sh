#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Would the benchmark notice? Tests report.py's reading and comparing with
# counts that are made up. TAP.
set -u
cd "$(dirname "$0")" || exit 1

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
count=0
status=0

# expect STATUS PATTERN DESCRIPTION COMMAND...
expect()
{
	local want=$1 pattern=$2 what=$3 rc=0 word=ok
	shift 3

	count=$((count + 1))
	"$@" >"$tmp/out" 2>&1 || rc=$?
	if [ $rc != "$want" ] || ! grep -qE -e "$pattern" "$tmp/out"; then
		word="not ok"
		status=1
		echo "# exit status $rc, wanted $want and \"$pattern\""
		sed 's/^/# /' "$tmp/out"
	fi
	echo "$word $count - $what"
}

# lines [SED-EXPRESSION]: what the guest prints, changed.
lines()
{
	local setting op family

	for setting in nothing no-rule passing broken; do
		for op in connect trip refused; do
			for family in ipv4 ipv6; do
				echo "$setting $family $op 10000 9000 12000"
			done
		done
	done | sed -e "${1:-}"
}

# make FILE [SED-EXPRESSION]
make()
{
	lines "${2:-}" | ./report.py json kernel=6.1 >"$tmp/$1"
}

# compare_kernels SED-EXPRESSION: the same with another kernel
compare_kernels()
{
	lines "$1" | ./report.py json kernel=6.2 >"$tmp/new" &&
		./report.py compare "$tmp/old" "$tmp/new"
}

# compare [SED-EXPRESSION]: with the unchanged counts as the record.
compare()
{
	make new "${1:-}" && ./report.py compare "$tmp/old" "$tmp/new"
}

read_broken()
{
	lines "$1" | ./report.py json
}

make old
make empty
sed -i '/"instructions"/,$d' "$tmp/empty"
echo '"instructions": {} }' >>"$tmp/empty"

expect 0 '^24 passed, 0 failed$' "the same counts pass" compare
expect 0 '^24 passed, 0 failed$' "1 % more passes" \
	compare '/^passing ipv4 connect/s/10000/10100/'
expect 1 'passing connect ipv4: 10,101, recorded 10,000' \
	"more than 1 % fails" compare '/^passing ipv4 connect/s/10000/10101/'
expect 1 '^22 passed, 2 failed$' "each of them is named" \
	compare '/^broken ipv. refused/s/10000/20000/'
expect 0 ' 0 failed$' "fewer pass" compare 's/10000/5000/'
expect 1 'broken refused ipv6: recorded, and not counted' \
	"a measurement that is missing fails" compare '/^broken ipv6 refused/d'
expect 1 'observe trip ipv4: counted, and not recorded' \
	"one that was not recorded fails" \
	compare '1s/.*/&\nobserve ipv4 trip 1 1 1/'
expect 1 '^0 passed, 0 failed$' "no counts at all fail" \
	./report.py compare "$tmp/empty" "$tmp/empty"
expect 0 'kernel is 6.2, and was 6.1' "another kernel that is slower passes" \
	compare_kernels 's/10000/20000/'
expect 1 'passing trip ipv6: 10,101, recorded' "but not a slower module on it" \
	compare_kernels '/^passing ipv6 trip/s/10000/10101/'
expect 1 'No such file' "no record fails" \
	./report.py compare "$tmp/none" "$tmp/old"
expect 1 'not a measurement' "a line that is cut off is not read" \
	read_broken '1s/12000//'
expect 1 'not a measurement' "nor one with an error in it" \
	read_broken '1s/ 9000/ -/'
expect 1 'not known' "nor a setting that has no name" \
	read_broken '$s/broken/broke/'
expect 1 'nothing loaded' "nor counts with nothing to compare them to" \
	read_broken '/^nothing/d'
expect 0 'connect, PASSING +\+2,000 +\+0  met' "a goal that is met is said to be" \
	./report.py table "$tmp/old"
make new '/^passing ipv4 connect/s/10000/12001/'
expect 0 'connect, PASSING +\+2,000 +\+2,001  missed' "and one that is missed" \
	./report.py table "$tmp/new"
expect 1 'usage|Usage|report.py compare' "without arguments it says how" ./report.py
echo "1..$count"
exit $status
