# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Building modules for a debug kernel, in a copy: the objects beside the
# sources belong to another kernel. Sourced after vm/common.sh.

# build_module DEVEL FROM TO: copy the sources in FROM to TO, and build there
# what its Kbuild describes. Prints nothing, unless it fails.
build_module()
{
	local devel=$1 from=$2 to=$3

	mkdir -p "$to"
	(cd "$from" && find . -type f ! -name '*.mod.c' \
		\( -name '*.[chS]' -o -name '*.mk' -o -name Kbuild \) -print0 |
		tar -c --null -T -) | tar -x -C "$to"
	env -u MAKEFLAGS -u MAKELEVEL make -C "$devel" M="$to" \
		-j "$(nproc)" modules KCFLAGS="-g -Werror" \
		>"$to/log" 2>&1 </dev/null || {
		cat "$to/log" >&2
		return 1
	}
}
