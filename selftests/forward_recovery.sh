#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# recovery.sh again, of connections that a router forwards.

FORWARDED=1
. "${0%/*}/recovery.sh"
