#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The demo, inside the VM: two network namespaces joined by veth, nginx in one
# of them, clients in the other. The service dies twice, first with its port
# closed, then without a sound. Fails if a transition does not happen, or if a
# packet reaches the service while its breaker is BROKEN.
#
#	  demo (clients, cbreak)            service (nginx)
#	  +--------------------+           +--------------------+
#	  |      10.0.0.1 veth0|-----------|veth1 10.0.0.2:80   |
#	  +--------------------+           +--------------------+
set -u

HERE=$(dirname "$0")
SERVICE=10.0.0.2
RULE=web
BREAKER=/sys/class/cbreak/$RULE/breakers/$SERVICE:80
# A client's patience. The kernel would retransmit after a second; a client
# that waits less makes sure that nothing is sent for it once it has gone.
PATIENCE_MS=900
# The service counts as dead for a caller after this much silence.
CONNECT_TIMEOUT=1s
BROKEN_MS=4000
PAUSE=0.2

if [ "${1:-}" != inside ]; then
	insmod /cbreak/cbreak.ko &&
	ip netns add demo && ip netns add service &&
	ip link add veth0 netns demo type veth peer name veth1 netns service &&
	ip -n demo addr add 10.0.0.1/24 dev veth0 &&
	ip -n service addr add $SERVICE/24 dev veth1 &&
	ip -n demo link set veth0 up && ip -n service link set veth1 up ||
		exit 1
	ip netns exec demo "$0" inside
	status=$?
	ip netns del demo
	ip netns del service
	rmmod cbreak || status=1
	exit $status
fi

tmp=$(mktemp -d)
mkfifo "$tmp/monitor"
start_us=${EPOCHREALTIME/./}
status=0

# Milliseconds since the beginning.
now_ms()
{
	echo $(((${EPOCHREALTIME/./} - start_us) / 1000))
}

# line STATE LATENCY RESULT: one line of the timeline.
line()
{
	local ms
	ms=$(now_ms)
	printf '%4d.%03d  %-11s %12s  %s\n' $((ms / 1000)) $((ms % 1000)) "$@"
}

say()
{
	line "" "" "--- $*"
}

fail()
{
	say "FAILED: $*"
	status=1
}

state()
{
	local state=-
	{ read -r state <$BREAKER/state; } 2>/dev/null
	echo "$state"
}

# One client: connects once, says how it went, and remembers how long it took.
client()
{
	local result us before phase
	before=$(state)
	read -r phase <"$tmp/phase"
	read -r _ result _ us < <("$HERE/../tcpcli" -b -t $PATIENCE_MS \
				  $SERVICE 80)
	case $result in
	GIVEUP) line "$before" "$us us" "no answer, the client gave up" ;;
	*)	line "$before" "$us us" "$result" ;;
	esac
	echo "$us" >>"$tmp/us.$before.$phase"
}

