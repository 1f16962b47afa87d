#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# trips.sh again, of connections that a router forwards.

FORWARDED=1
. "${0%/*}/trips.sh"
