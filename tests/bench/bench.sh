#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What `make bench` prints. Figures of one run, on this machine: only ratios travel.
#   bench.sh BUILD [ROW...]    rows: calls what-if readers replay (all)
set -eu
cd "$(dirname "$0")/../.."
top=$PWD
build=$(cd "$1" && pwd)
shift
rows=${*:-calls what-if readers replay}
PATH=$build/bin:$PATH
work=$(mktemp -d)
sim=
trap 'kill $sim 2>/dev/null; rm -rf "$work"' EXIT
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
	case $row in
	calls)
		world
		python3 "$independent" rates share.jsonl | sed -n \
			's/^blind_calls=\(.*\)/calls     blind calls per question    \1   theory 2.734/p
			 s/^sight_calls=\(.*\)/calls     sighted calls per question  \1   theory 1.088/p'
		python3 "$independent" judge share.jsonl '>0.75' '<0.25' 4 | sed 's/^/calls     /' ;;
	what-if)
		world
		for i in $(seq 50); do cat sight.jsonl; done >million.jsonl
		a=$(now)
		/usr/bin/env time -f 'what-if   %M KB' capqa select -q --what-if million.jsonl >/dev/null || :
		b=$(now)
		echo "what-if   1,000,000 questions, $(wc -c <million.jsonl | awk '{ printf "%.1f", $1 / 1e9 }') GB: $(per 1000000 "$a" "$b") questions/s"
		a=$(now)
		wc -l <million.jsonl >/dev/null
		b2=$(now)
		echo "what-if   wc -l of the same file: $(per 1000000 "$a" "$b2") lines/s"
		rm million.jsonl ;;
	readers)
		python3 - <<'P' >replies.jsonl
import json
block = "".join(f"#### {i}. **Considering the objects on the long wooden table beside the door, which of the listed "
                f"items stands closest to the tall blue vase in row {i}?**\n"
                f"   - A) A small brass reading lamp with a pleated green shade, switched off {i}\n"
                f"   - B) A green glass bottle with a cork and a torn paper label {i}\n"
                f"   - C) An open hardcover book lying face down on its pages {i}\n"
                f"   - D) A pair of worn brown leather shoes without their laces {i}\n\n"
                f"**Answer:** B) A green glass bottle with a cork and a torn paper label {i}\n\n------\n\n" for i in range(1, 6))
for n in range(100000):
    print(json.dumps({"image_id": "%032x" % n, "image": f"{n}.jpg", "reply": block, "finish_reason": "stop"}))
P
		mb=$(wc -c <replies.jsonl | awk '{ print $1 / 1e6 }')
		a=$(now)
		capqa extract -q replies.jsonl -o /dev/null
		b=$(now)
		echo "readers   extract: $(per "$mb" "$a" "$b") MB/s of replies, $(per 500000 "$a" "$b") questions/s"
		rm replies.jsonl ;;
	replay)
		world
		a=$(now)
		capqa blind -q -j 64 --orders random --temperature 0.6 -m sim-llm planted.jsonl -o again.jsonl
		b=$(now)
		cmp again.jsonl blind.jsonl
		calls=$(sqlite3 "$CAPQA_LEDGER" 'select count(*) from answers')
		echo "replay    blind from a warm ledger: $(per "$calls" "$a" "$b") answers/s" ;;
	*)
		echo "bench: no row is called '$row'" >&2
		exit 2 ;;
	esac
done