# A browser's worth of client.
fetch()
{
	local code=0 out
	out=$(curl -s -o /dev/null -m 2 -w '%{http_code} %{time_total}' \
	      http://$SERVICE/) || code=$?
	say "curl: exit status $code, HTTP status ${out% *}, ${out#* } s"
}

# Clients come five times a second, whether others are waiting or not.
traffic()
{
	while :; do
		client &
		sleep $PAUSE
	done
}

# What the kernel says, as it happens. Nothing is started for a line, so that
# it is read when it comes.
follow()
{
	local object from to cause samples failed
	while read -r _ object _ _ from _ to _ cause _ samples _ failed _; do
		[ "$object" = state ] || continue
		echo "$(now_ms) $from $to" >>"$tmp/events"
		say "${from^^} -> ${to^^}, cause $cause," \
		    "$failed of $samples failed"
	done
}

# wait_for FROM TO AFTER: the first such transition after that time, whose own
# time goes to $event_ms.
event_ms=0
wait_for()
{
	local deadline=$((SECONDS + 40))
	while [ $SECONDS -lt $deadline ]; do
		event_ms=$(awk -v from="$1" -v to="$2" -v after="$3" \
			   '$1 > after && $2 == from && $3 == to {
				print $1; exit
			   }' "$tmp/events")
		[ -n "$event_ms" ] && return 0
		sleep 0.05
	done
	fail "no transition from $1 to $2"
	event_ms=0
	return 1
}

# SYNs that have reached the service's host.
syns()
{
	ip netns exec service nft -j list chain inet demo count |
		jq '[.. | .counter? | objects | .packets] | add'
}

median()
{
	cat "$@" 2>/dev/null | sort -n | awk '
		{ v[NR] = $1 }
		END { print NR ? v[int((NR + 1) / 2)] " us" : "none" }'
}

start_service()
{
	ip netns exec service nginx -c "$tmp/nginx.conf"
}

stop_service()
{
	ip netns exec service nginx -c "$tmp/nginx.conf" -s stop \
		2>/dev/null
}

blackhole()
{
	ip netns exec service nft add rule inet demo in tcp dport 80 drop
}

unblackhole()
{
	ip netns exec service nft flush chain inet demo in
}

# scenario NAME DIE RETURN: the whole story once.
scenario()
{
	local name=$1 died back broken recovering passing before after

	fetch
	sleep 2
	say "the service dies: $name"
	$2
	echo "$name" >"$tmp/phase"
	died=$(now_ms)
	wait_for passing broken "$died" || return
	broken=$event_ms
	before=$(syns)
	fetch
	# Clients keep coming. Nothing may get through for most of BROKEN; the
	# end is left out, since RECOVERING lets some through on purpose.
	while [ "$(now_ms)" -lt $((broken + BROKEN_MS * 3 / 4)) ]; do
		sleep 0.05
	done
	after=$(syns)
	say "the service is back"
	$3
	echo alive >"$tmp/phase"
	back=$(now_ms)
	wait_for broken recovering "$broken" || return
	recovering=$event_ms
	wait_for recovering passing "$recovering" || return
	passing=$event_ms
	fetch

	[ "$before" -eq "$after" ] ||
		fail "$((after - before)) packets reached the dead service"
	cat >>"$tmp/figures" <<-END

	Service $name
	  time to trip                            $((broken - died)) ms
	  connect() when alive, median            $(median "$tmp/us.passing.alive")
	  connect() when dead, PASSING, median    $(median "$tmp/us.passing.$name")
	  connect() when dead, BROKEN, median     $(median "$tmp/us.broken.$name")
	  packets to the dead service in BROKEN   $((after - before))
	  time to recover, from its return        $((passing - back)) ms
	  RECOVERING lasted                       $((passing - recovering)) ms
	END
}

finish()
{
	kill "$traffic_pid" "$monitor_pid" 2>/dev/null
	ip netns exec service nginx -c "$tmp/nginx.conf" -s stop 2>/dev/null
	wait
	cat "$tmp/figures" 2>/dev/null
	rm -rf "$tmp"
	echo
	if [ "$status" -eq 0 ]; then
		echo "demo: every transition happened"
	else
		echo "demo: FAILED"
	fi
	exit "$status"
}

cat >"$tmp/nginx.conf" <<END
user root;
pid $tmp/nginx.pid;
error_log $tmp/nginx.log;
worker_processes 1;
events { }
http {
	access_log off;
	server {
		listen 80;
		location / { return 200 "alive\n"; }
	}
}
END

ip netns exec service nft -f - <<'END' || exit 1
table inet demo {
	chain count {
		type filter hook prerouting priority -300
		tcp dport 80 tcp flags & (syn | ack) == syn counter
	}
	chain in {
		type filter hook input priority 0
	}
}
END
start_service || exit 1

rule=(rule add "$RULE" dst "$SERVICE" port 80 response-time 3s passing-time 1s
      broken-time "${BROKEN_MS}ms" recovery-time 4s
      connect-timeout "$CONNECT_TIMEOUT")
echo "\$ cbctl ${rule[*]}"
cbctl "${rule[@]}" || exit 1
: >"$tmp/events"
echo alive >"$tmp/phase"
cbctl monitor >"$tmp/monitor" &
monitor_pid=$!
follow <"$tmp/monitor" &

echo
echo "  time s  state          connect()  result"
traffic &
traffic_pid=$!
sleep 1
scenario refused stop_service start_service &&
	scenario blackholed blackhole unblackhole || status=1
finish
