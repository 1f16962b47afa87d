#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Is each detector of a debug kernel awake? Each planted bug has a boot of its
# own, for some detectors go silent after the first report, and the run has to
# fail with the report in its output. TAP; exit status 0 or 1.
#
#	planted.sh kasan|kcsan
set -euo pipefail

DEBUG_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../vm/common.sh
. "$DEBUG_DIR/../vm/common.sh"
# shellcheck source=build.sh
. "$DEBUG_DIR/build.sh"

count=0 failed=0

# guest COMMAND...: a boot with it; leaves status and $TMP/out.
guest()
{
	status=0
	"$VM_DIR/vm.sh" run --timeout 300 -- "$@" >"$TMP/out" 2>&1 || status=$?
}

# run BUG
run()
{
	guest insmod /cbreak/planted.ko "bug=$1"
}

# result GOOD NAME
result()
{
	count=$((count + 1))
	if [ "$1" = 1 ]; then
		echo "ok $count - $2"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $count - $2"
	sed 's/^/# /' "$TMP/out"
}

# two_processors: there are that many to race and to lock against each other.
two_processors()
{
	local n

	guest nproc
	read -r n <"$TMP/out" || :
	result $((status == 0 && ${n:-0} == 2)) "$KIND: two processors"
}

# clean: nothing is reported without a bug.
clean()
{
	run none
	result $((status == 0)) "$KIND: no bug, no report"
}

# reported BUG PATTERN: the run fails, and says why.
reported()
{
	local good=1

	run "$1"
	[ "$status" != 0 ] || good=0
	grep -q "the kernel reported a problem" "$TMP/out" || good=0
	grep -q -e "$2" "$TMP/out" || good=0
	result $good "$KIND: $1"
}

KIND=${1:-}
case $KIND in
kasan|kcsan) ;;
*)	echo "usage: planted.sh kasan|kcsan" >&2
	exit 2 ;;
esac

TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
CBREAK_KERNEL_DIR=$("$DEBUG_DIR/kernel.sh" "$KIND")
export CBREAK_KERNEL_DIR
build_module "$CBREAK_KERNEL_DIR/devel" "$DEBUG_DIR/planted" "$TMP/planted"
export CBREAK_KO=$TMP/planted/planted.ko

two_processors
clean
case $KIND in
kasan)
	reported use-after-free "BUG: KASAN: .*use-after-free in use_after_free"
	reported out-of-bounds "BUG: KASAN: .*out-of-bounds in out_of_bounds"
	reported lock-inversion "possible circular locking dependency"
	reported no-rcu-lock "suspicious RCU usage"
	reported sleep-in-atomic "sleeping function called from invalid context"
	reported leak "unreferenced object .*(size "
	reported wrong-shift "UBSAN: shift-out-of-bounds"
	reported free-active-timer "ODEBUG: free active" ;;
kcsan)
	reported data-race "BUG: KCSAN: data-race in racer" ;;
esac
echo "1..$count"
[ $failed = 0 ]
