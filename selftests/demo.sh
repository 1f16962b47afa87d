#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make demo: watch a TCP service die behind real clients, and come back.
set -eu
cd "$(dirname "$0")/.."

selftests/vm/deps.sh build vm
KDIR=$(selftests/vm/fetch.sh headers)
make -s module tools KDIR="$KDIR"
make -s -C selftests
exec selftests/vm/vm.sh run --timeout 240 -- /selftests/demo/guest.sh
