#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The demo's report in headless Chromium: its numbers, filter, galleries, keys and details, no
# console error, no request, readable without scripts and at 390 pixels.
#
#   browser.sh BUILD [SHOTS]     with a folder SHOTS: screenshots and a PDF to be looked at
#
# Installs chromium (as root) and npm's playwright-core (into BUILD) where they are missing;
# skips with a line where that cannot be done.
set -eu
cd "$(dirname "$0")/.."
build=$(cd "${1:?which build folder?}" && pwd)
shots=${2:-}
if ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium \
		fonts-noto-cjk >"$build/chromium.log" 2>&1 || :
fi
command -v chromium >/dev/null || { echo "skip: no chromium"; exit 0; }
command -v node >/dev/null || { echo "skip: no node"; exit 0; }
export NODE_PATH="$build/browser/node_modules"
if [ ! -d "$NODE_PATH/playwright-core" ]; then
	mkdir -p "$build/browser"
	(cd "$build/browser" && npm install --no-audit --no-fund playwright-core) \
		>"$build/npm.log" 2>&1 || { echo "skip: no playwright-core"; exit 0; }
fi
sh examples/demo/demo.sh "$build" >/dev/null
[ -z "$shots" ] || mkdir -p "$shots"
node tests/browser.cjs "$build/demo/report.html" "$build/demo/capqa.db" "$shots"
