#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tfo.sh again, of connections that a router forwards.

# The client hears of an RST, and not of its own kernel's refusal.
ABORTED=ECONNREFUSED
# Without blocking, not before the call returns.
LATER=OK
FORWARDED=1
. "${0%/*}/tfo.sh"
