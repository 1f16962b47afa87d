#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What must not be is refused: by the kernel with exit status 2, a message and
# the name of the attribute to blame, by cbctl with status 1; and after each
# refusal the rules are, to the byte, what they were.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

rules=$LIB_DIR/nl_rules

# start_again: what was let in by mistake is to spoil no other test.
start_again()
{
	local rule

	for rule in x db web all mark; do
		CB rule del "$rule" 2>"$TMP/err" || :
	done
	CB rule add db dst 10.0.0.0/8 port 1000-1999
	CB rule add web dst fd00::/64 prio 3 broken-time 1h
	CB rule add all
	CB breaker trip web "[fd00::2]:80"
	before=$("$rules" "$CLIENT" dump)
}

# attempt STATUS WANT COMMAND...: it ends with STATUS, WANT is what it says (a
# pattern), and no rule has changed.
attempt()
{
	local status=$1 want=$2 rc=0 said after
	shift 2

	"$@" >"$TMP/said" 2>&1 || rc=$?
	"$rules" "$CLIENT" dump >"$TMP/after"
	slurp said "$TMP/said"
	slurp after "$TMP/after"
	echo "exit status $rc: $said"
	[ "$after" = "$before" ] || { CB rule show; start_again; return 1; }
	# shellcheck disable=SC2053 # a pattern
	[ "$rc" = "$status" ] && [[ $said == $want ]]
}

# refuse WANT ARGUMENT...: the kernel refuses what cbctl is asked with these
# arguments, and says WANT.
refuse()
{
	local want=$1
	shift

	check "refused: ${*@Q}" attempt 2 "Error: $want." CB "$@"
}

# misuse WANT ARGUMENT...: cbctl itself finds it wrong.
misuse()
{
	local want=$1
	shift

	check "wrong usage: $*" attempt 1 "cbctl: $want"$'\n'"Try *" CB "$@"
}

setup "$@"
start_again
shown=$(CB -j rule show)

# --- parameters ------------------------------------------------------------

ratio="error_ratio must be greater than 0 and less than 1 (error-ratio)"
for value in 0 0.0 1 100% 1.000001 2 4294; do
	refuse "$ratio" rule add x dst 192.0.2.1 error-ratio $value
done
refuse "$ratio" rule change db error-ratio 1
refuse "$ratio" rule replace db dst 10.0.0.0/8 port 1000-1999 error-ratio 0

for time in response passing broken recovery; do
	want="${time}_time must be from 100 ms to 24 h ($time-time)"
	for value in 0 99ms 86400001ms; do
		refuse "$want" rule add x dst 192.0.2.1 $time-time $value
	done
	refuse "$want" rule change web $time-time 0
done
want="connect_timeout must be from 100 ms to 5 min (connect-timeout)"
for value in 0 99ms 300001ms 24h; do
	refuse "$want" rule add x dst 192.0.2.1 connect-timeout $value
done
want="min_samples must be from 1 to 65535 (min-samples)"
refuse "$want" rule change db min-samples 0
refuse "$want" rule change db min-samples 65536
refuse "recovery_samples must be from 0 to 65535 (recovery-samples)" \
	rule change db recovery-samples 65536
refuse "consecutive must be from 0 to 65535 (consecutive)" \
	rule change db consecutive 65536
want="slow_time must be from 0 to 5 min (slow-time)"
refuse "$want" rule change db slow-time 300001ms
want="backoff must be from 1 to 10 (backoff)"
refuse "$want" rule change db backoff 0
refuse "$want" rule change db backoff 0.999999
refuse "$want" rule change db backoff 10.000001
want="broken_time_max must be from 100 ms to 24 h (broken-time-max)"
refuse "$want" rule add x dst 192.0.2.1 broken-time-max 99ms
refuse "$want" rule add x dst 192.0.2.1 broken-time-max 86400001ms
want="broken_time_max must not be less than broken_time*"
refuse "$want" rule change db broken-time-max 9999ms
refuse "$want" rule add x dst 192.0.2.1 broken-time 2s broken-time-max 1s
want="jitter must be from 0 to 1 (jitter)"
refuse "$want" rule change db jitter 1.000001
refuse "$want" rule change db jitter 101%
refuse "max_pending must be from 0 to 1048576 (max-pending)" \
	rule change db max-pending 1048577
