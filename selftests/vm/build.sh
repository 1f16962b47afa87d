#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Compile this tree's modules for CBREAK_KERNEL, in a directory of its own, so
# that builds for several kernels do not meet:
#
#	build.sh DIR [MAKE-ARGUMENT...]
#
# They are DIR/kmod/cbreak.ko and DIR/faults/cbreak_faults.ko.  Where the
# headers are too new for this machine's compiler, they are compiled in a
# chroot: as root, or as anybody whom the kernel allows a user namespace.
set -euo pipefail

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

# within ROOT KERNEL DIR COMMAND...: in that root, with what is mounted there
# seen by nobody else.  KERNEL is /kernel, DIR is /module.
within()
{
	local as=()

	[ "$(id -u)" = 0 ] || as=(--map-root-user)
	# shellcheck disable=SC2016 # for the inner shell to expand
	unshare --mount "${as[@]}" bash -euc '
		root=$1
		mount --rbind /proc "$root/proc"
		mount --rbind /dev "$root/dev"
		mount --bind "$2" "$root/kernel"
		mount --bind "$3" "$root/module"
		shift 3
		exec env -i PATH=/usr/bin:/usr/sbin LC_ALL=C \
			chroot "$root" "$@"' bash "$@"
}

[ $# -gt 0 ] || die "usage: build.sh DIR [MAKE-ARGUMENT...]"
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift

at=$("$VM_DIR/fetch.sh" kernel headers toolchain) || exit 1
{
	read -r kernel
	read -r headers
	read -r root
} <<<"$at"

# copy PARENT NAME: the sources there.
copy()
{
	rm -rf "${dir:?}/$2"
	tar -c -C "$1" --exclude='*.o' --exclude='*.ko' --exclude='.*.cmd' \
		--exclude='*.mod*' "$2" | tar -x --no-same-owner -C "$dir"
}

# compile SUBDIR [MAKE-ARGUMENT...]: what the Kbuild in there describes.
compile()
{
	local sub=$1
	shift

	if [ "$root" = / ]; then
		make -C "$headers" M="$dir$sub" CC=gcc "$@" modules
	else
		within "$root" "$kernel" "$dir" \
			make -C "/kernel/${headers#"$kernel"/}" \
			M="/module$sub" "$@" modules
	fi
}

cp "$TREE/Kbuild" "$dir/"
copy "$TREE" kmod
copy "$TREE/selftests" faults
compile '' "$@"
compile /faults "$@"
