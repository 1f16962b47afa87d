#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# /sys/class/cbreak shows the rules of a network namespace and their breakers:
# every documented file, one value each, read-only, in agreement with cbctl;
# directories come and go with what they show, and stay within sysfs_max.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"

PARAM_FILES="dst port fwmark oif uid cgroup hook prio key mode reject error_ratio response_time_ms
	passing_time_ms broken_time_ms recovery_time_ms connect_timeout_ms
	min_samples recovery_samples on consecutive slow_time_ms backoff
	broken_time_max_ms jitter max_pending max_broken_pct max_connections
	local_fault_guard abort_pending inspector"
# Numbers that cbctl has too, under the same names.
NUMBER_FILES="prio response_time_ms passing_time_ms broken_time_ms
	recovery_time_ms connect_timeout_ms min_samples recovery_samples
	consecutive slow_time_ms broken_time_max_ms max_pending
	max_broken_pct max_connections"
COUNTER_FILES="passing broken recovering admitted rejected would_reject
	rejected_max_pending rejected_max_connections success
	refused timeout unreachable slow reset stalled late excused withheld aborted"
BREAKER_FILES="state since_ms next_ms error_ratio samples failed admitted
	rejected would_reject rejected_max_pending rejected_max_connections
	withheld aborted pending connections last_kind
	hold hold_ms"
# What every device has besides, that the driver core makes.
DEVICE_FILES="breakers subsystem uevent"
[ ! -e /sys/power ] || DEVICE_FILES+=" power"

# As the client sees it, and the server.
SYS=$TMP/client/class/cbreak SYS_SERVER=$TMP/server/class/cbreak

# mount_sys NETNS DIR: sysfs as that namespace sees it.
mount_sys()
{
	mkdir "$2"
	nsenter --net="/run/netns/$1" mount -t sysfs sysfs "$2"
}

test_cleanup()
{
	umount "$TMP/client" "$TMP/server"
}

# has_files DIR FILE...: these, and no others.
has_files()
{
	local dir=$1 file bad=0
	local -A want
	shift

	for file; do
		want[$file]=1
		[ -e "$dir/$file" ] || { echo "no $file"; bad=1; }
	done
	for file in "$dir"/*; do
		[ -e "$file" ] || continue
		[ -n "${want[${file##*/}]-}" ] || { echo "also $file"; bad=1; }
	done
	return "$bad"
}

