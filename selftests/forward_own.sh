#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A rule for forwarded connections sees nothing of the router's own, and the
# other way round, whatever they have in common. What a rule asks for besides the
# destination, told by forwarded connects. The kernel's modules that it needs are
# held while there is such a rule, and without them there is none.

FORWARDED=1
. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"

PORT=80
LONG="response-time 1h passing-time 1h broken-time 1h"

# own OPTION...: connects of the router
own()
{
	"$TCPCLI" -N "$CLIENT" "$@" "$SRV" $PORT
}

# refs: sets REFS to how often nf_reject_ipv4 and nf_reject_ipv6 are in use.
refs()
{
	local name

	REFS=
	for name in nf_reject_ipv4 nf_reject_ipv6; do
		if [ -e /sys/module/$name/refcnt ]; then
			REFS+=" $(</sys/module/$name/refcnt)"
		else
			REFS+=" -"
		fi
	done
}

refs_are()
{
	refs
	[ "$REFS" = "$1" ] || { echo "in use:$REFS"; return 1; }
}

# without_modprobe COMMAND...
without_modprobe()
{
	local modprobe rc=0

	modprobe=$(</proc/sys/kernel/modprobe)
	echo /bin/false >/proc/sys/kernel/modprobe
	"$@" || rc=$?
	echo "$modprobe" >/proc/sys/kernel/modprobe
	return $rc
}

# try_rmmod MODULE...: those that are there and not in use
try_rmmod()
{
	local name

	for name; do
		rmmod "$name" 2>/dev/null || :
	done
}

refused_for_want()
{
	! CB rule add db 2>"$TMP/err" &&
		grep -F "needs the kernel's modules nf_reject_ipv4 and" \
			"$TMP/err" &&
		[ "$(CB -j rule show)" = "[]" ]
}

modules()
{
	# Those of another test's firewall, if they are still there.
	try_rmmod nft_reject_inet nft_reject_ipv4 nft_reject_ipv6
	refs
	# What belongs to a module has its name at the end of the line.
	if [[ $REFS != " "[0-]" "[0-] ]] ||
	   grep -q ' nf_send_reset6\?$' /proc/kallsyms; then
		skip "without the kernel's modules there is no rule" \
			"they are built in, or in use"
		return
	fi
	CB rule add db hook output
	check "a rule for output needs no modules" refs_are "$REFS"
	CB rule del db
	try_rmmod nf_reject_ipv4 nf_reject_ipv6
	check "without them there is no rule for forward" \
		without_modprobe refused_for_want
	modprobe nf_reject_ipv4
	check "nor with one of them" without_modprobe refused_for_want
	check "which is not held then" refs_are " 0 -"
	CB rule add db
	check "they are loaded and held" refs_are " 1 1"
	CB rule add db2 dst 10.0.0.0/8
	check "once" refs_are " 1 1"
	CB rule del db
	check "as long as there is a rule" refs_are " 1 1"
	CB rule del db2
	check "and not for longer" refs_are " 0 0"
	CB rule add db
	reload_module
	check "unloading lets go of them" refs_are " 0 0"
}

apart()
{
	# shellcheck disable=SC2086 # it is words
	CB rule add through dst "$SRV" port $PORT $LONG
	stats_mark
	check "$what: own connects pass" own -e OK -n 3
	check "$what: and are not seen" stats_grew admitted 0 breakers 0 \
		ignored 0 attempts 0
	CB breaker trip through "$AT"
	check "$what: also when it is broken" own -e OK -n 3
	check "$what: while forwarded ones are rejected" \
		all_end ECONNREFUSED 3 $PORT
	check "$what: and counted" breaker_has through "$AT" rejected 3 \
		admitted 0 success 0
	# The same match: each has a breaker of its own.
	# shellcheck disable=SC2086 # it is words
	CB rule add own hook output dst "$SRV" port $PORT $LONG
	check "$what: two rules of the same match" own -e OK -n 2
	check "$what: each has its own" breaker_has own "$AT" state passing \
		admitted 2 success 2
	check "$what: and the other is as it was" breaker_has through "$AT" \
		state broken rejected 3 admitted 0
	CB breaker reset through "$AT"
	CB breaker trip own "$AT"
	check "$what: forwarded ones pass" all_end OK 2 $PORT
	check "$what: and are counted there" breaker_has through "$AT" \
		admitted 2 success 2
	check "$what: own ones do not" own -e ECONNREFUSED -n 2
	check "$what: and are counted here" breaker_has own "$AT" rejected 2
	CB rule del through
	stats_mark
	check "$what: with a rule for output alone they pass" \
		all_end OK 2 $PORT
	check "$what: unseen" stats_grew admitted 0 rejected 0 success 0
	check "$what: and own ones do not" own -e ECONNREFUSED -n 2
	CB rule change own mode never
	# shellcheck disable=SC2086 # it is words
	CB rule add through dst "$SRV" $LONG
	check "$what: never is for its own hook" all_end OK 2 $PORT
	check "$what: the other guards" breaker_has through "$AT" success 2
	CB rule del own
	CB rule add not dst "$SRV" port $PORT mode never
	check "$what: a never rule for forward" all_end OK 2 $PORT
	check "$what: keeps the wider one out" breaker_has through "$AT" \
		success 2
	CB rule del not
	CB rule del through
}

matches()
{
	CB rule add in oif eth1
	CB rule add out oif eth0
	check "$what: oif is where it leaves" all_end OK 2 $PORT
	check "$what: and" wait_breaker out "$AT" success 2
	check "$what: not where it came from" breaker_has in "$AT" state none
	CB rule del out
	check "$what: another interface is none" all_end OK 2 $PORT
	check "$what: and that one sees nothing" breaker_has in "$AT" state none
	CB rule del in
}

net_setup "$@"
modules
serve $PORT
for family in 4 6; do
	use_family $family
	at $PORT
	what="IPv$family"
	apart
	matches
done
finish