want="max_broken_pct must be from 1 to 100 (max-broken-pct)"
refuse "$want" rule change db max-broken-pct 0
refuse "$want" rule change db max-broken-pct 101
refuse "max_connections must be from 0 to 1048576 (max-connections)" \
	rule change db max-connections 1048577
want="only ICMP types 3 (but not 3/4), 11 and 12, and ICMPv6 types 1, 3 and 4,*"
for code in icmp:3/4 icmp:3/16 icmp:0/0 icmp:5/1 icmp:8/0 icmp:1/0 icmp:255/255 \
	    icmp6:0/0 icmp6:2/0 icmp6:128/0 icmp6:11/0; do
	refuse "$want (on-icmp)" rule change db on refused,icmp:3/1,$code
done
many=$(printf ',icmp:3/%d' 0 1 2 3 5 6 7 8 9 10 11 12 13 14 15)
refuse "on can name at most 16 ICMP codes (on-icmp)" \
	rule add x dst 192.0.2.1 on "icmp6:1/0,icmp6:1/1$many"
# The last of several parameters: none of them is taken.
want="min_samples must be from 1 to 65535 (min-samples)"
refuse "$want" rule change db error-ratio 0.1 on timeout min-samples 0

# --- matches ---------------------------------------------------------------

want="the destination has bits set beyond its prefix (dst)"
for dst in 10.0.0.1/8 192.0.2.1/31 128.0.0.0/0 \
	   fd00::1/64 2001:db8:0:8000::/48 ::1/0; do
	refuse "$want" rule add x dst $dst
done
want="the prefix is longer than the address (dst-len)"
refuse "$want" rule add x dst 192.0.2.0/33
refuse "$want" rule add x dst 192.0.2.0/255
refuse "$want" rule add x dst 2001:db8::/129
want="connections to IPv4-mapped addresses are IPv4: write the IPv4 address"
refuse "$want (dst)" rule add x dst ::ffff:192.0.2.1
refuse "$want (dst)" rule add x dst ::ffff:192.0.2.0/120
refuse "the port range is upside down (port-max)" \
	rule add x dst 192.0.2.0/24 port 81-80

refuse "the mark has bits set beyond its mask (fwmark)" \
	rule add x fwmark 0x100/0xff
refuse "a mask of 0 is any mark: leave it out (fwmask)" rule add x fwmark 0/0

want="no interface can have this name (oif)"
for oif in '' . .. a/b 'a b' 1234567890123456; do
	refuse "$want" rule add x oif "$oif"
done
refuse "the range of uids is upside down (uid-max)" rule add x uid 2-1
want="the last uid is 4294967294 (uid-max)"
refuse "$want" rule add x uid 4294967295
refuse "$want" rule add x uid 0-4294967295

refuse "every socket is in the root cgroup: leave it out (cgroup-fd)" \
	rule add x cgroup /

want="a forwarded connection has no socket here, and so neither an owner nor a cgroup"
refuse "$want (uid-min)" rule add x uid 0 hook forward
refuse "$want (cgroup-fd)" rule add x cgroup / hook forward
want="what becomes of a connection is told by its socket*"
refuse "$want (on)" rule add x hook forward on reset
refuse "$want (on)" rule add x hook forward on refused,stalled
refuse "$want (max-connections)" rule add x hook forward max-connections 1
refuse "a forwarded connection has no socket here that could be aborted (abort-pending)" \
	rule add x hook forward abort-pending on

# --- keys and modes --------------------------------------------------------

want="a prefix as key needs a destination*"
refuse "$want (key)" rule add x key prefix/24
want="a prefix as key is at least as long as the destination's*"
refuse "$want (key-len)" rule add x dst 192.0.2.0/24 key prefix/23
refuse "$want (key-len)" rule add x dst 192.0.2.0/24 key prefix/33
refuse "$want (key-len)" rule add x dst 2001:db8::/64 key prefix/129

want="a connect() on this host can be refused in no other way than reset:*"
for how in icmp drop; do
	refuse "$want (reject)" rule add x reject $how
	refuse "$want (reject)" rule add x hook output reject $how
	refuse "$want (reject)" rule change db reject $how
	refuse "$want (reject)" rule replace db dst 10.0.0.0/8 port 1000-1999 \
		reject $how
done

# --- names -----------------------------------------------------------------

begin="a name begins with a letter, a digit or _ (name)"
for name in '' . .. .hidden -x :x /x ' x'; do
	refuse "$begin" rule add "$name" dst 192.0.2.1
