#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What becomes of connections once they are made: that the destination resets
# them, or that nothing comes back on them, is a failure for rules that ask; what
# this host does to them is none. Each is counted once, and for as long as it is
# there; and nothing is watched while no rule asks.

. "$(dirname "$0")/lib.sh"
. "$LIB_DIR/lib_net.sh"
. "$LIB_DIR/lib_hold.sh"

PORT=80
LONG="response-time 1h passing-time 1h broken-time 1h"

# --- reset -----------------------------------------------------------------

resets()
{
	local what=$1

	CB rule add db dst "$SRV" on reset,stalled response-time 1h \
		passing-time 100ms broken-time 1h min-samples 4 error-ratio 0.4
	serve -k $PORT
	holder_start $PORT
	check "$what: three connections" told "OK 3" connect 3
	check "$what: are three successes, and are there" wait_breaker db "$AT" \
		state passing samples 3 success 3 connections 3
	wait_older db "$AT" 100
	serve_resets
	check "$what: the server resets them" told "ECONNRESET 3" wait
	check "$what: which are three outcomes more, and trips" \
		wait_event db "$AT" passing broken ratio samples 6 failed 3 \
		last reset
	check "$what: they are of a kind of their own, and gone" \
		breaker_has db "$AT" success 3 reset 3 stalled 0 refused 0 \
		connections 0 last reset
	expect_eq "$what: in sysfs too" reset "$(wait_for breaker_file last_kind)"
	check "$what: the next one is refused" told "ECONNREFUSED 1" connect 1
	holder_end
	unserve
	CB rule del db
}

# none WHAT COMMAND...: a server that keeps its connections, two connections, and
# what is done to them is no failure.
none()
{
	local what=$1
	shift

	tell connect 2
	wait_breaker db "$AT" connections 2
	"$@" || fail "$what: is done" "$*"
	check "$what: is no failure, and ends them" wait_breaker db "$AT" \
		failed 0 reset 0 stalled 0 connections 0
	tell close 0
}

kill_sockets()
{
	cn ss -K -H -t dst "$AT" >"$TMP/ss" || return 1
	told "ECONNABORTED 2" wait
}

close_first()
{
	serve_closes
	told "OK 2" wait && told ok close 0
}

# The peer's RST is about what was sent after its FIN.
send_after_close()
{
	serve_closes
	told "OK 2" wait && told "OK 2" send
}

is_no_failure()
{
	local what=$1

	CB rule add db dst "$SRV" on reset,stalled $LONG
	serve -k $PORT
	holder_start $PORT
	none "$what: close()" told ok close 0
	none "$what: close() with an RST" told ok abort 0
	none "$what: connect() to AF_UNSPEC" told ok unspec 0
	none "$what: a close() after the server's" close_first
	none "$what: data after the server's close()" send_after_close
	none "$what: ss -K" kill_sockets
	holder_end
	unserve

	# It is closed here, and the RST is about what nobody will read.
	serve -m $PORT
	holder_start $PORT
	none "$what: close(), with a server that does not" told ok close 0
	holder_end
	unserve
	CB rule del db
}

# A client that has sent all and waits for its answer.
half_closed()
{
	local what=$1

	CB rule add db dst "$SRV" on reset $LONG
	serve -m $PORT
	holder_start $PORT
	tell connect 2
	tell shut
	check "$what: half-closed connections are there" wait_breaker db "$AT" \
		connections 2
	unserve
	check "$what: they can be reset" told "ECONNRESET 2" wait
	check "$what: which counts" wait_breaker db "$AT" reset 2 failed 2 \
		connections 0
	holder_end
	CB rule del db
}

# --- stalled ---------------------------------------------------------------

# all_packets STATEMENT: what the server's firewall does with all that comes.
all_packets()
{
	server_nft add rule inet test input tcp dport $PORT "$@"
}

