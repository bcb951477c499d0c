#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the Debian package out of a copy of the sources: its description lies in .debian, so
# that the root of the tree stays what it is.   deb.sh BUILD   leaves BUILD/deb/capqa_*.deb
set -eu
cd "$(dirname "$0")/.."
command -v dpkg-buildpackage >/dev/null && command -v dh >/dev/null ||
	{ echo "make deb needs: apt-get install build-essential debhelper" >&2; exit 1; }
version=$(sed -n 's/^#define CAPQA_VERSION "\(.*\)"/\1/p' cli/version.h)
mkdir -p "$1"
deb=$(cd "$1" && pwd)/deb
rm -rf "$deb"
mkdir -p "$deb/capqa-$version"
if git rev-parse --git-dir >/dev/null 2>&1; then
	git ls-files -z | xargs -0 tar -cf - | tar -xf - -C "$deb/capqa-$version"
else
	tar --exclude='./build*' -cf - . | tar -xf - -C "$deb/capqa-$version"
fi
cd "$deb/capqa-$version"
mv .debian debian
dpkg-buildpackage -us -uc -b >"$deb/log" 2>&1 || { tail -40 "$deb/log" >&2; exit 1; }
ls "$deb"/*.deb
