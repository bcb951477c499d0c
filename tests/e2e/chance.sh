#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Twenty thousand questions to models that guess: does the rule do what the binomial says, is
# early stopping the same as asking everything, and which averages can be trusted?
. "$(dirname "$0")/lib.sh"

n=20000
world=
sim_start --synthetic --blind-p 0.25 --sight-p 0.9
python3 "$top/tests/e2e/independent.py" plant $n >planted.jsonl
ask="-j 64 --orders random --temperature 0.6 --progress none"


# within TEXT VALUE EXPECTED MARGIN
within() {
	holds "$1: $2, expected $3 +- $4" \
		awk -v v="$2" -v e="$3" -v m="$4" 'BEGIN { exit !(v >= e - m && v <= e + m) }'
}
figure() { sed -n "s/.*\b$1=\([0-9.]*\).*/\1/p" "$2"; }
verdicts() {
	python3 -c 'import json, sys
for line in sys.stdin:
    r = json.loads(line)
    print(r["question_id"], r["verdict"], r["reason"])' <"$1" | sort >"$2"
}

must capqa blind $ask -m sim-llm --full-share 5% planted.jsonl -o share.blind.jsonl
must capqa sight $ask -m sim-vl --full-share 5% share.blind.jsonl -o share.sight.jsonl
must capqa select -q share.sight.jsonl -o share.jsonl
python3 "$top/tests/e2e/independent.py" rates share.jsonl >share.rates

# Three standard errors of a share p over n questions.
within "blind calls per question" "$(figure blind_calls share.rates)" 2.734 0.055
within "sighted calls per question" "$(figure sight_calls share.rates)" 1.088 0.033
holds "every verdict is that of the independent rule" \
	python3 "$top/tests/e2e/independent.py" judge share.jsonl '>0.75' '<0.25' 4
within "guessed questions that pass <0.25" "$(figure passed share.rates)" 0.3164 0.0099
within "blind accuracy over the full share ($(figure full share.rates) questions)" \
	"$(figure full_accuracy share.rates)" 0.25 0.0206
within "sighted accuracy over the full share" "$(figure full_sight share.rates)" 0.9 0.0143
holds "early-stopped tallies read far higher: $(figure early_accuracy share.rates)" \
	awk -v a="$(figure early_accuracy share.rates)" 'BEGIN { exit !(a > 0.38) }'

# Asking everything: the same ledger, the missing trials, the same verdicts.
must capqa blind $ask -m sim-llm --exhaustive planted.jsonl -o all.blind.jsonl
must capqa sight $ask -m sim-vl --exhaustive all.blind.jsonl -o all.sight.jsonl
must capqa select -q all.sight.jsonl -o all.jsonl
verdicts share.jsonl share.verdicts
verdicts all.jsonl all.verdicts
same "early stop and asking everything give the same verdicts" share.verdicts all.verdicts

# Under <=0.25 from the tallies that hold every trial: 0 or 1 of 4 right.
must capqa select -q --text-acc '<=0.25' all.sight.jsonl -o loose.jsonl
holds "and so under another threshold, from stored tallies" \
	python3 "$top/tests/e2e/independent.py" judge loose.jsonl '>0.75' '<=0.25' 4
passed=$(python3 -c 'import json, sys
rows = [json.loads(line) for line in sys.stdin]
print(round(sum(r["reason"] != "blind_answerable" for r in rows) / len(rows), 4))' <loose.jsonl)
within "guessed questions that pass <=0.25" "$passed" 0.7383 0.0094
finish
