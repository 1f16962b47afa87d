#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run one command, or a shell, in a virtual machine with the module.  The
# README beside this file says what the guest holds and how failures show.
set -euo pipefail

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=guest.sh
. "$VM_DIR/guest.sh"

# The flags of /proc/sys/kernel/tainted that mean no trouble: out of tree
# (4096), unsigned (8192).
TAINT_OK=${CBREAK_TAINT_OK:-12288}

# What the kernel prints when something is wrong with it.
REPORTS='cut here|WARNING: |BUG: |kernel BUG at|Oops|Call Trace|Kernel panic'
REPORTS+='|INFO: (possible|task|rcu|trying)|general protection|divide error'
REPORTS+='|invalid opcode|unable to handle|stack-protector|corrupted stack'
REPORTS+='|KASAN|KCSAN|KMSAN|KFENCE|UBSAN|ODEBUG|unreferenced object'
REPORTS+='|kmemleak: .*new suspected|refcount_t|list_(add|del) corruption'
REPORTS+='|suspicious RCU|scheduling while atomic|sleeping function called'
REPORTS+='|held lock freed|locks? held|leaked (lock|irq)|LOCKS_WARN_ON'
REPORTS+='|detected stalls|self-detected stall|unregister_netdevice: waiting'
REPORTS+='|Bad page|Out of memory|oom-kill'

usage()
{
	cat <<-'END'
	usage: vm.sh run [OPTION...] [--] COMMAND [ARGUMENT...]
	       vm.sh shell [OPTION...]

	  --smp N          processors (2)
	  --mem SIZE       memory (1G)
	  --timeout SEC    kill the guest after that long (900; a shell: never)
	  --append ARGS    more for the kernel command line
	  --console FILE   keep the kernel's log there
	  --files FILE     keep there what the guest writes to the virtio port
	                   cbreak.files, a tar archive for instance
	  --userland LIST  the programs of that list too

	run: COMMAND runs as root in the guest's /selftests; its output is
	ours, and so is its exit status, unless the kernel complained or no
	verdict came: then it is 1.

	shell: a shell in the guest, on this terminal.
	END
}

parse()
{
	SMP=2 MEM=1G TIMEOUT=900 APPEND='' CONSOLE='' FILES='' LIST=''
	while [ $# -gt 0 ]; do
		case $1 in
		--smp|--mem|--timeout|--append|--console|--files|--userland)
			[ $# -ge 2 ] || die "$1 needs a value"
			case $1 in
			--smp)		SMP=$2 ;;
			--mem)		MEM=$2 ;;
			--timeout)	TIMEOUT=$2 ;;
			--append)	APPEND=$2 ;;
			--console)	CONSOLE=$2 ;;
			--files)	FILES=$(realpath -m "$2") ;;
			--userland)	LIST=$2 ;;
			esac
			shift 2 ;;
		--)	shift; break ;;
		-*)	usage >&2; exit 2 ;;
		*)	break ;;
		esac
	done
	COMMAND=("$@")
}

