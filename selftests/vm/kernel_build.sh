# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Building kernels, for debug/kernel.sh and kunit/run.sh. Sourced after
# common.sh. MAKE is the caller's array: make, with -C and O=.

# Nothing of a calling make may reach the kernel's.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS
unset ARCH SUBARCH CROSS_COMPILE LLVM CC HOSTCC LD C M O V W KCFLAGS
unset KBUILD_OUTPUT KBUILD_EXTMOD KBUILD_EXTRA_SYMBOLS KBUILD_EXTRA_WARN
unset INSTALL_MOD_PATH LOCALVERSION SUBDIRS
export LC_ALL=C

# configure OBJ FRAGMENT...: every line of them must have survived.
configure()
{
	local obj=$1 line symbol lost=0
	shift

	{
		"${MAKE[@]}" tinyconfig
		cat "$@" >>"$obj/.config"
		"${MAKE[@]}" olddefconfig
	} >"$obj/log" 2>&1 || {
		tail -n 40 "$obj/log" >&2
		return 1
	}
	while read -r line; do
		case $line in
		CONFIG_*)
			grep -qxF "$line" "$obj/.config" && continue ;;
		"# CONFIG_"*" is not set")
			symbol=${line#\# }
			symbol=${symbol%% *}
			grep -q "^$symbol=" "$obj/.config" || continue ;;
		*)	continue ;;
		esac
		log "kernel: lost by olddefconfig: $line"
		lost=1
	done < <(cat "$@")
	return $lost
}

# compile OBJ TARGET...: some minutes; says how far it is. MAKE gives the rest.
compile()
{
	local obj=$1 next=$((SECONDS + 30)) pid rc=0
	shift

	"${MAKE[@]}" -j "$(nproc)" "$@" >"$obj/log" 2>&1 </dev/null &
	pid=$!
	# $$ is the script, whatever subshell this is.
	while kill -0 "$pid" 2>/dev/null; do
		kill -0 $$ 2>/dev/null || kill "$pid"
		if [ "$SECONDS" -ge "$next" ]; then
			log "kernel: $(grep -c '^  CC ' "$obj/log") objects"
			next=$((SECONDS + 30))
		fi
		sleep 0.5
	done
	wait "$pid" || rc=$?
	[ $rc = 0 ] || grep -v '^  [A-Z]' "$obj/log" | tail -n 40 >&2
	return $rc
}
