# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs steps that speak TAP, shows what they say, and counts. To be sourced.

passed=0
failed=0
bad=()
started=$SECONDS

say()
{
	printf '# [%4d s] %s\n' $((SECONDS - started)) "$*" >&2
}

# step NAME COMMAND...: counts the lines "ok" and "not ok"; where there are
# indented ones, as in KTAP, those alone: the others sum them up. A step that
# fails without a "not ok", or passes without an "ok", is a failed test of its
# own.
step()
{
	local name=$1 log rc ok not_ok indent='^'
	shift

	say "$name"
	log=$(mktemp)
	"$@" 2>&1 | tee "$log"
	rc=${PIPESTATUS[0]}
	grep -qE '^[[:space:]]+(not )?ok [0-9]' "$log" && indent+='[[:space:]]+'
	ok=$(grep -cE "${indent}ok [0-9]+" "$log")
	not_ok=$(grep -cE "${indent}not ok [0-9]+" "$log")
	rm -f "$log"
	if [ "$rc" -ne 0 ] && [ "$not_ok" -eq 0 ]; then
		echo "# $name: exit status $rc and no test that failed"
		not_ok=1
	elif [ "$rc" -eq 0 ] && [ "$ok" -eq 0 ]; then
		echo "# $name: no test was run"
		not_ok=1
	fi
	[ "$not_ok" -eq 0 ] || bad+=("$name")
	passed=$((passed + ok))
	failed=$((failed + not_ok))
	say "$name: $ok passed, $not_ok failed"
}

# both FIRST SECOND: two functions at the same time, as most of what they do
# keeps one processor busy. The second one's output comes at the end.
both()
{
	local log pid rc=0

	log=$(mktemp)
	"$2" >"$log" 2>&1 &
	pid=$!
	"$1" || rc=1
	wait $pid || rc=1
	cat "$log"
	rm -f "$log"
	return $rc
}

# finish: the last line, and the exit status.
finish()
{
	local name

	for name in "${bad[@]}"; do
		say "FAILED: $name"
	done
	say "done"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
	exit
}
