#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make check-debug: every selftest on kernels that look for bugs. A report of
# one of them is a failed test, and is shown.
#
#	debug.sh [kasan | kcsan]... [-- SCRIPT...]
#
# Both by default, and all scripts.
#
# First the planted bugs say whether the detectors are awake. Ends with "N
# passed, N failed"; exit status 0 only if all passed.
set -u
cd "$(dirname "$0")/.." || exit 1
. selftests/tally.sh

vm=selftests/vm
debug=selftests/debug

usage()
{
	echo "usage: debug.sh [kasan | kcsan]... [-- SCRIPT...]" >&2
	exit 2
}

kinds=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	[[ $1 =~ ^(kasan|kcsan)$ ]] || usage
	kinds+=("$1")
	shift
done
[ ${#kinds[@]} -gt 0 ] || kinds=(kasan kcsan)
if [ $# -gt 0 ]; then
	shift
	[ $# -gt 0 ] || usage
else
	mapfile -t all < <(sed -n 's/^TEST_PROGS .*= *//p' selftests/Makefile)
	set -- "${all[@]}"
fi
scripts=("$@")

# The modules are built in a subshell with all of common.sh; here, too much.
build_for()
(
	set -eu
	# shellcheck source=vm/common.sh
	. "$vm/common.sh"
	# shellcheck source=debug/build.sh
	. "$debug/build.sh"
	build_module "$1/devel" kmod "$2"
	build_module "$1/devel" selftests/faults "$2-faults"
)

say "preparing"
"$vm/deps.sh" build vm debug || exit 1
"$vm/fetch.sh" userland >&2 || exit 1

say "building cbctl and the test programs"
if ! make -s tools || ! make -s -C selftests; then
	echo "not ok - build"
	echo "0 passed, 1 failed"
	exit 1
fi
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# How a guest is run, by kind: how much slower than the stock kernel it may be,
# its memory, and parameters of the kernel. With KASAN, what RCU is to free piles
# up, and who waits for a grace period waits for minutes in the same queue, unless
# it is expedited. Of a race, KCSAN sees what happens while it makes one access in
# skip_watch wait; only a small part of the kernel is looked at, so many can.
slow=10 mem=2G
declare -A append=(
	[kasan]='rcupdate.rcu_expedited=1'
	[kcsan]='kcsan.skip_watch=200'
)

# scripts REMAINDER: every other test script, in a VM.
scripts()
{
	local list=()

	mapfile -t list < <(printf '%s\n' "${scripts[@]}" |
			    awk "NR % 2 == $1")
	[ ${#list[@]} -gt 0 ] || return 0
	"$vm/vm.sh" run --timeout 5400 --mem "$mem" \
		--append "${append[$kind]}" -- \
		env "CBREAK_SLOW=$slow" ./run.sh "${list[@]}"
}

odd_scripts()
{
	scripts 1
}

even_scripts()
{
	scripts 0
}

# on_kernel KIND: everything on that kernel.
on_kernel()
{
	kind=$1
	say "$kind: the kernel"
	if ! CBREAK_KERNEL_DIR=$("$debug/kernel.sh" "$kind") ||
	   ! build_for "$CBREAK_KERNEL_DIR" "$tmp/$kind"; then
		echo "not ok - $kind: build"
		failed=$((failed + 1))
		bad+=("$kind: build")
		return
	fi
	export CBREAK_KERNEL_DIR
	step "$kind: planted bugs" "$debug/planted.sh" "$kind"
	export CBREAK_KO="$tmp/$kind/cbreak.ko $tmp/$kind-faults/cbreak_faults.ko"
	step "$kind: selftests in two VMs" both odd_scripts even_scripts
	unset CBREAK_KERNEL_DIR CBREAK_KO
}

for name in "${kinds[@]}"; do
	on_kernel "$name"
done
finish
