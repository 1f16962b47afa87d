#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What new parameters make due happens at once, without a connection; and what
# waits for connections that never come is removed.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

DEST=$S4:80

setup idle_timeout=1

CB rule add db dst 10.0.0.0/8 response-time 1h recovery-samples 0
CB breaker trip db $DEST
check "broken for an hour" is_state db $DEST broken
CB rule change db broken-time 100ms
check "a shorter broken-time ends BROKEN" wait_state db $DEST recovering
CB rule change db recovery-time 100ms
check "a shorter recovery-time ends RECOVERING" wait_state db $DEST passing

CB rule change db recovery-samples 1
CB breaker trip db $DEST
check "after BROKEN comes RECOVERING" wait_state db $DEST recovering
# "next" is there until recovery-time is over.
past_end()
{
	CB breaker get db $DEST >"$TMP/out" && ! grep -q ' next ' "$TMP/out"
}
check "it outlasts recovery-time for want of an outcome" wait_for past_end
check "and is still RECOVERING" is_state db $DEST recovering
CB rule change db recovery-samples 0
check "it ends once none is wanted" wait_state db $DEST passing

# A window that is shorter than idle_timeout, so that nothing else keeps it.
CB rule change db recovery-samples 1 response-time 100ms connect-timeout 100ms
CB breaker trip db $DEST
check "RECOVERING that nobody will ever end is removed" \
	wait_state db $DEST none
# In PASSING it may have been removed once before.
check "and counted" test "$(stat_of breakers-expired)" -ge 1

check_fail "no breaker for an IPv4-mapped address" \
	CB breaker trip db '[::ffff:10.0.0.2]:80'
finish
