#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# cbctl monitor prints every event, in order, with its cause and the counts
# that led to it, and the JSON form says the same; a listener in another
# network namespace hears nothing.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"

PORT=8080

# listen NAME NETNS [OPTION...]: a monitor whose output is in $TMP/NAME.
listen()
{
	local name=$1 netns=$2
	shift 2

	: >"$TMP/$name"
	"$CBCTL" -n "$netns" "$@" monitor >"$TMP/$name" &
}

# A monitor says nothing when it has joined, so give it something to say.
flow()
{
	local name

	CB rule add flow dst 192.0.2.255
	CB rule del flow
	for name; do
		[ -s "$TMP/$name" ] || return 1
	done
}

# heard NAME TEXT: a monitor has printed that.
heard()
{
	local all

	slurp all "$TMP/$1"
	[[ $all == *"$2"* ]]
}

# events NAME: without timestamps, and without what only made it flow.
events()
{
	sed -E -e 's/^[^ ]+ //' -e '/^rule-(new|del) flow /d' "$TMP/$1"
}

net_setup "$@"
listen text "$CLIENT"
listen json "$CLIENT" -j
listen other "$SERVER"
wait_for flow text json
# In the other namespace too, before it is quiet.
other()
{
	"$CBCTL" -n "$SERVER" rule add noise
	"$CBCTL" -n "$SERVER" rule del noise
	[ -s "$TMP/other" ]
}
wait_for other
before=$(wc -l <"$TMP/other")

# --- everything that can happen --------------------------------------------

CB rule add db dst 10.0.0.0/8 response-time 1h passing-time 100ms \
	broken-time 100ms recovery-time 100ms min-samples 3
CB rule change db error-ratio 0.4
CB rule replace v6 dst fd00::2 port 80 broken-time 1h

# The third failure finds passing-time over.
at $PORT
all_end ECONNREFUSED 2 $PORT >"$TMP/out"
wait_breaker db "$AT" samples 2
wait_older db "$AT" 100
all_end ECONNREFUSED 1 $PORT >"$TMP/out"
wait_for heard text "cause broken-time"

# At the end of recovery everything is admitted, and one outcome decides.
wait_older db "$AT" 100
all_end ECONNREFUSED 1 $PORT >"$TMP/out"
wait_for heard text "cause not-recovered"
wait_state db "$AT" recovering
wait_older db "$AT" 100
serve $PORT
all_end OK 1 $PORT >"$TMP/out"
wait_for heard text "cause recovered"

# A kind with its ICMP numbers, and an administrator.
port_does 81 reject with icmpx type host-unreachable
CB rule change db passing-time 1h broken-time 1h
at 81
all_end EHOSTUNREACH 4 81 >"$TMP/out"
wait_breaker db "$AT" samples 4
CB breaker trip db "$AT"
CB breaker reset db "$AT"
CB breaker trip v6 "[$S6]:80"
CB breaker reset v6
CB rule del db
CB rule del v6
CB rule add end
wait_for heard text " rule-new end "
wait_for heard json '"name":"end"'

# --- what was said ---------------------------------------------------------

