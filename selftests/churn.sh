#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Everything that can change does, at the same time and against traffic: rules
# come, change and go, breakers are tripped and reset, somebody dumps all of it,
# somebody reads sysfs, namespaces with rules of their own come and go, and in
# the end the module is unloaded. Each does its work so many times, however
# long that takes. Made for kernels that look for races and freed memory; on
# any kernel no command may fail, and nothing may be left.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

ROUNDS=${CBREAK_CHURN_ROUNDS:-8}
OPEN=80 CLOSED=81

# traffic NETNS ADDRESS PORT [OPTION...]: connects for ever.
traffic()
{
	"$TCPCLI" -N "$1" -q -n 1000000 -i 20 -D 3 "${@:4}" "$2" "$3" \
		>"$TMP/traffic" &
	clients+=($!)
}

# worker NAME COMMAND...: in the background; its complaints are in $TMP/NAME.
worker()
{
	local name=$1
	shift

	# What it is to do may fail, and then it says so itself.
	(trap - ERR EXIT; set +e; "$@") >"$TMP/$name" 2>&1 &
	workers[$name]=$!
}

# must COMMAND...: a failure is one of the worker.
must()
{
	local out=$TMP/must.$BASHPID

	"$@" >"$out" 2>&1 && return
	echo "$*: $(<"$out")"
	bad=1
}

# rules NAME DST ADDRESS: rules for the server's ports.
rules()
{
	local name=$1 dst=$2 bad=0 i

	at $CLOSED "$3"

	for ((i = 0; i < ROUNDS; i++)); do
		must CB rule add "$name" dst "$dst" port 80-90 min-samples 3 \
			passing-time 100ms broken-time 100ms \
			recovery-time 100ms
		must CB rule add "$name-any" dst "$dst" key rule \
			response-time $((i + 1))s
		# There may be no such breaker yet.
		CB breaker trip "$name" "$AT"
		must CB rule change "$name" min-samples $((i % 5 + 1))
		must CB breaker reset "$name"
		must CB rule replace "$name" dst "$dst" port 80-90 \
			broken-time 200ms
		must CB rule del "$name-any"
		must CB rule del "$name"
	done >"$TMP/ignored.$name" 2>&1
	[ $bad = 0 ] || cat "$TMP/ignored.$name"
	return $bad
}

dumps()
{
	local bad=0 i

	for ((i = 0; i < ROUNDS * 3; i++)); do
		must CB rule show
		must CB breaker show
		must CB stats
	done
	return $bad
}

# What is read may have gone since it was listed.
sysfs()
{
	# shellcheck disable=SC2016 # for the inner shell
	ip netns exec "$CLIENT" bash -c '
		for ((i = 0; i < $1 * 2; i++)); do
			for f in /sys/class/cbreak/*/* \
				 /sys/class/cbreak/*/breakers/*/*; do
				[ ! -d "$f" ] && read -r _ <"$f"
			done
		done 2>/dev/null
		exit 0' bash "$ROUNDS"
}

namespaces()
{
	local bad=0 i ns=churn-${CLIENT#client-}

	for ((i = 0; i < ROUNDS / 2; i++)); do
		must ip netns add "$ns"
		must ip -n "$ns" link set lo up
		must "$CBCTL" -n "$ns" rule add own broken-time 100ms
		must "$TCPCLI" -N "$ns" -q -n 20 -D 3 127.0.0.1 $CLOSED
		must "$CBCTL" -n "$ns" breaker show
		must ip netns del "$ns"
	done
	return $bad
}

has_breakers()
{
	[ -n "$(CB breaker show "$1")" ]
}

declare -A workers
clients=()
net_setup
serve $OPEN
for address in $S4 $S6; do
	traffic "$CLIENT" "$address" $OPEN
	traffic "$CLIENT" "$address" $CLOSED -t 0
done
"$CBCTL" -n "$CLIENT" monitor >"$TMP/monitor" &

worker "rules v4" rules v4 10.0.0.0/24 $S4
worker "rules v6" rules v6 fd00::/64 $S6
worker "a rule per host" rules host $S4/32 $S4
worker dumps dumps
worker sysfs sysfs
worker namespaces namespaces
for name in "${!workers[@]}"; do
	rc=0
	wait "${workers[$name]}" || rc=$?
	check "$name" test $rc = 0
	[ $rc = 0 ] || diag "$(<"$TMP/$name")"
done

check "the clients are still there" kill -0 "${clients[@]}"
CB rule add last broken-time 100ms min-samples 3
wait_for has_breakers last
check "the module goes, under load" unload_module
check "the clients are still there" kill -0 "${clients[@]}"
finish
