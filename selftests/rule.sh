#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Rules can be added, shown, changed, replaced and deleted: defaults are the
# documented ones, every parameter is kept as it was given, what is shown can
# be typed again, and replacing keeps breakers. Dumps are complete.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

# shown NAME WANT: the rule as it can be typed again is WANT.
shown()
{
	local out

	CB rule show "$1" >"$TMP/rule"
	slurp out "$TMP/rule"
	SHOWN=${out% passing * broken * recovering *}
	[ "$SHOWN" = "$2" ] || { printf '%s\n' "want: $2" "got:  $SHOWN"; false; }
}

names()
{
	local line

	CB rule show | while IFS= read -r line; do
		[[ $line == " "* ]] || printf '%s ' "${line%% *}"
	done
}

DEFAULTS="key addr+port mode enforce error-ratio 0.5 response-time 10s"
DEFAULTS+=" passing-time 10s broken-time 10s recovery-time 10s connect-timeout 3s"
DEFAULTS+=" min-samples 5 recovery-samples 1 on refused,timeout,unreachable,slow"
DEFAULTS+=" consecutive 0 slow-time 0s backoff 1 broken-time-max 24h jitter 0"
DEFAULTS+=" max-pending 0 max-broken-pct 100 max-connections 0 local-fault-guard off abort-pending off inspector none"

setup "$@"

# --- add and show ----------------------------------------------------------

check "a rule of a prefix can be added" CB rule add db dst 10.0.0.0/8
check "and has the documented defaults" \
	shown db "db dst 10.0.0.0/8 prio 0 $DEFAULTS"

CB rule add everything
check "a rule without a match matches any destination" \
	shown everything "everything dst any prio 0 $DEFAULTS"
CB rule del everything

ALL="all dst fd00:1::/32 port 80-89 fwmark 0x10/0xff oif eth7 uid 1000-1999 prio 7 key prefix/64 mode observe"
ALL+=" error-ratio 0.123456"
ALL+=" response-time 2s passing-time 300ms broken-time 1m recovery-time 2h"
ALL+=" connect-timeout 5m min-samples 65535 recovery-samples 0"
ALL+=" on refused,unreachable,stalled consecutive 9 slow-time 2500ms backoff 1.25"
ALL+=" broken-time-max 3m jitter 0.05 max-pending 1048576 max-broken-pct 1"
ALL+=" max-connections 1048575 local-fault-guard on abort-pending on inspector none"
# shellcheck disable=SC2086 # it is words
CB rule add $ALL
check "every parameter is kept as it was given" shown all "$ALL"
CB rule del all
# What has no meaning for somebody else's connections is left out.
ALL=${ALL/ uid 1000-1999/ hook forward}
ALL=${ALL/abort-pending on/abort-pending off}
ALL=${ALL/,stalled/}
ALL=${ALL/max-connections 1048575/max-connections 0}
ALL=${ALL/ mode observe/ mode observe reject drop}
# shellcheck disable=SC2086 # it is words
CB rule add $ALL
check "also of a rule for forwarded connections" shown all "$ALL"
CB rule del all

# --- what is shown can be typed again --------------------------------------

# same_again WORD...: a rule with these words is shown in a form that makes the
# same rule; and the other way round if that form is what was typed.
same_again()
{
	local first rc=0

	CB rule add "$@"
	shown "$1" '' || :
	first=$SHOWN
	CB rule del "$1"
	# shellcheck disable=SC2086 # it is words
	CB rule add $first
	shown "$1" "$first" || rc=1
	CB rule del "$1"
	return "$rc"
}

while read -r line; do
	# shellcheck disable=SC2086 # it is words
	check "round trip: $line" same_again $line
done <<-END
	a dst any port 443 on timeout
	b dst default port 1-65535 prio 4294967295
	c dst 192.0.2.1 port 0 error-ratio 0.000001
	d dst ::/0 error-ratio 99.9999% response-time 0.1s
	e dst 0.0.0.0/0 passing-time 1.5m on all key rule
	g dst 10.0.0.0/8 key prefix/8 mode never backoff 10 jitter 100%
	h dst any key addr consecutive 65535 slow-time 5m broken-time-max 10s
	i dst any fwmark 255/0xff
	j dst any fwmark 0xFFFFFFFF/0xffffffff prio 1
	k dst any fwmark 0
	l dst any uid 0-4294967294 oif any
	m dst any uid 7-7 oif 123456789012345
	f dst fd00::2/128 broken-time 24h recovery-time 100ms
	i dst any on refused,icmp:3/1,icmp6:1/0,icmp:11/0
	j dst any on icmp6:4/255
	n dst any hook forward reject icmp
	o dst fd00::/8 hook forward mode never
	p dst any hook output reject reset
	_1234567.0-2:4567890123456789_ab dst 2001:db8::/33 connect-timeout 100ms
