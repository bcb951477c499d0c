# SPDX-License-Identifier: Apache-2.0
#
# Asking against wrk, on a loopback server that answers at once and after 50 ms.

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
			name, n / $2, n / $2 / $1, $1, ($3 + $4) / n * 1000, $5 / 1024
		print n / $2, ($3 + $4) / n * 1000 >"rate" }'
}
# manner NAME COUNT STAGE_RATE [FOLDER]: the stage's last median against gen_qa.py's manner.
manner() {
	name=$1 count=$2 ours=$3
	shift 3
	for round in 1 2 3; do
		python3 "$top/tests/bench/gen_qa.py" "$OPENAI_BASE_URL" "$count" "$@"
	done | sort -n | awk -v name="$name" -v ours="$ours" 'NR == 2 { split(ours, o, " ")
		printf "asking    %s: %.1f times gen_qa.py'"'"'s manner (%.0f req/s), %.1f times in CPU a request\n",
			name, o[1] / $1, $1, $2 / o[2] }'
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
	[ "$1" != 0 ] || manner "text" 5000 "$(cat rate)"
	asks "blind, $1 ms replies, -j auto" text.body 20000 capqa blind -q --exhaustive -m m five.jsonl
	asks "generate, 200 KB images, $1 ms replies, -j 256" image.body 6000 \
		capqa generate -q -j 256 -m m pictures.jsonl
	[ "$1" != 0 ] || manner "200 KB images" 1000 "$(cat rate)" pictures
	asks "sight, 200 KB images, $1 ms replies, -j 256" image.body 6000 \
		capqa sight -q -j 256 --exhaustive -m m seen.jsonl
	kill $echo
	wait $echo 2>/dev/null || :
}
# Five thousand questions, six thousand pictures of 200 KB (their bytes are noise behind a header).
asking_inputs() {
	${CC:-cc} -O2 -std=c11 -D_GNU_SOURCE -o echo "$top/tests/bench/echo.c"
	python3 "$independent" plant 5000 >five.jsonl
	python3 - <<'P'
import base64, json, os, random, struct, zlib
random.seed(1)
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
os.mkdir("pictures")
for n in range(6000):
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
	# Four trials each of fifteen hundred questions, each about a picture of its own.
	head -n 1500 pictures.jsonl | python3 -c 'import json, sys
questions = open("five.jsonl")
for line in sys.stdin:
    image = json.loads(line)
    print(json.dumps(json.loads(next(questions)) | {k: image[k] for k in ("image", "image_id")}))' >seen.jsonl
}

if command -v wrk >/dev/null; then
	asking_inputs
	asking_rows 0
	asking_rows 50
else
	echo "asking    skipped: no wrk"
fi
