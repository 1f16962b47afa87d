#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Kernels that look for bugs, made of Debian's source once and then kept:
#
#	kernel.sh kasan|kcsan
#
# Prints the directory: vmlinuz, release and lib/modules are what vm.sh asks of
# CBREAK_KERNEL_DIR, and devel is for make -C. It needs neither the source nor
# the place it was built in, and is found again by what it is made of: the
# version of the source, base.config and KIND.config, the compiler, and the
# steps below. Progress goes to stderr.
#
# Environment: CBREAK_CACHE; CBREAK_DEBUG_SOURCE, an unpacked Linux.
set -euo pipefail

DEBUG_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../vm/common.sh
. "$DEBUG_DIR/../vm/common.sh"
# shellcheck source-path=SCRIPTDIR source=../vm/kernel_build.sh
. "$VM_DIR/kernel_build.sh"

# tune KIND: objects that are not like the rest. As arguments of make these
# hold in all directories; builds of modules never see them.
tune()
{
	local object

	case $1 in
	kasan)
		# What each kmalloc() and kfree() goes through to note the
		# stack and the object. Checked, they are most of the time.
		for object in stacktrace extable main tree_lookup lockdep \
			      update kmemleak debugobjects; do
			echo "KASAN_SANITIZE_$object.o=n"
			echo "UBSAN_SANITIZE_$object.o=n"
		done ;;
	kcsan)
		# The kernel has races of its own, some of them on purpose.
		# Here it is the module that is looked at, and the parts that
		# work on the module's memory in its stead: an access of
		# theirs races with one of the module's.
		echo KCSAN_SANITIZE=n
		for object in rhashtable nlattr kobject siphash vsprintf; do
			echo "KCSAN_SANITIZE_$object.o=y"
		done ;;
	esac
}

# devel SOURCE TREE: all that module builds ask for.
devel()
{
	local source=$1 tree=$2

	mkdir -p "$tree"
	tar -c -C "$source" --exclude=include/dt-bindings \
		--exclude=scripts/{dtc,gdb,coccinelle,kconfig,package} \
		--exclude='*.[cS]' Makefile scripts include \
		arch/x86/{Makefile,include} | tar -x -C "$tree"
	tar -c -C "$OBJ" --exclude='*.o' --exclude='.*.cmd' \
		.config Module.symvers include scripts arch/x86/include \
		tools/objtool/objtool | tar -x -C "$tree"
}

# make_kernel SOURCE KIND DIR
make_kernel()
{
	local source=$1 kind=$2 dir=$3 release lib
	local OBJ=$dir/obj
	local MAKE=(make -C "$source" O="$OBJ")

	mkdir "$OBJ"
	log "$kind kernel: configuring"
	configure "$OBJ" "$DEBUG_DIR/base.config" "$DEBUG_DIR/$kind.config"
	log "$kind kernel: building, some minutes on two processors"
	# shellcheck disable=SC2046 # one word each
	compile "$OBJ" $(tune "$kind") bzImage modules
	release=$(cat "$OBJ/include/config/kernel.release")
	lib=$dir/lib/modules/$release
	mkdir -p "$lib"
	cp "$OBJ"/modules.{order,builtin,builtin.modinfo} "$lib"
	depmod -b "$dir" "$release"
	cp "$OBJ/arch/x86/boot/bzImage" "$dir/vmlinuz"
	devel "$source" "$dir/devel"
	echo "$release" >"$dir/release"
	rm -r "$OBJ"
	log "$kind kernel: built $release, $(size "$dir")"
}

main()
{
	local kind=${1:-} source version dir

	if [ $# != 1 ] || ! [[ $kind =~ ^(kasan|kcsan)$ ]]; then
		echo "usage: kernel.sh kasan|kcsan" >&2
		exit 2
	fi
	deps_need debug
	# Whatever kernel the virtual machines are to run.
	source=${CBREAK_DEBUG_SOURCE:-$(env -u CBREAK_KERNEL_DIR \
		CBREAK_KERNEL=bookworm/cloud-amd64 \
		"$VM_DIR/fetch.sh" source | tail -n 1)}
	[ -f "$source/Makefile" ] || die "no kernel source at ${source:-(none)}"
	version=$(make -s -C "$source" kernelversion)
	dir=$CACHE/debug/$kind-$(cache_key "$DEBUG_DIR/base.config" \
		"$DEBUG_DIR/$kind.config" "$version" \
		"$(gcc --version | head -n 1)" "$(tune "$kind")" \
		"$(declare -f configure devel make_kernel)")
	cached "$dir" make_kernel "$source" "$kind"
	echo "$dir"
}

main "$@"
