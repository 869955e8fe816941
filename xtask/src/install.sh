#!/bin/sh
# Debian's packages that are named, and none of their services started: Debian asks policy-rc.d
# before it starts one, and 101 means no. A policy that is there already stays; ours goes with this
# script, whatever ends it, and if that was a kill, with the next one.
set -eu
policy=${NEARCAST_POLICY:-/usr/sbin/policy-rc.d}
mark='# While nearcast installs packages, process'

fail() {
    echo "$1" >&2
    exit 1
}

command -v apt-get >/dev/null || fail "there is no apt-get here: install it by your system's means (Debian: $*)"
[ "$(id -u)" = 0 ] || fail "only root may install it: run \`apt-get install $*\` as root"

# Whose installation was killed; its number may be another process's by now.
of=$(sed -n "s/^$mark //p" "$policy" 2>/dev/null || true)
if [ -n "$of" ] && ! grep -q install.sh "/proc/$of/cmdline" 2>/dev/null; then
    rm -f "$policy"
fi
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 131' QUIT
    trap 'exit 141' PIPE
    trap 'exit 143' TERM
    printf '#!/bin/sh\n%s %s\nexit 101\n' "$mark" "$$" >"$policy"
    chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update </dev/null
apt-get -qq install -y --no-install-recommends "$@" </dev/null