# one_value_each DIR FILE...: each is a line, not empty, without blanks at its
# ends; and read-only, also for root.
one_value_each()
{
	local dir=$1 file lines bad=0
	shift

	for file; do
		mapfile -t lines <"$dir/$file"
		if [ ${#lines[@]} != 1 ] || [[ ${lines[0]} == " "* ]] ||
		   [[ ${lines[0]} == *" " ]] || [ -z "${lines[0]}" ]; then
			echo "$file: ${lines[*]@Q}"
			bad=1
		fi
		if { echo 1 >"$dir/$file"; } 2>/dev/null; then
			echo "$file can be written"
			bad=1
		fi
	done
	return "$bad"
}

# modes DIR FILE...: all are 0444.
modes()
{
	local dir=$1
	shift

	(cd "$dir" && stat -c '%a %n' "$@") >"$TMP/modes"
	! grep -v '^444 ' "$TMP/modes"
}

# values DIR FILE...: their values in a line.
values()
{
	local dir=$1 file value all=''
	shift

	for file; do
		read -r value <"$dir/$file"
		all+="$value "
	done
	echo "${all% }"
}

# shown DIR: are there these breakers' directories, and no others?
shown()
{
	local dir=$1 got=()
	shift

	for dir in "$dir"/breakers/*; do
		[ -e "$dir" ] && got+=("${dir##*/}")
	done
	[ "${got[*]-}" = "$*" ] || { echo "got: ${got[*]-}"; return 1; }
}

read -r -a parameters <<<"${PARAM_FILES//[$'\n\t']/ }"
read -r -a counters <<<"${COUNTER_FILES//[$'\n\t']/ }"
read -r -a numbers <<<"${NUMBER_FILES//[$'\n\t']/ }"
rule_files=("${parameters[@]}" "${counters[@]}" hidden frozen)
read -r -a breaker_files <<<"${BREAKER_FILES//[$'\n\t']/ }"
read -r -a device_files <<<"$DEVICE_FILES"

net_setup "$@"
mount_sys "$CLIENT" "$TMP/client"
mount_sys "$SERVER" "$TMP/server"

# --- rules -----------------------------------------------------------------

check "without rules there is nothing" has_files "$SYS"
CB rule add db dst 10.0.0.0/8 port 80-8080 fwmark 0/255 oif eth0 uid 0-9 \
	prio 4 error-ratio 0.7 \
	response-time 1h passing-time 90s broken-time 2h recovery-time 250ms \
	connect-timeout 5m min-samples 100 recovery-samples 0 \
	on refused,timeout,icmp6:1/4,icmp:3/10 consecutive 7 slow-time 1500ms backoff 1.5 \
	broken-time-max 3h jitter 10% max-pending 20 max-broken-pct 30 max-connections 40 \
	local-fault-guard on abort-pending on
CB rule add any
CB rule add v6 dst fd00::/16 port 80 on unreachable
check "a directory for each rule" has_files "$SYS" any db v6
check "a rule has its files" \
	has_files "$SYS/db" "${rule_files[@]}" "${device_files[@]}"
check "one value each, and read-only" one_value_each "$SYS/db" "${rule_files[@]}"
check "also of a rule that matches everything" \
	one_value_each "$SYS/any" "${rule_files[@]}"
check "of mode 0444" modes "$SYS/db" "${rule_files[@]}"

expect_eq "parameters are what was set" \
	"10.0.0.0/8 80-8080 0x0/0xff eth0 0-9 any output 4 addr+port enforce reset 0.700000 3600000 90000 \
7200000 250 300000 100 0 refused timeout icmp6:1/4 icmp:3/10 7 1500 1.500000 10800000 0.100000 20 30 40 on on none" "$(values "$SYS/db" "${parameters[@]}")"
expect_eq "or the defaults" \
	"any any any any any any output 0 addr+port enforce reset 0.500000 10000 10000 10000 10000 3000 5 1 \
refused timeout unreachable slow 0 0 1.000000 86400000 0.000000 0 100 0 off off none" \
	"$(values "$SYS/any" "${parameters[@]}")"
expect_eq "an IPv6 prefix and a single port" "fd00::/16 80 unreachable" \
	"$(values "$SYS/v6" dst port on)"
CB rule change db error-ratio 0.000001 response-time 100ms
expect_eq "a change is seen at once" "0.000001 100 90000" \
	"$(values "$SYS/db" error_ratio response_time_ms passing_time_ms)"
CB rule change db error-ratio 0.7 response-time 1h
CB rule add others hook forward
expect_eq "a rule for forwarded connections" "forward reset" \
	"$(values "$SYS/others" hook reject)"
CB rule change others reject icmp
expect_eq "with another way to reject" "forward icmp" \
	"$(values "$SYS/others" hook reject)"
CB rule change others reject drop
expect_eq "or none" "forward drop" "$(values "$SYS/others" hook reject)"
CB rule del others
CB rule add others dst 10.1.0.0/16 fwmark 7 uid 1000 key addr on reset,stalled
expect_eq "a mark without a mask, one user, the other kinds, and a key" \
	"0x7 1000 addr reset stalled" "$(values "$SYS/others" fwmark uid key on)"
CB rule del others
CB rule add others dst 10.1.0.0/16 key prefix/24
expect_eq "and a key that is a prefix" prefix/24 "$(values "$SYS/others" key)"
check_fail "whose breakers have addresses" CB breaker trip others
CB rule del others

# --- breakers --------------------------------------------------------------

serve 8080
all_end OK 2 8080 >"$TMP/out"
unserve
all_end ECONNREFUSED 1 8080 >"$TMP/out"
port_does 81 reject with icmpx type host-unreachable
all_end EHOSTUNREACH 1 81 >"$TMP/out"
CB breaker trip v6 "[$S6]:80"
use_family 6
all_end ECONNREFUSED 3 80 >"$TMP/out"
use_family 4
wait_breaker db "$S4:8080" samples 3
wait_breaker db "$S4:81" samples 1

check "a breaker's directory appears" wait_for shown "$SYS/db" "$S4:8080" "$S4:81"
check "under its own rule" shown "$SYS/any"
check "with brackets around an IPv6 address" \
	wait_for shown "$SYS/v6" "[$S6]:80"
b=$SYS/db/breakers/$S4:8080
check "a breaker has its files" has_files "$b" "${breaker_files[@]}"
check "one value each, and read-only, too" \
	one_value_each "$b" "${breaker_files[@]}"
check "of mode 0444, too" modes "$b" "${breaker_files[@]}"
expect_eq "values of a breaker" "passing 0 0.333333 3 1 3 0 refused" \
	"$(values "$b" state next_ms error_ratio samples failed admitted \
	   rejected last_kind)"
expect_eq "a last failure with its ICMP numbers" "unreachable 3/1" \
	"$(values "$SYS/db/breakers/$S4:81" last_kind)"
b=$SYS/v6/breakers/[$S6]:80
expect_eq "values of a broken one" "broken 0 3 none" \
	"$(values "$b" state admitted rejected last_kind)"
check "whose end comes nearer" [ "$(<"$b/next_ms")" -le 10000 ]
expect_eq "counters of a rule" "2 0 0 4 0 0 0 0 2 1 0 1 0 0 0 0 0 0 0 0" \
	"$(values "$SYS/db" "${counters[@]}" hidden)"

# agree RULE DIR: every number of the rule is what cbctl -j says.
agree()
{
	CB -j rule show "$1" >"$TMP/json"
	# shellcheck disable=SC2016 # it is jq's
	jq -r --args '.[0] | . + .counters | [.[$ARGS.positional[]]] | map(
		tostring) | join(" ")' "${numbers[@]}" <"$TMP/json" \
		>"$TMP/numbers"
	echo "cbctl: $(<"$TMP/numbers")"
	values "$2" "${numbers[@]}" >"$TMP/values"
	echo "sysfs: $(<"$TMP/values")"
	cmp "$TMP/numbers" "$TMP/values"
}
numbers+=("${counters[@]}")
check "numbers agree with cbctl" agree db "$SYS/db"
check "of another rule too" agree v6 "$SYS/v6"