done
want="a name is made of letters, digits, _ - . and : (name)"
for name in a/b a/.. 'a b' $'a\nb' 'a*' $'caf\xe9' $'x\x7f' 'a!b'; do
	refuse "$want" rule add "$name" dst 192.0.2.1
done
refuse "a name has at most 31 characters (name)" \
	rule add x2345678901234567890123456789012 dst 192.0.2.1

# --- conflicts -------------------------------------------------------------

refuse "a rule of this name exists already*" rule add db dst 192.0.2.1
want="another rule has the same match and prio*"
refuse "$want" rule add x dst 10.0.0.0/8 port 1000-1999
refuse "$want" rule add x dst fd00::/64 prio 3
refuse "$want" rule add x
want="overlaps an equally specific rule of the same prio*"
refuse "$want" rule add x dst 10.0.0.0/8 port 1999-2998
refuse "$want" rule add x dst 10.0.0.0/8 port 1-1000
refuse "$want" rule add x dst 0.0.0.0/0
refuse "$want" rule add x dst ::/0
without=$before
CB rule add mark fwmark 0x1/0xf
before=$("$rules" "$CLIENT" dump)
refuse "$want" rule add x fwmark 0x10/0xf0
refuse "$want" rule add x dst 0.0.0.0/0 fwmark 0x21/0xe1
refuse "another rule has the same match and prio*" rule add x fwmark 0x1/0xf
CB rule del mark
CB rule add mark uid 1000-1999 oif eth0
before=$("$rules" "$CLIENT" dump)
refuse "$want" rule add x uid 1999-2998 oif eth0
refuse "another rule has the same match and prio*" \
	rule add x uid 1000-1999 oif eth0
CB rule del mark
before=$without

want="match and key of a rule cannot be changed: delete it and add it anew*"
refuse "$want" rule replace db dst 10.0.0.0/8 port 1000-1998
refuse "$want" rule replace db dst 10.0.0.0/8 port 1000-1999 prio 1
refuse "$want" rule replace db
refuse "$want" rule replace db dst 10.0.0.0/8 port 1000-1999 key addr
refuse "$want" rule change db key addr
refuse "$want" rule change db dst 10.0.0.0/8
refuse "$want" rule change db port 80
refuse "$want" rule change db prio 0
refuse "$want" rule change db fwmark 1
refuse "$want" rule change db oif eth0
refuse "$want" rule change db uid 0
refuse "$want" rule change db hook output
refuse "$want" rule replace db dst 10.0.0.0/8 port 1000-1999 hook forward
for match in "fwmark 1" "oif eth0" "uid 0"; do
	# shellcheck disable=SC2086 # it is words
	refuse "$want" rule replace db dst 10.0.0.0/8 port 1000-1999 $match
done

# --- what is not there -----------------------------------------------------

want="there is no such rule (name)"
refuse "$want" rule change x error-ratio 0.4
refuse "$want" rule del x
refuse "$want" rule show x
want="there is no such rule (rule)"
refuse "$want" breaker get x 10.0.0.2:1000
refuse "$want" breaker reset x
refuse "$want" breaker reset x 10.0.0.2:1000
refuse "$want" breaker trip x 10.0.0.2:1000
refuse "there is no such rule*" breaker show x
want="a breaker is named by rule, address and port"
refuse "$want" breaker get db 10.0.0.2
refuse "$want" breaker trip db
want="there is no such breaker"
refuse "$want" breaker get db 10.0.0.2:1000
refuse "$want" breaker reset db 10.0.0.2:1000
refuse "$want" breaker get db "[fd00::2]:80"
want="the rule does not match this destination (addr)"
refuse "$want" breaker trip db 192.0.2.1:1000
refuse "$want" breaker trip db 10.0.0.2:999
refuse "$want" breaker trip db "[fd00::2]:1000"
refuse "$want" breaker trip all 127.0.0.1:80
refuse "$want" breaker trip all "[::1]:80"
want="for must be from 100 ms to a week (for-ms)"
for action in trip reset isolate bypass; do
	refuse "$want" breaker $action web "[fd00::2]:80" for 99ms
	refuse "$want" breaker $action web "[fd00::2]:80" for 168.001h
done
want="connections to IPv4-mapped addresses are IPv4: write the IPv4 address"
refuse "$want (addr)" breaker trip all "[::ffff:192.0.2.1]:80"

# --- what only cbctl can see -----------------------------------------------

