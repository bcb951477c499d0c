#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every line that any stage writes fits the JSON Schema of its kind (draft 2020-12).
. "$(dirname "$0")/lib.sh"

python=
for p in python3 /usr/bin/python3; do
	$p -c 'import jsonschema' 2>/dev/null && python=$p && break
done
[ -n "$python" ] || { echo "skip: no python3-jsonschema"; exit 77; }

sim_start --world "$world"
chain_or_die w
must sight --control grey w/sight.jsonl -o w/control.jsonl
must capqa-caption -m sim-captioner --progress none w/images.jsonl -o w/captions.jsonl
python3 "$top/examples/sim/truth.py" --captions "$world" >planted.jsonl
must capqa-audit -m sim-llm --progress none --join name -Q w/capqa.db planted.jsonl -o w/scores.jsonl \
	-r w/audit.rejects.jsonl --stats w/stats.jsonl
must capqa-audit -m sim-llm --progress none --reward caprl -Q w/capqa.db w/captions.jsonl -o w/caprl.jsonl
for file in w/*.jsonl w/*.zst; do
	[ -s "$file" ] || continue
	if "$python" "$top/tests/schema.py" "$file" >said 2>&1; then
		pass "$(tail -1 said)"
	else
		fail "$file"
		head -5 said
	fi
done
sed '1s/"verdict":"[a-z]*"/"verdict":"maybe"/' w/unique.jsonl >wrong.jsonl
holds "a wrong verdict is noticed" sh -c '! "$1" "$2" wrong.jsonl >/dev/null 2>&1' - \
	"$python" "$top/tests/schema.py"
finish
