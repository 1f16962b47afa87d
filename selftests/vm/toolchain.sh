# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The compiler and tools for headers that are too new for this machine: a tree
# to chroot to, of the suite that the kernel is from.  Nothing in it is ever
# installed or run as a package's script.  Sourced after archive.sh.

# What compiles a module, besides the compiler that the headers name.
TOOLS=(bash binutils coreutils dash diffutils findutils grep make mawk pahole
       sed)

# at_home HEADERS: do their programs run here?  They want the C library that
# they were built with, or a newer one.
at_home()
{
	local file

	for file in "$1"/scripts/{basic,mod}/* "$1"/tools/objtool/objtool*; do
		[ -x "$file" ] || continue
		! ldd "$file" 2>&1 | grep -q 'not found' || return 1
	done
}

# compiler HEADERS: the package of the compiler that they name.
compiler()
{
	sed -n 's/^CC = .*)\(gcc-[0-9]*\)$/\1/p' "$1/.kernelvariables"
}

make_toolchain()
{
	local suite=$1 compiler=$2 dir=$3
	local root=$dir/root

	log "toolchain: reading the package lists of $suite"
	apt_init "$suite"
	log "toolchain: fetching $compiler"
	mkdir -p "$dir/debs/partial"
	quietly apt-get "${APT[@]}" -o "Dir::Cache::archives=$dir/debs" \
		--download-only install "$compiler" "${TOOLS[@]}"
	apt_done
	log "toolchain: unpacking, $(size "$dir/debs")"
	unpack "$root" "$dir"/debs/*.deb
	rm -r "$dir/debs" "$root"/usr/share/{doc,info,locale,man}
	ln -sf dash "$root/usr/bin/sh"
	ln -sf mawk "$root/usr/bin/awk"
	mkdir -p "$root"/{dev,proc,tmp,kernel,module}
	log "toolchain: $(size "$root")"
}
