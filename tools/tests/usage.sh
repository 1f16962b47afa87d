#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Usage text, dispatch, man page and completion say the same. The words are
# read from the tables in the source, so that none can be forgotten in all of
# them. No kernel module is needed.
#
# Tests are called by name.
# shellcheck disable=SC2317

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../cbctl/completion.bash
. "$ROOT/tools/cbctl/completion.bash"

SOURCE=$ROOT/tools/cbctl
UAPI=$ROOT/kmod/uapi/linux/cbreak.h
MAN=$ROOT/Documentation/man/cbctl.8

# The commands in a source file.
commands()
{
	sed -n 's/.*{ \.name = "\([a-z]*\)".*/\1/p' "$SOURCE/$1.c"
}

# The keywords in a source file.
keywords()
{
	sed -n 's/^	{ "\([a-z-]*\)", "[A-Z].*/\1/p' "$SOURCE/$1.c"
}

# Every command there is, a line each.
all_commands()
{
	local object

	for object in $(commands cbctl); do
		echo "$object"
		[[ $object =~ ^(monitor|cutout)$ ]] || commands "$object" |
			sed "s/^/$object /"
	done
}

# All but options, as completion would offer after the arguments.
offers()
{
	COMP_LINE="cbctl $*"
	COMP_POINT=${#COMP_LINE}
	COMPREPLY=()
	PATH=$(dirname "$CBCTL"):$PATH _cbctl
	echo " ${COMPREPLY[*]} "
}

tables_are_found()
{
	same objects "$(commands cbctl | tr '\n' ' ')" \
		"rule breaker stats monitor cutout "
	same "commands of rule" "$(commands rule | wc -l)" 8
	same "commands of breaker" "$(commands breaker | wc -l)" 8
	same "commands of stats" "$(commands stats | wc -l)" 3
	same "keywords of rule" "$(keywords rule | wc -l)" 31
	same "keywords of breaker" "$(keywords breaker | tr '\n' ' ')" \
		"state port port for "
	same "keywords of monitor" "$(keywords monitor)" count
	same "keywords of cutout" "$(keywords cutout)" on
}

help_is_there()
{
	local words

	for words in help -h -help --help; do
		call "$words"
		expect 0
		[[ $out == "Usage: cbctl [ OPTIONS ]"* ]] ||
			echo "$words: $out"
	done
	while read -r words; do
		# shellcheck disable=SC2086
		call $words help
		expect 0
		[[ $out == "Usage: cbctl $words"* ]] || echo "$words: $out"
		[ -z "$err" ] || echo "$words: $err"
	done < <(all_commands)
}

help_names_every_command()
{
	local object command

	call help
	for object in $(commands cbctl); do
		grep -q "^    $object  *[A-Z]" <<< "$out" || echo "$object"
	done
	for object in rule breaker stats; do
		call "$object" help
		for command in $(commands "$object"); do
			grep -q "^    $command  *[A-Z]" <<< "$out" ||
				echo "$object $command"
		done
	done
}

# has_keyword KEYWORD COMMAND...
has_keyword()
{
	local keyword=$1

	shift
	call "$@" help
	grep -Eq "^    $keyword [A-Z]" <<< "$out" || echo "$* help: $keyword"
}

help_names_every_keyword()
{
	local keyword command

	for keyword in $(keywords rule); do
		for command in add replace; do
			has_keyword "$keyword" rule "$command"
		done
		# What a rule matches cannot be changed.
		[[ $keyword =~ ^(dst|port|fwmark|oif|uid|cgroup|hook|prio|key)$ ]] ||
			has_keyword "$keyword" rule change
	done
	call rule change help
	grep -E '^    (dst|port|fwmark|oif|uid|cgroup|hook|prio|key)' <<< "$out"
	for command in show list ls; do
		has_keyword state breaker "$command"
	done
	for command in get reset trip isolate bypass; do
		has_keyword port breaker "$command"
	done
	has_keyword count monitor
	has_keyword on cutout
}

help_fits_80_columns()
{
	local words

	while read -r words; do
		# shellcheck disable=SC2086
		call $words help
		grep -E '^.{80}' <<< "$out"
	done < <(echo; all_commands)
}

# wants_value COMMAND...: the last word is a keyword, and its value missing.
wants_value()
{
	call "$@"
	expect 1
	[[ $err == *"not complete"* ]] || echo "$*: $err"
}

every_keyword_is_accepted()
{
	local keyword command

	for keyword in $(keywords rule); do
		for command in add change replace; do
			wants_value rule "$command" web "$keyword"
		done
	done
	wants_value breaker show state
	wants_value breaker show web state
	for command in get reset trip; do
		wants_value breaker "$command" web 10.0.0.5 port
	done
	wants_value monitor count
}

man_page_names_every_word()
{
	local word

	for word in $(all_commands); do
		grep -Eq "^\.(It )?Cm (.* )?$word( |$)" "$MAN" || echo "$word"
	done
	for word in $(keywords rule) $(keywords breaker) $(keywords monitor); do
		grep -Eq "^\.It (.* )?Cm $word( |$)" "$MAN" || echo "$word"
	done
	call help
	while read -r word; do
		grep -Eq "^\.It .*Fl (\\\\-)?$word( |$)" "$MAN" || echo "-$word"
	done < <(sed -n 's/^    -\(.\), --\([a-z]*\) .*/\1\n\2/p' <<< "$out")
}

man_page_has_the_bounds()
{
	local name value text

	while read -r name value text; do
		grep -Eq "define[[:space:]]+CBREAK_${name}[[:space:]]+${value}\$" \
			"$UAPI" || echo "$name is not $value in the header"
		grep -Fq "$text" "$MAN" || echo "$text is not in the man page"
	done <<-'END'
		NAME_MAX 31 at most 31 letters
		TIME_MIN_MS 100 From 100ms to
		TIME_MAX_MS 86400000 to 24h;
		CONNECT_TIMEOUT_MAX_MS 300000 to 5m;
		SAMPLES_MAX 65535 to 65535;
	END
}

# Each name of an attribute or value is its constant's, and none is forgotten.
names_are_the_headers()
{
	local constant name want

	while read -r constant name; do
		want=${name^^}
		want=${want//+/_}
		[[ $constant == CBREAK_*_"${want//-/_}" ]] ||
			echo "$constant is called $name"
	done < <(sed -n 's/^	\[\(CBREAK_[A-Z_]*\)\]	*= "\(.*\)",$/\1 \2/p' \
		"$SOURCE"/*.c)
	while read -r constant; do
		grep -q "\[$constant\]" "$SOURCE"/*.c || echo "no $constant"
	done < <(grep -Eo '^	CBREAK_((A_(RULE|COUNTERS|BREAKER|STATS))|STATE|KIND|CAUSE|HOLD|MODE|HOOK|REJECT|KEY_TYPE)_[A-Z_]*' \
		"$UAPI" | grep -Ev '_(PAD|MAX|NONE)$'
		echo CBREAK_A_STATS_BREAKERS_MAX
		echo CBREAK_A_STATS_ATTEMPTS_MAX)
}

completion_offers_every_word()
{
	local object command keyword

	for object in $(commands cbctl) help; do
		[[ $(offers "") == *" $object "* ]] || echo "$object"
	done
	for object in rule breaker stats; do
		for command in $(commands "$object") help; do
			[[ $(offers "$object" "") == *" $command "* ]] ||
				echo "$object $command"
		done
	done
	for keyword in $(keywords rule); do
		[[ $(offers rule add web "") == *" $keyword "* ]] ||
			echo "$keyword"
	done
	[[ $(offers breaker show "") =~ \ help\ (.*\ )?state\  ]] || echo state
	[[ $(offers breaker get web 10.0.0.5 "") == *" port "* ]] || echo port
	[[ $(offers monitor "") == *" count "* ]] || echo count
}

completion_offers_values()
{
	same states "$(offers breaker show state "")" \
		" passing broken recovering "
	same kinds "$(offers rule add web on "")" \
		" refused timeout unreachable slow reset stalled all "
	same hooks "$(offers rule add web hook "")" " output forward "
	same "ways to reject" "$(offers rule change web reject "")" \
		" reset icmp drop "
	same "a list of kinds" "$(offers rule add web on refused,t)" \
		" refused,timeout "
	same options "$(offers --n)" " --netns "
	same "after an option" "$(offers -n blue -j br)" " breaker "
}

words_are_exact()
{
	local words

	while read -r words; do
		# shellcheck disable=SC2086
		call ${words%?}
		expect 1
		[[ $err == *" is not a"* ]] || echo "${words%?}: $err"
	done < <(all_commands)
	call rule add web respons 10s
	expect 1
	call breaker show stat broken
	expect 1
	call --jso rule
	expect 1
}

# Each line: what the error says, then the arguments.
wrong_usage_is_told()
{
	local text args

	while IFS='|' read -r text args; do
		eval "call $args"
		expect 1
		[ -z "$out" ] || echo "$args: printed $out"
		[[ $(head -n 1 <<< "$err") == "cbctl: "*"$text"* ]] ||
			echo "$args: $err"
		[[ $(tail -n 1 <<< "$err") == "Try \"cbctl"*" help\"." ]] ||
			echo "$args: no hint in $err"
		same "lines for $args" "$(wc -l <<< "$err")" 2
	done <<-'END'
		OBJECT is missing|
		"bogus" is not an object|bogus
		"" is not an object|''
		"-x" is not an option|-x rule
		"-jp" is not an option|-jp rule
		"--" is not an option|-- rule
		"-" is not an option|- rule
		"--j" is not an option|--j rule
		NETNS is missing|-n
		"bogus" is not a command|rule bogus
		"-j" is not a command|rule -j
		NAME is missing|rule add
		NAME is missing|rule del
		"b" is one argument too many|rule del a b
		"b" is one argument too many|rule show a b
		"bogus" is not a parameter|rule add a bogus 1
		"help" is not a parameter|rule add a help
		prio is given twice|rule add a prio 1 prio 2
		T is missing|rule add a response-time
		needs a unit: 10s|rule add a response-time 10
		unknown unit|rule add a response-time 10d
		finer than a millisecond|rule add a response-time 0.5ms
		is too large|rule add a response-time 1200h
		is not a duration|rule add a response-time -1s
		is not a ratio|rule add a error-ratio -0.5
		6 decimals|rule add a error-ratio 0.1234567
		is too large|rule add a error-ratio 5000
		is not a number|rule add a min-samples many
		is too large|rule add a min-samples 4294967296
		is not an IPv4 or IPv6 address|rule add a dst db.example
		bad prefix length|rule add a dst 10.0.0.0/x
		is not a port|rule add a port 65536
		is not a port|rule add a port 80-
		does not begin with /|rule add a cgroup system.slice
		is not a uid|rule add a uid root
		is not a mark|rule add a fwmark 0x100000000
		is not all|rule add a on quick
		is not addr+port|rule add a key prefix
		is not addr+port|rule add a key addr/32
		is not enforce|rule add a mode off
		is not output|rule add a hook prerouting
		is not on or off|rule add a local-fault-guard yes
		is not reset|rule add a reject rst
		inspector "/no/such" cannot be opened: |rule add a inspector /no/such
		inspector "id:x" is not a number|rule add a inspector id:x
		what a rule matches stays|rule change a dst any
		RULE is missing|breaker get
		RULE is missing|breaker trip
		T is missing|breaker trip a 10.0.0.1:80 for
		for "10" needs a unit|breaker isolate a 10.0.0.1:80 for 10
		RULE is missing|breaker reset
		PORT is missing|breaker get a 10.0.0.1 port
		is not ADDR:PORT|breaker get a 10.0.0.1:
		write [ADDR6]:PORT|breaker get a ::x:80
		port "x" is not a port|breaker get a ::1 port x
		one argument too many|breaker get a 10.0.0.1:80 b
		one argument too many|breaker get a ::1 port 80 b
		one argument too many|breaker show a b
		state "open" is not|breaker show state open
		state is given twice|breaker show state broken state broken
		one argument too many|stats show a
		one argument too many|monitor a
		one argument too many|monitor count 1 a
		count "-1" is not a number|monitor count -1
		too long|rule add "$(printf %2000s)"
	END
}

version_is_printed()
{
	local option

	for option in -V -version --version; do
		call "$option"
		expect 0
		[[ $out =~ ^cbctl\ [^\ ]+$ ]] || echo "$option: $out"
	done
}

missing_namespace_is_told()
{
	call -n no-such-namespace rule
	expect 1
	[[ $err == *'"no-such-namespace": No such file'* ]] || echo "$err"
	call --netns /no/such/path rule
	expect 1
	[[ $err == *'"/no/such/path": No such file'* ]] || echo "$err"
	call -n /dev/null rule
	expect 1
	[[ $err == *"cannot enter the network namespace"* ]] || echo "$err"
}

full_disk_is_told()
{
	"$CBCTL" help 2>"$TMP/err" >/dev/full
	status=$?
	err=$(cat "$TMP/err")
	expect 1
	[[ $err == *"No space left"* ]] || echo "$err"
}

run_tests tables_are_found help_is_there help_names_every_command \
	help_names_every_keyword help_fits_80_columns \
	every_keyword_is_accepted man_page_names_every_word \
	man_page_has_the_bounds names_are_the_headers \
	completion_offers_every_word completion_offers_values \
	words_are_exact wrong_usage_is_told version_is_printed \
	missing_namespace_is_told full_disk_is_told
