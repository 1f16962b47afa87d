#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Does run.sh report what it has to?  Modules with one planted bug each, all of
# whose tests claim to pass unless the bug stops them, and consoles that end
# too soon.  TAP; exit status 0 or 1.
set -euo pipefail

DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
export TMPDIR=$TMP

NAMES=()
N=0
BAD=0

# verdict OK NAME [FILE]: one line of TAP, and FILE to explain a failure.
verdict()
{
	N=$((N + 1))
	if [ "$1" = 1 ]; then
		echo "ok $N - $2"
	else
		BAD=1
		echo "not ok $N - $2"
		[ -z "${3-}" ] || sed 's/^/# /' "$3"
	fi
}

# judge NAME STATUS LAST PATTERN [FILE]: FILE (NAME.out) must end with a line
# that matches LAST, with exit status STATUS, and give PATTERN as the reason.
judge()
{
	local name=$1 status=$2 last=$3 pattern=$4 file=${5:-$TMP/$1.out} ok=1

	[ "$(cat "$TMP/$name.status")" = "$status" ] || ok=0
	tail -n 1 "$file" | grep -qxE "$last" || ok=0
	grep -qE "$pattern" "$file" || ok=0
	verdict $ok "$name" "$file"
}

# --- modules with a planted bug --------------------------------------------

# plant NAME STATUS LAST PATTERN: a module whose second test is on stdin;
# whatever stands there before a line of "--" goes before the test.
plant()
{
	local dir=$TMP/modules/$1 before='' body line

	mkdir -p "$dir"
	body=
	while IFS= read -r line; do
		if [ "$line" = -- ]; then
			before=$body
			body=
		else
			body+=$line$'\n'
		fi
	done
	cat >"$dir/scratch.c" <<-END
	#include <kunit/test.h>
	#include <linux/delay.h>
	#include <linux/kthread.h>
	#include <linux/reboot.h>
	#include <linux/slab.h>
	#include <linux/spinlock.h>
	#include <linux/timer.h>

	static void first_test(struct kunit *test)
	{
		KUNIT_EXPECT_EQ(test, 1, 1);
	}
	$before
	static void second_test(struct kunit *test)
	{
		$body
	}
	static struct kunit_case cases[] = {
		KUNIT_CASE(first_test), KUNIT_CASE(second_test), {}
	};
	#ifndef INIT
	#define INIT NULL
	#endif
	static struct kunit_suite suite = {
		.name = "scratch", .suite_init = INIT, .test_cases = cases,
	};
	#ifndef NO_SUITE
	kunit_test_suite(suite);
	#else
	void *keep[] = { &suite };
	#endif
	MODULE_DESCRIPTION("scratch");
	MODULE_LICENSE("GPL");
	END
	printf '%s\n' 'obj-m := scratch.o' 'UBSAN_SANITIZE := y' >"$dir/Kbuild"
	printf '%s\n' "${@:2}" >"$dir/want"
	NAMES+=("$1")
}

FAILED='kunit: [0-9]+ passed, [1-9][0-9]* failed'

plant "good module" 0 'kunit: 2 passed, 0 failed' \
	'^    ok 2 second_test$' <<'END'
KUNIT_EXPECT_EQ(test, 2, 2);
END

plant "expectation fails" 1 'kunit: 1 passed, 1 failed' \
	'^    not ok 2 second_test$' <<'END'
KUNIT_EXPECT_EQ(test, 1, 2);
END

plant "suite init fails" 1 "$FAILED" '^not ok 1 scratch' <<'END'
static int init(struct kunit_suite *suite) { return -ENOMEM; }
#define INIT init
--
END

plant "test is skipped" 1 "$FAILED" 'skipped counts as failed: second' <<'END'
kunit_skip(test, "no reason");
END

plant "no suite" 1 "$FAILED" 'problem: no test was executed' <<'END'
#define NO_SUITE
--
END

plant "null dereference" 1 "$FAILED" 'problem: the kernel did not reach' <<'END'
int *p = NULL;
OPTIMIZER_HIDE_VAR(p);
*p = 1;
END

plant "hang" 1 "$FAILED" 'problem: no end after' <<'END'
for (;;)
	cpu_relax();
END

plant "halt in a test" 1 "$FAILED" 'problem: the kernel did not reach' <<'END'
kernel_power_off();
END

plant "restart in a test" 1 "$FAILED" \
	'problem: the kernel did not reach' <<'END'
kernel_restart(NULL);
END

plant "warning" 1 "$FAILED" 'problem: the kernel complained' <<'END'
WARN_ON(1);
END

