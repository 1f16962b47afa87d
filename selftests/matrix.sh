#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make check-matrix: on each of Debian's kernels, the module builds without a
# warning and passes every selftest. Fetches what it needs.
#
#	matrix.sh [KERNEL...]		5.10, 6.1, 6.12, newest (or its number)
#
# TAP: a test that passed is a number in the table, the others are shown. Ends
# with the table and "N passed, N failed". Exit status 0 only if all passed.
# All the output is in $CBREAK_MATRIX_LOGS. $CBREAK_MATRIX_TIMEOUT is what a
# guest may take, in seconds.
set -u
cd "$(dirname "$0")/.." || exit 1
. selftests/vm/common.sh
unset CBREAK_KERNEL CBREAK_KERNEL_DIR CBREAK_KO

vm=selftests/vm
logs=${CBREAK_MATRIX_LOGS:-$CACHE/matrix}
timeout=${CBREAK_MATRIX_TIMEOUT:-1800}
passed=0 failed=0 skipped=0
table=()

# Which package is which kernel; the newest moves.
kernels=(5.10 6.1 6.12 newest)
declare -A package=(
	[5.10]=bullseye/cloud-amd64
	[6.1]=bookworm/cloud-amd64
	[6.12]=bookworm/6.12-cloud-amd64
)

# find_newest: what it is and which kernel, in the table above.
find_newest()
{
	local at

	package[newest]=$("$vm/fetch.sh" newest) &&
	at=$(CBREAK_KERNEL=${package[newest]} "$vm/fetch.sh" kernel) &&
	newest=$(sed 's/^\([0-9]*\.[0-9]*\).*/\1/' "$at/release")
}

# resolve NAME...: the names of kernels, in WANTED
resolve()
{
	local name

	wanted=()
	for name; do
		if [ -z "${package[$name]:-}" ]; then
			[ -n "${newest:-}" ] || find_newest || return 1
			[ "$name" = "$newest" ] || [ "$name" = newest ] ||
				die "no kernel $name: ${kernels[*]} ($newest)"
			name=newest
		fi
		wanted+=("$name")
	done
}

# fail TEXT: a failed test that no guest has counted
fail()
{
	failed=$((failed + 1))
	echo "not ok - $1"
}

# build DIR LOG: without any warning, though it comes from a program other than
# the compiler. That Debian used another version of it is none of the module.
build()
{
	"$vm/build.sh" "$1" -s -j"$(nproc)" W=1 KCFLAGS=-Werror >"$2" 2>&1 &&
	! grep -i 'warning:' "$2" |
		grep -qv 'the compiler differs\|pahole version differs'
}

# guests LOG: every script, half of them in each of two guests. Their output,
# kernel logs and exit statuses go to LOG.1 and LOG.2.
guests()
{
	local log=$1 half list pids=() rc=0

	for half in 1 2; do
		mapfile -t list < <(sed -n 's/^TEST_PROGS .*= *//p' \
			selftests/Makefile | awk "NR % 2 == $half % 2")
		"$vm/vm.sh" run --timeout "$timeout" --console "$log.$half.console" \
			-- ./run.sh "${list[@]}" >"$log.$half" 2>&1 &
		pids+=($!)
	done
	for half in 1 2; do
		wait "${pids[half - 1]}" || rc=1
	done
	return $rc
}

# report LOG: what did not pass, with what was said about it, and what was
# skipped, with the reason
report()
{
	awk '
	/^# selftests: cbreak: / { script = $4; shown = 0 }
	/^(not )?ok |^1\.\.|^# (not )?ok / { shown = 0 }
	/^not ok / { print "# " script ":"; shown = 1 }
	/^ok .*# SKIP|^1\.\.0 # SKIP/ { print "# " script ": " $0 }
	/^---|^vm\.sh:/ { shown = 1 }
	shown { print }' "$1"
}

# tally LOG: adds its tests and scripts to the counters. run.sh has counted, if
# the guest lived until then.
tally()
{
	local p f s

	while read -r p _ f _ s _; do
		tests_passed=$((tests_passed + p))
		tests_failed=$((tests_failed + f))
		tests_skipped=$((tests_skipped + s))
		if [ "$f" -gt 0 ]; then
			scripts_failed=$((scripts_failed + 1))
		elif [ "$p" -gt 0 ]; then
			scripts_passed=$((scripts_passed + 1))
		else
			scripts_skipped=$((scripts_skipped + 1))
		fi
	done < <(sed -nE \
		's/^# (not )?ok [0-9]+ selftests: .* # (.*)/\2/p' "$1")
}

# one NAME: everything with one kernel; adds a line to the table
one()
{
	local name=$1 log=$logs/$1 start=$SECONDS at release rc=0 built=ok
	local tests_passed=0 tests_failed=0 tests_skipped=0
	local scripts_passed=0 scripts_failed=0 scripts_skipped=0

	local modules=("$work/$name"/{kmod/cbreak,faults/cbreak_faults}.ko)

	export CBREAK_KERNEL=${package[$name]} CBREAK_KO="${modules[*]}"
	log "kernel $name: fetching"
	if ! at=$("$vm/fetch.sh" kernel) ||
	   ! "$vm/fetch.sh" modules toolchain >/dev/null; then
		fail "$name: fetch"
		table+=("$(row "$name" - - - $((SECONDS - start)))")
		return
	fi
	release=$(cat "$at/release")

	log "$release: building"
	if build "$work/$name" "$log.build"; then
		passed=$((passed + 1))
	else
		fail "$release: the modules build without a warning"
		tail -n 40 "$log.build"
		built=failed
	fi
	if [ -e "${modules[0]}" ] && [ -e "${modules[1]}" ]; then
		log "$release: selftests in two VMs"
		guests "$log" || rc=1
		report "$log.1"
		report "$log.2"
		tally "$log.1"
		tally "$log.2"
		if [ $rc != 0 ] && [ $tests_failed = 0 ]; then
			fail "$release: a guest failed, none of its tests did"
		fi
	fi
	passed=$((passed + tests_passed))
	failed=$((failed + tests_failed))
	skipped=$((skipped + tests_skipped))
	table+=("$(row "$release" $built \
		"$scripts_passed/$scripts_failed/$scripts_skipped" \
		"$tests_passed/$tests_failed/$tests_skipped" \
		$((SECONDS - start)))")
	log "$release: $tests_passed passed, $tests_failed failed," \
		"$tests_skipped skipped, $((SECONDS - start)) s"
}

row()
{
	printf '# %-28s %-6s %12s %14s %6s' "$@"
}

log "preparing"
mkdir -p "$logs" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
"$vm/deps.sh" build vm || exit 1
[ $# -gt 0 ] || set -- "${kernels[@]}"
resolve "$@" || exit 1
"$vm/fetch.sh" userland >/dev/null || exit 1
make -s tools && make -s -C selftests || exit 1

for name in "${wanted[@]}"; do
	one "$name"
done

row kernel build scripts tests s
echo
printf '%s\n' "${table[@]}"
echo "# scripts and tests: passed/failed/skipped; the logs are in $logs"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
