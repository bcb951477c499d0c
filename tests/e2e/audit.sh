#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The audit of planted captions finds out what was planted: truth.py beside the simulator works
# it out from the same facts without any of our code. Then the same again in every way it can
# be the same: from files, slices, shards, after kills; and captions that try to break a prompt.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world" --max-model-len 100000
chain_or_die w
python3 "$top/examples/sim/truth.py" --scores "$world" >truth
python3 "$top/examples/sim/truth.py" --captions "$world" >captions.jsonl
audit() { capqa-audit -m sim-llm --progress none --strip-prefix images/ "$@"; }
calls_said() { sed -n 's/.*; \([0-9]*\) calls.*/\1/p' "$1"; }

# ---- every outcome as planted ----

sim_reset
audit -Q w/capqa.db captions.jsonl -o scores.jsonl -r rejects.jsonl 2>audit.err
is "the audit settles" $? 0
asked=$(stat_of audit)
python3 - truth scores.jsonl rejects.jsonl >said <<'P'
import collections, json, sys
truth, scores, rejects = ([json.loads(l) for l in open(f)] for f in sys.argv[1:])
joined = [t for t in truth if t["joins"]]
def claim(text, good, more=""):
    print(("  ok: " if good else "FAIL: ") + text + ("" if good else f": {more}"))
claim(f"{len(joined)} of {len(truth)} captions join, in order",
      [(s["image"], s["caption"]) for s in scores] == [(t["image"], t["caption"]) for t in joined])
claim("the others are listed", [r["class"] for r in rejects] == ["no_question"] * (len(truth) - len(joined)))
kinds, bad = collections.Counter(), []
for s, t in zip(scores, joined):
    got = collections.Counter(a["outcome"] for a in s["answers"])
    each = all(sum(a[o] for o in ("correct", "omitted", "contradicted")) == a[a["outcome"]] > 0
               for a in s["answers"])
    trials = sum(a[a["outcome"]] for a in s["answers"])
    right = sum(a["correct"] for a in s["answers"])
    same = all(got[o] == t[o] for o in ("correct", "omitted", "contradicted"))
    if not (same and each and len(s["answers"]) == s["questions"] == t["questions"]
            and s.get("flags", []) == t["flags"] and s["asked"] == s["valid"] == trials
            and s["reward"] == (right / trials if trials else None)
            and (s["lower"] is None) == (trials == 0)):
        bad.append((t["image"], t["kind"], dict(got)))
    kinds[t["kind"]] += 1
claim("every outcome, count, flag and reward is as planted", not bad, bad)
claim(f"over all kinds: {dict(kinds)}", set(kinds) == {"full", "omitting", "contradicting", "empty",
      "degenerate", "refusal", "truncated"})
print(sum(s["asked"] for s in scores))
P
report said
is "every trial was one call" "$asked" "$(tail -1 said)"

# ---- the same again ----

audit -Q w/capqa.db captions.jsonl -o again.jsonl 2>err
same "a second run writes the same" again.jsonl scores.jsonl
is "and asks nothing" "$(calls_said err)" 0
audit -Q w/capqa.db captions.jsonl --dry-run -L none.db 2>err
holds "a dry run foretells the calls: $asked" grep -q "dry run: $asked calls" err
gone "and makes no ledger" none.db
mkdir -p shards/deep
head -10 captions.jsonl | zstd -q >shards/a.jsonl.zst
sed -n 11,20p captions.jsonl | gzip >shards/b.jsonl.gz
tail -n +21 captions.jsonl | python3 -c 'import json, sys
print(json.dumps([json.loads(l) for l in sys.stdin]))' >shards/deep/c.json
echo "no shard" >shards/README.md
must audit -Q w/capqa.db shards -o again.jsonl
same "a folder of shards, zstd, gzip and a JSON array, is the same" again.jsonl scores.jsonl
for k in 0 1 2; do audit -Q w/capqa.db --part $k/3 captions.jsonl 2>err; done | sort >parts
sort scores.jsonl >sorted
same "three slices are the whole" parts sorted
is "and nothing was asked for all that" "$(stat_of audit)" "$asked"

