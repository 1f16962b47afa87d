#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# No memory. Each allocation fails once, one after another, until there is none
# left that could: while the module is loaded, while a namespace is created, in
# every netlink request, on the way of a packet, and when a worker makes a
# breaker's directory. A failure is the right error and changes nothing; or it
# is a SYN let through, or an event lost, and counted. What was left for want
# of memory is done later.
#
# faults/cbreak_faults.ko fails what is allocated for cbreak, in any context;
# the kernel's own fail-nth, where it is built in, whatever a task allocates. Not
# where kmemleak is: it stops looking for leaks once it has no memory itself.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

WALK=$LIB_DIR/fault_walk
PARAM=/sys/module/cbreak_faults/parameters
FAIL_NTH=/proc/thread-self/fail-nth
MODULE=${CBREAK_MODULE:-$(modinfo -F filename cbreak)}
CLOSED=81 DESTS=16
REQUESTS="rule-new rule-new-wide rule-new-forward rule-new-forward-too rule-replace
	rule-replace-new rule-set rule-del
	rule-get rule-dump breaker-get breaker-dump trip isolate bypass reset
	reset-rule stats"
TOTAL=0

# walk NTH WHAT...: fault_walk, and what it says.
walk()
{
	local out rc=0

	"$WALK" "$@" >"$TMP/walk" 2>&1 || rc=$?
	slurp out "$TMP/walk"
	echo "$out"
	[[ $out =~ ([0-9]+)\ points\ walked ]] || return 1
	POINTS=${BASH_REMATCH[1]}
	TOTAL=$((TOTAL + POINTS))
	return $rc
}

# walks NTH WHAT...: a test that shows the figures.
walks()
{
	local source=cbreak

	[ "$1" != "$FAIL_NTH" ] || source=task
	POINTS=0
	check "$source: $2${4:+ $4}" walk "$@"
	diag "$(<"$TMP/walk")"
}

