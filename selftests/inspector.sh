#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A rule's inspector decides whether a failure counts: a BPF program that sees
# the packet and what is known of the failure. It is asked about what would
# count and nothing else, leaves the packet as it was, lives as long as a rule
# needs it, and must be a socket filter.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=lib_net.sh
. "${0%/*}/lib_net.sh"
# shellcheck source=lib_hold.sh
. "${0%/*}/lib_hold.sh"

BPF=$TMP/bpf
LONG="response-time 1h passing-time 100ms broken-time 1h min-samples 3"
SYN=02 SYN_ACK=12 RST_ACK=14

test_cleanup()
{
	umount "$BPF"
}

# Every program that is for the tests, pinned by its name.
load_programs()
{
	mkdir "$BPF"
	mount -t bpf bpf "$BPF"
	mkdir "$BPF/any"
	bpftool prog loadall "$LIB_DIR/inspector.bpf" "$BPF/any" type socket
	bpftool prog load "$LIB_DIR/port_unreach.bpf" "$BPF/port_unreach" \
		type socket
}

# add [PARAMETER VALUE]...: a rule for the server.
add()
{
	# shellcheck disable=SC2086 # it is words
	CB rule add db dst "$SRV" $LONG "$@"
}

# --- what does not count ---------------------------------------------------

# The breaker of a port that is closed with ICMP keeps passing.
keeps_passing()
{
	local what=$1

	port_does 81 reject with icmpx type port-unreachable
	port_does 82 reject with icmpx type host-unreachable
	add inspector "$BPF/port_unreach"
	events_start
	stats_mark
	at 81
	all_end ECONNREFUSED 1 81 >"$TMP/cli"
	wait_older db "$AT" 100
	all_end ECONNREFUSED 6 81 >"$TMP/cli"
	check "$what: port-unreachable trips nothing" wait_breaker db "$AT" \
		state passing unreachable 7 excused 7 samples 7 failed 0 \
		rejected 0
	check "$what: the namespace counts that" wait_stats excused 7
	expect_eq "$what: the rule too" 7 "$(counter_of db excused)"
	at 82
	all_end EHOSTUNREACH 2 82 >"$TMP/cli"
	wait_older db "$AT" 100
	all_end EHOSTUNREACH 1 82 >"$TMP/cli"
	check "$what: host-unreachable does" wait_event db "$AT" \
		passing broken ratio samples 3 failed 3
	at 81
	CB rule change db inspector none
	all_end ECONNREFUSED 7 81 >"$TMP/cli"
	all_end ECONNREFUSED 1 81 >"$TMP/cli"
	check "$what: without it port-unreachable does as well" \
		wait_breaker db "$AT" state broken excused 7
	events_stop
	CB rule del db
	ports_open
}

timeouts()
{
	local what=$1

	port_is_silent 83
	add connect-timeout 200ms inspector "$BPF/any/excuse_all"
	at 83
	abandon 4 83 >"$TMP/cli"
	check "$what: timeouts can be excused" wait_breaker db "$AT" \
		state passing timeout 4 excused 4 samples 4 failed 0
	CB rule change db inspector "$BPF/any/all_count"
	abandon 2 83 >"$TMP/cli"
	check "$what: or not" wait_breaker db "$AT" \
		timeout 6 excused 4 samples 6 failed 2
	CB rule del db
	ports_open
}

# The number of the attempt; and an excused failure ends a row.
first_three()
{
	add consecutive 2 inspector "$BPF/any/first_three"
	at 80
	all_end ECONNREFUSED 4 80 >"$TMP/cli"
	check "the first three attempts are excused" wait_breaker db "$AT" \
		state passing refused 4 excused 3 samples 4 failed 1
	wait_older db "$AT" 100
	all_end ECONNREFUSED 1 80 >"$TMP/cli"
	check "the two after them are a row" wait_breaker db "$AT" \
		state broken refused 5 excused 3
	CB rule del db
}

# --- what it sees ----------------------------------------------------------

