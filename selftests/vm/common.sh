# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What fetch.sh and vm.sh share: where things are, messages, the cache.

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for those who source this
TREE=$(cd "$VM_DIR/../.." && pwd)

# HOME may be unset, under cron or in a container.
HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
CACHE=${CBREAK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cbreak}
case $CACHE in
/*)	;;
*)	CACHE=$PWD/$CACHE ;;
esac

# SUITE/FLAVOUR: the package linux-image-FLAVOUR of that suite.
# shellcheck disable=SC2034
KERNEL=${CBREAK_KERNEL:-bookworm/cloud-amd64}

# shellcheck source=deps.sh
. "$VM_DIR/deps.sh"

log()
{
	printf '%s: [%3d s] %s\n' "${0##*/}" "$SECONDS" "$*" >&2
}

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# cached DIR COMMAND [ARGS...]
#
# Make DIR, once: COMMAND [ARGS...] fills an empty directory that is its last
# argument, and only a finished one is renamed to DIR.  So a DIR that exists is
# whole, whatever happened to earlier runs.  The lock is held by COMMAND's
# children too: a leftover of an interrupted run is removed only when nothing
# can write to it any more.
cached()
{
	local dir=$1 lock rc
	shift

	[ ! -d "$dir" ] || return 0
	mkdir -p "${dir%/*}" || die "cannot write to $CACHE"
	exec {lock}>"$dir.lock"
	flock -n "$lock" || {
		log "waiting for another run to finish ${dir#"$CACHE"/}"
		flock "$lock"
	}
	if [ ! -d "$dir" ]; then
		rm -rf "$dir.tmp"
		mkdir "$dir.tmp"
		# errexit does not act inside a condition: hence the subshell
		# and the look at its status afterwards.
		set +e
		(set -e; "$@" "$dir.tmp")
		rc=$?
		set -e
		if [ $rc != 0 ]; then
			rm -rf "$dir.tmp"
			die "could not make ${dir#"$CACHE"/}"
		fi
		mv -T "$dir.tmp" "$dir"
	fi
	exec {lock}>&-
}

# cache_key FILE|TEXT...: a short name for their contents.
cache_key()
{
	local arg

	for arg; do
		if [ -f "$arg" ]; then cat "$arg"; else echo "$arg"; fi
	done | sha256sum | cut -c 1-12
}

# size PATH: for people.
size()
{
	du -sh --apparent-size "$1" | cut -f 1
}
