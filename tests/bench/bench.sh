#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What `make bench` prints. Figures of one run, on this machine: only ratios travel.
#   bench.sh BUILD [ROW...]    a row is a file in rows/, read in here; without one: all
#
# A row prints lines that start with its name, and says in one line what it skips and why. It
# may use what is defined below; it works in $work, alone, and removes its own large files.
set -eu
cd "$(dirname "$0")/../.."
top=$PWD
build=$(cd "$1" && pwd)
shift
rows=${*:-$(cd "$top/tests/bench/rows" && ls | sed 's/\.sh$//')}
PATH=$build/bin:$PATH
work=$(mktemp -d)
sim=
echo=
trap 'kill $sim $echo 2>/dev/null; rm -rf "$work"' EXIT
cp -r examples/images "$work/images"
cd "$work"
export CAPQA_LEDGER="$work/ledger.db"
independent=$top/tests/e2e/independent.py

now() { date +%s.%N; }
per() { awk -v n="$1" -v a="$2" -v b="$3" 'BEGIN { printf "%.0f", n / (b - a) }'; }

# Twenty thousand questions to models that guess: blind p = 0.25, sighted p = 0.9, N = 4.
world() {
	[ ! -s share.jsonl ] || return 0
	capqa-sim --synthetic --blind-p 0.25 --sight-p 0.9 --port-file port >/dev/null &
	sim=$!
	until [ -s port ]; do kill -0 $sim; done
	export OPENAI_BASE_URL="http://127.0.0.1:$(cat port)/v1"
	python3 "$independent" plant 20000 >planted.jsonl
	capqa blind -q -j 64 --orders random --temperature 0.6 -m sim-llm planted.jsonl -o blind.jsonl
	capqa sight -q -j 64 --orders random --temperature 0.6 -m sim-vl blind.jsonl -o sight.jsonl
	capqa select -q sight.jsonl -o share.jsonl
}

for row in $rows; do
	[ -f "$top/tests/bench/rows/$row.sh" ] || { echo "bench: no row is called '$row'" >&2; exit 2; }
	. "$top/tests/bench/rows/$row.sh"
done