# read_seen: what "look" was shown last: SEEN_KIND, SEEN_ICMP, SEEN_PROTOCOL,
# SEEN_ASKED are numbers, PACKET its bytes.
read_seen()
{
	local -a b

	bpftool -j map dump name seen >"$TMP/seen"
	read -r -a b < <(jq -r '.[0].value | map(ltrimstr("0x")) | join(" ")' \
		"$TMP/seen")
	SEEN_KIND=$((16#${b[0]})) SEEN_ICMP=${b[5]}${b[4]}
	SEEN_PROTOCOL=${b[9]}${b[8]}
	SEEN_ASKED=$((16#${b[15]}${b[14]}${b[13]}${b[12]}))
	PACKET=("${b[@]:16}")
}

# ports_flags OFFSET: source, destination and flags of the TCP header there.
ports_flags()
{
	local -a b=("${PACKET[@]:$1}")

	echo "$((16#${b[0]}${b[1]})) $((16#${b[2]}${b[3]})) ${b[13]}"
}

# The destination address, in hexadecimal digits.
server_hex()
{
	case $SRV in
	"$S4")	echo 0a000002 ;;
	"$S6")	echo fd000000000000000000000000000002 ;;
	esac
}

hex()
{
	local all

	printf -v all %s "${PACKET[@]:$1:$2}"
	echo "$all"
}

# saw KIND ICMP: the last packet; sets IP to the length of its header.
saw()
{
	local version

	read_seen
	case $SRV in
	"$S4")	IP=20 version=45 want=0800 ;;
	"$S6")	IP=40 version=6 want=86dd ;;
	esac
	[ "$SEEN_PROTOCOL" = $want ] && [[ ${PACKET[0]} == $version* ]] &&
		[ "$SEEN_KIND" = "$1" ] && [ "$SEEN_ICMP" = "$2" ] || {
		echo "kind $SEEN_KIND icmp $SEEN_ICMP" \
			"protocol $SEEN_PROTOCOL: ${PACKET[*]}"
		return 1
	}
}

# answer_from_server FLAGS PORT: it is TCP, from the server's port.
tcp_from_server()
{
	local flags=$1 port=$2 from=12 len=4

	[ $IP = 20 ] || from=8 len=16
	[[ "$(ports_flags $IP)" == "$port "*" $flags" ]] &&
		[ "$(hex $from $len)" = "$(server_hex)" ] || {
		echo "from $(hex $from $len): $(ports_flags $IP)"
		return 1
	}
}

tcp_to_server()
{
	local flags=$1 port=$2 to=16 len=4

	[ $IP = 20 ] || to=24 len=16
	[[ "$(ports_flags $IP)" == *" $port $flags" ]] &&
		[ "$(hex $to $len)" = "$(server_hex)" ] &&
		[ "$(hex $((IP + 4)) 4)" != 00000000 ] || {
		echo "to $(hex $to $len): $(ports_flags $IP)"
		return 1
	}
}

sees()
{
	local what=$1 icmp=0301 type=3

	[ "$ICMP" = icmp ] || icmp=0103 type=1
	port_does 82 reject with icmpx type host-unreachable
	port_is_silent 83
	add connect-timeout 1s slow-time 100ms inspector "$BPF/any/look"
	all_end ECONNREFUSED 1 80 >"$TMP/cli"
	at 80
	wait_breaker db "$AT" excused 1
	check "$what: it sees a refusal" saw 1 0000
	check "$what: by its RST" tcp_from_server $RST_ACK 80
	all_end EHOSTUNREACH 1 82 >"$TMP/cli"
	at 82
	wait_breaker db "$AT" excused 1
	check "$what: it sees an ICMP error, and its code" saw 3 $icmp
	expect_eq "$what: in the packet too" "$icmp" "$(hex $IP 2)"
	abandon 1 83 >"$TMP/cli"
	at 83
	wait_breaker db "$AT" excused 1
	check "$what: it sees a timeout" saw 2 0000
	check "$what: by a SYN as it was sent" tcp_to_server $SYN 83
	serve 84
	tc -n "$SERVER" qdisc add dev eth0 root netem delay 200ms
	check "$what: a packet is what it was after the program wrote into cb[]" \
		all_end OK 1 84
	tc -n "$SERVER" qdisc del dev eth0 root
	unserve
	at 84
	wait_breaker db "$AT" excused 1
	check "$what: it sees a slow handshake" saw 4 0000
	check "$what: by its SYN-ACK" tcp_from_server $SYN_ACK 84

	before=$SEEN_ASKED
	CB rule change db on timeout
	all_end ECONNREFUSED 3 80 >"$TMP/cli"
	at 80
	check "$what: nobody is asked about what does not count" \
		wait_breaker db "$AT" refused 4 excused 1 failed 0
	read_seen
	expect_eq "$what: as the program says too" "$before" "$SEEN_ASKED"
	CB rule del db
	ports_open
}