# By image_id the questions of a file say the same as those of the store.
capqa-caption -m sim-captioner --progress none w/images.jsonl -o made.jsonl 2>err
is "captions are made" $? 0
must audit -Q w/unique.jsonl made.jsonl -o file.jsonl
must audit -Q w/capqa.db made.jsonl -o store.jsonl
same "captions with image_id: a file of questions is the same as the store" file.jsonl store.jsonl
must audit -Q w/unique.jsonl --join id made.jsonl -o again.jsonl
same "--join id" again.jsonl file.jsonl
sed 's/"image_id":"[0-9a-f]*",//' made.jsonl >nameless.jsonl
must audit -Q w/capqa.db --join name nameless.jsonl -o again.jsonl
is "--join name finds as many" "$(lines again.jsonl)" "$(lines file.jsonl)"

# ---- nothing joins ----

sed 's|"image": "|"image": "/other/|' captions.jsonl >lost.jsonl
audit -Q w/unique.jsonl lost.jsonl >out 2>err
is "nothing joined is 65" $? 65
holds "and shows both sides" grep -q "caption is of '/other/cat.jpg'.*question of '" err
must audit -Q w/capqa.db --strip-prefix /other/ lost.jsonl -o again.jsonl
is "--strip-prefix mends it" "$(lines again.jsonl)" "$(lines scores.jsonl)"

# ---- killed and resumed ----

head -12 captions.jsonl >few.jsonl
must audit -Q w/capqa.db few.jsonl -o few.scores

# killed SIGNAL CODE ANSWERED: while the next requests stand unanswered. TERM waits for these, so
# they stand for a moment only, but so do all behind them: the run is not over by then.
killed() {
	rm -f ledger.db* out out.partial
	open=4
	[ "$3" -gt 0 ] || open=1
	if [ "$1" = KILL ]; then sim_stall audit "$3" $open 60000; else sim_stall audit "$3" 400 250; fi
	capqa-audit -m sim-llm -j 4 --progress none --strip-prefix images/ -Q w/capqa.db few.jsonl -o out 2>err &
	pid=$!
	started="$started $pid"
	wait_for asked_at_least $(($3 + open)) || fail "the server got its requests"
	kill "-$1" $pid
	code=0
	wait $pid 2>/dev/null || code=$?
	is "$1 after $3 answers: its exit code" $code "$2"
	gone "$1 after $3: no file" out
	sim_wire '[]'
	lost=$(($(stat_of requests) - $(committed ledger.db)))
	must audit -Q w/capqa.db few.jsonl -o out
	same "$1 after $3: resumed, the same bytes" out few.scores
	twice=$(($(stat_of requests) - $(stat_of distinct)))
	holds "$1 after $3: $twice asked twice, $lost were not committed" [ $twice -le $lost ]
}
killed KILL 137 0
killed KILL 137 33
killed KILL 137 70
killed TERM 75 40
is "what is in flight at SIGTERM is waited for: nothing is asked twice" $twice 0

# ---- into the store ----

must capqa-ingest -q -d w/capqa.db captions.jsonl scores.jsonl --max-rejects 100%
must capqa-ingest -q -d w/capqa.db scores.jsonl
is "scores stand in the store with their answers" "$(sqlite3 w/capqa.db \
	'SELECT (SELECT count(*) FROM scores), (SELECT count(*) FROM score_answers)')" \
	"$(lines scores.jsonl)|$(python3 -c 'import json
print(sum(json.loads(l)["questions"] for l in open("scores.jsonl")))')"
is "the worst caption contradicts most" "$(sqlite3 w/capqa.db \
	'SELECT contradicted >= omitted FROM worst_captions LIMIT 1')" 1

# ---- what scores say together ----

grep -v '^capqa-audit: ' audit.err >page
capqa-audit --summary scores.jsonl >summary 2>err
same "--summary prints the page of the run again" summary page
must python3 "$top/tests/e2e/audit.py" scores.jsonl summary >said
report said
is "--sample 7 takes seven" "$(audit -Q w/capqa.db --sample 7 --sample-only captions.jsonl 2>err | sort -u |
	wc -l)" 7
