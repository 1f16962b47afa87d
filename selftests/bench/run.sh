#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make bench, make bench-record: what operations on TCP sockets cost in
# instructions, with the module, without it, and beside what else there is.
#
#	run.sh [--record|--profile]
#
# Prints the table. Fails if a count is more than 1 % above the recorded one;
# with --record, the counts are recorded instead. With --profile, says in which
# functions the instructions are: see profile.py.
#
# The guest's processor counts its own instructions: QEMU's -icount advances
# the time stamp counter by one with each, and time by a nanosecond. What it
# knows of the outside is fixed, that counter's rate too, so a run repeats
# whatever the host does meanwhile. Caches, atomics and contention cost nothing in this count.
set -eu
cd "$(dirname "$0")/../.."

DIR=Documentation/benchmarks
RECORD=$DIR/instructions.json
TABLE=$DIR/instructions.txt
bench=selftests/bench
vm=selftests/vm

case ${1:-} in
''|--record|--profile) ;;
*)	echo "usage: run.sh [--record|--profile]" >&2; exit 2 ;;
esac

"$vm/deps.sh" build vm bench
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

KDIR=$("$vm/fetch.sh" headers)
make -s module tools KDIR="$KDIR"
gcc -O2 -static -Wall -Wextra -o "$bench/ops" "$bench/ops.c"
gcc -O2 -static -Wall -Wextra -D_GNU_SOURCE -Ikmod/uapi -o selftests/nl_rules \
	selftests/nl_rules.c

release=$(cat "$("$vm/fetch.sh" kernel)/release")

export CBREAK_ACCEL=tcg
export CBREAK_QEMU_ARGS="-icount shift=0,sleep=off -seed 42
	-rtc base=2026-01-01,clock=vm"
CBREAK_QEMU_ARGS=${CBREAK_QEMU_ARGS//[$'\n\t']/ }
guest=("$vm/vm.sh" run --smp 1 --timeout 3600
	--userland "$bench/userland.list"
	--append 'nokaslr tsc_early_khz=1000000' -- bench/guest.sh)
if [ "${1:-}" = --profile ]; then
	"$bench/profile.py" "${guest[@]}" --profile
	exit
fi
"${guest[@]}" >"$tmp/lines"

"$bench/report.py" json \
	"kernel=$release" \
	"compiler=$(gcc -dumpfullversion)" <"$tmp/lines" >"$tmp/json"
"$bench/report.py" table "$tmp/json" | tee "$tmp/table"
echo

if [ "${1:-}" = --record ]; then
	mkdir -p "$DIR"
	cp "$tmp/json" "$RECORD"
	cp "$tmp/table" "$TABLE"
	echo "recorded in $DIR"
else
	"$bench/report.py" compare "$RECORD" "$tmp/json"
fi