# What ends a connection has no packet either.
sees_connections()
{
	local what=$1

	add on reset,stalled inspector "$BPF/any/look"
	at 84
	serve -k 84
	holder_start 84 -u 500
	tell connect 1
	wait_breaker db "$AT" success 1 connections 1
	serve_resets
	check "$what: a connection is reset" told "ECONNRESET 1" wait
	check "$what: which can be excused" wait_breaker db "$AT" \
		samples 2 failed 0 reset 1 excused 1 connections 0
	check "$what: it sees a reset" saw 5 0000
	check "$what: by the SYN of its connection" tcp_to_server $SYN 84
	tell close 0
	tell connect 1
	wait_breaker db "$AT" success 2 connections 1
	server_nft add rule inet test input tcp dport 84 drop
	tell send
	check "$what: a connection stalls" told "ETIMEDOUT 1" wait
	check "$what: which can be excused" wait_breaker db "$AT" \
		samples 4 failed 0 stalled 1 excused 2 connections 0
	check "$what: it sees a stall" saw 6 0000
	check "$what: by the SYN of its connection" tcp_to_server $SYN 84
	ports_open
	tell close 0
	CB rule change db inspector "$BPF/any/all_count"
	tell connect 1
	wait_breaker db "$AT" success 3 connections 1
	serve_resets
	check "$what: another is reset" told "ECONNRESET 1" wait
	check "$what: which counts if the program says so" wait_breaker db "$AT" \
		samples 6 failed 1 reset 2 excused 2
	holder_end
	unserve
	CB rule del db
}

# --- life and names --------------------------------------------------------

# names_of PATH: number, name and hash by bpftool.
names_of()
{
	bpftool -j prog show pinned "$1" |
		jq -r '"\(.id) \(.name) \(.tag)"'
}

is_gone()
{
	! bpftool prog show id "$1" >"$TMP/prog" 2>&1
}

program_lives()
{
	local id name tag line

	bpftool prog load "$LIB_DIR/port_unreach.bpf" "$BPF/mine" type socket
	read -r id name tag < <(names_of "$BPF/mine")
	add inspector "$BPF/mine"
	CB rule show db >"$TMP/rule"
	slurp line "$TMP/rule"
	expect_match "a rule names its program" " inspector id:$id passing " \
		"$line"
	expect_match "with name and hash" \
		"inspector-name $name inspector-tag $tag\$" "$line"
	expect_eq "JSON says the same" "$id $name $tag" "$(CB -j rule show |
		jq -r '.[0] | "\(.inspector_id) \(.inspector_name) \(.inspector_tag)"')"
	expect_eq "and sysfs" "$id $tag $name" \
		"$(cn cat /sys/class/cbreak/db/inspector)"
	rm "$BPF/mine"
	CB rule change db error-ratio 0.4
	port_does 81 reject with icmpx type port-unreachable
	at 81
	all_end ECONNREFUSED 2 81 >"$TMP/cli"
	check "it works on when it is pinned no more, and after a change" \
		wait_breaker db "$AT" excused 2
	check "it can be named by its number" \
		CB rule replace db dst "$SRV" inspector "id:$id"
	check_fail "it is still there" is_gone "$id"
	CB rule replace db dst "$SRV"
	check "replacing the rule without it lets it go" wait_for is_gone "$id"
	expect_match "and shows none" " inspector none passing " \
		"$(CB rule show db)"

	bpftool prog load "$LIB_DIR/port_unreach.bpf" "$BPF/mine" type socket
	read -r id _ < <(names_of "$BPF/mine")
	CB rule change db inspector "$BPF/mine"
	rm "$BPF/mine"
	CB rule del db
	check "so does deleting the rule" wait_for is_gone "$id"
	ports_open
}

