#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A rule can be for a cgroup with its descendants, told by real connects; it
# outlives the cgroup, and holds it no longer than itself.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"
# shellcheck source=lib_match.sh
. "${0%/*}/lib_match.sh"

# make_cgroups: sets CG, the path of one with descendants, and CGROUPS, where
# cgroup2 is mounted.
make_cgroups()
{
	CGROUPS=$(sed -n 's/^[^ ]* [^ ]* [^ ]* \/ \([^ ]*\) .* - cgroup2 .*/\1/p' \
		/proc/self/mountinfo | head -n 1)
	[ -n "$CGROUPS" ] || return 1
	CG=/cbreak-test-$SRANDOM
	mkdir -p "$CGROUPS$CG/a/b/c" "$CGROUPS$CG/z"
}

# remove_cgroup PATH: with all below it; a process that has just ended may
# still be in it.
remove_cgroup()
{
	wait_for find "$CGROUPS$1" -depth -type d -exec rmdir '{}' +
}

test_cleanup()
{
	[ -z "${CG-}" ] || [ ! -d "$CGROUPS$CG" ] || remove_cgroup "$CG"
}

# inside PATH OPTION...: one connect from that cgroup.
inside()
{
	local path=$1
	shift

	(
		echo "$BASHPID" >"$CGROUPS$path/cgroup.procs"
		exec "$TCPCLI" -N "$CLIENT" -e ECONNREFUSED "$@" "$SRV" $PORT
	)
}

# dying N: so many descendants of the test's cgroup are deleted and held.
dying()
{
	grep -x "nr_dying_descendants $1" "$CGROUPS$CG/cgroup.stat"
}

cgroups()
{
	local what=$1

	CB rule add host dst "$SRV" port $PORT prio 1
	CB rule add top cgroup "$CG"
	CB rule add deep cgroup "$CG/a/b"
	check "$what: a socket of no rule's cgroup" falls_under host one
	check "$what: one of a rule's cgroup, whatever the destination" \
		falls_under top inside "$CG"
	check "$what: of a descendant" falls_under top inside "$CG/a"
	check "$what: of another" falls_under top inside "$CG/z"
	check "$what: the deepest rule wins" falls_under deep inside "$CG/a/b"
	check "$what: for its descendants, too" \
		falls_under deep inside "$CG/a/b/c"
	CB rule add deeper cgroup "$CG/a/b" dst "$SRV"
	CB rule add marked cgroup "$CG/a/b" fwmark 7
	check "$what: in the same cgroup the destination counts" \
		falls_under deeper inside "$CG/a/b" -m 7
	CB rule del deeper
	check "$what: and then the rest" falls_under marked inside "$CG/a/b" -m 7
	check "$what: which it need not have" falls_under deep inside "$CG/a/b"
	at $PORT
	CB breaker trip deep "$AT"
	check "$what: a breaker is for the cgroup alone" \
		falls_under top inside "$CG/a"
	check "$what: and for what is below it" inside "$CG/a/b/c" -n 3
	check "$what: it rejects" breaker_has deep "$AT" rejected 3
	for rule in host top deep marked; do
		CB rule del $rule
	done
}

# What is said of a cgroup, and what becomes of a rule without it.
cgroup_goes()
{
	CB rule add gone cgroup "$CG/z"
	CB rule add "all" prio 1
	expect_match "a rule shows its cgroup" "^gone dst any cgroup $CG/z prio " \
		"$(CB rule show gone)"
	expect_eq "in JSON, too" "$CG/z false" "$(CB -j rule show gone |
		jq -r '.[] | "\(.cgroup) \(.cgroup_deleted)"')"
	expect_eq "and in sysfs" "$CG/z" \
		"$(cn cat /sys/class/cbreak/gone/cgroup)"
	remove_cgroup "$CG/z"
	expect_match "one that was deleted is shown as such" \
		"^gone dst any cgroup $CG/z \(deleted\) prio " \
		"$(CB rule show gone)"
	expect_eq "in JSON, too" true \
		"$(CB -j rule show gone | jq '.[].cgroup_deleted')"
	expect_eq "and in sysfs" "$CG/z (deleted)" \
		"$(cn cat /sys/class/cbreak/gone/cgroup)"
	mkdir "$CGROUPS$CG/z"
	check "a new one of the same name is another one" \
		falls_under "all" inside "$CG/z"
	CB rule add new cgroup "$CG/z"
	check "and can have a rule of its own" falls_under new inside "$CG/z"
	check "a rule holds its cgroup" dying 1
	CB rule replace new cgroup "$CG/z" min-samples 9
	check_fail "and keeps it" CB rule replace new cgroup "$CG/a"
	CB rule del gone
	check "and lets go of it" wait_for dying 0
	CB rule del new
	remove_cgroup "$CG/z"
	check "at once if it has none" wait_for dying 0
	CB rule del "all"
}

# "ip netns exec" hides the hierarchy behind a /sys of its own.
cgroup_hidden()
{
	check "cbctl finds a hierarchy that is not mounted" \
		cn "$CBCTL" rule add hidden cgroup "$CG/a"
	check "which is the same" falls_under hidden inside "$CG/a"
	CB rule del hidden
}

# cgroup_refused: a request that is refused for another reason holds none.
cgroup_refused()
{
	local map=/sys/fs/bpf/match_cgroup

	if ! command -v bpftool >/dev/null || ! grep -q bpf /proc/filesystems ||
	   ! bpftool map create $map type array key 4 value 4 entries 1 \
			name match_cgroup; then
		skip "a refused rule lets go of its cgroup" "there is no BPF"
		return
	fi
	mkdir "$CGROUPS$CG/refused"
	check_fail "a map is no inspector" \
		CB rule add x cgroup "$CG/refused" inspector $map
	rm $map
	remove_cgroup "$CG/refused"
	check "a refused rule lets go of its cgroup" wait_for dying 0
}

cgroup_too_deep()
{
	local path=$CG i

	# The test's own is at level 1.
	for ((i = 2; i <= 32; i++)); do
		path+=/$i
	done
	mkdir -p "$CGROUPS$path/33"
	check "a cgroup at level 32" CB rule add deep cgroup "$path"
	check "is matched from below it" falls_under deep inside "$path/33"
	expect_match "a cgroup at level 33 is too deep" \
		"the cgroup is more than 32 levels deep" \
		"$(CB rule add x cgroup "$path/33" 2>&1 || :)"
	CB rule del deep
}

# Names have 255 bytes at most, and with the slash 256: the last one makes the
# path as long as it may be.
cgroup_path_too_long()
{
	local name path=$CG

	printf -v name '%0255d' 0
	path+=/$name/$name/$name
	path+=/${name:0:$((1022 - ${#path}))}
	mkdir -p "$CGROUPS$path" "$CGROUPS${path}0"
	check "a path of 1023 bytes" CB rule add long cgroup "$path"
	expect_eq "is shown" "$path" \
		"$(CB -j rule show long | jq -r '.[].cgroup')"
	check "and matched" falls_under long inside "$path"
	expect_match "one of 1024 is too long" \
		"the path of the cgroup is too long" \
		"$(CB rule add x cgroup "${path}0" 2>&1 || :)"
	expect_eq "and makes no rule" long "$(CB -j rule show | jq -r '.[].name')"
	CB rule del long
}

net_setup "$@"
make_cgroups || skip_all "there is no cgroup2"
for family in 4 6; do
	use_family $family
	cgroups "IPv$family"
done
cgroup_goes
cgroup_hidden
cgroup_refused
cgroup_too_deep
cgroup_path_too_long

finish
