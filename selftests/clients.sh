#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs that know nothing of breakers: a service falls silent, and each of
# them has to wait for it until its own failures have tripped the breaker; from
# then on it is told "connection refused" at once, in its own words, and nothing
# leaves the host; when the service is back, so is the program.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"

PORT=8080

# --- the clients -----------------------------------------------------------

# client_NAME: one call. What the program says is in SAID; each has words for a
# service that is silent, for a refusal, and for success. PATIENCE is in seconds.
PATIENCE=20
declare -A SILENT REFUSED WORKS

url()
{
	at $PORT
	echo "http://$AT/"
}

SILENT[curl]="curl: (28) " REFUSED[curl]="Couldn't connect to server"
WORKS[curl]="hello"
client_curl()
{
	SAID=$(cn curl -sS -m $PATIENCE "$(url)" 2>&1 || :)
}

# nginx, which hands requests on to the service; curl only asks it.
SILENT[nginx]="504" REFUSED[nginx]="502" WORKS[nginx]="200"
client_nginx()
{
	SAID=$(cn curl -s -m 20 -o "$TMP/page" -w '%{http_code}' \
		http://127.0.0.1:8000/ 2>&1 || :)
}

# It has no timeout of its own for this: it waits until the breaker has heard of
# the failure. The service is nginx for it too, whose answer it does not like.
SILENT[redis-cli]="nothing" REFUSED[redis-cli]="Connection refused"
WORKS[redis-cli]="Protocol error"
client_redis-cli()
{
	local pid

	if [ "$PATIENCE" = 1 ]; then
		at $PORT
		read_breaker db "$AT"
		# Not in a subshell, which would be killed in its place.
		nsenter --net="/run/netns/$CLIENT" redis-cli -h "$SRV" \
			-p $PORT PING >"$TMP/redis-cli" 2>&1 &
		pid=$!
		wait_breaker db "$AT" timeout $((BREAKER[timeout] + 1))
		end $pid
		SAID=$(<"$TMP/redis-cli")
		SAID=${SAID:-nothing}
		return
	fi
	SAID=$(cn timeout $PATIENCE redis-cli -h "$SRV" -p $PORT PING 2>&1 || :)
}

for name in python mptcp fastopen; do
	SILENT[$name]=EINPROGRESS REFUSED[$name]=ECONNREFUSED WORKS[$name]=OK
done
client_python()
{
	python plain
}
client_mptcp()
{
	python mptcp
}
client_fastopen()
{
	python fastopen
}
python()
{
	SAID=$(cn python3.11 -S -E -s "$LIB_DIR/clients.py" "$1" "$SRV" \
		$PORT 2>&1)
}

SILENT[io_uring]=ECANCELED REFUSED[io_uring]=ECONNREFUSED WORKS[io_uring]=OK
client_io_uring()
{
	SAID=$("$LIB_DIR/uring_cli" "$CLIENT" "$SRV" $PORT 2>&1)
}

# says NAME TEXT: one call, in which it says so.
says()
{
	"client_$1" || return 1
	[[ $SAID == *"$2"* ]] || { echo "it says: $SAID"; return 1; }
}

# --- the service -----------------------------------------------------------

write_configs()
{
	mkdir "$TMP/up" "$TMP/down"
	cat >"$TMP/up/nginx.conf" <<-END
		daemon on; pid $TMP/up/pid; error_log $TMP/up/error; user root;
		events {}
		http {
			access_log off;
			server {
				listen $PORT; listen [::]:$PORT;
				location / { return 200 "hello\n"; }
			}
		}
	END
	cat >"$TMP/down/nginx.conf" <<-END
		daemon on; pid $TMP/down/pid; error_log $TMP/down/error; user root;
		events {}
		http {
			access_log off;
			server {
				listen 127.0.0.1:8000;
				location / {
					proxy_pass http://$S4:$PORT;
					proxy_connect_timeout 1s;
				}
			}
		}
	END
	: >"$TMP/up/error"
	: >"$TMP/down/error"
}

start_service()
{
	sn nginx -c "$TMP/up/nginx.conf" -e "$TMP/up/error"
}

stop_service()
{
	end "$(<"$TMP/up/pid")"
}

# --- the story -------------------------------------------------------------

# goes_through NAME
goes_through()
{
	local name=$1 what="$1, IPv$family"

	at $PORT
	CB rule add db dst "$SRV" response-time 1h passing-time 100ms \
		min-samples 3 broken-time 1h recovery-time 1h \
		connect-timeout 300ms
	start_service
	check "$what: it works" says "$name" "${WORKS[$name]}"
	CB breaker reset db
	wait_older db "$AT" 100
	port_is_silent $PORT
	PATIENCE=1
	for _ in 1 2 3; do
		# What one waits for, the others need not.
		is_state db "$AT" passing || break
		check "$what: it waits for a silent service" \
			says "$name" "${SILENT[$name]}"
	done
	PATIENCE=20
	check "$what: which trips the breaker" wait_state db "$AT" broken
	read_breaker db "$AT"
	rejected=${BREAKER[rejected]}
	read_syns
	before=$SYNS
	check "$what: it says at once that it is refused" \
		says "$name" "${REFUSED[$name]}"
	read_syns
	read_breaker db "$AT"
	check "$what: by the breaker" test "${BREAKER[rejected]}" -gt "$rejected"
	check "$what: and nothing leaves" test "$SYNS" = "$before"
	ports_open
	CB rule change db broken-time 100ms recovery-time 100ms
	wait_state db "$AT" recovering
	wait_older db "$AT" 100
	check "$what: it works when the service is back" \
		says "$name" "${WORKS[$name]}"
	check "$what: for good" wait_state db "$AT" passing
	stop_service
	CB rule del db
}

for program in curl nginx redis-cli python3.11; do
	command -v $program >/dev/null || skip_all "there is no $program"
done
net_setup "$@"
write_configs
sn sysctl -q -w net.ipv4.tcp_fastopen=3
cn sysctl -q -w net.ipv4.tcp_fastopen=3
cn nginx -c "$TMP/down/nginx.conf" -e "$TMP/down/error"
use_family 4
family=4
for client in curl nginx redis-cli python fastopen; do
	goes_through $client
done
rc=0
client_mptcp || rc=$?
if [ $rc = 4 ]; then
	skip "mptcp" "the kernel has none"
else
	goes_through mptcp
fi
rc=0
client_io_uring || rc=$?
if [ $rc = 4 ]; then
	skip "io_uring" "the kernel has none"
else
	goes_through io_uring
fi
use_family 6
family=6
for client in curl redis-cli python; do
	goes_through $client
done

finish