# Under traffic, programs come and go.
changes_under_traffic()
{
	local i pid

	add inspector "$BPF/any/excuse_all"
	cli -q -e ECONNREFUSED -n 300 80 >"$TMP/traffic" &
	pid=$!
	for i in {1..30}; do
		CB rule change db inspector "$BPF/any/all_count"
		CB rule change db inspector none
		CB rule change db inspector "$BPF/any/excuse_all"
		CB breaker reset db
	done
	check "programs change under traffic" wait $pid
	CB rule del db
}

# --- what is refused -------------------------------------------------------

# refused STATUS TEXT COMMAND...: it says so, and the rule is as it was.
refused()
{
	local status=$1 text=$2 rc=0
	shift 2

	"$@" >"$TMP/said" 2>&1 || rc=$?
	cat "$TMP/said"
	[ $rc = "$status" ] && [[ "$(<"$TMP/said")" == *"$text"* ]] &&
		[ "$(CB rule show db)" = "$shown" ]
}

refusals()
{
	local filter="an inspector is a BPF program of the type socket filter"

	add inspector "$BPF/any/excuse_all"
	shown=$(CB rule show db)
	bpftool prog load "$LIB_DIR/port_unreach.bpf" "$BPF/classifier" \
		type classifier
	bpftool map pin name seen "$BPF/map"
	check "refused: a program of another type" refused 2 \
		"$filter (inspector-fd)" CB rule change db inspector "$BPF/classifier"
	check "refused: a map" refused 2 "$filter" \
		CB rule change db inspector "$BPF/map"
	check "refused: what is not there" refused 1 \
		"cannot be opened: No such file" \
		CB rule change db inspector "$BPF/nothing"
	check "refused: what is no BPF file" refused 1 "cannot be opened: " \
		CB rule change db inspector /etc/passwd
	check "refused: a number that no program has" refused 1 \
		"cannot be opened: No such file" \
		CB rule change db inspector id:4294967295
	check "refused: a descriptor that is not open" refused 0 \
		"EBADF inspector-fd there is no such descriptor" \
		"$LIB_DIR/nl_rules" "$CLIENT" send 3 0 2=646200 \
		inspector-fd=e8030000
	check "refused: a descriptor of something else" refused 0 \
		"EINVAL inspector-fd $filter" \
		"$LIB_DIR/nl_rules" "$CLIENT" send 3 0 2=646200 \
		inspector-fd=00000000
	CB rule del db
}

command -v bpftool >/dev/null || skip_all "there is no bpftool"
grep -q bpf /proc/filesystems || skip_all "this kernel has no BPF"
net_setup "$@"
load_programs
for family in 4 6; do
	use_family $family
	keeps_passing "IPv$family"
	timeouts "IPv$family"
	sees "IPv$family"
	# What becomes of a forwarded connection nobody here knows.
	[ -n "${FORWARDED-}" ] || sees_connections "IPv$family"
done
use_family 4
first_three
program_lives
changes_under_traffic
refusals

# With a rule that still has one, the module goes all the same.
bpftool prog load "$LIB_DIR/port_unreach.bpf" "$BPF/mine" type socket
read -r id _ < <(names_of "$BPF/mine")
add inspector "$BPF/mine"
rm "$BPF/mine"
unload_module
check "unloading the module lets a program go" wait_for is_gone "$id"

finish
