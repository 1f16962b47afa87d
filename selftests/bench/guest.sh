#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The benchmark's side in the guest. Each setting has a network namespace of
# its own, so that nothing is left of the one before: no connection in
# TIME_WAIT, no breaker, no hook. Prints a line for each measurement:
#
#	SETTING FAMILY OPERATION MEDIAN LEAST GREATEST
#
# Sleeping costs nothing: the guest's time jumps to the next timer.
set -eu
cd "$(dirname "$0")"

# A port where somebody listens while it is asked for, one where nobody ever
# does, and HAProxy's.
OPEN=8000 CLOSED=7000 PROXY=9000
# More samples than are ever taken: no outcome trips a breaker.
NEVER=65535

addr()
{
	case $1 in
	ipv4)	echo 127.0.0.1 ;;
	ipv6)	echo ::1 ;;
	esac
}

# op NAME [PORT LISTEN-PORT]: measure one, for both families; with ops' FLAG.
FLAG=
op()
{
	local op=$1 family port=$OPEN
	shift

	[ "$op" != refused ] || port=$CLOSED
	for family in ipv4 ipv6; do
		echo "$SETTING $family $op" \
			"$(./ops "$op" $FLAG "$(addr "$family")" "${@:-$port}")"
	done
}

ops()
{
	op connect
	op trip
	op refused
}

# rules [PARAMETER VALUE]...: one for each family's loopback address. When it
# returns, a breaker that is PASSING has been so for longer than passing_time.
rules()
{
	cbctl rule add bench4 dst 127.0.0.1 min-samples $NEVER "$@"
	cbctl rule add bench6 dst ::1 min-samples $NEVER "$@"
}

# The breakers of both families and ports, by being asked for. Nobody listens yet:
# wait until that is forgotten.
breakers()
{
	./ops fill 127.0.0.1 $OPEN 1
	./ops fill 127.0.0.1 $CLOSED 1
	./ops fill ::1 $OPEN 1
	./ops fill ::1 $CLOSED 1
	sleep 30
}

each_breaker()
{
	cbctl breaker "$1" bench4 127.0.0.1:"$2"
	cbctl breaker "$1" bench6 [::1]:"$2"
}

# --- settings --------------------------------------------------------------

nothing()
{
	ops
}

no-rule()
{
	ops
}

other-rule()
{
	cbctl rule add other4 dst 10.0.0.0/8
	cbctl rule add other6 dst fd00::/8
	ops
}

passing()
{
	rules
	breakers
	ops
}

recovering()
{
	rules broken-time 1s recovery-time 100s recovery-samples $NEVER
	breakers
	each_breaker trip $OPEN
	# Of the hundred seconds, 96 are over: 19 of 20 are admitted.
	sleep 97
	FLAG=-s
	op connect
}

broken()
{
	rules broken-time 1h
	breakers
	each_breaker trip $CLOSED
	op refused
}

observe()
{
	rules mode observe
	breakers
	ops
}

# many N: among N other rules.
many()
{
	mkdir -p /run/netns
	../nl_rules ../../proc/self/ns/net fill "$1"
	rules
	breakers
	ops
}

rules-10()	{ many 10; }
rules-1000()	{ many 1000; }
rules-10000()	{ many 10000; }

breakers-4000()
{
	rules
	./ops fill 127.0.0.1 20000 2000
	./ops fill ::1 20000 2000
	breakers
	ops
}

nft-empty()
{
	nft -f - <<-'END'
	table inet bench {
		chain out { type filter hook output priority 0; }
		chain in { type filter hook input priority 0; }
	}
	END
	ops
}

# What can be had without a module: a set of dead destinations.
nft-set()
{
	nft -f - <<-END
	table inet bench {
		set dead4 {
			type ipv4_addr . inet_service
			elements = { 127.0.0.1 . $CLOSED, 10.0.0.1 . 80 }
		}
		set dead6 {
			type ipv6_addr . inet_service
			elements = { ::1 . $CLOSED, fd00::1 . 80 }
		}
		chain out {
			type filter hook output priority 0;
			ip daddr . tcp dport @dead4 reject with tcp reset
			ip6 daddr . tcp dport @dead6 reject with tcp reset
		}
	}
	END
	ops
}

conntrack()
{
	nft -f - <<-'END'
	table inet bench {
		chain out {
			type filter hook output priority 0;
			ct state established,related accept
		}
		chain in {
			type filter hook input priority 0;
			ct state established,related accept
		}
	}
	END
	ops
}

haproxy()
{
	local pid

	command haproxy -f haproxy.cfg -q &
	pid=$!
	sleep 5
	op connect $PROXY $OPEN
	op trip $PROXY $OPEN
	kill $pid
}

# For profile.py, which watches from outside from this word on. The operations
# have begun by then: to start a program is as much as many of them.
watched()
{
	./ops loop 127.0.0.1 $OPEN 20000 &
	sleep 0.2
	echo begin
	wait
}

profile-nothing()
{
	watched
}

profile-passing()
{
	rules
	breakers
	watched
}

# --- all of them -----------------------------------------------------------

if [ $# = 2 ] && [ "$1" = --in-namespace ]; then
	SETTING=$2
	ip link set lo up
	"$SETTING"
	exit
fi

# What is printed would interrupt: it comes in the end.
results=$(mktemp)

settings()
{
	local setting

	for setting; do
		unshare -n "$0" --in-namespace "$setting" >>"$results"
		# The namespace is taken down behind our back.
		sleep 10
	done
}

if [ "${1:-}" = --profile ]; then
	unshare -n "$0" --in-namespace profile-nothing
	modprobe cbreak
	cat /proc/kallsyms
	unshare -n "$0" --in-namespace profile-passing
	exit
fi

settings nothing
modprobe cbreak
settings no-rule other-rule passing recovering broken observe \
	rules-10 rules-1000 rules-10000 breakers-4000
rmmod cbreak
settings nft-empty nft-set conntrack haproxy
cat "$results"
