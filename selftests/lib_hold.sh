# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Connections that stay, for tests of what becomes of them: tcphold, and how to
# tell it what to do. Sourced after lib_net.sh.

TCPHOLD=$LIB_DIR/tcphold

# holder_start PORT [OPTION...]: in the client's namespace. There is one.
holder_start()
{
	local port=$1
	shift

	[ -x "$TCPHOLD" ] || skip_all "$TCPHOLD has not been built"
	coproc HOLDER { exec "$TCPHOLD" -N "$CLIENT" "$@" "$SRV" "$port"; }
	holder_pid=$HOLDER_PID
}

# holder_end: its connections are closed, those with unread data by an RST.
holder_end()
{
	eval "exec ${HOLDER[1]}>&-"
	wait "$holder_pid"
}

# tell WORD...: one command; what it says is in TOLD. An end that never comes
# is said, and the script goes on.
tell()
{
	printf '%s\n' "$*" >&"${HOLDER[1]}"
	IFS= read -r -t $((WAIT_MS / 1000)) TOLD <&"${HOLDER[0]}" ||
		TOLD="nothing"
}

# told WANT WORD...: what it says to that command.
told()
{
	local want=$1
	shift

	tell "$@"
	[ "$TOLD" = "$want" ] || { echo "want $want, got $TOLD"; return 1; }
}

# serve_resets, serve_closes: what the server does with those that it keeps.
serve_resets()
{
	kill -USR1 "$SERVER_PID"
}

serve_closes()
{
	kill -USR2 "$SERVER_PID"
}
