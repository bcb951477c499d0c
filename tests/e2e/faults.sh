#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Two thousand questions to a server of whose replies one in five is a fault, of all kinds mixed.
# Which request meets which fault is a matter of its hash, so a rerun meets the same ones.
# Every question is answered once, no answer is paid for twice, and the bytes are those of a
# run without faults.
. "$(dirname "$0")/lib.sh"

n=2000
python3 "$top/tests/e2e/independent.py" plant $n >planted.jsonl
sim_start --synthetic --blind-p 0.25 --log sim.log
ask="-j 32 --temperature 0.6"
must blind $ask -L quiet.db planted.jsonl -o quiet

# share P DO [more members]: a rule for this share of the requests that come as far as to it.
share() { echo "{\"match\":{\"kind\":\"blind\",\"share\":$1},\"do\":\"$2\"${3:+,$3}}"; }
rules=$(share 0.03 "status 429" '"retry_after":"0"'),$(share 0.02 "status 429"),$(share 0.02 "status 500")
rules=$rules,$(share 0.03 "status 503"),$(share 0.025 reset),$(share 0.025 "reset middle"),$(share 0.025 cut)
rules=$rules,$(share 0.02 "html"),$(share 0.01 "html 502"),$(share 0.004 silence),$(share 0.02 "error 200")
sim_wire "[$rules]"
sim_reset
: >sim.log
code=0
# Nobody but the silent ones takes 5 s for an answer.
blind $ask -L faults.db --timeout 5 --attempts 12 planted.jsonl -o faulty 2>stage.err || code=$?
is "a fifth of all replies are faults: settles" $code 0
same "with the bytes of a run without faults" faulty quiet

cat >check.py <<'P'
import collections, json, sqlite3, sys
n = int(sys.argv[1])
def claim(good, text, but=""):
    print("  ok: " + text if good else "FAIL: %s: %s" % (text, but))
rows = [json.loads(line) for line in open("sim.log")]
faults = collections.Counter(r["fault"] for r in rows if r["fault"])
share = sum(faults.values()) / len(rows)
claim(0.17 < share < 0.23, "%d of %d requests met a fault" % (sum(faults.values()), len(rows)), share)
claim(len(faults) == 10 and min(faults.values()) >= 5, "of each of %d kinds" % len(faults), faults)
good = collections.Counter(r["body"] for r in rows if not r["fault"])
claim(set(good.values()) == {1}, "no answer was paid for twice", good.most_common(3))
claim(len(good) == len({r["body"] for r in rows}), "every request got its answer in the end")
ids = [json.loads(line)["question_id"] for line in open("faulty")]
claim(len(ids) == n == len(set(ids)), "%d questions, each in the output once" % n, len(ids))
keys, distinct = sqlite3.connect("faults.db").execute(
    "SELECT count(*), count(DISTINCT key) FROM answers").fetchone()
claim(keys == distinct == len(good), "the ledger has each answer once", (keys, distinct))
P
python3 check.py $n >checked
report checked
sim_reset
must blind $ask -L faults.db planted.jsonl -o again
is "a rerun asks nothing" "$(stat_of requests)" 0
same "and writes the same" again quiet
finish
