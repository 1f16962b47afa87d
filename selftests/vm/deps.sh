#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Host packages, by what they are for:
#
#	deps.sh GROUP...	make sure that the groups' packages are installed
#
# or source it and call deps_need GROUP... .  Nothing missing costs one
# dpkg-query.  As root the rest is installed; anybody else is told the
# command and gets exit status 1.

# deps_packages GROUP: the packages of one group, on stdout.
deps_packages()
{
	case $1 in
	# libelf1 and libssl3: objtool and sign-file of Debian's kernel headers
	# are linked to them.  kmod: modprobe and depmod, for the closure of
	# modules that goes into a guest.  xz-utils: packed sources and modules.
	# pahole: headers from 6.12 on bring what it takes to write BTF.
	build)	echo gcc make libc6-dev libmnl-dev libjansson-dev pkg-config \
			libelf1 libssl3 kmod xz-utils pahole ;;
	# linux-libc-dev: what programs for BPF include.
	bpf)	echo clang linux-libc-dev ;;
	vm)	echo qemu-system-x86 cpio xz-utils kmod binutils gcc libc6-dev ;;
	uml)	echo gcc make libc6-dev flex bison bc perl xz-utils kmod ;;
	# libelf-dev: objtool.
	debug)	echo gcc make libc6-dev flex bison bc perl xz-utils kmod \
			libelf-dev ;;
	bench)	echo python3 ;;
	static)	echo cpio git mandoc perl python3 python3-docutils \
			python3-yaml shellcheck sparse yamllint ;;
	model)	echo spin gcc libc6-dev ;;
	*)	return 1 ;;
	esac
}

# deps_missing PACKAGE...: those that are not installed, on stdout.
deps_missing()
{
	local status name have=" "

	# dpkg-query fails when it does not know a name: that is an answer.
	while read -r status name; do
		[ "$status" = ii ] && have+="${name%%:*} "
	done < <(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "$@" \
		 2>/dev/null)
	for name; do
		[[ $have == *" $name "* ]] || echo "$name"
	done
}

# deps_install PACKAGE...: as root.  The lists are fetched only when the
# packages cannot be had with those that are there.
deps_install()
{
	local apt=(apt-get -qq -y --no-install-recommends
		   -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
	local log

	log=$(mktemp) || return 1
	export DEBIAN_FRONTEND=noninteractive
	if ! "${apt[@]}" install "$@" >"$log" 2>&1 </dev/null; then
		if ! { "${apt[@]}" update && "${apt[@]}" install "$@"; } \
				>"$log" 2>&1 </dev/null; then
			cat "$log" >&2
			rm -f "$log"
			return 1
		fi
	fi
	rm -f "$log"
}

# deps_need GROUP...
deps_need()
{
	local group packages=() missing

	for group; do
		# shellcheck disable=SC2207 # package names hold no blanks
		packages+=($(deps_packages "$group")) || {
			echo "deps: no such group: $group" >&2
			return 1
		}
	done
	[ ${#packages[@]} -gt 0 ] || return 0

	mapfile -t missing < <(deps_missing "${packages[@]}" | sort -u)
	[ ${#missing[@]} -gt 0 ] || return 0

	if [ "$(id -u)" != 0 ]; then
		echo "deps: packages are missing; as root, run" >&2
		echo "apt-get install --no-install-recommends ${missing[*]}" >&2
		return 1
	fi
	echo "deps: apt-get install ${missing[*]}" >&2
	deps_install "${missing[@]}" || {
		echo "deps: the installation failed" >&2
		return 1
	}
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	if [ $# -eq 0 ]; then
		echo "usage: deps.sh build|bpf|vm|uml|debug|model|bench|static..." >&2
		exit 2
	fi
	deps_need "$@"
fi
