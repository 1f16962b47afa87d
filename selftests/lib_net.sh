# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the tests that send packets share: servers that answer as they are told,
# clients, forged answers, and comparisons of counters. Sourced after lib.sh;
# net_setup takes the place of setup.
#
# Tests do not depend on time. A rule's times are either so long that they do
# not end within the test, or so short that the test waits for their end.
#
# Starting a process is what costs time in an emulated machine. So the programs
# enter their namespace themselves, and bash reads what cbctl prints.

TCPCLI=$LIB_DIR/tcpcli TCPSRV=$LIB_DIR/tcpsrv FORGE=$LIB_DIR/forge

# The address family that the test is about; set by use_family.
SRV=$S4 FAMILY=ip ICMP=icmp UNREACH=3/1

# Other addresses of the clients than C4 and C6, for who wants them.
NEXT4=10.0.0.101 NEXT6=fd00::101

# What read_breaker and read_stats read; the counters at the last stats_mark.
declare -A BREAKER STATS MARK

# net_setup [PARAMETER=VALUE...]: setup, and a firewall in the server's
# namespace that counts SYNs and lets everything pass. It has every hook, for the
# kernel patches its code when the first of a kind comes and when the last one goes,
# in whatever namespace, and with packets under way QEMU 7.2 may run the old code
# for ever on the other processor: a loop of int3 in ip6_xmit(). With FORWARDED=1 the
# client's namespace is a router, and clients are behind it: lib_forward.sh.
net_setup()
{
	local program

	for program in "$TCPCLI" "$TCPSRV" "$FORGE"; do
		[ -x "$program" ] || skip_all "$program has not been built"
	done
	command -v nft >/dev/null || skip_all "there is no nft"
	setup "$@"
	server_nft -f - <<-'END'
		table inet test {
			chain prerouting {
				type filter hook prerouting priority -300
				tcp flags & (syn | ack) == syn counter
			}
			chain input {
				type filter hook input priority 0
			}
			chain forward {
				type filter hook forward priority 0
			}
			chain output {
				type filter hook output priority 0
			}
			chain postrouting {
				type filter hook postrouting priority 0
			}
		}
	END
	# Otherwise only six ICMP errors come at once.
	sn sysctl -q -w net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_ratemask=0 \
		net.ipv6.icmp.ratelimit=0
	[ -z "${FORWARDED-}" ] || forward_setup
}

# use_family 4|6: the server's address, and what an ICMP error for a host that
# cannot be reached is called.
use_family()
{
	case $1 in
	4)	SRV=$S4 FAMILY=ip ICMP=icmp UNREACH=3/1 ;;
	6)	SRV=$S6 FAMILY=ip6 ICMP=icmp6 UNREACH=1/3 ;;
	esac
}

# at PORT [ADDRESS]: sets AT to the destination as cbctl writes it.
at()
{
	case ${2:-$SRV} in
	*:*)	AT="[${2:-$SRV}]:$1" ;;
	*)	AT="${2:-$SRV}:$1" ;;
	esac
}

# --- the server ------------------------------------------------------------

# server_nft ARGUMENT...: the server's firewall. It needs no /sys.
server_nft()
{
	nsenter --net="/run/netns/$SERVER" nft "$@"
}

# serve [OPTION...] PORT...: tcpsrv in the background; it is in SERVER_PID.
serve()
{
	"$TCPSRV" -N "$SERVER" "$@" >"$TMP/tcpsrv"
	SERVER_PID=$(<"$TMP/tcpsrv")
}

# unserve: end it.
unserve()
{
	end "$SERVER_PID"
}

# end PID: end a process, which may not be a child.
end()
{
	kill "$1"
	while kill -0 "$1" 2>/dev/null; do
		pause 0.01
	done
}

# port_does PORT STATEMENT...: what the server's firewall does with a SYN, such
# as reject with icmpx type host-unreachable.
port_does()
{
	local port=$1
	shift

	server_nft add rule inet test input tcp dport "$port" \
		tcp flags '&' '(syn | ack)' == syn "$@"
}

# port_is_silent PORT: nothing that comes there gets an answer.
port_is_silent()
{
	server_nft add rule inet test input tcp dport "$1" counter drop
}

# ports_open: the firewall lets everything pass again.
ports_open()
{
	server_nft flush chain inet test input
}