END

# --- change ----------------------------------------------------------------

want="db dst 10.0.0.0/8 prio 0 $DEFAULTS"
while read -r word value; do
	CB rule change db "$word" "$value"
	old=${want##* "$word" }
	want="${want/ "$word" "${old%% *}"/ "$word" "$value"}"
	check "change $word alone" shown db "$want"
done <<-END
	passing-time 1s
	broken-time 2s
	recovery-time 3s
	response-time 4s
	error-ratio 0.25
	connect-timeout 600ms
	min-samples 8
	recovery-samples 9
	on timeout
	on timeout,icmp:3/13
	on icmp6:1/1
	on reset,stalled
	mode observe
	consecutive 4
	slow-time 1s
	backoff 2
	broken-time-max 1h
	jitter 0.5
	max-pending 7
	max-broken-pct 50
	max-connections 8
	local-fault-guard on
	abort-pending on
END
check "change of nothing changes nothing" CB rule change db
check "and says so" shown db "$want"

# --- times that were not set -----------------------------------------------

CB rule add t dst 192.0.2.0/24 response-time 2s
CB rule change t response-time 5s
t="t dst 192.0.2.0/24 prio 0 ${DEFAULTS//10s/5s}"
check "times that were not set follow response-time" shown t "$t"
CB rule change t broken-time 7s
CB rule change t response-time 3s
t="t dst 192.0.2.0/24 prio 0 ${DEFAULTS//10s/3s}"
check "one that was set does not" \
	shown t "${t/broken-time 3s/broken-time 7s}"
CB rule del t

# --- replace ---------------------------------------------------------------

CB breaker trip db 10.0.0.2:80
CB rule change db broken-time 1h
generation()
{
	local out

	out=$(CB -j breaker get db 10.0.0.2:80)
	out=${out#*'"generation":'}
	echo "${out%%,*}"
}
before=$(generation)
CB rule replace db dst 10.0.0.0/8 min-samples 6 broken-time 30m
want="db dst 10.0.0.0/8 prio 0 $DEFAULTS"
want=${want/min-samples 5/min-samples 6}
want=${want/broken-time 10s/broken-time 30m}
check "replace sets defaults for what is not given" shown db "$want"
expect_eq "and keeps the state of breakers" broken "$(state_of db 10.0.0.2:80)"
expect_eq "and their generation" "$before" "$(generation)"
CB rule replace fresh dst 198.51.100.0/24 port 80
check "replace creates a rule that is not there" \
	shown fresh "fresh dst 198.51.100.0/24 port 80 prio 0 $DEFAULTS"

# --- delete and order ------------------------------------------------------

check "a rule can be deleted" CB rule del db
check_fail "and is gone" CB rule show db
expect_eq "and so are its breakers" "" "$(CB breaker show)"
CB rule add db dst 10.0.0.0/8
expect_eq "a new rule of the name begins without breakers" \
	none "$(state_of db 10.0.0.2:80)"
expect_eq "and with its counters at 0" 0 "$(counter_of db broken)"

CB rule add zz dst 203.0.113.0/24
CB rule add aa dst 203.0.113.128/25
expect_eq "rules are shown in the order of their creation" \
	"fresh db zz aa " "$(names)"
for rule in fresh db zz aa; do
	CB rule del "$rule"
done
expect_eq "and none when all are deleted" "" "$(CB rule show)"

# --- many ------------------------------------------------------------------

"$LIB_DIR/nl_rules" "$CLIENT" fill 500
want=$(printf 'r%d ' {0..499})
expect_eq "a dump of 500 rules is complete and in order" "$want" "$(names)"
expect_eq "and stats agree" 500 "$(stat_of rules)"
check "a change during a dump" "$LIB_DIR/nl_rules" "$CLIENT" interrupt
seen=$(<"$TMP/out")
expect_match "is reported, and every older rule is in it" \
	'^50[01] interrupted$' "$seen"

finish