stalls()
{
	local what=$1

	CB rule add db dst "$SRV" on stalled response-time 1h \
		passing-time 100ms broken-time 1h min-samples 4 error-ratio 0.4
	serve -k $PORT
	holder_start $PORT -u 500
	tell connect 3
	wait_breaker db "$AT" success 3 connections 3
	wait_older db "$AT" 100
	all_packets drop
	tell send
	check "$what: nothing comes back" told "ETIMEDOUT 3" wait
	check "$what: which trips" wait_event db "$AT" passing broken ratio \
		samples 6 failed 3 last stalled
	check "$what: is of a kind of its own" breaker_has db "$AT" \
		stalled 3 reset 0 connections 0 last stalled
	expect_eq "$what: in sysfs too" stalled "$(wait_for breaker_file last_kind)"
	ports_open
	CB breaker reset db
	tell close 0
	tell connect 2
	wait_breaker db "$AT" success 5 connections 2
	all_packets reject with icmpx type host-unreachable
	tell send
	check "$what: a router says why" told "EHOSTUNREACH 2" wait
	check "$what: which is the same" wait_breaker db "$AT" stalled 5 \
		unreachable 0 connections 0
	ports_open
	holder_end
	unserve
	CB rule del db
}

# --- what counts -----------------------------------------------------------

asked()
{
	local what=$1

	CB rule add db dst "$SRV" on refused,stalled $LONG
	serve -k $PORT
	holder_start $PORT
	tell connect 2
	wait_breaker db "$AT" connections 2 success 2
	serve_resets
	check "$what: a kind that is not asked for is no outcome" \
		told "ECONNRESET 2" wait
	check "$what: only a connection less" wait_breaker db "$AT" \
		samples 2 failed 0 reset 0 connections 0 last none
	tell close 0
	CB rule change db on reset
	tell connect 2
	wait_breaker db "$AT" connections 2
	CB breaker trip db "$AT"
	serve_resets
	check "$what: after a transition" told "ECONNRESET 2" wait
	check "$what: it is late, and counts in the totals alone" \
		wait_breaker db "$AT" state broken reset 2 late 2 last reset \
		connections 0
	CB breaker reset db
	tell close 0
	tell connect 1
	CB rule del db
	stats_mark
	CB rule add db dst "$SRV" on reset $LONG
	serve_resets
	check "$what: a connection of a rule that is gone" \
		told "ECONNRESET 1" wait
	check "$what: is nobody's" stats_grew reset 0 orphaned 0 followed 0
	holder_end
	unserve
	CB rule del db
}

# --- watching --------------------------------------------------------------

watching()
{
	local what=$1

	stats_mark
	check "$what: without rules nothing is watched" stats_grew \
		tracepoint 0 followed 0 followed-max 0
	CB rule add db dst "$SRV" $LONG
	check "$what: nor with one that does not ask" stats_grew \
		tracepoint 0 followed-max 0
	serve -k $PORT
	holder_start $PORT
	tell connect 2
	wait_breaker db "$AT" success 2 connections none
	CB rule change db on reset
	check "$what: it is if one does" stats_grew tracepoint 1 \
		followed 0 followed-max 16384
	"$CBCTL" -n "$SERVER" stats >"$TMP/stats"
	check "$what: of any namespace, with a table of its own" \
		grep -qE ' followed 0 followed-max 0 tracepoint 1( |$)' "$TMP/stats"
	tell connect 3
	check "$what: those that come from now on" wait_breaker db "$AT" \
		success 5 connections 3
	check "$what: fill the table" stats_grew followed 3
	CB rule add other dst 192.0.2.1 on stalled
	CB rule change db on refused
	check "$what: another rule asks still" stats_grew tracepoint 1 \
		followed 3
	CB rule del other
	check "$what: nobody asks any more" stats_grew tracepoint 0 \
		followed 0 followed-max 0
	check "$what: and nothing is counted" breaker_has db "$AT" \
		connections none
	CB rule change db on reset
	tell connect 1
	check "$what: until it is asked again" wait_breaker db "$AT" \
		connections 1
	tell close 0
	check "$what: all of them end" wait_breaker db "$AT" connections 0
	holder_end
	unserve
	CB rule del db
	check "$what: the last rule takes it along" stats_grew tracepoint 0
}

# --- other kinds of socket -------------------------------------------------