# read_syns: sets SYNS to the number of SYNs that have arrived at the server,
# whatever it did with them.
read_syns()
{
	server_nft list chain inet test prerouting >"$TMP/syns"
	SYNS=$(<"$TMP/syns")
	SYNS=${SYNS#*packets }
	SYNS=${SYNS%% *}
}

# no_syns_since N: there were that many, and none has come since.
no_syns_since()
{
	read_syns
	[ "$SYNS" = "$1" ] || { echo "SYNs: $SYNS, were $1"; return 1; }
}

# --- the client ------------------------------------------------------------

# client_nft ARGUMENT...: the client's firewall, or the router's.
client_nft()
{
	nsenter --net="/run/netns/$CLIENT" nft "$@"
}

# own_firewall STATEMENT...: of the client, for a SYN to PORT. The chain
# output of table inet test is the caller's.
own_firewall()
{
	client_nft -f - <<-END
		flush chain inet test output
		${*:+add rule inet test output tcp dport $PORT $*}
	END
}

# hn COMMAND...: in the namespace where the clients run.
hn()
{
	ip netns exec "$CLIENTS_AT" "$@"
}

# cli OPTION... PORT: tcpcli against the server; prints what it prints.
cli()
{
	"$TCPCLI" -N "$CLIENTS_AT" "${@:1:$#-1}" "$SRV" "${!#}"
}

# all_end RESULT N PORT [OPTION...]: N connects, all of which end so.
all_end()
{
	local result=$1 n=$2 port=$3
	shift 3

	cli -e "$result" -n "$n" "$@" "$port"
}

# abandon N PORT [OPTION...]: send N SYNs, and give up at once.
abandon()
{
	local n=$1 port=$2
	shift 2

	cli -q -e GIVEUP -n "$n" -t 0 "$@" "$port"
}

# fill_breakers PORT NUMBER TOTAL: as many destinations, until there are TOTAL
# breakers. A SYN for whose breaker there is no memory at hand passes without; the
# next one tries again.
fill_breakers()
{
	local try

	for try in {1..50}; do
		abandon "$2" "$1" -D "$2" >"$TMP/abandon"
		[ "$(stat_of breakers)" -lt "$3" ] || return 0
	done
	return 1
}

# hold NAME PORT [OPTION...]: connects in the background; what comes of it will
# be in $TMP/NAME. Its process is in HOLD_PID.
hold()
{
	local name=$1 port=$2
	shift 2

	: >"$TMP/$name"
	"$TCPCLI" -N "$CLIENTS_AT" "$@" "$SRV" "$port" >"$TMP/$name" &
	HOLD_PID=$!
}

# held NAME RESULT: so ended all of them.
held()
{
	local out

	out=$(<"$TMP/$1")
	[[ $out == *"total "*" $2 "* ]] || { echo "got: $out"; return 1; }
}

# tcp_ext NAME: sets TCP_EXT to a counter of the client's TCP. Something held
# has to be there.
tcp_ext()
{
	local -a names values
	local i

	{
		read -r -a names
		read -r -a values
	} <"/proc/$HOLD_PID/net/netstat"
	for i in "${!names[@]}"; do
		[ "${names[i]}" != "$1" ] || TCP_EXT=${values[i]}
	done
}

# --- forged answers --------------------------------------------------------

# capture NAME PORT: keep the family's next SYN to PORT; wait_captured waits for
# it.
capture()
{
	"$FORGE" -N "$SERVER" capture eth0 "$TMP/$1" $FAMILY port "$2"
}

wait_captured()
{
	wait_for test -e "$TMP/$1"
}

# forge NAME KIND [OPTION VALUE]... [then KIND ...]: answer that SYN.
forge()
{
	local name=$1
	shift

	"$FORGE" -N "$SERVER" send eth0 "$TMP/$name" "$@"
}

# --- counters --------------------------------------------------------------

# breaker_file FILE: in sysfs, of the breaker at $AT of the rule db
breaker_file()
{
	cn cat "/sys/class/cbreak/db/breakers/$AT/$1"
}

# read_breaker RULE DEST: sets BREAKER[NAME] for what cbctl prints of it, and
# BREAKER[since-ms]; BREAKER[state] is none if there is no breaker.
read_breaker()
{
	local -a words
	local i ms

	BREAKER=([state]=none)
	CB breaker get "$1" "$2" >"$TMP/breaker" 2>"$TMP/no-breaker" ||
		return 0
	read -r -a words <"$TMP/breaker"
	BREAKER[state]=${words[2]}
	for ((i = 3; i + 1 < ${#words[@]}; i++)); do
		BREAKER[${words[i]}]=${words[i + 1]}
	done
	ms=${BREAKER[since]%s}
	BREAKER[since-ms]=$((10#${ms/./}))
}

# same NAME VALUE... : what is in the array SAME is so; a text for humans.
same()
{
	local i got=()

	for ((i = 1; i < $#; i += 2)); do
		got+=("${!i}" "${SAME[${!i}]-none}")
	done
	[ "${got[*]}" = "$*" ] || {
		echo "want: $*"
		echo "got:  ${got[*]}"
		return 1
	}
}

# breaker_has RULE DEST NAME VALUE...: state, samples, counters ... are these.
breaker_has()
{
	local -n SAME=BREAKER

	read_breaker "$1" "$2"
	same "${@:3}" || {
		cat "$TMP/breaker"
		return 1
	}
}

# wait_breaker RULE DEST NAME VALUE...: until they are.
wait_breaker()
{
	wait_for breaker_has "$@"
}

# is_older RULE DEST MS: the breaker has been in its state for that long.
is_older()
{
	read_breaker "$1" "$2"
	[ "${BREAKER[since-ms]-0}" -ge "$3" ]
}

wait_older()
{
	wait_for is_older "$@"
}

# outcomes_are N: of the breaker that was read, each attempt counted once.
outcomes_are()
{
	local sum=$((BREAKER[success] + BREAKER[refused] +
		     BREAKER[timeout] + BREAKER[unreachable]))

	[ $sum = "$1" ] || { echo "want $1 outcomes, got $sum"; return 1; }
}

read_stats()
{
	local -a words
	local i

	CB stats >"$TMP/stats"
	read -r -d '' -a words <"$TMP/stats" || :
	STATS=()
	for ((i = 0; i + 1 < ${#words[@]}; i += 2)); do
		STATS[${words[i]}]=${words[i + 1]}
	done
}

# stats_mark: remember the namespace's counters as they are.
stats_mark()
{
	read_stats
	stats_remark
}

# stats_remark: remember them as they were when they were last read.
stats_remark()
{
	local name

	MARK=()
	for name in "${!STATS[@]}"; do
		MARK[$name]=${STATS[$name]}
	done
}

# stats_grew NAME VALUE...: the counters have grown by this since the mark;
# what is no counter, such as attempts, is compared with its value then.
stats_grew()
{
	local name
	local -A SAME

	read_stats
	for name in "${!STATS[@]}"; do
		SAME[$name]=$((STATS[$name] - MARK[$name]))
	done
	same "$@" || {
		cat "$TMP/stats"
		return 1
	}
}

# wait_stats NAME VALUE...: until they have.
wait_stats()
{
	wait_for stats_grew "$@"
}

# --- events ----------------------------------------------------------------

# events_start: write the events of the client's namespace to $TMP/events.
events_start()
{
	: >"$TMP/events"
	"$CBCTL" -n "$CLIENT" monitor >"$TMP/events" &
	EVENTS_PID=$!
	# It says nothing when it has joined, so give it something to say.
	wait_for events_flow
}

# events_flow [FILE]: have they come to $TMP/FILE?
events_flow()
{
	CB rule add flow dst 192.0.2.255
	CB rule del flow
	[ -s "$TMP/${1-events}" ]
}

events_stop()
{
	kill "$EVENTS_PID"
	wait "$EVENTS_PID" || :
}

# last_event RULE DEST FROM TO CAUSE NAME VALUE...: the last transition of the
# breaker was this, with these numbers: samples, failed.
last_event()
{
	local line last=''
	local -a words
	local -A SAME
	local i

	while IFS= read -r line; do
		[[ $line != *" state $1 $2 "* ]] || last=$line
	done <"$TMP/events"
	# TIME state RULE DEST FROM -> TO cause CAUSE samples N failed N ...
	read -r -a words <<<"$last"
	for ((i = 7; i + 1 < ${#words[@]}; i += 2)); do
		SAME[${words[i]}]=${words[i + 1]}
	done
	SAME[from]=${words[4]-} SAME[to]=${words[6]-}
	same from "$3" to "$4" cause "$5" "${@:6}"
}

wait_event()
{
	wait_for last_event "$@"
}

# shellcheck source=lib_forward.sh
[ -z "${FORWARDED-}" ] || . "$LIB_DIR/lib_forward.sh"
