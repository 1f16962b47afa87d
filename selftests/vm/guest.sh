# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The two cached members of the guest's initramfs: the kernel's modules and the
# userland.  Sourced after common.sh and archive.sh.

# words FILE: a list without its comments.
words()
{
	sed 's/#.*//' "$1"
}

# pack TREE: as the cpio archive that the kernel unpacks, on stdout.  Not
# compressed: an emulated processor takes a second to undo that, and the cache
# has the room.
pack()
{
	(cd "$1" && find . -print0 | LC_ALL=C sort -z |
		cpio --quiet -0 -o -H newc -R 0:0)
}

# show_depends TREE RELEASE MODULE: the files to load, in order.
show_depends()
{
	modprobe -d "$1" -S "$2" --show-depends "$3" 2>/dev/null |
	sed -n 's/^insmod \([^ ]*\).*/\1/p'
}

# channels TREE RELEASE: the same for init's own channels, as init sees them.
channels()
{
	local module

	for module in virtio_pci virtio_console; do
		show_depends "$1" "$2" "$module" || :
	done | sed 's|.*\(/lib/modules/.*\.ko\).*|/usr\1|' | awk '!seen[$0]++'
}

# index TREE RELEASE: depmod, for a tree that is to be merged into another one,
# where lib is a link.
index()
{
	ln -s usr/lib "$1/lib"
	depmod -b "$1" "$2"
	rm "$1/lib"
}

make_modules()
{
	local release=$1 dir=$2 tree=$KERNEL_DIR/tree name file to
	local base=usr/lib/modules/$release

	[ -d "$tree" ] || tree=$KERNEL_DIR
	mkdir -p "$dir/tree/$base" "$dir/tree/cbreak"
	for name in $(words "$VM_DIR/modules.list"); do
		show_depends "$tree" "$release" "$name" || :
	done | sort -u | while read -r file; do
		to=$dir/tree/$base/${file#*/modules/"$release"/}
		mkdir -p "${to%/*}"
		case $file in
		*.xz)	xz -dc "$file" >"${to%.xz}" ;;
		*)	cp "$file" "$to" ;;
		esac
	done
	for file in order builtin builtin.modinfo; do
		file=$tree/lib/modules/$release/modules.$file
		[ ! -e "$file" ] || cp "$file" "$dir/tree/$base/"
	done
	index "$dir/tree" "$release"
	channels "$tree" "$release" >"$dir/tree/cbreak/channels"
	pack "$dir/tree" >"$dir/modules.cpio"
	log "modules: $(find "$dir" -name '*.ko' | wc -l) of $release," \
		"$(size "$dir/modules.cpio")"
}

# needed TREE: the libraries (and the loader) that the programs in it ask for.
needed()
{
	find "$1/usr" -type f -print0 | xargs -0 readelf -d -l 2>/dev/null |
	sed -n -e 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' \
	       -e 's/.*program interpreter: .*\/\(.*\)\]$/\1/p' | sort -u
}

# closure FROM TO: copy into TO the libraries that its files need, from FROM.
closure()
{
	local from=$1 to=$2 lib libs dir progress=1

	while [ $progress = 1 ]; do
		progress=0
		mapfile -t libs < <(needed "$to")
		for lib in "${libs[@]}"; do
			for dir in usr/lib64 usr/lib/x86_64-linux-gnu usr/lib; do
				[ ! -e "$to/$dir/$lib" ] || continue 2
				[ -e "$from/$dir/$lib" ] || continue
				copy "$from" "$to" "$dir/$lib"
				progress=1
				continue 2
			done
			die "no package has $lib"
		done
	done
}

# copy FROM TO FILE: FILE and, if it is a link, what it leads to within FROM.
copy()
{
	local from=$1 to=$2 file=$3 target

	mkdir -p "$to/${file%/*}"
	cp -a "$from/$file" "$to/$file"
	[ -L "$from/$file" ] || return 0
	target=$(readlink "$from/$file")
	case $target in
	/*)	target=${target#/} ;;
	*)	target=${file%/*}/$target ;;
	esac
	[ -e "$to/$target" ] || copy "$from" "$to" "$target"
}

make_userland()
{
	local list=$1 dir=$2 tree=$2/tree root=$2/root
	local package files file pattern packages debs=() deb

	log "userland: reading the package lists"
	apt_init "$USERLAND"
	mapfile -t packages < <(words "$list" |
		awk 'NF { print $1 }' | sort -u)
	log "userland: fetching"
	mkdir -p "$dir/debs/partial"
	quietly apt-get "${APT[@]}" -o "Dir::Cache::archives=$dir/debs" \
		--download-only install "${packages[@]}"
	apt_done
	# Of the dependencies, libraries only: half of what comes is for
	# maintainer scripts that never run.
	for deb in "$dir"/debs/*.deb; do
		package=${deb##*/}
		package=${package%%_*}
		case " ${packages[*]} " in
		*" $package "*) debs+=("$deb"); continue ;;
		esac
		case $package in
		libperl*) ;;
		lib*|zlib*) debs+=("$deb") ;;
		esac
	done
	log "userland: unpacking ${#debs[@]} packages, $(size "$dir/debs")"
	unpack "$tree" "${debs[@]}"

	for file in bin sbin lib lib64; do
		mkdir -p "$root/usr/$file"
		ln -s "usr/$file" "$root/$file"
	done
	words "$list" | while read -r package files; do
		for pattern in $files; do
			(cd "$tree" && compgen -G "${pattern/\[/\\[}") |
			while read -r file; do
				copy "$tree" "$root" "$file"
			done || die "$package has no $pattern"
		done
	done
	closure "$tree" "$root"
	[ "$list" != "$VM_DIR/userland.list" ] || furnish "$root"
	pack "$root" >"$dir/userland.cpio"
	log "userland: $(size "$root"), packed $(size "$dir/userland.cpio")"
	rm -r "$dir/debs" "$tree" "$root"
}

# furnish ROOT: what the packages' maintainer scripts would have made.
furnish()
{
	local root=$1

	mkdir -p "$root"/{dev,proc,sys,run,root,selftests} \
		"$root"/etc "$root"/var/{log/nginx,lib/nginx,tmp}
	mkdir -m 1777 "$root/tmp"
	ln -s /run "$root/var/run"
	ln -s mawk "$root/usr/bin/awk"
	ln -s nc.openbsd "$root/usr/bin/nc"
	ln -s /proc/mounts "$root/etc/mtab"
	printf '%s\n' root:x:0:0:root:/root:/bin/bash \
		daemon:x:1:1::/:/bin/false \
		www-data:x:33:33::/var/www:/bin/false \
		tcpdump:x:100:100::/:/bin/false \
		tester:x:1000:1000::/tmp:/bin/bash \
		tester2:x:1001:1001::/tmp:/bin/bash \
		nobody:x:65534:65534::/:/bin/false >"$root/etc/passwd"
	printf '%s\n' root:x:0: daemon:x:1: www-data:x:33: tcpdump:x:100: \
		tester:x:1000: tester2:x:1001: nogroup:x:65534: >"$root/etc/group"
	printf '%s\n' 'passwd: files' 'group: files' 'hosts: files' \
		>"$root/etc/nsswitch.conf"
	printf '%s\n' '127.0.0.1 localhost' '::1 localhost' >"$root/etc/hosts"
}