misuse '"frob" is not a parameter' rule add x frob 1
misuse 'prio is given twice' rule add x prio 1 prio 2
misuse '* T is missing' rule add x broken-time
misuse '* NAME is missing' rule add
misuse 'broken-time "10" needs a unit*' rule add x broken-time 10
misuse 'error-ratio "-1" is not a ratio*' rule add x error-ratio -1
misuse 'error-ratio "0.1234567" has more than 6 decimals*' \
	rule change db error-ratio 0.1234567
misuse 'port "65536" is not a port*' rule add x port 65536
misuse 'fwmark "0x1/" is not a mark*' rule add x fwmark 0x1/
misuse 'cgroup "a" does not begin with /*' rule add x cgroup a
misuse 'cgroup "/no/such" No such file*' rule add x cgroup /no/such
misuse 'uid "root" is not a uid*' rule add x uid root
misuse 'on "quick" is not*' rule change db on quick
misuse 'dst "10.0.0/8" is not*' rule add x dst 10.0.0/8
misuse 'what a rule matches stays' rule change db dst any
misuse '"frob" is not a command' rule frob
misuse '"show" is not an object' show
misuse '"10.0.0.2:" is not ADDR:PORT*' breaker trip db 10.0.0.2:
misuse 'key "prefix" is not *' rule add x key prefix
misuse 'mode "off" is not *' rule change db mode off
misuse 'hook "input" is not *' rule add x hook input
misuse 'reject "rst" is not *' rule change db reject rst

# --- what cbctl would never send -------------------------------------------

# raw WANT CMD ATTRIBUTE...: WANT is the errno, the attribute and the message.
raw()
{
	local want=$1
	shift

	check "refused: command $1 with ${*:2}" attempt 0 "$want" \
		"$rules" "$CLIENT" send "$1" 0 "${@:2}"
}

name=2=7800 # name "x"
raw "EINVAL 99 ?*" 1 $name 99=01020304
raw "EINVAL 17 ?*" 1 $name 17=01000000
raw "EINVAL 16 on must name one or more of *" 1 $name 16=00000000
raw "EINVAL 16 on must name one or more of *" 1 $name 16=03000000
raw "EINVAL 16 on must name one or more of *" 3 2=646200 16=fe000000
raw "EINVAL on-icmp on must name one or more of *" 3 2=646200 on-icmp=
raw "EINVAL 16 on must name one or more of *" 3 2=646200 16=00000000 on-icmp=
for value in 050001000b000000 0600030001030000 06000000; do
	raw "EINVAL * ?*" 3 2=646200 on-icmp=$value
done
raw "EINVAL on-icmp *NLA_F_NESTED*" 3 2=646200 on-icmp-flat=0600010001030000
raw "EINVAL 3 a destination has 4 or 16 bytes" 1 $name 3=0a000000ff
raw "EINVAL 4 a prefix length without a destination" 1 $name 4=08
raw "EINVAL 6 a last port without a first one" 1 $name 6=5000
raw "EINVAL 21 key must be addr+port, addr, a prefix or rule" \
	1 $name 21=04000000
raw "EINVAL 22 only a prefix as key has a length" 1 $name 22=18
raw "ERANGE 23 mode must be enforce, observe or never" 3 2=646200 23=03000000
raw "EINVAL 43 hook must be output or forward" 1 $name 43=02000000
raw "ERANGE 44 reject must be reset, icmp or drop" 1 $name 43=01000000 \
	44=03000000
raw "EINVAL 32 a forwarded connection *" 1 $name 32=00000000 43=01000000
raw "EINVAL 30 a mask of the mark without a mark" 1 $name 30=01000000
raw "EINVAL 29 ?*" 1 $name 29=01
raw "EINVAL 31 no interface can have this name" 1 $name 31=00
raw "EINVAL 33 a last uid without a first one" 1 $name 33=01000000
raw "EINVAL 32 the last uid is 4294967294" 1 $name 32=ffffffff
raw "EINVAL 34 this is not a directory of cgroup v2" 1 $name 34=ffffffff
raw "EINVAL 34 this is not a directory of cgroup v2" 1 $name 34=00000000
raw "EINVAL 35 ?*" 1 $name 35=2f00
raw "EINVAL 0 the name of the rule is missing" 1 7=01000000

expect_eq "what is shown is the same after all this" \
	"$shown" "$(CB -j rule show)"

finish