# --- namespaces ------------------------------------------------------------

check "another namespace sees nothing of it" has_files "$SYS_SERVER"
"$CBCTL" -n "$SERVER" rule add db dst 192.0.2.0/24
expect_eq "and may have a rule of the same name" "192.0.2.0/24 10.0.0.0/8" \
	"$(<"$SYS_SERVER/db/dst") $(<"$SYS/db/dst")"
"$CBCTL" -n "$SERVER" rule del db
expect_eq "ip netns exec shows the namespace's own" 10.0.0.0/8 \
	"$(cn cat /sys/class/cbreak/db/dst)"

# --- what goes -------------------------------------------------------------

CB rule del db
check "a rule's directory goes with it" has_files "$SYS" any v6

# A reader that holds a file open, and one that never stops reading.
exec {open}<"$SYS/v6/breakers/[$S6]:80/state"
CB rule del v6
check_fail "a file that was open finds no device" cat <&"$open"
exec {open}<&-

# Files come and go under it, which it must survive and no more.
reader()
{
	local file value

	while [ ! -e "$TMP/stop" ]; do
		for file in "$SYS"/*/{dst,error_ratio,hidden,broken} \
			    "$SYS"/*/breakers/*/{state,next_ms,rejected}; do
			{ read -r value <"$file"; } 2>/dev/null || :
		done
	done
}
reader &
reader=$!
"$LIB_DIR/nl_rules" "$CLIENT" churn 100
touch "$TMP/stop"
check "rules come and go under a reader" wait $reader
check "and leave nothing" has_files "$SYS" any
CB rule del any

# --- sysfs_max -------------------------------------------------------------

reload_module sysfs_max=2
CB rule add a dst 192.0.2.0/24
CB rule add b dst 198.51.100.0/24
CB breaker trip a 192.0.2.1:80
CB breaker trip a 192.0.2.2:80
check "as many breakers as sysfs_max are shown" \
	wait_for shown "$SYS/a" 192.0.2.1:80 192.0.2.2:80
CB breaker trip a 192.0.2.3:80
CB breaker trip b 198.51.100.1:80
hides()
{
	[ "$(<"$SYS/a/hidden") $(<"$SYS/b/hidden")" = "$*" ] &&
		[ "$(stat_of sysfs-hidden)" = $(($1 + $2)) ]
}
check "the others are counted as hidden" wait_for hides 1 1
check "and have no directory" shown "$SYS/b"
expect_eq "but are there" broken "$(state_of b 198.51.100.1:80)"
CB rule del a
check "what is hidden is shown when there is room" \
	wait_for shown "$SYS/b" 198.51.100.1:80
expect_eq "and is hidden no more" 0 "$(<"$SYS/b/hidden")"

finish
