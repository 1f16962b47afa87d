#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# cbctl cutout: one command has breakers of its own, and is otherwise as it was;
# nothing is left behind, however it ends.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"

PORT=80

# nothing_is_left: no rule but that of the test, and no cgroup.
nothing_is_left()
{
	CB rule show | grep '^cutout-'
	find "$CGROUPS" -name 'cutout-*' | grep . && return 1
	[ "$(CB rule show | grep -c '^cutout-')" = 0 ]
}

# start COMMAND...: cutout in the background; its rule's name is in RULE, its
# PID in RUN_PID.
start()
{
	"$CBCTL" -n "$CLIENT" cutout 0.5 1s "${ON[@]}" -- "$@" >"$TMP/run" 2>&1 &
	RUN_PID=$!
	RULE=cutout-$RUN_PID
}

# ends_with STATUS COMMAND...: that is what cutout says, and nothing is left.
ends_with()
{
	local want=$1 rc=0
	shift

	CB cutout 0.5 1s -- "$@" >"$TMP/said" 2>&1 || rc=$?
	cat "$TMP/said"
	echo "status $rc"
	[ $rc = "$want" ] && wait_for nothing_is_left
}

# refused TEXT ARGUMENT...: it does not run the command, and says why.
refused()
{
	local text=$1 rc=0
	shift

	CB cutout "$@" >"$TMP/said" 2>&1 || rc=$?
	cat "$TMP/said"
	[ $rc != 0 ] && [[ $(<"$TMP/said") == *"$text"* ]] && nothing_is_left
}

is_the_command()
{
	check "the exit status is the command's" ends_with 7 sh -c 'exit 7'
	check "success too" ends_with 0 true
	# shellcheck disable=SC2016 # for the other shell
	check "so is the signal that ends it" ends_with 137 sh -c 'kill -9 $$'
	check "a command that is not there" ends_with 127 /nowhere/at/all
	check "one that cannot be run" ends_with 126 /proc/version
	# shellcheck disable=SC2016
	expect_eq "output is not held open, and words stay words" "a  b|\$c" \
		"$(CB cutout 0.5 1s -- printf '%s|%s' 'a  b' '$c')"
	expect_eq "input is the command's" "given" \
		"$(CB cutout 0.5 1s -- cat <<<given)"
	# shellcheck disable=SC2016
	expect_eq "it has no child that it did not start" "" \
		"$(CB cutout 0.5 1s -- bash -c 'pgrep -P $$ -x cbctl || :')"
	check "nothing is left of all that" wait_for nothing_is_left
}

guards()
{
	local what=$1

	at $PORT
	ON=()
	start "$TCPCLI" -q -e ECONNREFUSED -n 1000000 -i 20 "$SRV" $PORT
	check "$what: a breaker of the command's own trips" \
		wait_breaker "$RULE" "$AT" state broken
	check "$what: others' connections are not rejected" \
		all_end ECONNREFUSED 3 $PORT
	check "$what: but counted under their own rule" \
		breaker_has all "$AT" admitted 3 refused 3
	kill "$RUN_PID"
	check "$what: nothing is left when it is terminated" \
		wait_for nothing_is_left
	CB breaker reset all
	ON=(on timeout)
	start "$TCPCLI" -q -e ECONNREFUSED -n 1000000 -i 20 "$SRV" $PORT
	check "$what: on says what counts" \
		wait_for is_excused "$RULE" "$AT"
	kill -KILL "$RUN_PID"
	check "$what: nothing is left when it is killed" \
		wait_for nothing_is_left
	CB rule replace all min-samples 60000
}

# is_excused RULE DESTINATION: there are many failures, and it is passing.
is_excused()
{
	local words

	read -r -a words < <(CB breaker get "$1" "$2")
	echo "${words[*]}"
	[[ ${words[*]} =~ \ passing\ .*\ refused\ ([0-9]+) ]] &&
		[ "${BASH_REMATCH[1]}" -ge 100 ]
}

outlives()
{
	ON=()
	# shellcheck disable=SC2016
	start sh -c 'sleep 1000 & echo $!'
	wait "$RUN_PID"
	check "what the command leaves running is guarded still" \
		CB rule show "$RULE"
	kill "$(<"$TMP/run")"
	check "until that ends" wait_for nothing_is_left
	# shellcheck disable=SC2016
	check "cgroups that the command made go too" ends_with 0 sh -c \
		'mkdir -p '"$CGROUPS"'$(sed -n "s/^0:://p" /proc/self/cgroup)/a/b'
}

refusals()
{
	check "no ratio" refused "RATIO is missing"
	check "no time" refused "TIME is missing" 0.5
	check "no command" refused "COMMAND is missing" 0.5 1s --
	check "no dashes" refused "is not a parameter" 0.5 1s true
	check "a bad ratio" refused 'RATIO "much"' much 1s -- true
	check "a bad time" refused 'TIME "long"' 0.5 long -- true
	check "a kind that is none" refused 'on "odd"' 0.5 1s on odd -- true
	check "a ratio that the kernel refuses" refused "error-ratio" 1 1s -- true
	check "a time that is too short" refused "response-time" 0.5 1ms -- true
}

net_setup "$@"
CGROUPS=$(sed -n 's/^[^ ]* [^ ]* [^ ]* \/ \([^ ]*\) .* - cgroup2 .*/\1/p' \
	/proc/self/mountinfo | head -n 1)
[ -n "$CGROUPS" ] || skip_all "there is no cgroup2"
CB rule add all min-samples 60000
is_the_command
for family in 4 6; do
	use_family $family
	guards "IPv$family"
done
outlives
refusals
finish