plant "use after free" 1 "$FAILED" 'BUG: KASAN: use-after-free' <<'END'
int *p = kmalloc(sizeof(*p), GFP_KERNEL);
kfree(p);
OPTIMIZER_HIDE_VAR(p);
WRITE_ONCE(*p, 1);
END

plant "out of bounds" 1 "$FAILED" 'BUG: KASAN: stack-out-of-bounds' <<'END'
char on_stack[8] = {}, *p = on_stack;
OPTIMIZER_HIDE_VAR(p);
WRITE_ONCE(p[8], 1);
END

plant "locks in two orders" 1 "$FAILED" 'possible circular locking' <<'END'
static DEFINE_SPINLOCK(a);
static DEFINE_SPINLOCK(b);
--
spin_lock(&a); spin_lock(&b); spin_unlock(&b); spin_unlock(&a);
spin_lock(&b); spin_lock(&a); spin_unlock(&a); spin_unlock(&b);
END

plant "RCU pointer without lock" 1 "$FAILED" 'suspicious RCU usage' <<'END'
static int __rcu *pointer;
--
KUNIT_EXPECT_NULL(test, rcu_dereference(pointer));
END

plant "sleep in atomic" 1 "$FAILED" 'BUG: sleeping function called' <<'END'
static DEFINE_SPINLOCK(lock);
--
spin_lock(&lock); msleep(1); kfree(kmalloc(1, GFP_KERNEL)); spin_unlock(&lock);
END

plant "undefined shift" 1 "$FAILED" 'UBSAN: shift-out-of-bounds' <<'END'
int n = 32;
OPTIMIZER_HIDE_VAR(n);
KUNIT_EXPECT_NE(test, (1u << n) | 1, 0);
END

plant "timer left behind" 1 "$FAILED" 'ODEBUG: free active' <<'END'
static void fire(struct timer_list *timer) { }
static DEFINE_TIMER(timer, fire);
--
mod_timer(&timer, jiffies + HZ / 20);
END

plant "objects left in a cache" 1 "$FAILED" 'Objects remaining in scratch' <<'END'
struct kmem_cache *cache = kmem_cache_create("scratch", 64, 0, 0, NULL);
KUNIT_EXPECT_NOT_NULL(test, kmem_cache_alloc(cache, GFP_KERNEL));
kmem_cache_destroy(cache);
END

plant "cannot be unloaded" 1 "$FAILED" 'problem: unloaded: ' <<'END'
__module_get(THIS_MODULE);
END

plant "compiler warns" 1 "$FAILED" 'problem: the module does not build' <<'END'
int unused;
END

# run_one NAME
run_one()
{
	local rc=0

	[ "$1" != hang ] || export CBREAK_KUNIT_TIMEOUT=5
	"$DIR/run.sh" module "$TMP/modules/$1" \
		>"$TMP/$1.out" 2>"$TMP/$1.err" || rc=$?
	echo $rc >"$TMP/$1.status"
}

# --- consoles --------------------------------------------------------------

# console: a good one, with two suites.
console()
{
	cat <<-'END'
	Linux version 6.1
	KTAP version 1
	1..0
	init: load: scratch
	    KTAP version 1
	    # Subtest: one
	    1..2
	    ok 1 a
	        KTAP version 1
	        # Subtest: b
	        ok 1 b with 1
	        ok 2 b with 2
	    ok 2 b
	ok 1 one
	    KTAP version 1
	    # Subtest: two
	    1..1
	    ok 1 c
	ok 2 two
	init: loaded: ok
	init: unloaded: ok
	init: tainted: 266240
	init: lockdep: 1
	init: end: halting
	reboot: System halted
	END
}

# edited NAME SED LAST PATTERN [STATUS]: a good console with a change.
edited()
{
	local name="console: $1" rc=0

	console | sed "$2" >"$TMP/console"
	awk -v suites=2 -v trouble= -f "$DIR/ktap.awk" "$TMP/console" \
		>"$TMP/$name.out" 2>&1 || rc=$?
	echo $rc >"$TMP/$name.status"
	judge "$name" "${5:-1}" "$3" "$4"
}

