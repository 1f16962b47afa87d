#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016 # the machine expands what is quoted
#
# Tests of the harness itself, in TAP: whatever goes wrong in a guest must read
# as a failure, and a good run as success.
#
#	selftest.sh [--no-boot]		without the tests that boot a kernel
set -u

cd "$(dirname "$0")" || exit 1
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
# One of the tests kills vm.sh before it can clean up.
export TMPDIR=$WORK

number=0
failed=0

# result STATUS NAME: one line of TAP; if it is bad, what was seen.
result()
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $number - $2"
	echo "# status $status"
	sed 's/^/# /' "$WORK/out" "$WORK/err"
}

# vm ARGUMENT...: a run of the smallest machine; leaves status, out and err.
vm()
{
	./vm.sh run --smp 1 --mem 512M "$@" >"$WORK/out" 2>"$WORK/err" \
		</dev/null
	status=$?
}

# expect STATUS PATTERN NAME: about the last run; the pattern is for stderr,
# which has nothing to say when there is none.
expect()
{
	if [ -n "$2" ]; then
		[ "$status" = "$1" ] && grep -q -e "$2" "$WORK/err"
	else
		[ "$status" = "$1" ] && [ ! -s "$WORK/err" ]
	fi
	result $? "$3"
}

# A machine that is none: it opens what qemu would and does what FAKE says.
cat >"$WORK/qemu" <<'END'
#!/bin/bash
for arg; do
	case $arg in
	file,id=verdict,path=*)	verdict=${arg#*path=} ;;
	file,id=output,path=*)	exec 3>"${arg#*path=}" ;;
	file,path=*,id=console)	console=${arg#*path=}; console=${console%,*} ;;
	*vm.nonce=*)		nonce=${arg#*vm.nonce=}; nonce=${nonce%% *} ;;
	esac
done
eval "$FAKE"
END
chmod +x "$WORK/qemu"

# fake ACTIONS: a run with that machine.
fake()
{
	FAKE=$1 CBREAK_QEMU=$WORK/qemu vm "${@:2}" true
}

good="echo \$nonce exit=0 taint=12288"

fake "$good >\$verdict; echo printed >&3"
[ $status = 0 ] && grep -q '^printed$' "$WORK/out"
result $? "a good verdict is success"

fake ''
expect 1 'no verdict' "no verdict, though qemu ends well, is failure"

fake 'echo 0123456789abcdef exit=0 taint=0 >$verdict'
expect 1 'no verdict' "a verdict with another nonce is failure"

fake 'echo exit=0 taint=0 >$verdict'
expect 1 'no verdict' "a verdict without a nonce is failure"

fake "{ echo x exit=0 taint=0; $good; } >\$verdict"
expect 1 'no verdict' "more than one verdict is failure"

fake "printf '%s' \"\$($good)x\" >\$verdict"
expect 1 'no verdict' "a torn verdict is failure"

fake "$good >\$verdict; exit 3"
expect 1 'qemu failed' "a good verdict is no good when qemu fails"

fake "$good >\$verdict; exec sleep 100" --timeout 1
expect 1 'killed after 1 s' "a good verdict is no good when the machine hangs"

fake 'echo $nonce exit=0 taint=12800 >$verdict'
expect 1 'tainted' "a taint flag is failure"

fake 'echo $nonce exit=77 taint=0 >$verdict'
expect 77 '' "the exit status is the command's"

while read -r line; do
	fake "$good >\$verdict; echo '[    1.000000] $line' >\$console"
	expect 1 'reported a problem' "in the log: $line"
done <<'END'
WARNING: CPU: 0 PID: 1 at net/core/dev.c:1 f+0x1/0x2
BUG: KASAN: slab-use-after-free in f+0x1/0x2
BUG: KCSAN: data-race in f / g
WARNING: possible circular locking dependency detected
INFO: possible recursive locking detected
WARNING: suspicious RCU usage
general protection fault, probably for non-canonical address 0x1: 0000
unregister_netdevice: waiting for lo to become free. Usage count = 2
UBSAN: array-index-out-of-bounds in f.c:1:1
refcount_t: underflow; use-after-free.
kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
unreferenced object 0xffff888000000000 (size 64):
list_add corruption. prev->next should be next
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
INFO: task a:1 blocked for more than 120 seconds.
 Call Trace:
END

fake "$good >\$verdict; echo 'cbreak: loaded, nothing to report' >\$console"
expect 0 '' "in the log: nothing to report"

# A killed vm.sh must not leave a machine behind.
FAKE="echo \$\$ >$WORK/pid; exec 3>&-; exec sleep 100" \
CBREAK_QEMU=$WORK/qemu ./vm.sh run true >"$WORK/out" 2>"$WORK/err" &
pid=$!
for ((i = 0; i < 600; i++)); do
	[ ! -s "$WORK/pid" ] || break
	sleep 0.1
done
{ kill -KILL $pid; wait $pid; } 2>/dev/null
status=$?
for ((i = 0; i < 600; i++)); do
	kill -0 "$(cat "$WORK/pid")" 2>/dev/null || break
	sleep 0.1
done
[ -s "$WORK/pid" ] && [ $i -lt 600 ]
result $? "the machine dies with vm.sh"

if [ "${1:-}" != --no-boot ]; then
	vm bash -c 'seq 100000; [ $# = 2 ] && [ "$1" = "a  b" ] && sleep inf &
		[ "$PWD" = /selftests ]' name 'a  b' "c'd"
	[ $status = 0 ] && seq 100000 | cmp -s - "$WORK/out"
	result $? "a real run: its output is whole, what it leaves is ended"

	gcc -O2 -o "$WORK/tsc" tsc.c && khz=$("$WORK/tsc")
	vm sh -c 'dmesg | sed -n "s/.*tsc: Detected \(.*\)\.\(.*\) MHz.*/\1\2/p"'
	off=$((khz - $(tail -n 1 "$WORK/out" || echo 0)))
	[ $status = 0 ] && [ ${off#-} -lt 100 ]
	result $? "a real run: the guest's clocks are right"

	./vm.sh run --smp 1 sh -c 'seq 100000; exit 3' 2>"$WORK/err" |
		head -n 1 >"$WORK/out"
	status=${PIPESTATUS[0]}
	[ "$status" = 3 ] && [ "$(cat "$WORK/out")" = 1 ]
	result $? "a real run: nobody reads on"

	vm sh -c 'exit 7'
	expect 7 '' "a real run: exit status"

	vm no-such-command
	expect 127 '' "a real run: no such command"

	vm --timeout 12 sleep inf
	expect 1 'killed after 12 s' "a real run: a hang is failure"

	vm sh -c 'echo c >/proc/sysrq-trigger; sleep inf'
	expect 1 'Kernel panic' "a real run: a panic is failure"

	vm sh -c 'echo o >/proc/sysrq-trigger; sleep inf'
	expect 1 'no verdict' "a real run: an early poweroff is failure"

	vm sh -c 'for p in /dev/vport*; do echo x exit=0 taint=0 >$p; done
		echo b >/proc/sysrq-trigger; sleep inf'
	expect 1 'no verdict' "a real run: a forged verdict is failure"

	vm sh -c 'echo "WARNING: not really" >/dev/kmsg'
	expect 1 'not really' "a real run: a complaint of the kernel is failure"

	vm sh -c 'echo 512 >/proc/sys/kernel/tainted'
	expect 1 'tainted' "a real run: a tainted kernel is failure"

	vm --files "$WORK/files" sh -c 'for p in /sys/class/virtio-ports/*; do
		! grep -qx cbreak.files $p/name || echo kept >/dev/${p##*/}
		done'
	[ $status = 0 ] && [ "$(<"$WORK/files")" = kept ]
	result $? "a real run: files come out of the guest"

	echo 'echo from a script; exit 5' | ./vm.sh shell --smp 1 \
		>"$WORK/out" 2>"$WORK/err"
	status=$?
	[ $status = 5 ] && grep -q '^from a script$' "$WORK/out"
	result $? "a shell without a terminal runs a script"
fi

echo "1..$number"
[ $failed = 0 ]
