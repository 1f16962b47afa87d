# SPDX-License-Identifier: GPL-2.0
#
# bash completion for cbctl. Every word comes from the tool's own help, and
# names of rules from the kernel, so that nothing here can fall behind.

# The words that a help text on stdin lists: objects, commands or keywords.
_cbctl_words()
{
	sed -n 's/^    \([a-z][a-z-]*\) .*/\1/p'
}

# The words for what follows a command and $1 arguments of it: $2 is its help,
# $3 the word before, the rest asks the kernel.
_cbctl_arguments()
{
	local nr=$1 help=$2 previous=$3
	local usage=${help%%$'\n'*}
	shift 3

	# A keyword with an argument: what its help has in braces.
	if grep -q "^    $previous [^ ]" <<< "$help"; then
		sed -n "s/^    $previous .*{\([^}]*\)}.*/\1/p" <<< "$help" |
			tr '|' '\n'
		return
	fi
	((nr)) || echo help
	if ((nr == 0)) && [[ $usage =~ (NAME|RULE) && $previous != add ]]; then
		"$@" rule show 2>/dev/null | sed -n 's/^\([^ ]*\) .*/\1/p'
	fi
	if ((nr == 1)) && [[ $usage == *ADDR:PORT* ]]; then
		"$@" breaker show "$previous" 2>/dev/null | cut -d ' ' -f 2
	elif ((nr)) || [[ ! $usage =~ [^[]' '(NAME|RULE) ]]; then
		_cbctl_words <<< "$help"
	fi
}

_cbctl()
{
	local line=${COMP_LINE:0:COMP_POINT} cur='' prefix='' reply
	local -a words tool cmd
	local i nr

	# Split at blanks only: ':' is part of names and addresses.
	read -ra words <<< "$line"
	if [[ $line != *[[:blank:]] ]]; then
		cur=${words[-1]}
		unset 'words[-1]'
	fi

	# Rules are those of the namespace that is asked for.
	tool=("${words[0]}")
	for ((i = 1; i < ${#words[@]}; i++)); do
		[[ ${words[i]} == -* ]] || break
		if [[ ${words[i]} =~ ^(-n|--?netns)$ ]]; then
			tool+=(-n "${words[++i]}")
		fi
	done
	# The object and the command; monitor and cutout have none.
	cmd=("${words[0]}" "${words[@]:i:2}")
	[[ ${cmd[1]} =~ ^(monitor|cutout)$ ]] && cmd=("${cmd[@]:0:2}")
	nr=$((${#words[@]} - i - 2))

	if [[ ${words[-1]} =~ ^(-n|--?netns)$ ]]; then
		reply=$(ls /run/netns 2>/dev/null)
	elif [[ ${#cmd[@]} -eq 1 && $cur == -* ]]; then
		reply=$("${cmd[@]}" help |
			sed -n 's/^    \(-.\), \(--[a-z]*\) .*/\1 \2/p')
	elif ((nr < 0)); then
		reply="$("${cmd[@]}" help 2>/dev/null | _cbctl_words) help"
	else
		[[ $cur == *,* ]] && prefix=${cur%,*},
		reply=$(_cbctl_arguments "$nr" \
			"$("${cmd[@]}" help 2>/dev/null)" "${words[-1]}" \
			"${tool[@]}")
	fi

	mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$reply" -- \
				 "${cur#"$prefix"}")
	# readline has kept what stands before the last ':' for itself.
	if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
		COMPREPLY=("${COMPREPLY[@]#"${cur%:*}:"}")
	fi
}

complete -F _cbctl cbctl
