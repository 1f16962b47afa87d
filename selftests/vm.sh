#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make vm: an interactive shell in a VM with the module loaded.
set -eu
cd "$(dirname "$0")/.."

selftests/vm/deps.sh build vm
KDIR=$(selftests/vm/fetch.sh headers)
make -s module tools KDIR="$KDIR"
exec selftests/vm/vm.sh shell
