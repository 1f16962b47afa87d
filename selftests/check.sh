#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make check: every test. Fetches and builds what it needs, says what it does,
# and ends with "N passed, N failed". Exit status 0 only if all passed.
set -u
cd "$(dirname "$0")/.." || exit 1
. selftests/tally.sh

vm=selftests/vm

say "preparing"
"$vm/deps.sh" build vm uml || exit 1
KDIR=$("$vm/fetch.sh" headers) || exit 1
"$vm/fetch.sh" kernel >&2 && "$vm/fetch.sh" userland >&2 || exit 1

# A build that fails is one failed test, and the rest has nothing to test.
say "building the module, cbctl and the test programs"
if ! make -s module tools KDIR="$KDIR" || ! make -s -C selftests; then
	echo "not ok - build"
	echo "0 passed, 1 failed"
	exit 1
fi

# What a VM's time depends on runs before the long build of the UML kernel
# has warmed anything up, and never beside it.
step "cbctl" make -s -C tools/cbctl check
step "unit tests under UML" selftests/kunit/run.sh
step "test harness" "$vm/selftest.sh"
step "KTAP parser" selftests/kunit/selftest.sh
step "selftests in a VM" "$vm/vm.sh" run --timeout 600 -- /selftests/run.sh

finish
