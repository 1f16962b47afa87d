#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# forged.sh again, of connections that a router forwards.

# The client's RST for a SYN that it did not wait for is seen as well.
PASSES_BACK=1
FORWARDED=1
. "${0%/*}/forged.sh"
