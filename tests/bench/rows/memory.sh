# SPDX-License-Identifier: Apache-2.0
#
# Memory at ten times the input: a stage holds what is under way, never what it has read.

# rss COMMAND...: its peak in KB.
rss() {
	rm -f grown.db*
	CAPQA_LEDGER=$work/grown.db /usr/bin/env time -f '%M' -o peak "$@" >/dev/null 2>stage.err || {
		cat stage.err >&2
		exit 1
	}
	tail -n 1 peak
}
# grows NAME SMALL LARGE COMMAND...: the input is the last operand.
grows() {
	name=$1 small=$2 large=$3
	shift 3
	a=$(rss "$@" "$small")
	b=$(rss "$@" "$large")
	awk -v name="$name" -v a="$a" -v b="$b" 'BEGIN {
		printf "memory    %s: %.1f MB, at ten times the input %.1f MB: %+.0f %%\n",
			name, a / 1024, b / 1024, (b / a - 1) * 100 }'
}

world
head -n 4000 planted.jsonl >few.jsonl
for i in 1 2 3 4 5 6 7 8 9 10; do
	sed "s/Synthetic question /Synthetic question $i/" few.jsonl
done | awk '{ sub(/"question_id": "......../, sprintf("\"question_id\": \"%08x", NR)); print }' >many.jsonl
grows blind few.jsonl many.jsonl capqa blind -q -j 64 --temperature 0.6 -m sim-llm
rm many.jsonl

head -n 10000 sight.jsonl >few.jsonl
for i in 1 2 3 4 5 6 7 8 9 10; do cat few.jsonl; done >many.jsonl
grows select few.jsonl many.jsonl capqa select -q
rm many.jsonl

python3 - <<'P'
import json, struct, zlib, os
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
os.mkdir("grown")
for n in range(3000):
    row = b"\0" + n.to_bytes(3, "big") * 16
    open(f"grown/{n}.png", "wb").write(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)) +
        chunk(b"IDAT", zlib.compress(row * 16)) + chunk(b"IEND", b""))
block = "".join(f"#### {i}. **Which of these things stands nearest to vase {i}?**\n   - A) A lamp {i}\n"
                f"   - B) A bottle {i}\n   - C) A book {i}\n   - D) A shoe {i}\n\n**Answer:** B) A bottle {i}\n\n"
                for i in range(1, 6))
for name, count in ("few", 3000), ("many", 30000):
    with open(name + ".jsonl", "w") as f:
        for n in range(count):
            f.write(json.dumps({"image_id": "%032x" % n, "image": f"{n}.jpg", "reply": block,
                                "finish_reason": "stop"}) + "\n")
P
grows extract few.jsonl many.jsonl capqa extract -q
capqa scan -q grown -o many.jsonl
head -n 300 many.jsonl >few.jsonl
grows generate few.jsonl many.jsonl capqa generate -q -j 16 -m sim-lvlm
rm -rf grown many.jsonl few.jsonl
