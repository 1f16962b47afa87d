#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Get what a guest is made of from Debian's archive, with a private apt
# configuration: the machine's own sources and packages stay as they are.
# Everything is asked for by name, in the version that the suite offers now,
# and is kept in the cache until that is cleaned.
#
#	fetch.sh kernel		the directory of KERNEL: vmlinuz, release, tree
#	fetch.sh headers	its headers, for make -C
#	fetch.sh source		the unpacked source of the same kernel series
#	fetch.sh toolchain	the root in which the headers' programs run: / if
#				they do so here
#	fetch.sh newest		SUITE/FLAVOUR of the newest kernel there is
#	fetch.sh modules	the modules of modules.list (modules.cpio)
#	fetch.sh userland	the programs of userland.list (userland.cpio)
#	fetch.sh userland:LIST	the programs of another list, to go on top of it
#	fetch.sh clean		empty the cache
#
# Prints one path for each item; progress goes to stderr.  The environment is
# described in README.
set -euo pipefail

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=archive.sh
. "$VM_DIR/archive.sh"
# shellcheck source=toolchain.sh
. "$VM_DIR/toolchain.sh"
# shellcheck source=guest.sh
. "$VM_DIR/guest.sh"

SUITE=${KERNEL%%/*}
FLAVOUR=${KERNEL#*/}
KERNEL_DIR=${CBREAK_KERNEL_DIR:-$CACHE/kernel/$KERNEL}
# The suite whose C library the test programs are built with.
USERLAND=bookworm

# --- kernel and headers ----------------------------------------------------

# Image and headers come together: fetched on two days they might not match.
make_kernel()
{
	local dir=$1 image headers release packages

	log "kernel $KERNEL: reading the package lists"
	apt_init "$SUITE"
	image=$(depends "linux-image-$FLAVOUR" 'linux-image-*' | head -n 1)
	[ -n "$image" ] || die "$SUITE has no linux-image-$FLAVOUR"
	release=${image#linux-image-}
	headers=linux-headers-$release

	# From about 6.19 on the image is itself a metapackage.
	mapfile -t packages < <(
		depends "$image" "linux-*-$release"
		depends "$headers" "linux-headers-*"
		depends "$headers" "linux-kbuild-*")
	log "kernel $KERNEL: fetching $release"
	download "$dir/debs" "$image" "$headers" "${packages[@]}"
	apt_done
	unpack "$dir/tree" "$dir"/debs/*.deb
	rm -r "$dir/debs"

	echo "$release" >"$dir/release"
	cp "$dir/tree/boot/vmlinuz-$release" "$dir/vmlinuz" 2>/dev/null ||
		cp "$dir/tree/usr/lib/modules/$release/vmlinuz" "$dir/vmlinuz"
	relocate "$dir/tree/usr/src/$headers/Makefile"
	ln -s "tree/usr/src/$headers" "$dir/headers"
	ln -sfn "../../../src/$headers" "$dir/tree/usr/lib/modules/$release/build"
	depmod -b "$dir/tree" "$release"
	log "kernel $KERNEL: $release, $(size "$dir")"
}

# The headers' Makefile names absolute paths: make them relative to itself.
relocate()
{
	# shellcheck disable=SC2016 # for make to expand
	sed -i 's|/usr/src/|$(dir $(realpath $(lastword $(MAKEFILE_LIST))))../|' "$1"
}

get_kernel()
{
	if [ -n "${CBREAK_KERNEL_DIR:-}" ]; then
		[ -e "$KERNEL_DIR/vmlinuz" ] || die "no vmlinuz in $KERNEL_DIR"
		[ -e "$KERNEL_DIR/release" ] || die "no release in $KERNEL_DIR"
		return
	fi
	cached "$KERNEL_DIR" make_kernel
}

# --- source ----------------------------------------------------------------

make_source()
{
	local dir=$1 series

	log "source of $KERNEL: reading the package lists"
	apt_init "$SUITE"
	series=$(depends "linux-image-$FLAVOUR" 'linux-image-*' |
		sed -n '1s/^linux-image-\([0-9]*\.[0-9]*\).*/\1/p')
	[ -n "$series" ] || die "$SUITE has no linux-image-$FLAVOUR"
	log "source of $KERNEL: fetching $series"
	download "$dir/debs" "linux-source-$series"
	apt_done
	unpack "$dir/package" "$dir"/debs/*.deb
	log "source of $KERNEL: unpacking"
	tar -x --strip-components=1 -C "$dir" \
		-f "$dir/package/usr/src/linux-source-$series.tar.xz"
	rm -r "$dir/debs" "$dir/package"
	log "source of $KERNEL: $(size "$dir")"
}

# --- the newest ------------------------------------------------------------

# Of the suites that get new kernels, the one whose is the newest now.
make_newest()
{
	local dir=$1 suite image

	for suite in trixie-backports sid; do
		apt_init "$suite"
		image=$(depends linux-image-cloud-amd64 'linux-image-*')
		apt_done
		[ -z "$image" ] || echo "${image%%$'\n'*} $suite/cloud-amd64"
	done | sort -V | sed -n '$s/.* //p' >"$dir/kernel"
	[ -s "$dir/kernel" ] || die "no suite has a new kernel"
}

# --- commands --------------------------------------------------------------

# get ITEM: see to it, and say where it is.
get()
{
	local release key list dir compiler usage

	case $1 in
	kernel)
		deps_need vm
		get_kernel
		dir=$KERNEL_DIR ;;
	headers)
		deps_need build
		get_kernel
		dir=$(realpath "$KERNEL_DIR/headers") ;;
	source)
		deps_need build
		dir=$CACHE/source/$KERNEL
		cached "$dir" make_source ;;
	toolchain)
		deps_need build
		get_kernel
		dir=$(realpath "$KERNEL_DIR/headers")
		if at_home "$dir"; then
			dir=/
		else
			compiler=$(compiler "$dir")
			key=$(cache_key "${TOOLS[*]}" \
				"$(declare -f make_toolchain unpack)")
			dir=$CACHE/toolchain/${SUITE%-backports}-$compiler-$key
			cached "$dir" make_toolchain "${SUITE%-backports}" \
				"$compiler"
			dir+=/root
		fi ;;
	newest)
		cached "$CACHE/newest" make_newest
		dir=$(cat "$CACHE/newest/kernel") ;;
	modules)
		deps_need vm
		get_kernel
		release=$(cat "$KERNEL_DIR/release")
		key=$(cache_key "$KERNEL_DIR" "$release" "$VM_DIR/modules.list" \
			"$(declare -f channels make_modules)" \
			"$(stat -c '%s %Y' "$KERNEL_DIR/vmlinuz")")
		dir=$CACHE/modules/$release-$key
		cached "$dir" make_modules "$release" ;;
	userland|userland:*)
		deps_need vm
		list=$VM_DIR/userland.list
		[ "$1" = userland ] || list=${1#userland:}
		[ -e "$list" ] || die "there is no $list"
		key=$(cache_key "$list" "$USERLAND" \
			"$(declare -f copy closure furnish)")
		dir=$CACHE/userland/$key
		cached "$dir" make_userland "$list" ;;
	clean)
		dir=$CACHE
		rm -rf "$CACHE"/{apt,debug,init,kernel,matrix,modules,newest} \
			"$CACHE"/{source,toolchain,userland,uml-*} ;;
	*)
		usage='kernel|headers|modules|source|userland[:LIST]|toolchain|newest'
		die "usage: fetch.sh $usage|clean" ;;
	esac
	echo "$dir"
}

[ $# -gt 0 ] || set -- none
for item; do
	get "$item"
done