# payload DIR: the part of the initramfs that changes from run to run, as a
# tree in DIR: the tests, the module, cbctl, and how to start.
payload()
{
	local dir=$1 release ko kos=() lib

	release=$(cat "$KERNEL_AT/release")
	lib=$dir/usr/lib/modules/$release
	mkdir -p "$dir/cbreak" "$dir/usr/sbin" "$lib"
	cp "$INIT_AT/init" "$dir/init"
	# 1: a file changed while it was read, as when somebody is compiling.
	{ tar -c -C "$TREE" --warning=no-file-changed \
		--exclude='*.o' --exclude='.*.cmd' selftests ||
		[ $? = 1 ]; } | tar -x --no-same-owner -C "$dir"

	if [ -x "$TREE/tools/cbctl/cbctl" ]; then
		cp "$TREE/tools/cbctl/cbctl" "$dir/usr/sbin/"
	fi
	if [ -n "${CBREAK_KO:-}" ]; then
		read -r -a kos <<<"$CBREAK_KO"
	else
		mapfile -t kos < <(find "$TREE/kmod" "$TREE/selftests/faults" \
				   -name '*.ko' 2>/dev/null)
	fi
	if [ ${#kos[@]} -gt 0 ]; then
		cp -a "$MODULES_AT/tree/." "$dir"
		mkdir "$lib/extra"
		for ko in "${kos[@]}"; do
			cp "$ko" "$lib/extra/"
			ln -s "/lib/modules/$release/extra/${ko##*/}" \
				"$dir/cbreak/${ko##*/}"
		done
		index "$dir" "$release"
		# The kernel's own modules are in the cached archive.
		rm -rf "$lib/kernel"
	fi
	if [ ${#COMMAND[@]} -gt 0 ]; then
		printf 'exec %s\n' "${COMMAND[*]@Q}" >"$dir/cbreak/job"
	fi
	cp "$VM_DIR/shellrc" "$dir/cbreak/"
}

make_init()
{
	gcc -O2 -Wall -Wextra -o "$1/tsc" "$VM_DIR/tsc.c"
	gcc -O2 -static -Wall -Wextra -Wno-missing-field-initializers \
		-o "$1/init" "$VM_DIR/init.c"
}

# prepare: everything that qemu needs, in $WORK
prepare()
{
	local at

	deps_need vm || exit 1
	at=$("$VM_DIR/fetch.sh" kernel modules userland \
		${LIST:+"userland:$LIST"}) ||
		die "cannot get a kernel and a userland"
	{
		read -r KERNEL_AT
		read -r MODULES_AT
		mapfile -t USERLANDS_AT
	} <<<"$at"

	INIT_AT=$CACHE/init/$(cache_key "$VM_DIR/init.c" "$VM_DIR/tsc.c")
	cached "$INIT_AT" make_init

	WORK=$(mktemp -d)
	mkdir -m 755 "$WORK/payload"
	payload "$WORK/payload"
	{
		cat "${USERLANDS_AT[@]/%//userland.cpio}" \
			"$MODULES_AT/modules.cpio"
		pack "$WORK/payload"
	} >"$WORK/initrd"
	NONCE=$(od -A n -N 16 -t x1 /dev/urandom | tr -d ' \n')
	: >"$WORK/verdict"
	: >"$WORK/console"
}

# machine SECONDS CONSOLE ARGUMENT...: the command that is the machine, in
# MACHINE.  Should this script die, so does the machine.  A kernel without ACPI
# finds one processor in each socket, no more.
machine()
{
	local seconds=$1 console=$2 extra
	shift 2

	read -r -a extra <<<"${CBREAK_QEMU_ARGS:-}"
	MACHINE=(
		setpriv --pdeathsig TERM timeout --foreground -k 5 "$seconds"
		"${CBREAK_QEMU:-qemu-system-x86_64}"
		-nodefaults -no-user-config -display none -no-reboot
		-accel "${CBREAK_ACCEL:-tcg,thread=multi}"
		-cpu "${CBREAK_CPU:-Nehalem,+rdrand}" -smp "$SMP,sockets=$SMP" -m "$MEM"
		-kernel "$KERNEL_AT/vmlinuz" -initrd "$WORK/initrd"
		-append "$BOOT"
		-chardev "$console,id=console" -serial chardev:console
		-device virtio-serial-pci
		-chardev "file,id=verdict,path=$WORK/verdict"
		-device "virtserialport,chardev=verdict,name=cbreak.verdict"
		"$@" "${extra[@]}"
	)
}

# boot MODE: the kernel command line
boot()
{
	# What the console shows until init sees to it: warnings, which on the
	# screen of a shell would be noise.
	local level=5

	[ "$1" != shell ] || level=4
	BOOT="console=ttyS0,115200 loglevel=$level printk.devkmsg=on"
	# An oops ends the run: what it has left locked would only hang it.
	BOOT+=" panic=-1 oops=panic"
	# The host may be busy: what the kernel measures in seconds of lost
	# processor time says little here.
	BOOT+=" rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60"
	BOOT+=" random.trust_cpu=on"
	# Each of these takes a good part of a second off the boot.
	BOOT+=" mitigations=off cryptomgr.notests lsm= tsc=reliable"
	# The guest's TSC is the host's.  Its kernel would find out how fast that
	# is with emulated timers, and on a busy host be wrong by a factor of
	# five: then all its clocks are.
	BOOT+=" tsc_early_khz=$("$INIT_AT/tsc")"
	BOOT+=" no_timer_check initcall_blacklist=crypto_kdf108_init"
	BOOT+=" cbreak-vm.mode=$1 cbreak-vm.nonce=$NONCE"
	[ -z "$APPEND" ] || BOOT+=" $APPEND"
}

# complaint: the kernel's log from the first report on; fails if there is none.
complaint()
{
	local line

	line=$(grep -n -m 1 -E "$REPORTS" "$WORK/console") || return 1
	line=${line%%:*}
	echo "--- the kernel's log, from line $line on ---"
	tail -n "+$((line > 3 ? line - 3 : 1))" "$WORK/console" |
		tr -d '\r' | sed 100q
	echo "---"
} >&2

# no_verdict WHY: with what the log can say about it.
no_verdict()
{
	complaint || {
		echo "--- the last lines of the kernel's log ---"
		tail -n 40 "$WORK/console" | tr -d '\r'
		echo "---"
	} >&2
	die "no verdict: $1"
}

# judge QEMU-STATUS: the exit status of a run
judge()
{
	local qemu=$1 verdict status taint

	if [ "$qemu" = 124 ] || [ "$qemu" = 137 ]; then
		no_verdict "killed after $TIMEOUT s (a hang?)"
	fi
	mapfile -t verdict <"$WORK/verdict"
	if [ ${#verdict[@]} != 1 ] ||
	   ! [[ ${verdict[0]} =~ ^$NONCE\ exit=([0-9]+)\ taint=([0-9]+)$ ]]
	then
		[ ${#verdict[@]} = 0 ] ||
			printf 'not a verdict: %q\n' "${verdict[@]}" >&2
		no_verdict "hang or panic, or the machine was ended early"
	fi
	status=${BASH_REMATCH[1]} taint=${BASH_REMATCH[2]}
	[ "$qemu" = 0 ] || die "qemu failed with status $qemu"
	! complaint || die "the kernel reported a problem"
	[ $((taint & ~TAINT_OK)) = 0 ] || die "the kernel is tainted: $taint"
	return "$status"
}

cleanup()
{
	local rc=$?

	[ -z "${QEMU:-}" ] || kill "$QEMU" 2>/dev/null || :
	[ -z "${CONSOLE:-}" ] || cp "$WORK/console" "$CONSOLE" || :
	[ -z "${WORK:-}" ] || rm -rf "$WORK"
	[ -z "${TTY:-}" ] || stty "$TTY" || :
	exit $rc
}

run()
{
	local rc=0 cat files=()

	[ ${#COMMAND[@]} -gt 0 ] || { usage >&2; exit 2; }
	prepare
	boot run
	# A pipe: the output is seen as it is made, wherever stdout leads.
	# Should nobody want it any more, the guest must not wait for a reader.
	mkfifo "$WORK/output"
	{ cat || cat >/dev/null; } <"$WORK/output" 2>/dev/null &
	cat=$!
	[ -z "$FILES" ] || files=(
		-chardev "file,id=files,path=$FILES"
		-device "virtserialport,chardev=files,name=cbreak.files"
	)
	machine "$TIMEOUT" "file,path=$WORK/console" \
		-chardev "file,id=output,path=$WORK/output" \
		-device virtserialport,chardev=output,name=cbreak.output \
		"${files[@]}"
	"${MACHINE[@]}" </dev/null &
	QEMU=$!
	wait "$QEMU" || rc=$?
	QEMU=
	# Should qemu never have opened the pipe, cat still waits for it.
	: <>"$WORK/output"
	wait "$cat" || :
	judge "$rc"
}

shell()
{
	local size

	if [ ! -t 0 ]; then
		# No terminal: what comes in is a script.
		COMMAND=(bash -c "modprobe -q cbreak; $(cat)")
		run
		return
	fi
	COMMAND=()
	size=$(stty size)
	TTY=$(stty -g)
	APPEND+=" cbreak-vm.tty=${size/ /x} cbreak-vm.term=${TERM:-dumb}"
	prepare
	boot shell
	echo "Booting; this takes a few seconds.  ctrl-a x ends the machine."
	# signal=off: ctrl-C is for the guest.
	machine 0 stdio,mux=on,signal=off -mon chardev=console
	"${MACHINE[@]}" || die "qemu failed with status $?"
}

trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
run|shell)
	parse "$@"
	"$command" ;;
*)
	usage >&2
	exit 2 ;;
esac
