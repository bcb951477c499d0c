#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What `make bench` prints. Figures of one run, on this machine: only ratios travel.
#   bench.sh BUILD [ROW...]    rows: asking calls what-if readers replay (all)
set -eu
cd "$(dirname "$0")/../.."
top=$PWD
build=$(cd "$1" && pwd)
shift
rows=${*:-asking calls what-if readers replay}
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

# wrk's rate with this body, 256 connections, 2 s: the limit of machine and server.
wrk_rate() {
	printf 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nlocal f = io.open("%s")\nwrk.body = f:read("*a")\nf:close()\n' "$1" >post.lua
	wrk -t1 -c256 -d2s -s post.lua "$OPENAI_BASE_URL/chat/completions" | awk '/^Requests\/sec/ { print $2 }'
}
# asks NAME BODY COUNT COMMAND...: three rounds of wrk and the stage, by turns; medians.
asks() {
	name=$1 file=$2 count=$3
	shift 3
	for round in 1 2 3; do
		rm -f cold.db*
		w=$(wrk_rate "$file")
		/usr/bin/env time -f '%e %U %S %M' -o took "$@" -L cold.db -o /dev/null 2>/dev/null
		echo "$w $(cat took)"
	done | sort -k2n | awk -v n="$count" -v name="$name" 'NR == 2 {
		printf "asking    %s: %.0f req/s, %.2f of wrk (%.0f), %.3f CPU s/1000, RSS %.0f MB\n",
			name, n / $2, n / $2 / $1, $1, ($3 + $4) / n * 1000, $5 / 1024 }'
}
# asking_rows DELAY: text and images at a server that answers after so many ms.
asking_rows() {
	rm -f echo.port
	./echo echo.port "$1" &
	echo=$!
	until [ -s echo.port ]; do kill -0 $echo; done
	export OPENAI_BASE_URL="http://127.0.0.1:$(cat echo.port)/v1"
	asks "blind, $1 ms replies, -j 256" text.body 20000 \
		capqa blind -q -j 256 --exhaustive -m m five.jsonl
	asks "blind, $1 ms replies, -j auto" text.body 20000 capqa blind -q --exhaustive -m m five.jsonl
	asks "generate, 200 KB images, $1 ms replies, -j 256" image.body 2000 \
		capqa generate -q -j 256 -m m pictures.jsonl
	kill $echo
	wait $echo 2>/dev/null || :
}
# Five thousand questions, two thousand pictures of 200 KB (their bytes are noise behind a header).
asking_inputs() {
	${CC:-cc} -O2 -std=c11 -D_GNU_SOURCE -o echo "$top/tests/bench/echo.c"
	python3 "$independent" plant 5000 >five.jsonl
	python3 - <<'P'
import base64, json, os, random, struct, zlib
random.seed(1)
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
os.mkdir("pictures")
for n in range(2000):
    rows = b"".join(b"\0" + random.randbytes(768) for _ in range(260))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 256, 260, 8, 2, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")
    open(f"pictures/{n}.png", "wb").write(png)
prompt = "x" * 400
open("text.body", "w").write(json.dumps({"model": "m", "messages": [{"role": "user", "content": prompt}]}))
open("image.body", "w").write(json.dumps({"model": "m", "messages": [{"role": "user", "content": [
    {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(png).decode()}},
    {"type": "text", "text": prompt}]}]}))
P
	capqa scan -q pictures -o pictures.jsonl
}

for row in $rows; do
	case $row in
	asking)
		if command -v wrk >/dev/null; then
			asking_inputs
			asking_rows 0
			asking_rows 50
		else
			echo "asking    skipped: no wrk"
		fi ;;
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
