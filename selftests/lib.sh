# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the test scripts share. A script sources this file, calls setup, then
# check and its like, which print one TAP line each, and finish at its end:
#
#	. "$(dirname "$0")/lib.sh"
#	setup "$@"
#	CB rule add db dst 10.0.0.0/8
#	check "a breaker can be tripped" CB breaker trip db 10.0.0.2:80
#	finish
#
#	   client netns                          server netns
#	+------------------+                  +------------------+
#	| eth0 10.0.0.1/24 |------- veth -----| eth0 10.0.0.2/24 |
#	|      fd00::1/64  |                  |      fd00::2/64  |
#	| cbreak's rules   |                  | listeners        |
#	+------------------+                  +------------------+
#
# A command that fails outside of check ends the script, as a failure. Exit
# status: 0 passed, 1 failed, 4 skipped; with CBREAK_NO_SKIP=1 a skip fails.
#
# The module is loaded with modprobe, or from the file in CBREAK_MODULE.

set -Eeuo pipefail

LIB_DIR=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
TEST_NAME=${0##*/}

# Addresses of the client and of the server.
C4=10.0.0.1 S4=10.0.0.2 C6=fd00::1 S6=fd00::2
# Names of the namespaces; set by setup. Clients run in CLIENTS_AT, which is the
# client's, unless it is a router. OTHERS goes with them in the end.
CLIENT='' SERVER='' CLIENTS_AT='' OTHERS=()

# How long wait_for is patient, in ms. Emulation on a busy host is slow.
WAIT_MS=${CBREAK_WAIT_MS:-60000}

# Flags of /proc/sys/kernel/tainted that mean no trouble: O and E.
TAINT_OK=$((4096 | 8192))
# What the kernel prints when something is wrong with it.
TROUBLE='WARNING: |BUG: |kernel BUG at|Oops|Call Trace|general protection'
TROUBLE+='|divide error|invalid opcode|unable to handle|KASAN|KCSAN|UBSAN'
TROUBLE+='|ODEBUG|refcount_t|list_(add|del) corruption|suspicious RCU'
TROUBLE+='|scheduling while atomic|sleeping function called|held lock freed'
TROUBLE+='|possible (circular|recursive) locking|inconsistent lock state'
TROUBLE+='|blocked for more than|unregister_netdevice: waiting'
TROUBLE+='|unreferenced object|cut here'

tests=0 failed=0 finished=0 is_set_up=0
TMP=$(mktemp -d)
# A descriptor that never becomes readable: to wait without a process.
exec {never}<> <(:)

# shellcheck source=lib_tap.sh
. "$LIB_DIR/lib_tap.sh"

# --- waiting ---------------------------------------------------------------

# pause SECONDS: between two looks; nothing is to rely on how long it takes.
pause()
{
	read -r -t "$1" -u "$never" || :
}

# busywait TIMEOUT-MS COMMAND...: until COMMAND succeeds. Prints what its last
# run printed, and fails if that did not succeed.
busywait()
{
	local out rc end=$((${EPOCHREALTIME/[^0-9]/} + $1 * 1000))
	shift

	while :; do
		rc=0
		"$@" >"$TMP/busywait" 2>&1 || rc=$?
		if [ $rc = 0 ] || [ "${EPOCHREALTIME/[^0-9]/}" -ge "$end" ]; then
			break
		fi
		pause 0.02
	done
	slurp out "$TMP/busywait"
	[ -z "$out" ] || printf '%s\n' "$out"
	return $rc
}

# wait_for COMMAND...: busywait with all patience.
wait_for()
{
	busywait "$WAIT_MS" "$@"
}

# --- the two namespaces ----------------------------------------------------

# cn COMMAND..., sn COMMAND...: in the client's or the server's namespace, with
# its view of /sys.
cn()
{
	ip netns exec "$CLIENT" "$@"
}

sn()
{
	ip netns exec "$SERVER" "$@"
}

# CB ARGUMENT...: cbctl in the client's namespace.
CB()
{
	"$CBCTL" -n "$CLIENT" "$@"
}

# slurp VARIABLE FILE: its contents, without newlines at the end, and without
# a process.
slurp()
{
	local -n slurped=$1

	IFS= read -r -d '' slurped <"$2" || :
	while [[ $slurped == *$'\n' ]]; do
		slurped=${slurped%$'\n'}
	done
}

# --- looking at state ------------------------------------------------------

# word_after NAME WORD...: the word behind the last NAME.
word_after()
{
	local name=$1 word previous='' value=''
	shift

	for word; do
		[ "$previous" != "$name" ] || value=$word
		previous=$word
	done
	[ -n "$value" ] || return 1
	printf '%s\n' "$value"
}

# read_state RULE DEST: sets STATE to passing, broken or recovering; or to none
# without a breaker. DEST is ADDR:PORT or [ADDR6]:PORT.
read_state()
{
	local words=()

	CB breaker get "$1" "$2" >"$TMP/state" 2>/dev/null || :
	read -r -a words <"$TMP/state" || :
	STATE=${words[2]:-none}
}

# state_of RULE DEST: prints it.
state_of()
{
	read_state "$@"
	printf '%s\n' "$STATE"
}

# is_state RULE DEST STATE
is_state()
{
	read_state "$1" "$2"
	[ "$STATE" = "$3" ]
}

# stat_of NAME: a counter of the client's namespace, as cbctl stats calls it.
stat_of()
{
	local out

	CB stats >"$TMP/stats"
	slurp out "$TMP/stats"
	# shellcheck disable=SC2086 # it is words
	word_after "$1" $out
}

# counter_of RULE NAME [DEST]: a counter of a rule, or of one breaker of it:
# admitted, rejected, success, refused, timeout, unreachable, late; of a rule
# also passing, broken, recovering; of a breaker also samples, failed.
counter_of()
{
	local out

	if [ $# = 3 ]; then
		CB breaker get "$1" "$3" >"$TMP/counters"
	else
		CB rule show "$1" >"$TMP/counters"
	fi
	slurp out "$TMP/counters"
	# shellcheck disable=SC2086 # it is words
	word_after "$2" ${out#* }
}

# wait_state RULE DEST STATE: until the breaker is in that state.
wait_state()
{
	wait_for is_state "$@" || {
		echo "is not $3 after $WAIT_MS ms:"
		CB breaker get "$1" "$2"
		return 1
	}
}

# --- the module ------------------------------------------------------------

is_loaded()
{
	[ -e /sys/module/cbreak ]
}

load_module()
{
	if [ -n "${CBREAK_MODULE:-}" ]; then
		insmod "$CBREAK_MODULE" "$@"
	else
		modprobe cbreak "$@"
	fi
}

# The module may be busy for a moment, with a request that just ended.
unload_module()
{
	! is_loaded || wait_for rmmod cbreak
}

# reload_module [PARAMETER=VALUE...]
reload_module()
{
	unload_module
	load_module "$@"
}

# --- setup and the end -----------------------------------------------------

find_cbctl()
{
	CBCTL=${CBCTL:-$(command -v cbctl || :)}
	[ -n "$CBCTL" ] || CBCTL=$LIB_DIR/../tools/cbctl/cbctl
	[ -x "$CBCTL" ] || skip_all "there is no cbctl"
}

make_namespaces()
{
	local id

	printf -v id %08x "$SRANDOM"
	CLIENT=client-$id SERVER=server-$id CLIENTS_AT=client-$id
	ip -batch - <<-END
		netns add $CLIENT
		netns add $SERVER
		link add eth0 netns $CLIENT type veth peer name eth0 netns $SERVER
	END
	furnish "$CLIENT" $C4 $C6
	furnish "$SERVER" $S4 $S6
}

# furnish NETNS IPV4 IPV6
furnish()
{
	ip -n "$1" -batch - <<-END
		link set lo up
		link set eth0 up
		addr add $2/24 dev eth0
		addr add $3/64 dev eth0 nodad
	END
}

# setup [PARAMETER=VALUE...]: load the module, if need be with these
# parameters, and make the two namespaces.
setup()
{
	[ $EUID = 0 ] || skip_all "needs root"
	find_cbctl
	taint_before=$(</proc/sys/kernel/tainted)
	mark="selftests: cbreak: $TEST_NAME $SRANDOM"
	echo "$mark" >/dev/kmsg
	if is_loaded && compgen -G '/sys/class/cbreak/*' >/dev/null; then
		skip_all "this host uses the module"
	fi
	is_set_up=1
	if is_loaded && [ $# -gt 0 ]; then
		unload_module
	fi
	is_loaded || load_module "$@"
	make_namespaces
}

# kill_children: whatever the script left running in the background.
kill_children()
{
	local pids

	mapfile -t pids < <(jobs -p)
	[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || :
	wait || :
}

# kill_in NETNS: whatever runs there.
kill_in()
{
	local proc

	for proc in /proc/[0-9]*; do
		[ "$proc/ns/net" -ef "/run/netns/$1" ] || continue
		kill -9 "${proc#/proc/}" 2>/dev/null || :
	done
}

remove_namespaces()
{
	local ns

	for ns in "$CLIENT" "$SERVER" "${OTHERS[@]}"; do
		[ -e "/run/netns/$ns" ] || continue
		kill_in "$ns"
		ip netns del "$ns" || :
	done
}

# What must be true when everything was taken down.
nothing_left()
{
	local ns rc=0

	for ns in "$CLIENT" "$SERVER" "${OTHERS[@]}"; do
		if [ -n "$ns" ] && [ -e "/run/netns/$ns" ]; then
			echo "the network namespace $ns is left"
			rc=1
		fi
	done
	if compgen -G '/sys/class/cbreak/*'; then
		echo "is left in /sys/class/cbreak"
		rc=1
	fi
	unload_module || rc=1
	if [ -e /sys/class/cbreak ]; then
		echo "/sys/class/cbreak is left without the module"
		rc=1
	fi
	return $rc
}

not_tainted()
{
	local new=$(($(</proc/sys/kernel/tainted) & ~taint_before & ~TAINT_OK))

	[ $new = 0 ] || { echo "new taint flags: $new"; return 1; }
}

# The kernel's log since setup, whole if the mark has gone from it.
kernel_log()
{
	# Not with bash's ##, which takes minutes over a long log.
	dmesg | mark=$mark awk '
		index($0, ENVIRON["mark"]) { n = 0; next }
		{ line[n++] = $0 }
		END { for (i = 0; i < n; i++) print line[i] }'
}

log_is_clean()
{
	local log

	log=$(kernel_log)
	! grep -E -B 2 -A 30 "$TROUBLE" <<<"$log"
}

end_checks()
{
	check "nothing is left behind" nothing_left
	check "the kernel is not newly tainted" not_tainted
	check "the kernel's log has no warning" log_is_clean
}

# finish: the script came to its end. The rest is done on exit.
finish()
{
	finished=1
	exit 0
}

cleanup()
{
	local rc=$?

	trap - ERR EXIT
	trap '' INT TERM HUP
	set +e
	if [ $is_set_up = 1 ]; then
		[ "$finished" = 1 ] ||
			fail "$TEST_NAME comes to its end" "exit status $rc"
		kill_children
		! declare -F test_cleanup >/dev/null || test_cleanup
		remove_namespaces
		end_checks
		echo "1..$tests"
		rc=0
	elif [ "$finished" = 0 ] && [ $rc = 0 ]; then
		rc=1
	fi
	# Should a test have mounted something there and not taken it away.
	rm -rf --one-file-system "$TMP"
	[ "$failed" = 0 ] || rc=1
	exit $rc
}

trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'echo "# ${BASH_SOURCE[0]##*/}:$LINENO: failed: $BASH_COMMAND" >&2' ERR
