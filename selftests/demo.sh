#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make demo: watch a TCP service die behind real clients, and come back.
set -eu
cd "$(dirname "$0")/.."

selftests/vm/deps.sh build vm
KDIR=$(selftests/vm/fetch.sh headers)
make -s module tools KDIR="$KDIR"
# Not by selftests' Makefile, which would fetch the kernel's source for lib.mk.
cc -O2 -Wall -static -D_GNU_SOURCE -o selftests/tcpcli selftests/tcpcli.c
exec selftests/vm/vm.sh run --timeout 240 -- /selftests/demo/guest.sh
