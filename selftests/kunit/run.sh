#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run KUnit suites on a User Mode Linux kernel with KASAN, lockdep and UBSAN.
#
#	run.sh			the suites of kmod/tests
#	run.sh module DIR	those of the module that DIR/Kbuild describes
#	run.sh build		only make the kernel, and print where it is
#
# The kernel is built once, and kept in the cache.  Modules are built in a copy
# of their sources: the objects beside the sources belong to another kernel.
#
# Prints KTAP; the last line is "kunit: N passed, N failed".  Exit status 0 if
# all passed, 1 if not, 2 for a wrong call.
# Environment: CBREAK_CACHE; CBREAK_KUNIT_SOURCE, an unpacked Linux 6.1;
# CBREAK_KUNIT_TIMEOUT, in seconds.
set -euo pipefail

KUNIT_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../vm/common.sh
. "$KUNIT_DIR/../vm/common.sh"
# shellcheck source-path=SCRIPTDIR source=../vm/kernel_build.sh
. "$VM_DIR/kernel_build.sh"

TIMEOUT=${CBREAK_KUNIT_TIMEOUT:-300}
CONSOLE_MAX=$((16 << 20))
UML_PID=

usage()
{
	echo "usage: run.sh [build | module DIR]" >&2
	exit 2
}

# --- the kernel ------------------------------------------------------------

# devel SOURCE OBJ TREE: the kernel, and all that module builds ask for; the
# result needs neither SOURCE nor OBJ.
devel()
{
	local source=$1 obj=$2 tree=$3

	mkdir -p "$tree"
	tar -c -C "$source" --exclude=include/dt-bindings \
		--exclude=scripts/{dtc,gdb,coccinelle,kconfig,package} \
		--exclude='*.[cS]' Makefile scripts include arch/um \
		arch/x86/{Makefile.um,include,um} | tar -x -C "$tree"
	tar -c -C "$obj" --exclude='*.o' --exclude='.*.cmd' \
		.config Module.symvers linux include scripts \
		arch/um/include arch/x86/include | tar -x -C "$tree"
}

# make_uml SOURCE DIR
make_uml()
{
	local source=$1 dir=$2 obj=$2/obj
	local MAKE=(make -C "$source" O="$obj" ARCH=um
		    KBUILD_KCONFIG="$obj/Kconfig")
	local file

	# The files that every kmalloc() and kfree() goes through, to note the
	# stack, and lockdep: unchecked, the suites take half the time.
	for file in stacktrace extable main tree_lookup lockdep update; do
		MAKE+=("KASAN_SANITIZE_$file.o=n")
	done
	mkdir "$obj"
	log "kernel: configuring"
	cat "$source/Kconfig" "$KUNIT_DIR/Kconfig" >"$obj/Kconfig"
	configure "$obj" "$KUNIT_DIR/uml.config"
	log "kernel: building, a few minutes on two CPUs"
	compile "$obj" linux modules
	devel "$source" "$obj" "$dir/tree"
	rm -r "$obj"
	log "kernel: built, $(du -sh "$dir" | cut -f 1)"
}

# get_uml: set UML to the directory of the devel tree.
get_uml()
{
	local source version key

	deps_need uml
	# Whatever kernel the virtual machines are to run.
	source=${CBREAK_KUNIT_SOURCE:-$(env -u CBREAK_KERNEL_DIR \
		CBREAK_KERNEL=bookworm/cloud-amd64 \
		"$VM_DIR/fetch.sh" source | tail -n 1)}
	[ -f "$source/Makefile" ] || die "no kernel source at ${source:-(none)}"
	version=$(make -s -C "$source" ARCH=um kernelversion)
	key=$(cache_key "$KUNIT_DIR/uml.config" "$KUNIT_DIR/Kconfig" \
		"$version" "$(gcc --version | head -n 1)" \
		"$(declare -f make_uml devel)")
	cached "$CACHE/uml-$key" make_uml "$source"
	UML=$CACHE/uml-$key/tree
}

# --- the module ------------------------------------------------------------

