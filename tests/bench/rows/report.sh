# SPDX-License-Identifier: Apache-2.0
#
# A report of 100,000 judged questions: its size, its time and memory beside
# a plain read of the store, and how long a browser takes to show it (where one is installed).

report_questions=100000
capqa-scan -q --no-ledger images -o report.images.jsonl
python3 - $report_questions report.images.jsonl >report.jsonl <<'END'
import hashlib
import json
import sys

images = [json.loads(line) for line in open(sys.argv[2])]
reasons = [(0.313, "keep", None), (0.65, "drop", "blind_answerable"), (0.9, "drop", "not_visible"),
           (0.95, "undecided", "sight_undecided"), (1, "drop", "duplicate")]


def trial(k, right, gold):
    pick = gold if right else (gold + 1) % 4
    return {"order": [k % 4, (k + 1) % 4, (k + 2) % 4, (k + 3) % 4], "said": "ABCD"[(pick - k) % 4],
            "pick": pick, "outcome": "correct" if right else "wrong", "call": "%032x" % k}


def tally(model, trials, full):
    right = sum(t["outcome"] == "correct" for t in trials)
    return {"model": model, "prompt_id": "p", "seed": 0, "temperature": 0.6, "abstain": False,
            "orders": "balanced", "rotations": 4, "asked": len(trials), "valid": len(trials),
            "correct": right, "abstained": 0, "unparsed": 0, "refused": 0, "failed": 0,
            "early": len(trials) < 4, "full": full, "trials": trials}


for i in range(int(sys.argv[1])):
    name = hashlib.sha256(str(i).encode()).hexdigest()
    luck = int(name[32:40], 16) / 2**32
    verdict, reason = next((v, r) for most, v, r in reasons if luck < most)
    image = images[int(name[40:44], 16) % len(images)]
    gold, full = i % 4, int(name[44:48], 16) % 50 == 0
    blind_right = reason == "blind_answerable"
    blind = [trial(k, blind_right, gold) for k in range(4 if full or not blind_right else 1)]
    record = {"question_id": name[:32], "image_id": image["image_id"], "image": image["image"],
              "question": f"Question {i}: which of the things in the picture is nearest?",
              "options": [f"The thing number {i % 97 + k} on the left" for k in range(4)],
              "answer": "ABCD"[gold], "blind": [tally("blind-model", blind, full)],
              "verdict": verdict, "reason": reason,
              "rule": "visual>0.75 text<0.25 n=4 panel=1"}
    if full or not blind_right:
        seen = [trial(k, verdict == "keep", gold) for k in range(4 if verdict == "keep" or full else 1)]
        record["sight"] = [tally("sight-model", seen, full)]
    print(json.dumps(record))
END
capqa-ingest -q -d report.db report.images.jsonl report.jsonl
a=$(now)
/usr/bin/env time -f 'report    %M KB' capqa-report -q -d report.db -o report.html || :
b=$(now)
sqlite3 report.db 'SELECT sum(length(said)) FROM trials' >report.plain
c=$(now)
echo "report    $report_questions questions: $(wc -c <report.html | awk '{ printf "%.1f", $1 / 1e6 }') MB in $(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.1f", b - a }') s (a scan of the trials: $(awk -v a="$b" -v b="$c" 'BEGIN { printf "%.1f", b - a }') s)"
if command -v chromium >/dev/null; then
	a=$(now)
	chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --dump-dom \
		about:blank >report.dom 2>&1 || :
	b=$(now)
	chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --dump-dom \
		"file://$work/report.html" >report.dom 2>&1 || :
	c=$(now)
	echo "report    opens in Chromium in $(awk -v a="$b" -v b="$c" 'BEGIN { printf "%.1f", b - a }') s, start included (an empty page: $(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.1f", b - a }') s)"
else
	echo "report    opening skipped: no chromium"
fi
rm -f report.jsonl report.db report.dom
