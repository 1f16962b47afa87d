#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# inspector.sh again, of connections that a router forwards.

FORWARDED=1
. "${0%/*}/inspector.sh"