# sockets WHAT SERVER-OPTION HOLDER-OPTION
sockets()
{
	local what=$1

	CB rule add db dst "$SRV" on reset $LONG
	# shellcheck disable=SC2086 # it is words
	serve -k $2 $PORT
	holder_start $PORT "$3"
	check "$what: connects" told "OK 2" connect 2
	check "$what: each counts once" wait_breaker db "$AT" success 2 \
		connections 2
	tell close 1
	check "$what: one is closed" wait_breaker db "$AT" connections 1
	tell connect 2
	wait_breaker db "$AT" success 4 connections 3
	serve_resets
	tell wait
	check "$what: the others are reset" wait_breaker db "$AT" reset 3 \
		connections 0
	holder_end
	unserve
	CB rule del db
}

# --- bounds ----------------------------------------------------------------

bounds()
{
	local what=$1 followed

	CB rule add db dst "$SRV" on reset $LONG
	serve -k $PORT
	holder_start $PORT
	stats_mark
	check "$what: more than there is room for" told "OK 400" connect 400
	wait_breaker db "$AT" success 400
	read_stats
	followed=$((STATS[followed] - MARK[followed]))
	check "$what: are not all followed" test $followed -le 256
	check "$what: but many" test $followed -ge 128
	check "$what: the others are counted" stats_grew \
		unfollowed $((400 - followed)) fail-open 0
	check "$what: the breaker has those" breaker_has db "$AT" \
		connections $followed
	tell close 0
	check "$what: they leave" wait_stats followed 0
	check "$what: and are gone from the breaker" wait_breaker db "$AT" \
		connections 0
	unserve
	holder_end
	CB rule del db
}

# A breaker with connections stays where there is room for one.
full()
{
	local what=$1

	CB rule add db dst "$SRV" on reset $LONG
	serve -k $PORT 81 82
	holder_start $PORT
	stats_mark
	tell connect 1
	wait_breaker db "$AT" connections 1
	all_end OK 2 81 -D 2 >"$TMP/cli"
	check "$what: there is no room for another breaker" stats_grew \
		breakers 1 fail-open 2 breakers-evicted 0
	CB breaker trip db "$AT"
	all_end OK 1 81 >"$TMP/cli"
	check "$what: nor when it is broken" stats_grew breakers 1 \
		fail-open 3 breakers-evicted 0
	tell close 0
	wait_breaker db "$AT" connections 0
	all_end OK 1 81 >"$TMP/cli"
	check "$what: without connections it makes room" stats_grew \
		breakers 1 fail-open 3 breakers-evicted 1
	holder_end
	unserve
	CB rule del db
}

# And where others go because nobody has used them.
idle()
{
	local what=$1 n

	CB rule add db dst "$SRV" on reset response-time 100ms \
		connect-timeout 100ms
	serve -k $PORT 81
	holder_start $PORT
	stats_mark
	tell connect 1
	for n in 1 2; do
		all_end OK 1 81 >"$TMP/cli"
		check "$what: another one goes" wait_stats breakers 1 \
			breakers-expired $n
		check "$what: the one with a connection stays" \
			breaker_has db "$AT" connections 1
	done
	tell close 0
	check "$what: and goes after it" wait_stats breakers 0
	holder_end
	unserve
	CB rule del db
}

# --- going away ------------------------------------------------------------

unload()
{
	local what=$1

	CB rule add db dst "$SRV" on reset,stalled $LONG
	serve -k $PORT
	holder_start $PORT
	tell connect 20
	wait_breaker db "$AT" connections 20
	reload_module
	check "$what: connections outlive the module" told "OK 20" send
	serve_resets
	check "$what: and end without it" told "ECONNRESET 20" wait
	holder_end
	unserve
}

net_setup "$@"
events_start
for family in 4 6; do
	use_family $family
	at $PORT
	resets "IPv$family reset"
	is_no_failure "IPv$family"
	half_closed "IPv$family half-closed"
	stalls "IPv$family stalled"
	asked "IPv$family"
	watching "IPv$family watching"
	sockets "IPv$family TFO" "-t 16" -f
	if [ -e /proc/sys/net/mptcp/enabled ]; then
		sockets "IPv$family MPTCP" -M -M
	else
		skip "IPv$family MPTCP" "this kernel has none"
	fi
done
events_stop
for family in 4 6; do
	use_family $family
	at $PORT
	unload "IPv$family unload"
	reload_module max_followed=256
	bounds "IPv$family bounds"
	reload_module max_breakers=1
	full "IPv$family full"
	reload_module idle_timeout=1
	idle "IPv$family idle"
done
finish
