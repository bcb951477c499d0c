#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The Debian package, from a clean copy of the sources: no lintian error, the installed capqa runs
# the demo, and purging leaves nothing behind. Run by make check-all, as root (it installs).
#
#   package.sh BUILD
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "skip: installing a package takes root"; exit 77; }
for pair in dh:debhelper lintian:lintian mandoc:mandoc; do
	command -v "${pair%%:*}" >/dev/null ||
		apt-get install -y -qq --no-install-recommends "${pair#*:}" >/dev/null 2>&1 ||
		{ echo "skip: ${pair#*:} cannot be installed"; exit 77; }
done
! dpkg -s capqa >/dev/null 2>&1 || { echo "skip: a package capqa is installed here"; exit 77; }
build=$(cd "$1" && pwd)
make --no-print-directory -s O="$build" man deb
for page in "$build"/man/*.1; do
	mandoc -T lint -W error "$page"
done
package=$(ls "$build"/deb/capqa_*.deb)
lintian --fail-on error "$package"
work=$(mktemp -d)
trap 'dpkg --purge capqa >/dev/null 2>&1; rm -rf "$work"' EXIT
before() { find /usr /etc /var/lib/capqa /opt -xdev \( -name '*capqa*' -o -path '*capqa*' \) 2>/dev/null | sort; }
before >"$work/before"
dpkg -i "$package" >/dev/null
dpkg -L capqa | sed 's|.*/||' | sort >"$work/files"
for file in capqa capqa-scan capqa-report capqa-blind.1.gz _capqa pipeline.mk; do
	grep -qx "$file" "$work/files" || { echo "FAIL: the package holds no $file"; exit 1; }
done
(cd "$work" && unset OPENAI_BASE_URL && sh /usr/share/capqa/examples/demo/demo.sh /usr demo >said) ||
	{ echo "FAIL: the installed capqa runs the demo"; tail -20 "$work/said"; exit 1; }
grep -q SIMULATED "$work/said"
[ -s "$work/demo/dataset/manifest.json" ]
dpkg --purge capqa >/dev/null
before >"$work/after"
cmp "$work/before" "$work/after" || { echo "FAIL: purged, it left something behind"; exit 1; }
echo "package: $(basename "$package") has no lintian error, runs the demo, leaves nothing behind"
