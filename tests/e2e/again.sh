#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The same again, in every way it can be the same: a second run from the ledger, a pipe, shuffled
# input, slices, compression. No call is made twice and no byte differs.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world"
chain_or_die w CAPQA_LEDGER="$work/ledger.db"
whole=$(stat_of requests)
cp -r w first
rm -f first/*.db*
sqlite3 w/capqa.db .dump >first.sql

# ---- everything is deleted but the ledger ----

# differ FOLDER FOLDER: names what is not the same, but for the databases' own files.
differ() { diff -rq -x '*.db*' "$1" "$2"; }
must chain w clean-results
gone "the results of the first run are deleted" w/unique.jsonl
chain w CAPQA_LEDGER="$work/ledger.db" 2>again.err || fail "the chain runs again"
is "a second run makes no call ($whole were made before)" "$(stat_of requests)" "$whole"
is "all its files are the same, shards, card and rejects too" "$(differ first w)" ""
is "they are $(find first -type f | wc -l | tr -d ' ')" "$(find w -type f ! -name '*.db*' | wc -l)" \
	"$(find first -type f | wc -l)"
# The runs' own records may tell a first run from a second; what they hold may not.
sqlite3 w/capqa.db .dump >second.sql
same "and so is the content of the store" first.sql second.sql

# ---- the last lines add up ----

cat chain.err again.err >lasts
python3 - lasts >sums <<'P'
import re, sys
lines = []
for line in open(sys.argv[1]):
    m = re.match(r"capqa-(\w+): (\d+) \w+: ([^;]*)", line)
    if m and m[1] != "export":
        parts = [int(n) for n in re.findall(r"(?:^|, )(\d+) ", m[3])]
        lines.append((m[1], int(m[2]), parts))
bad = [l for l in lines if sum(l[2]) != l[1]]
print("FAIL: sums of last lines: %s" % bad if bad or len(lines) < 14 else
      "  ok: the counts of %d last lines add up to what was read" % len(lines))
P
report sums

# ---- one pipe ----

must blind w/questions.jsonl -o blind.1
piped() { blind "$@" w/questions.jsonl 2>p1 | sight "$@" 2>p2 | capqa-select 2>p3 | capqa-dedupe 2>p4; }
piped >piped
same "blind | sight | select | dedupe is the same as stage by stage" piped w/unique.jsonl
is "and asks nothing either" "$(stat_of requests)" "$whole"
piped -L pipe.db >piped
same "with a ledger of its own, too" piped w/unique.jsonl

# ---- another order ----

# Lines in the order of their hashes: shuffled, and the same at each run.
shuffled() {
	python3 -c 'import hashlib, sys
sys.stdout.buffer.writelines(sorted(sys.stdin.buffer, key=lambda l: hashlib.md5(l).digest()))'
}
sorted_same() {
	sort "$2" >sorted.1
	sort "$3" >sorted.2
	same "$1" sorted.1 sorted.2
}
sim_reset
shuffled <w/questions.jsonl >shuffled.jsonl
holds "the shuffled input is another" test "$(cmp -s w/questions.jsonl shuffled.jsonl; echo $?)" = 1
blind shuffled.jsonl 2>e1 | sight 2>e2 | capqa-select 2>e3 >shuffled.judged
capqa-dedupe <shuffled.judged >shuffled.unique 2>e4
sorted_same "shuffled questions get the same tallies and verdicts" w/judged.jsonl shuffled.judged
verdicts() {
	python3 -c 'import json, sys
for q in map(json.loads, open(sys.argv[1])):
    print(q["question_id"], q["verdict"], q.get("reason"), q.get("duplicate_of"))' "$1" | sort >"$2"
}
verdicts w/unique.jsonl verdicts.1
verdicts shuffled.unique verdicts.2
same "and the same copies fall" verdicts.1 verdicts.2
shuffled <w/images.jsonl | generate >shuffled.replies 2>e5
zstd -dcq w/replies.jsonl.zst >replies.jsonl
sorted_same "shuffled images get the same replies" replies.jsonl shuffled.replies
is "without a call" "$(stat_of requests)" 0

# ---- slices ----

# parts NAME WHOLE COMMAND...: three slices are the whole.
parts() {
	name=$1
	output=$2
	shift 2
	rm -f part.*
	for k in 0 1 2; do
		"$@" --part $k/3 >part.$k 2>part.err || fail "$name --part $k/3: $(cat part.err)"
	done
	cat part.? >all.parts
	sorted_same "$name: --part 0/3, 1/3 and 2/3 are the whole" all.parts "$output"
	holds "$name: and none of them is" test "$(wc -l <part.0)" -lt "$(wc -l <"$output")"
}
parts generate replies.jsonl generate w/images.jsonl
parts extract w/questions.jsonl capqa-extract replies.jsonl
parts blind w/blind.jsonl blind w/questions.jsonl
parts sight w/sight.jsonl sight w/blind.jsonl
parts select w/judged.jsonl capqa-select w/sight.jsonl
parts dedupe w/unique.jsonl capqa-dedupe w/judged.jsonl
is "without a call" "$(stat_of requests)" 0

# ---- compression ----

must zstd -q w/questions.jsonl -o questions.jsonl.zst
must gzip -k w/questions.jsonl
must blind questions.jsonl.zst -o blind.jsonl.zst
must zstd -dcq blind.jsonl.zst >unpacked
same "blind reads .zst and writes .zst" unpacked w/blind.jsonl
mv w/questions.jsonl.gz misnamed.jsonl
must blind misnamed.jsonl -o blind.2
same "gzip is known by content, whatever the name" blind.2 w/blind.jsonl

# ---- members nobody here knows ----

odd='"note":12345678901234567890, "x":{"b" : 1.0,"a":[ 1e999,null ]},"tab":"\\u0009\\/é"'
sed "s|}\$|,$odd}|" w/images.jsonl >odd.images
generate odd.images 2>e1 | capqa-extract 2>e2 | blind 2>e3 | sight 2>e4 | capqa-select 2>e5 |
	capqa-dedupe >odd.unique 2>e6
is "unknown members of an image do not change what is asked" "$(stat_of requests)" 0
is "every question is there" "$(lines odd.unique)" "$(lines w/unique.jsonl)"
for member in '"note":12345678901234567890' '"x":{"b" : 1.0,"a":[ 1e999,null ]}' \
	'"tab":"\u0009\/é"'; do
	is "and carries $member byte for byte" "$(grep -cF -- "$member" odd.unique)" \
		"$(lines w/unique.jsonl)"
done
finish