consoles()
{
	edited good '' 'kunit: 3 passed, 0 failed' '^ok 2 two$' 0
	edited "carriage returns" 's/$/\r/' 'kunit: 3 passed, 0 failed' . 0
	edited "not ok" 's/ok 1 c/not &/;s/ok 2 two/not &/' \
		'kunit: 2 passed, 1 failed' '^not ok 2 two'
	edited "not ok, suite ok" 's/ok 1 c/not &/' "$FAILED" 'with failed cases'
	edited "suite alone not ok" 's/ok 2 two/not &/' "$FAILED" '^not ok 2'
	edited "parameter not ok" 's/ok 1 b/not &/' "$FAILED" \
		'problem: b passed with failed'
	edited "short plan" '/^    ok 2 b/d' "$FAILED" \
		'problem: suite one: 1 results, planned 2'
	edited "no plan" '/^    1..1/d' "$FAILED" 'problem: suite two has no plan'
	edited "result twice" 's/^    ok 2 b/    ok 1 a/' "$FAILED" \
		'result 1 in place of 2'
	edited "suite without result" '/^ok 1 one/d' "$FAILED" \
		'suite one has no result'
	edited "suite missing" '/# Subtest: two/,/^ok 2/d' "$FAILED" \
		'1 suites have a result, of 2'
	edited "no suites" '/^ *ok/d;/# Subtest/d;/^    1/d' "$FAILED" \
		'no test was executed'
	# shellcheck disable=SC2016 # sed's last line
	edited "ends in a test" '/ok 1 c/,$d' "$FAILED" 'did not reach the end'
	edited "no halt" '/^reboot/d' "$FAILED" 'did not reach the end'
	edited "empty" d "$FAILED" 'did not come up'
	edited "boots twice" 'p' "$FAILED" 'came up more than once'
	edited "not loaded" 's/loaded: ok/loaded: Exec format error/' \
		"$FAILED" 'problem: loaded: Exec'
	edited "tainted" 's/266240/266752/' "$FAILED" 'problem: tainted: 266752'
	edited "lockdep off" 's/lockdep: 1/lockdep: 0/' "$FAILED" 'lockdep: 0'
	edited "warning at boot" '1a WARNING: CPU: 0' "$FAILED" 'complained: WARN'
	edited "warning at the end" '/^init: un/a BUG: KASAN: foo' "$FAILED" \
		'complained: BUG: KASAN'
}

# --- other -----------------------------------------------------------------

# A symbol that does not survive olddefconfig is named.
lost_symbol()
{
	local rc=0 source

	source=${CBREAK_KUNIT_SOURCE:-$(env -u CBREAK_KERNEL_DIR \
		CBREAK_KERNEL=bookworm/cloud-amd64 \
		"$DIR/../vm/fetch.sh" source | tail -n 1)}
	mkdir "$TMP/tree"
	cp -R "$DIR" "$DIR/../vm" "$TMP/tree"
	echo CONFIG_NO_SUCH_THING=y >>"$TMP/tree/kunit/uml.config"
	CBREAK_CACHE=$TMP/cache CBREAK_KUNIT_SOURCE=$source \
		"$TMP/tree/kunit/run.sh" build >"$TMP/lost.out" 2>&1 || rc=$?
	if [ $rc = 1 ] && grep -q CONFIG_NO_SUCH_THING=y "$TMP/lost.out"; then
		verdict 1 "lost symbol"
	else
		verdict 0 "lost symbol" "$TMP/lost.out"
	fi
}

# processes: those that run a kernel from our directory.
processes()
{
	grep -lsF "$TMP" /proc/[0-9]*/cmdline |
		xargs -r grep -lsaF rootfstype || :
}

# Ended by a signal, run.sh leaves no kernel and no directory behind.
interrupted()
{
	local pid rc=0 i

	mkdir "$TMP/interrupted"
	TMPDIR=$TMP/interrupted "$DIR/run.sh" module "$TMP/modules/hang" \
		>"$TMP/interrupted.out" 2>&1 &
	pid=$!
	for ((i = 0; i < 3000; i++)); do
		[ -z "$(processes)" ] || break
		sleep 0.1
	done
	kill "$pid"
	wait "$pid" || rc=$?
	for ((i = 0; i < 100; i++)); do
		[ -n "$(processes)" ] || break
		sleep 0.1
	done
	if [ $rc = 143 ] && [ -z "$(processes)" ] &&
	   [ -z "$(ls "$TMP/interrupted")" ] &&
	   ! grep -q '^kunit:' "$TMP/interrupted.out"; then
		verdict 1 "interrupted"
	else
		verdict 0 "interrupted" "$TMP/interrupted.out"
	fi
}

echo "TAP version 13"
consoles

# The kernel first, so that its building is no part of the runs.
"$DIR/run.sh" build >/dev/null
for name in "${NAMES[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
		wait -n
	done
	run_one "$name" &
done
wait
for name in "${NAMES[@]}"; do
	mapfile -t want <"$TMP/modules/$name/want"
	judge "$name" "${want[@]}"
done
interrupted
lost_symbol
verdict "$([ -n "$(processes)" ] || echo 1)" "no kernel left running"
echo "1..$N"
exit $BAD
