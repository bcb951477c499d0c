#!/bin/sh
# Finds what is missing to build and test, by pkg-config; installs it with apt-get as root or by
# sudo, or prints the one line to type.
missing=
want() { # want PACKAGE TEST...
	p=$1; shift
	"$@" >/dev/null 2>&1 || missing="$missing $p"
}
want pkg-config command -v pkg-config
want gcc command -v "${CC:-cc}"
for pair in sqlite3:libsqlite3-dev libcjson:libcjson-dev libcurl:libcurl4-openssl-dev \
	libzstd:libzstd-dev libxxhash:libxxhash-dev libarchive:libarchive-dev \
	libutf8proc:libutf8proc-dev libcrypto:libssl-dev gdlib:libgd-dev libmicrohttpd:libmicrohttpd-dev \
	cmocka:libcmocka-dev; do
	want "${pair#*:}" pkg-config --exists "${pair%%:*}"
done
want python3 command -v python3
want python3-jsonschema /usr/bin/python3 -c 'import jsonschema'
want zstd command -v zstd
want jq command -v jq
want curl command -v curl
want tmux command -v tmux
want strace command -v strace
want openssl command -v openssl
want sqlite3 command -v sqlite3
[ -z "$missing" ] && exit 0
set -- $missing
root=
[ "$(id -u)" = 0 ] || root=sudo
if ! command -v apt-get >/dev/null || { [ -n "$root" ] && ! sudo -n true 2>/dev/null; }; then
	echo "missing: $*. Please type: sudo apt-get install $*" >&2
	exit 1
fi
echo "installing: $*"
export DEBIAN_FRONTEND=noninteractive
$root apt-get update -qq && $root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
