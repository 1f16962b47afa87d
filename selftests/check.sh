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
"$vm/deps.sh" build bpf vm uml model || exit 1
KDIR=$("$vm/fetch.sh" headers) || exit 1
"$vm/fetch.sh" kernel >&2 && "$vm/fetch.sh" userland >&2 || exit 1

# A build that fails is one failed test, and the rest has nothing to test.
say "building the module, cbctl and the test programs"
if ! make -s module tools KDIR="$KDIR" || ! make -s -C selftests ||
   ! make -s -C "$KDIR" M="$PWD/selftests/faults" modules; then
	echo "not ok - build"
	echo "0 passed, 1 failed"
	exit 1
fi

units()
{
	selftests/kunit/run.sh
}

# Indented as KTAP is, for step() to count them too.
models()
{
	selftests/model/run.sh 2>&1 | sed 's/^/    /'
	return "${PIPESTATUS[0]}"
}

# Does the machinery tell good from bad?
unit_runner()
{
	selftests/kunit/selftest.sh
}

harness()
{
	"$vm/selftest.sh"
}

# scripts REMAINDER: every other test script, in a VM.
scripts()
{
	local list=()

	mapfile -t list < <(sed -n 's/^TEST_PROGS .*= *//p' \
			    selftests/Makefile | awk "NR % 2 == $1")
	"$vm/vm.sh" run --timeout 1800 -- ./run.sh "${list[@]}"
}

odd_scripts()
{
	scripts 1
}

even_scripts()
{
	scripts 0
}

step "cbctl" make -s -C tools/cbctl check
step "unit tests under UML, and models" both units models
step "selftests in two VMs" both odd_scripts even_scripts
step "tests of the runners" both unit_runner harness
step "tests of the benchmark" selftests/bench/selftest.sh

finish
