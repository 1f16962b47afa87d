#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make static: what can be said of the code without running it. TAP; ends with
# "N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 1
. selftests/tally.sh

vm=selftests/vm

say "preparing"
"$vm/deps.sh" build static || exit 1
KDIR=$("$vm/fetch.sh" headers) || exit 1
SRC=$("$vm/fetch.sh" source) || exit 1
export KDIR SRC

step "static checks" selftests/static/run.sh
finish
