#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Static checks, each a TAP test. KDIR: headers to build against; SRC: kernel
# source, for checkpatch and its friends.
set -u
cd "$(dirname "$0")/../.." || exit 1

: "${KDIR:?}" "${SRC:?}"
count=0
status=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# check DESCRIPTION COMMAND...: it must succeed and say nothing.
check()
{
	local what=$1
	shift

	count=$((count + 1))
	if "$@" >"$tmp/out" 2>&1 && [ ! -s "$tmp/out" ]; then
		echo "ok $count - $what"
	else
		sed 's/^/# /' "$tmp/out"
		echo "not ok $count - $what"
		status=1
	fi
}

# Files as git has them, or will: built ones do not count.
files()
{
	git ls-files --cached --others --exclude-standard -- "$@"
}

# In a copy, so that the objects of other builds stay as they are.
build_module()
{
	mkdir "$tmp/tree" &&
	files Kbuild kmod | cpio -pdm --quiet "$tmp/tree" &&
	make -s -C "$KDIR" M="$tmp/tree" W=1 C=2 CF='-D__CHECK_ENDIAN__' \
		KCFLAGS=-Werror modules 2>&1 |
		grep -v '^Skipping BTF generation'
	[ -e "$tmp/tree/kmod/cbreak.ko" ]
}

# Code that tracing's macros read cannot be laid out as checkpatch likes.
checkpatch()
{
	local file types

	for file in $(files '*.c' '*.h'); do
		types=EMBEDDED_FILENAME
		case $file in
		kmod/trace.h)
			types+=,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT
			;;
		kmod/*)
			;;
		*)	# User space has its own types and macros.
			types+=,PREFER_KERNEL_TYPES,EMBEDDED_FUNCTION_NAME
			types+=,PREFER_DEFINED_ATTRIBUTE_MACRO,ARRAY_SIZE
			;;
		esac
		perl "$SRC/scripts/checkpatch.pl" --strict --no-tree --quiet \
			--terse --no-summary --ignore "$types" -f "$file"
	done
}

shell_scripts()
{
	files | xargs grep -lIE '^#!/bin/(ba)?sh|shellcheck shell=' --
}

shellcheck_all()
{
	# Sourced files are checked by themselves, so that variables seem
	# unknown or unused (1090, 1091, 2034); subscripts of associative
	# arrays seem to be arithmetic (2154); functions that are called by
	# name seem unreachable (2317).
	shell_scripts | xargs shellcheck -S warning \
		-e SC1090,SC1091,SC2034,SC2154,SC2317
}

kernel_doc()
{
	local file

	for file in $(files 'kmod/*.c' 'kmod/*.h' ':!kmod/tests' \
			    ':!kmod/compat'); do
		perl "$SRC/scripts/kernel-doc" -none -v "$file" 2>&1 |
			grep -vE 'info: Scanning|^[0-9]+ (warnings|errors)$'
	done
	return 0
}

spdx()
{
	local file

	for file in $(files '*.c' '*.h' '*.sh' '*.py' '*.yaml' '*Makefile' \
			    '*Kbuild' '.ci/run'); do
		head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0' ||
			echo "$file: no SPDX line"
	done
}

file_lengths()
{
	files '*.c' '*.h' '*.sh' '*.py' | xargs wc -l |
		awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }'
}

man_page()
{
	mandoc -T lint -W warning Documentation/man/*.8
}

rst()
{
	local file

	for file in $(files '*.rst'); do
		/usr/bin/python3 -m docutils --strict --report=2 "$file" /dev/null
	done
}

abi()
{
	perl "$SRC/scripts/get_abi.pl" validate --dir Documentation/ABI
}

# What the guide shows is what is tested.
guide_example()
{
	sed -n '/^\.\. code:: c$/,/^[^ .]/p' Documentation/admin-guide.rst |
		sed -n 's/^    //p' >"$tmp/example"
	expand selftests/port_unreach.bpf.c | grep . |
		diff - "$tmp/example"
}

check "the module builds with W=1 and sparse without a warning" build_module
check "checkpatch --strict" checkpatch
check "shellcheck" shellcheck_all
check "layering" selftests/static/layering.sh
check "the UAPI header and the netlink spec agree" selftests/static/spec.py
check "the spec is good YAML" yamllint -s -d \
	'{extends: default, rules: {line-length: {max: 80}}}' \
	Documentation/netlink/specs
check "kernel-doc" kernel_doc
check "licence lines" spdx
check "no file is over 500 lines" file_lengths
check "the man page is well-formed" man_page
check "the documents are well-formed" rst
check "the ABI file is well-formed" abi
check "the guide's example is the one that is tested" guide_example
echo "1..$count"
exit "$status"
