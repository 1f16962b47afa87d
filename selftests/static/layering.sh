#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may include whom, Documentation/internals.rst "Layers". A file may
# include headers of its own rank or of a lower one. Prints what breaks this.
set -u
cd "$(dirname "$0")/../.." || exit 1

declare -A rank=(
	[window]=0 [streak]=0 [limit]=0 [guard]=0 [match]=0 [cgroup]=0
	[breaker]=1 [breaker_view]=1 [breaker_time]=1 [classify]=1 [attempt]=1 [attempt_place]=1 [attempt_expire]=1 [attempt_walk]=1 [conn]=1 [stats]=1
	[rule]=2 [inspect]=2 [reject]=2
	[dest]=3 [dest_timer]=3 [dest_walk]=3 [event]=3 [fill]=3 [trace]=3
	[net]=4 [socket]=4 [answer]=4 [syn]=4
	[outcome]=5 [abort]=5 [follow]=5 [admit]=5 [sysfs]=5 [sysfs_rule]=5 [sysfs_breaker]=5
	[hook]=6 [forward]=6
	[control]=7
	[netlink]=8 [netlink_rule]=8 [netlink_param]=8 [netlink_match]=8
	[netlink_breaker]=8 [netlink_on]=8
	[netlink_inspect]=8
	[netns]=9
	[main]=10
)
# What the state machine and its window must not know of.
impure='linux/(skbuff|netfilter|netlink|ktime|timekeeping|random|socket|in6?)\.h|net/'

bad=0

complain()
{
	echo "$*"
	bad=1
}

for file in kmod/*.[ch]; do
	case $file in *.mod.c) continue ;; esac
	name=$(basename "${file%.*}")
	if [ -z "${rank[$name]:-}" ]; then
		complain "$file: has no rank in selftests/static/layering.sh"
		continue
	fi
	while read -r header; do
		other=$(basename "${header%.h}")
		case $header in uapi/* | compat/*) continue ;; esac
		if [ -z "${rank[$other]:-}" ] ||
		   [ "${rank[$other]}" -gt "${rank[$name]}" ]; then
			complain "$file: must not include $header"
		fi
	done < <(sed -nE 's/^#include "(.*)"$/\1/p' "$file")
done

while read -r line; do
	complain "$line: the machine knows no packets, clocks or sockets"
done < <(grep -nE "^#include <($impure)" kmod/window.[ch] kmod/streak.[ch] kmod/limit.[ch] kmod/guard.[ch] kmod/breaker*.[ch])

# Differences between kernel versions live in kmod/compat/ alone.
while read -r line; do
	complain "$line: versions are compared in kmod/compat/ alone"
done < <(grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION|\bHAVE_[A-Z]' kmod/*.[ch])

# Only two files of the tool may know libmnl.
while read -r line; do
	complain "$line: libmnl is used in nl.c and nl_attr.c alone"
done < <(grep -nE '\bmnl_|<libmnl/' tools/cbctl/*.[ch] |
	 grep -vE '^tools/cbctl/nl(_attr\.c|\.[ch]):')

exit "$bad"
