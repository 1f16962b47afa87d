#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may do what: anybody may look; changes need CAP_NET_ADMIN in the user
# namespace that owns the network namespace. So root of a user namespace of its
# own rules its own network namespace, and no other.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

NOBODY=65534
refused="Error: Operation not permitted."

# as_nobody COMMAND...: without any privilege, in the client's namespace.
as_nobody()
{
	cn setpriv --reuid "$NOBODY" --regid "$NOBODY" --clear-groups \
		--inh-caps=-all --bounding-set=-all --no-new-privs "$@"
}

# refuse DESCRIPTION COMMAND...: status 2 and that text, and nothing changes.
attempt()
{
	local rc=0 said after
	shift

	"$@" >"$TMP/said" 2>&1 || rc=$?
	slurp said "$TMP/said"
	CB -j rule show >"$TMP/after"
	slurp after "$TMP/after"
	echo "exit status $rc: $said"
	[ "$rc" = 2 ] && [ "$said" = "$refused" ] && [ "$after" = "$before" ]
}

refuse()
{
	check "$1" attempt "$@"
}

setup "$@"
CB rule add db dst 10.0.0.0/8 broken-time 1h
CB breaker trip db 10.0.0.2:80
before=$(CB -j rule show)

# --- nobody ----------------------------------------------------------------

refuse "nobody may not add a rule" \
	as_nobody "$CBCTL" rule add x dst 192.0.2.1
refuse "or replace one" \
	as_nobody "$CBCTL" rule replace db dst 10.0.0.0/8 min-samples 9
refuse "or change one" as_nobody "$CBCTL" rule change db min-samples 9
refuse "or delete one" as_nobody "$CBCTL" rule del db
refuse "or trip a breaker" as_nobody "$CBCTL" breaker trip db 10.0.0.3:80
refuse "or reset one" as_nobody "$CBCTL" breaker reset db 10.0.0.2:80
refuse "or reset all of a rule" as_nobody "$CBCTL" breaker reset db
refuse "and learns nothing about rules by trying" \
	as_nobody "$CBCTL" rule del nothing
expect_eq "the breaker is still broken" broken "$(state_of db 10.0.0.2:80)"

expect_eq "nobody may see rules" "$before" \
	"$(as_nobody "$CBCTL" -j rule show)"
check "and breakers" as_nobody "$CBCTL" breaker get db 10.0.0.2:80
check "and stats" as_nobody "$CBCTL" stats
expect_eq "and sysfs" 10.0.0.0/8 \
	"$(as_nobody cat /sys/class/cbreak/db/dst)"

# A monitor that is terminated was listening until then.
: >"$TMP/events"
as_nobody "$CBCTL" monitor count 1 >"$TMP/events" &
monitor=$!
flow()
{
	CB rule add flow dst 192.0.2.255
	CB rule del flow
	[ -s "$TMP/events" ]
}
check "and events" wait_for flow
wait $monitor
before=$(CB -j rule show)

# --- a capability is enough, and is needed ---------------------------------

with_caps()
{
	local caps=$1
	shift

	cn setpriv --reuid "$NOBODY" --regid "$NOBODY" --clear-groups \
		--inh-caps="-all,$caps" --ambient-caps="-all,$caps" \
		--bounding-set="-all,$caps" "$@"
}
refuse "CAP_NET_RAW is not enough" \
	with_caps +net_raw "$CBCTL" rule add x dst 192.0.2.1
check "CAP_NET_ADMIN is" \
	with_caps +net_admin "$CBCTL" rule add x dst 192.0.2.1
CB rule del x
before=$(CB -j rule show)

# --- user namespaces -------------------------------------------------------

if ! setpriv --reuid "$NOBODY" --regid "$NOBODY" --clear-groups \
	unshare -Urn true 2>/dev/null; then
	skip "user namespaces" "nobody may not make one here"
	finish
fi

refuse "root of another user namespace may not change this one" \
	as_nobody unshare -Ur "$CBCTL" rule add x dst 192.0.2.1
expect_eq "but may see it" "$before" \
	"$(as_nobody unshare -Ur "$CBCTL" -j rule show)"

# shellcheck disable=SC2016 # for the inner shell
as_nobody unshare -Urnm --propagation private bash -c '
	set -e
	"$1" rule show
	"$1" rule add own dst 127.0.0.0/8 broken-time 1h
	"$1" breaker trip own 127.0.0.1:80
	mount -t sysfs sysfs /sys
	cat /sys/class/cbreak/own/broken
	ip link set lo up
	# Its breaker works.
	! { : <>/dev/tcp/127.0.0.1/80; } 2>/dev/null
	"$1" stats
	"$1" rule del own
	# Users are those of the user namespace.
	"$1" rule add outer dst 127.0.0.0/8 uid "$2" prio 1
	"$1" rule add inner dst 127.0.0.0/8 uid 0 prio 2
	! { : <>/dev/tcp/127.0.0.1/81; } 2>/dev/null
	"$1" rule show outer
	"$1" rule show inner
' bash "$CBCTL" "$NOBODY" >"$TMP/own" 2>&1 || echo "exit status $?" >>"$TMP/own"
expect_match "but may configure a network namespace of its own" \
	$'^1\nrules 1 breakers 1 .* rejected 1 ' "$(<"$TMP/own")"
expect_match "where users are those of its user namespace" \
	'outer .* admitted 0 .*inner .* admitted 1 ' "$(<"$TMP/own")"
expect_eq "and touches no other" "$before" "$(CB -j rule show)"

finish