more="consecutive 0 slow-time 0s backoff 1 broken-time-max 24h jitter 0 max-pending 0 max-broken-pct 100 max-connections 0 local-fault-guard off abort-pending off inspector none"
config="error-ratio 0.5 response-time 1h passing-time 100ms broken-time 100ms"
config+=" recovery-time 100ms connect-timeout 3s min-samples 3"
config+=" recovery-samples 1 on refused,timeout,unreachable,slow $more"
tens="key addr+port mode enforce error-ratio 0.5 response-time 10s passing-time 10s broken-time 10s"
tens+=" recovery-time 10s connect-timeout 3s min-samples 5 recovery-samples 1"
tens+=" on refused,timeout,unreachable,slow $more"
db="db dst 10.0.0.0/8 prio 0 key addr+port mode enforce"
v6="v6 dst fd00::2 port 80 prio 0 ${tens/broken-time 10s/broken-time 1h}"
changed=${config/error-ratio 0.5/error-ratio 0.4}
slow=${changed/passing-time 100ms broken-time 100ms/passing-time 1h broken-time 1h}
dest="state db $S4:$PORT"
unreach="last unreachable(icmp 3/1)"
cat >"$TMP/want" <<END
rule-new $db $config
rule-set $db $changed
rule-new $v6
$dest passing -> broken cause ratio samples 3 failed 3 error-ratio 1 last refused
$dest broken -> recovering cause broken-time samples 0 failed 0 error-ratio 0 last refused
$dest recovering -> broken cause not-recovered samples 1 failed 1 error-ratio 1 last refused
$dest broken -> recovering cause broken-time samples 0 failed 0 error-ratio 0 last refused
$dest recovering -> passing cause recovered samples 1 failed 0 error-ratio 0 last refused
rule-set $db $slow
state db $S4:81 passing -> broken cause trip samples 4 failed 4 error-ratio 1 $unreach
state db $S4:81 broken -> passing cause reset samples 0 failed 0 error-ratio 0 $unreach
state v6 [$S6]:80 passing -> broken cause trip samples 0 failed 0 error-ratio 0
state v6 [$S6]:80 broken -> passing cause reset samples 0 failed 0 error-ratio 0
rule-del $db $slow
rule-del $v6
rule-new end dst any prio 0 $tens
END
events text >"$TMP/got"
check "every event comes, in order, with its cause and counts" \
	diff "$TMP/want" "$TMP/got"

stamped()
{
	! grep -v -E '^20[0-9]{2}(-[0-9]{2}){2}T[0-9:]{8}\.[0-9]{3} ' "$TMP/text"
}
check "each line begins with a timestamp" stamped

# One object a line, and the same words; parameters are json.sh's business.
# shellcheck disable=SC2016 # it is jq's
jq -r -s '(.[] | select(.name != "flow") | if .event == "state" then
	"state \(.rule) " + (if .addr | contains(":") then "[\(.addr)]" else
	.addr end) + ":\(.port) \(.from) -> \(.to) cause \(.cause) " +
	"samples \(.samples) failed \(.failed) error-ratio \(.error_ratio)" +
	(if .last_kind then " last \(.last_kind)" else "" end) +
	(if .last_icmp_type then
	 "(icmp \(.last_icmp_type)/\(.last_icmp_code))" else "" end)
	else "\(.event) \(.name) dst \(.dst // "any") \(.error_ratio)" end),
	"types \(all(.[]; (.timestamp | type == "string") and
		  if .event == "state" then (.generation | type == "number")
		  else (.id | type == "number") end))",
	([.[] | select(.port == 8080) | .generation] |
	 [.[1:], .[:-1]] | transpose |
	 "generations \(length == 4 and
			all(.[]; .[0] - .[1] == 1 or .[0] == 0))")' \
	"$TMP/json" >"$TMP/json-words" 2>&1 || :
sed -i -E 's/^(rule-[^ ]+ [^ ]+ dst [^ ]+).* error-ratio ([0-9.]+) .*/\1 \2/' \
	"$TMP/want"
printf '%s\n' "types true" "generations true" >>"$TMP/want"
check "JSON says the same, with generations that grow by one" \
	diff "$TMP/want" "$TMP/json-words"

expect_eq "another namespace has heard nothing" \
	"$before" "$(wc -l <"$TMP/other")"

# --- count -----------------------------------------------------------------

: >"$TMP/few"
"$CBCTL" -n "$CLIENT" monitor count 3 >"$TMP/few" &
few=$!
wait_for eval "flow few; ! kill -0 $few 2>/dev/null"
check "count ends it with success" wait $few
expect_eq "after so many events" 3 "$(wc -l <"$TMP/few")"
expect_eq "no event was lost" 0 "$(stat_of events-lost)"

finish
