# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A private apt: its own lists, sources and idea of what is installed (nothing),
# with the mirror and the keyring of this machine.  Sourced after common.sh.

# host_uris: "URI SUITE" of every index that the host's apt is configured for,
# whichever of its two formats the configuration is written in.
host_uris()
{
	apt-get update --print-uris |
	sed -n "s|^'\(.*\)/dists/\(.*\)/InRelease'.*|\1 \2|p"
}

# archive_uri PATH: the host's mirror of the Debian archive whose path ends so.
archive_uri()
{
	local uri suite

	while read -r uri suite; do
		case $uri in
		*/"$1"|*/"$1"/)
			echo "${uri%/}"
			return ;;
		esac
	done < <(host_uris)
	return 1
}

# apt_init SUITE: options in APT with which apt sees nothing but that suite, of
# today.  Two runs may want the same lists at once, and apt would give up: so
# there is a lock, until apt_done or the end of this shell.
apt_init()
{
	local suite=$1 dir=$CACHE/apt/$1 main security signed=
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	keyring=${CBREAK_KEYRING:-$keyring}
	main=${CBREAK_MIRROR:-$(archive_uri debian)} ||
		die "apt has no Debian archive here: set CBREAK_MIRROR"
	security=${CBREAK_MIRROR_SECURITY:-$(archive_uri debian-security ||
		echo "$main-security")}
	[ ! -e "$keyring" ] || signed="[signed-by=$keyring]"

	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	exec {APT_LOCK}>"$dir/lock"
	flock "$APT_LOCK"
	# An empty status file: nothing counts as installed, so that a
	# package's dependencies are fetched to the last one.
	: >"$dir/status"
	{
		echo "deb $signed $main $suite main"
		case $suite in
		sid|unstable|experimental|*-backports) ;;
		*) echo "deb $signed $security $suite-security main" ;;
		esac
	} >"$dir/sources.list"

	APT=(-q -o APT::Get::Assume-Yes=1 -o APT::Install-Recommends=0
	     -o "Dir::State=$dir" -o "Dir::State::lists=$dir/lists"
	     -o "Dir::State::status=$dir/status" -o "Dir::Cache=$dir/cache"
	     -o "Dir::Etc::sourcelist=$dir/sources.list"
	     -o Dir::Etc::sourceparts=/dev/null
	     -o Dir::Etc::preferences=/dev/null
	     -o Dir::Etc::preferencesparts=/dev/null
	     -o APT::Architecture=amd64 -o APT::Architectures=amd64
	     -o APT::Sandbox::User=root -o APT::Get::AllowUnauthenticated=0
	     -o Acquire::Languages=none -o Acquire::Retries=3)

	quietly apt-get "${APT[@]}" update
}

apt_done()
{
	exec {APT_LOCK}>&-
}

# quietly COMMAND...: its output is shown only when it fails.
quietly()
{
	local out

	out=$("$@" 2>&1 </dev/null) || {
		printf '%s\n' "$out" >&2
		return 1
	}
}

# depends PACKAGE PATTERN: its dependencies whose names match.
depends()
{
	local kind name

	apt-cache "${APT[@]}" depends "$1" | while read -r kind name; do
		# shellcheck disable=SC2254 # a pattern is meant
		case $kind$name in
		Depends:$2) echo "$name" ;;
		esac
	done
}

# download DIR PACKAGE...: these packages, and no others, into DIR.
download()
{
	local dir=$1
	shift

	mkdir -p "$dir"
	(cd "$dir" && quietly apt-get "${APT[@]}" download "$@")
}

# unpack TREE DEB...: a merged /usr whether the packages know of it or not.
unpack()
{
	local tree=$1 deb dir
	shift

	for dir in bin sbin lib lib64; do
		mkdir -p "$tree/usr/$dir"
		[ -e "$tree/$dir" ] || ln -s "usr/$dir" "$tree/$dir"
	done
	for deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x --keep-directory-symlink --no-same-owner \
				-C "$tree"
	done
}
