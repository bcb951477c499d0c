#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Servers hold answers to letters in different ways, or say they do and do not. Whatever they
# do, the questions get their answers, and the fallback is said once.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world"
chain_or_die w
sim_stop
# bare: are all answers one letter?
bare() { python3 -c 'import json, sys
said = [t["said"] for r in map(json.loads, open("out")) for b in r["blind"] for t in b["trials"]]
sys.exit(not said or not all(len(s) == 1 for s in said))'; }
notes() { grep -c "does not hold answers" stage.err; }

for server in all new old; do
	sim_start --world "$world" --constraints $server
	for how in auto choice schema; do
		rm -f one.db*
		must blind --decode $how -L one.db w/questions.jsonl -o out
		mv must.err stage.err
		holds "constraints $server, --decode $how: letters and nothing else" bare
		is "constraints $server, --decode $how: nothing to say" "$(notes)" 0
	done
	sim_stop
done

sim_start --world "$world" --constraints none
rm -f one.db*
must blind -L one.db -j 8 w/questions.jsonl -o out
mv must.err stage.err
is "a server that ignores constraints is noticed, each form once" "$(notes)" 2
cp out ignored
is "no question is asked twice for it" "$(stat_of requests)" "$(stat_of distinct)"
must blind --decode free -L two.db w/questions.jsonl -o free
# outcomes FILE: what became of each trial, without the texts and keys.
outcomes() { python3 -c 'import json, sys
for r in map(json.loads, sys.stdin):
    print(r["question_id"], [(t["order"], t["outcome"]) for b in r["blind"] for t in b["trials"]])' <"$1"; }
outcomes ignored >a
outcomes free >b
same "and its answers are read as text, like those of --decode free" a b
sim_wire '[{"match":{"contains":"structured_outputs"},"do":"body 400","body":
	"{\"error\":{\"message\":\"Unrecognized request argument supplied: structured_outputs\",\"code\":null}}"}]'
sim_reset
must blind -L three.db -j 8 w/questions.jsonl -o out -r rejects
mv must.err stage.err
is "a server that refuses the field: no question is lost" "$(lines rejects)" 0
is "said once for each form" "$(notes)" 2
sim_wire '[{"match":{"contains":"chat_template_kwargs"},"do":"body 400","body":
	"{\"error\":{\"message\":\"chat_template_kwargs: Extra inputs are not permitted\",\"code\":400}}"},
	{"match":{"contains":"\"min_p\":0.25"},"do":"latency 0"}]'
sim_reset
must blind --decode free --no-think --extra '{"min_p": 0.25}' -L four.db w/questions.jsonl -o out
mv must.err stage.err
is "--no-think falls back where it is refused" "$(grep -c "no-think has no effect" stage.err)" 1
hits=$(curl -sf "$sim/sim/stats" | python3 -c 'import json, sys; print(json.load(sys.stdin)["wire"][1]["hits"] > 200)')
is "--extra is in every body" "$hits" True
code=0
blind --extra '{"model":"x"}' w/questions.jsonl >out 2>stage.err || code=$?
is "--extra does not replace what options say" $code 2
finish
