#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Malformed netlink requests are refused with an errno and the attribute to
# blame, and random mutations of good ones neither do harm nor leave a rule
# that is not valid. CBREAK_FUZZ_SEED and CBREAK_FUZZ_COUNT ask for others.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

SEED=${CBREAK_FUZZ_SEED:-1}
COUNT=${CBREAK_FUZZ_COUNT:-1500}

setup "$@"
CB rule add db dst 10.0.0.0/8 port 80 broken-time 1h
CB breaker trip db 10.0.0.2:80
before=$(CB rule show)

cases=0
while IFS= read -r line; do
	case $line in
	"ok "*)		pass "refused: ${line#ok }"; cases=$((cases + 1)) ;;
	"not ok "*)	fail "refused: ${line#not ok }" ;;
	*)		fail "nl_malformed" "$line" ;;
	esac
done < <("$LIB_DIR/nl_malformed" "$CLIENT" 2>&1)
check "there were such cases" [ "$cases" -gt 40 ]
expect_eq "rules are what they were" "$before" "$(CB rule show)"
expect_eq "breakers are what they were" broken "$(state_of db 10.0.0.2:80)"

check "$COUNT random requests, seed $SEED" \
	"$LIB_DIR/nl_fuzz" "$CLIENT" "$SEED" "$COUNT"
diag "$(<"$TMP/out")"

# The family still does what it is there for.
for rule in $(CB rule show | sed -n 's/^\([^ ]*\) dst .*/\1/p'); do
	CB rule del "$rule"
done
expect_eq "all rules can be deleted after that" "" "$(CB rule show)"
expect_eq "and have left no breaker" 0 "$(stat_of breakers)"
CB rule add db dst 10.0.0.0/8 port 80
check "and a breaker can be tripped" CB breaker trip db 10.0.0.2:80
check "and refuses connections" \
	"$LIB_DIR/tcpcli" -N "$CLIENT" -e ECONNREFUSED "$S4" 80
expect_eq "and counts them" 1 "$(stat_of rejected)"

finish