# Where caches are merged, the kernel itself stumbles over a failure to add an
# alias, and warns.
merges_caches()
{
	local cache

	for cache in /sys/kernel/slab/*; do
		[ ! -L "$cache" ] || return 0
	done
	return 1
}

# kmem_cache_create() shows a stack whenever it fails. That is no report, so it
# is kept from the console, where every stack is one, and left out here.
eval "whole_$(declare -f kernel_log)"
kernel_log()
{
	whole_kernel_log |
		sed '/kmem_cache_create.* failed with error/,/<\/TASK>/d'
}

module_load()
{
	local level

	unload_module
	read -r level _ </proc/sys/kernel/printk
	echo 1 >/proc/sys/kernel/printk
	if merges_caches; then
		diag "module load: not walked, as slab caches are merged"
	else
		walks $PARAM/nth load "$MODULE"
		[ ! -e "$FAIL_NTH" ] || walks $FAIL_NTH load "$MODULE"
	fi
	echo "$level" >/proc/sys/kernel/printk
	load_module
}

# requests NTH
requests()
{
	local request

	# What a process of modprobe's lacks is another matter.
	modprobe -a nf_reject_ipv4 nf_reject_ipv6
	for request in $REQUESTS; do
		walks "$1" netlink "$CLIENT" "$request"
	done
}

is_tripped()
{
	[ "$(counter_of lo broken)" = "$1" ]
}

# syns_add_up N: those admitted and those let through; some were let through.
syns_add_up()
{
	local admitted open

	read_stats
	cat "$TMP/stats"
	admitted=$((STATS[admitted] - MARK[admitted]))
	open=$((STATS[fail-open] - MARK[fail-open]))
	[ $((admitted + open)) = "$1" ] && [ $open -ge 1 ]
}

# The first SYN to a destination makes its breaker. There may be another way, as
# when the slab takes fewer pages: it is admitted then.
first_syn()
{
	stats_mark
	walks $PARAM/nth connect "$CLIENT" 127.1 $CLOSED
	# The one before the walk, the one after it, and those between.
	check "each of them is admitted, or let through and counted" \
		syns_add_up $((POINTS + 2))
	check "no event is lost for that" stats_grew events-lost 0
	expect_eq "there were some" yes "$([ "$POINTS" -gt 1 ] && echo yes)"
}

# events_add_up N: those that were heard and those that were lost.
events_add_up()
{
	local heard

	heard=$(grep -c ' state lo 127\.2\..* passing -> broken ' \
		"$TMP/events") || :
	read_stats
	[ $((heard + STATS[events-lost] - MARK[events-lost])) = "$1" ]
}

# The outcome that trips a breaker, in softirq, is told to listeners.
outcomes()
{
	local i tripped

	for ((i = 0; i < DESTS; i++)); do
		cn bash -c ": </dev/tcp/127.2.0.$i/$CLOSED" 2>/dev/null || :
	done
	wait_older lo "127.2.0.$((DESTS - 1)):$CLOSED" 200
	stats_mark
	walks $PARAM/nth connect "$CLIENT" 127.2 $CLOSED
	# The one before the walk, the one after it, and those between.
	tripped=$((POINTS + 2))
	check "all breakers have tripped" is_tripped $tripped
	check "each of them is an event, or an event lost" \
		wait_for events_add_up $tripped
	check "no SYN was let through for that" stats_grew fail-open 0
	expect_eq "there were some" yes "$([ "$POINTS" -gt 1 ] && echo yes)"
}

nth_is_reached()
{
	[ "$(<$PARAM/nth)" = 0 ]
}

# shown_or_failed DIR
shown_or_failed()
{
	[ -d "$1" ] || nth_is_reached
}

# each_point FUNCTION COMMAND: what a worker does, again and again, with one failure
# below that function of cbreak. COMMAND is given the number of the point, brings
# the worker to do it, and waits for it.
each_point()
{
	local n bad=0

	echo "$1" >$PARAM/from
	for ((n = 1; ; n++)); do
		echo $n >$PARAM/nth
		"$2" $n || {
			bad=1
			break
		}
		nth_is_reached || break
	done
	echo 0 >$PARAM/nth
	echo >$PARAM/from
	POINTS=$((n - 1))
	TOTAL=$((TOTAL + POINTS))
	[ $bad = 0 ] && [ $POINTS -gt 1 ]
}

# A worker makes the directories. It must try again.
directory()
{
	local dir=$TMP/sys/class/cbreak/lo/breakers/127.3.0.1:$1

	CB breaker bypass lo "127.3.0.1:$1" &&
		wait_for shown_or_failed "$dir" && wait_for test -d "$dir"
}

directories()
{
	mkdir "$TMP/sys"
	nsenter --net="/run/netns/$CLIENT" mount -t sysfs sysfs "$TMP/sys"
	check "a directory that could not be made is made later" \
		each_point reconcile directory
	diag "directories: $POINTS points walked"
	check "none is hidden" wait_for stats_are sysfs-hidden 0
}

# A worker makes an RST for each connect that hangs when its breaker trips. It
# must try again.
hung_connects()
{
	hold hung 80 -n 3 -p 3
	wait_breaker db "$S4:80" pending 3 &&
		CB breaker trip db "$S4:80" &&
		wait_for held hung "ECONNREFUSED 3" &&
		CB breaker reset db "$S4:80"
}

aborts()
{
	CB rule add db dst "$S4" abort-pending on max-pending 100 \
		response-time 1h broken-time 1h connect-timeout 5m
	port_is_silent 80
	stats_mark
	check "a connect that could not be aborted is aborted later" \
		each_point abort_pending hung_connects
	diag "aborts: $POINTS points walked"
	check "each of them once" stats_grew aborted $((3 * (POINTS + 1)))
	CB rule del db
}

# An inspector is shown a SYN when an attempt times out. Where there is none to
# show, the failure counts.
timeout_inspected()
{
	abandon 1 80 >"$TMP/cli"
	wait_breaker db "$S4:80" timeout "$1"
}

inspections()
{
	mkdir "$TMP/bpf"
	mount -t bpf bpf "$TMP/bpf"
	mkdir "$TMP/bpf/any"
	bpftool prog loadall "$LIB_DIR/inspector.bpf" "$TMP/bpf/any" type socket
	CB rule add db dst "$S4" connect-timeout 200ms response-time 1h \
		min-samples 1000 inspector "$TMP/bpf/any/excuse_all"
	stats_mark
	check "a timeout that no inspector could be shown has an end too" \
		each_point cbreak_inspect_ask timeout_inspected
	diag "inspections: $POINTS points walked"
	check "each of them is counted" stats_grew uninspected $POINTS excused 1
	check "as a failure" breaker_has db "$S4:80" failed $POINTS \
		excused 1 state passing
	CB rule del db
	ports_open
}

# stats_are NAME VALUE
stats_are()
{
	[ "$(stat_of "$1")" = "$2" ]
}

test_cleanup()
{
	umount "$TMP/sys" "$TMP/bpf" 2>/dev/null
	rmmod cbreak_faults
}

# The kernel says little of what it fails, and fails as much as it can.
fail_nth_setup()
{
	local file

	for file in /sys/kernel/debug/fail*/{verbose,ignore-gfp-wait,min-order}
	do
		[ ! -e "$file" ] || echo 0 >"$file"
	done
}

[ -x "$WALK" ] || skip_all "$WALK has not been built"
# Since 6.11 the hooks are there only where the kernel injects faults itself.
grep -q ' should_failslab$' /proc/kallsyms ||
	skip_all "this kernel has no should_failslab()"
# Linux 5 keeps the directory of a class, for ever, when that of a device in it
# cannot be made; the class cannot be used again.
spare=0
[[ $(uname -r) != 5.* ]] || spare=1
modprobe cbreak_faults spare_devices=$spare ||
	skip_all "cbreak_faults.ko cannot be loaded"
net_setup
[ ! -e /sys/kernel/debug/kmemleak ] || FAIL_NTH=''
fail_nth_setup

module_load
walks $PARAM/nth netns
requests $PARAM/nth
events_start
for request in rule-new rule-set rule-del trip isolate bypass reset; do
	walks $PARAM/nth netlink "$CLIENT" $request
done
if [ -e "$FAIL_NTH" ]; then
	requests $FAIL_NTH
else
	diag "no fail-nth: what fails is allocated for cbreak"
fi
CB rule add lo dst 127.0.0.0/8 passing-time 100ms consecutive 1 broken-time 1h
first_syn
outcomes
events_stop
directories
aborts
inspections
diag "faults: $TOTAL points walked in all"
finish
