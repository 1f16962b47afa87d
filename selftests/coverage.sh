#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make coverage: which lines of the module the selftests run, by file. Every
# script is run, in two virtual machines, with Debian's kernel; the kernel's
# gcov comes along as a module. Unit tests do not count here.
set -eu
cd "$(dirname "$0")/.."
. selftests/tally.sh

vm=selftests/vm
selftests=("$@")

say "preparing"
"$vm/deps.sh" build vm
KDIR=$("$vm/fetch.sh" headers)
SRC=$("$vm/fetch.sh" source)
# What is left there is the guests' output, and their counts.
work=${CBREAK_COVERAGE_DIR:-}
if [ -z "$work" ]; then
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
fi

# A copy, so that no other build sees it.
mkdir "$work/tree" "$work/gcov"
cp -r Kbuild kmod "$work/tree"
find "$work/tree" \( -name '*.o' -o -name '*.ko' -o -name '.*.cmd' \) -delete
cp selftests/coverage/{begin,end}.S selftests/coverage/start.h \
	"$work/tree/kmod"
sed -i 's/^module_init(cbreak_init);$/#include "start.h"/' \
	"$work/tree/kmod/main.c"
{
	# The two mark where gcc's section begins and ends: first and last.
	sed 's/^cbreak-y := /&begin.o /' kmod/Kbuild
	echo 'cbreak-y += end.o'
	echo 'ccflags-y += -fprofile-arcs -ftest-coverage -fno-tree-loop-im'
	echo 'ccflags-y += -fprofile-info-section=.gcov_info'
} >"$work/tree/kmod/Kbuild"
cp -r selftests/coverage/cbreak_gcov.c "$SRC/kernel/gcov" "$work/gcov"
echo 'obj-m := cbreak_gcov.o' >"$work/gcov/Kbuild"

say "building"
make -s -C "$KDIR" M="$work/gcov" KCFLAGS='-Wno-unused-function' modules
make -s -C "$KDIR" M="$work/tree" modules \
	KBUILD_EXTRA_SYMBOLS="$work/gcov/Module.symvers"
make -s tools
make -s -C selftests
make -s -C "$KDIR" M="$PWD/selftests/faults" modules

# guest N SCRIPT...: its counts are in $work/N.
guest()
{
	local n=$1 rc=0
	shift

	mkdir "$work/$n"
	# Merged caches are a kernel's trouble; see faults.sh.
	CBREAK_KO="$(echo "$work"/{gcov,tree/kmod}/*.ko selftests/faults/*.ko)" \
		"$vm/vm.sh" run --timeout 1800 --append slab_nomerge \
		--files "$work/$n.tar" -- coverage/guest.sh "$@" \
		>"$work/$n.log" 2>&1 || rc=$?
	grep -E '^(not ok|selftests:)' "$work/$n.log" || :
	# One archive after another; the last has all.
	tar -x -i -C "$work/$n" -f "$work/$n.tar" || rc=1
	return $rc
}

if [ ${#selftests[@]} = 0 ]; then
	mapfile -t selftests < <(sed -n 's/^TEST_PROGS .*= *//p' \
				 selftests/Makefile)
fi
half=([0]='' [1]='')
for i in "${!selftests[@]}"; do
	half[i % 2]+=" ${selftests[i]}"
done
say "running ${#selftests[@]} scripts"
rc=0
# shellcheck disable=SC2086 # they are words
guest 0 ${half[0]} &
pid=$!
# shellcheck disable=SC2086
[ -z "${half[1]}" ] || guest 1 ${half[1]} || rc=1
wait $pid || rc=1
selftests/coverage/table.py "$work/tree/kmod" "$work"/[01]
[ $rc = 0 ] || echo "Not every test passed: the figures are too low."
exit $rc