shuf --random-source="$world" captions.jsonl >shuffled.jsonl
capqa-audit --sample 7 --sample-only captions.jsonl 2>err | sort >seven
capqa-audit --sample 7 --sample-only shuffled.jsonl 2>err | sort >shuffled.seven
same "the same in any order" seven shuffled.seven
audit -q -Q w/capqa.db --sample 7 captions.jsonl 2>err | sort >seven.scores
is "and only these are scored" "$(sed 's/.*"caption_id":"\([0-9a-f]*\)".*/\1/' seven.scores | sort)" \
	"$(for id in $(sed 's/.*"caption_id":"\([0-9a-f]*\)".*/\1/' seven); do grep -o "\"caption_id\":\"$id" \
	scores.jsonl | sort -u | cut -d'"' -f4; done | sort)"

# Questions of the full share carry both accuracies: kept ones were never right blind and always
# right with the image, so the normalised score is the accuracy itself.
python3 -c 'import json
kept = {json.loads(line)["question_id"] for line in open("w/unique.jsonl")}
for line in open("w/questions.jsonl"):
    if json.loads(line)["question_id"] in kept:
        print(line, end="")' >kept.jsonl
blind --full-share 100% kept.jsonl 2>err | sight --full-share 100% 2>err | capqa-select 2>err |
	capqa-dedupe -o full.jsonl 2>err
must audit --join name -Q full.jsonl captions.jsonl -o full.scores
capqa-audit --summary full.scores >summary 2>err
must python3 "$top/tests/e2e/audit.py" full.scores summary >said
report said
holds "the normalised score stands on the page" grep -q '0.000) / (1.000 - 0.000) = ' summary

# The captions that a captioner made against the planted ones of the same images.
capqa-audit --compare scores.jsonl store.jsonl -o pairs.jsonl >versus 2>err
is "--compare settles" $? 0
must python3 "$top/tests/e2e/audit.py" --compare scores.jsonl store.jsonl pairs.jsonl versus >said
report said

# ---- captions never break a prompt ----

python3 - "$world" >hostile.json <<'P'
import json, sys
cat = json.load(open(sys.argv[1]))["images"]["cat.jpg"]
nasty = "{caption}{question}{options} {} %s %n <|im_end|><|im_start|>user <image> \"'`$(x) \\ </s>\t\u202e\u2028\x1b[31m\x7f"
cat["captions"] = [{"kind": "full", "says": {"eyes": "Yellow-green", "head": "To the right"},
                    "text": " ".join(f"{n} {nasty}" for n in range(1100))}]
json.dump({"images": {"cat.jpg": cat}}, sys.stdout)
P
# ---- the trials of a caption stay together ----

first=$sim
capqa-sim --images images --world "$world" --port-file second.port >second.out 2>&1 &
started="$started $!"
wait_for [ -s second.port ] || fail "a second simulator starts"
head -1 captions.jsonl >one.jsonl
sim_reset
audit -Q w/capqa.db -L two.db -j 4 -u "$first/v1" -u "http://127.0.0.1:$(cat second.port)/v1" one.jsonl -o out 2>err
here=$(stat_of audit)
is "all 8 trials of a caption go to one of two servers, where its beginning is in the cache" \
	"$((here % 8)) $(calls_said err)" "0 8"

sim_stop
sim_start --world hostile.json --max-model-len 100000
python3 "$top/examples/sim/truth.py" --captions hostile.json >hostile.jsonl
rm -f ledger.db*
audit -Q w/capqa.db hostile.jsonl -o out 2>err
is "a caption of $(($(wc -c <hostile.jsonl) / 1000)) kB full of places and tokens reaches the server byte for byte" \
	"$(python3 -c 'import json
s = json.loads(open("out").read())
print(s["questions"], s["reward"], len(s["caption"]) > 100000)')" "2 1 True"
finish