# build_module FROM SUBDIR: copy FROM, build what its SUBDIR describes, and set
# MODULE.
build_module()
{
	local from=$1 to=$TMP/src objects name=

	[ "$from" = "${from#"$TREE"/}" ] || name=${from#"$TREE"/}/

	mkdir "$to"
	(cd "$from" && find . -type f ! -name '*.mod.c' \( -name '*.[chS]' -o \
		-name 'Kbuild*' -o -name 'Makefile*' \) -print0 |
		tar -c --null -T -) | tar -x -C "$to"

	# Messages name a file where it is, and not the copy.
	make -C "$UML" ARCH=um M="$to/$2" W=1 -j "$(nproc)" modules \
		KCFLAGS="-Werror -fmacro-prefix-map=$to/=$name" \
		>"$TMP/log" 2>&1 </dev/null || {
		cat "$TMP/log" >&2
		return 1
	}
	grep -A 3 -i 'warning' "$TMP/log" >&2 || :
	objects=("$to/$2"/*.ko)
	if [ ${#objects[@]} != 1 ] || [ ! -f "${objects[0]}" ]; then
		echo "no module, or several, in $2" >&2
		return 1
	fi
	MODULE=${objects[0]}
}

# suites_in MODULE: the section that KUnit reads is an array of pointers.
suites_in()
{
	local size

	size=$(objdump -h "$1" | awk '$2 == ".kunit_test_suites" { print $3 }')
	echo $((0x${size:-0} / 8))
}

# --- the run ---------------------------------------------------------------

# boot CONSOLE: run the kernel on MODULE, and set TROUBLE.
#
# A panic signals the kernel's whole process group, so it gets one of its own.
# Should we be killed, it is too.
boot()
{
	local console=$1 root=$TMP/root name rc=0 deadline

	mkdir -p "$root"/{proc,dev}
	gcc -static -Os -Wall -o "$root/init" "$KUNIT_DIR/init.c"
	cp "$MODULE" "$root/suites.ko"
	name=${MODULE##*/}
	name=${name%.ko}

	ulimit -c 0
	deadline=$((SECONDS + TIMEOUT))
	TMPDIR=$TMP setpriv --pdeathsig KILL setsid "$UML/linux" \
		noreboot mem=512M uml_dir="$TMP/uml/" con=null con0=fd:0,fd:1 \
		root=/dev/root rootfstype=hostfs rootflags="$root" ro \
		loglevel=8 init=/init -- "${name//-/_}" \
		>"$console" 2>&1 </dev/null &
	UML_PID=$!
	while kill -0 "$UML_PID" 2>/dev/null; do
		if [ "$SECONDS" -ge "$deadline" ]; then
			TROUBLE="no end after $TIMEOUT seconds"
		elif [ "$(stat -c %s "$console")" -gt "$CONSOLE_MAX" ]; then
			TROUBLE="the kernel printed more than $CONSOLE_MAX bytes"
		else
			sleep 0.1
			continue
		fi
		break
	done
	reap
	[ "$rc" = 0 ] || : "${TROUBLE:=the kernel ended with status $rc}"
}

# reap: end the kernel's process group, and set rc.
reap()
{
	[ -n "$UML_PID" ] || return 0
	kill -KILL -- "-$UML_PID" "$UML_PID" 2>/dev/null || :
	wait "$UML_PID" 2>/dev/null || rc=$?
	UML_PID=
}

cleanup()
{
	reap
	rm -rf "$TMP"
}

run()
{
	local from=$1 subdir=$2 TROUBLE=''

	get_uml
	TMP=$(mktemp -d)
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	case $TMP in
	*[[:space:]\"]*)
		die "$TMP: make and the kernel cannot handle such a name" ;;
	esac

	if ! build_module "$from" "$subdir"; then
		echo "# problem: the module does not build"
		echo "kunit: 0 passed, 1 failed"
		return 1
	fi
	boot "$TMP/console"
	awk -v suites="$(suites_in "$MODULE")" -v trouble="$TROUBLE" \
		-f "$KUNIT_DIR/ktap.awk" "$TMP/console"
}

main()
{
	case ${1-} in
	'')	run "$TREE/kmod" tests ;;
	build)	[ $# = 1 ] || usage
		get_uml
		echo "$UML" ;;
	module)	[ $# = 2 ] || usage
		[ -f "$2/Kbuild" ] || die "no Kbuild in $2"
		run "$2" . ;;
	*)	usage ;;
	esac
}

main "$@"
