# SPDX-License-Identifier: GPL-2.0
#
# Judge the console of a UML kernel on which init.c ran a module of KUnit
# suites.  What was printed between init's first and last line is passed
# through as KTAP; anything that is not KTAP becomes a diagnostic.  Only a run
# that is complete in every respect counts as passed.
#
#	awk -v suites=N -v trouble=TEXT -f ktap.awk CONSOLE
#
# suites is how many suites the module holds; trouble, if not empty, is what
# the caller has to complain about.  Exit status 0 if all passed, else 1.

function problem(text)
{
	problems++
	print "# problem: " text
}

function close_suite()
{
	if (suite == "")
		return
	problem("suite " suite " has no result")
	suite = ""
}

# A test case's result.
function case_result(ok, number, name)
{
	if (suite == "") {
		problem("a result outside of any suite: " name)
		return
	}
	if (number != ++seen)
		problem("suite " suite ": result " number " in place of " seen)
	if (!ok || skip) {
		failed++
		suite_failed++
		if (skip)
			print "# skipped counts as failed: " name
	} else if (bad_params) {
		problem(name " passed with failed parameters")
	} else {
		passed++
	}
	bad_params = 0
}

function suite_result(ok, number, name)
{
	suites_seen++
	if (suite == "") {
		# Its init failed: no case was run.
		if (ok && !skip)
			problem("suite " name " passed without running")
		else
			failed++
		return
	}
	if (name != suite)
		problem("suite " suite " ends as " name)
	if (plan == "")
		problem("suite " suite " has no plan")
	else if (plan + 0 != seen)
		problem("suite " suite ": " seen " results, planned " plan)
	if (plan + 0 == 0)
		problem("suite " suite " is empty")
	if (!ok && !suite_failed)
		failed++
	if (ok && suite_failed && !skip)
		problem("suite " suite " passed with failed cases")
	suite = ""
}

function result(line, depth,	ok, number, name)
{
	ok = line !~ /^ *not /
	sub(/^ *(not )?ok /, "", line)
	number = line + 0
	skip = line ~ / # SKIP/
	name = line
	sub(/^[0-9]+ +(- )?/, "", name)
	sub(/ +#.*/, "", name)

	if (depth == 0)
		suite_result(ok, number, name)
	else if (depth == 1)
		case_result(ok, number, name)
	else if (!ok)
		bad_params++
}

# The kernel's reports, and lockdep saying that it gives up.
function is_report(line)
{
	return line ~ /cut here|WARNING: |BUG: |BUG .*\(|kernel BUG at|Oops/ ||
	       line ~ /Call Trace|Kernel panic|Kernel mode fault/ ||
	       line ~ /INFO: (possible|task|rcu|trying|lockdep)/ ||
	       line ~ /general protection|divide error|stack-protector/ ||
	       line ~ /KASAN|KFENCE|UBSAN|ODEBUG|refcount_t/ ||
	       line ~ /list_(add|del) corruption|LOCKS_WARN_ON/ ||
	       line ~ /suspicious RCU|turning off the locking/ ||
	       line ~ /scheduling while atomic|sleeping function called/ ||
	       line ~ /locks? held|lock freed|leaked (lock|irq)/ ||
	       line ~ /blocked for more than|Bad page|Bad rss|Out of memory/ ||
	       line ~ /Segfault|Unable to handle|not syncing/ ||
	       line ~ /printk messages dropped/
}

BEGIN {
	print "KTAP version 1"
	print "1.." suites
	if (trouble != "")
		problem(trouble)
	if (suites + 0 == 0)
		problem("the module holds no suites")
}

{
	sub(/\r$/, "")
	lines[++nr_lines] = $0
}

/^init: load: / {
	if (++loads == 1)
		inside = 1
	next
}

/^init: end: / {
	ends++
	inside = 0
	next
}

/^init: / {
	what = $2
	sub(/:$/, "", what)
	said[what]++
	value[what] = substr($0, length("init: " what ": ") + 1)
	next
}

/^reboot: (System halted|Power down)/ {
	halts++
	next
}

!/^ *# / && is_report($0) {
	reports++
	if (report == "")
		report = $0
}

!inside {
	next
}

{
	match($0, /^ */)
	depth = RLENGTH / 4
}

/^ *# Subtest: / {
	print
	if (depth == 1) {
		close_suite()
		suite = $0
		sub(/^ *# Subtest: /, "", suite)
		plan = ""
		seen = suite_failed = bad_params = 0
	}
	next
}

/^ *1\.\.[0-9]+$/ {
	print
	if (depth == 1)
		plan = substr($1, 4)
	next
}

/^ *(not )?ok [0-9]+/ {
	print
	result($0, depth)
	next
}

/^ *KTAP version / {
	if (depth > 0)
		print
	next
}

/^ *#/ {
	print
	next
}

{
	print "# " $0
}

# What init must have said once, and how it must read.
function expect(what, want)
{
	if (said[what] != 1)
		problem("init said " said[what] + 0 " times what became of: " what)
	else if (value[what] != want)
		problem(what ": " value[what])
}

END {
	close_suite()
	if (loads != 1 || ends != 1 || halts != 1) {
		if (!loads)
			problem("the kernel did not come up")
		else if (loads > 1)
			problem("the kernel came up more than once")
		else
			problem("the kernel did not reach the end")
	} else {
		expect("loaded", "ok")
		expect("unloaded", "ok")
		expect("lockdep", "1")
		# Out of tree (4096), and has run tests (262144).
		expect("tainted", "266240")
	}
	if (suites_seen + 0 != suites + 0)
		problem(suites_seen + 0 " suites have a result, of " suites)
	if (passed + failed == 0)
		problem("no test was executed")
	if (reports)
		problem("the kernel complained: " report)
	if (!loads)
		for (i = 1; i <= nr_lines; i++)
			print "# " lines[i]

	# A test that is not known to have passed has failed.
	printf "kunit: %d passed, %d failed\n", passed, failed + problems
	exit passed == 0 || failed + problems > 0
}
