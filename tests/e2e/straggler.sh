#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One answer that does not come holds up nobody: while it is awaited all others are asked,
# answered and finished. What has to leave behind it, in input order, waits in memory and then
# in a temporary file. The simulator holds the answer back until it is told to let go.
. "$(dirname "$0")/lib.sh"

n=3000
# Right at the first guess is dropped at once: one call a question.
sim_start --synthetic --blind-p 1
python3 "$top/tests/e2e/independent.py" plant $n | python3 -c 'import json, sys
for line in sys.stdin:		# records of 12 KB, as those with long captions are
    print(json.dumps(json.loads(line) | {"caption": line[:40] * 300}))' >planted.jsonl
ask="-j 32 --temperature 0.6"
must blind $ask -L quiet.db planted.jsonl -o quiet

sim_wire '[{"match":{"kind":"blind","contains":"Synthetic question 5?"},
	"times":1,"do":"hold"}]'
sim_reset
mkdir spill
TMPDIR=$work/spill capqa-blind -m sim-llm --progress none $ask -L held.db planted.jsonl -o held \
	2>stage.err &
pid=$!
started="$started $pid"
# The last questions ask one more trial, ahead of its turn, as nothing else is left to do.
all_but_one() {
	[ "$(committed held.db)" -ge $n ] && [ "$(stat_of requests)" = $(($(committed held.db) + 1)) ]
}
wait_for all_but_one || fail "asked $(stat_of requests), answered $(committed held.db)"
pass "one request is held: all others have their answers, in the ledger"
# The temporary file has no name any more; the system knows it by the process that holds it.
spilled() {
	for fd in /proc/$pid/fd/*; do
		case $(readlink "$fd") in
		"$work/spill/"*) stat -Lc %s "$fd"; return ;;
		esac
	done
	echo 0
}
# What cannot leave: all records but the first five and the one that waits; 24 MB stay in memory.
behind=$(($(wc -c <quiet) - $(head -n 6 quiet | wc -c)))
enough() { [ $(($(spilled) + (24 << 20))) -ge $behind ]; }
wait_for enough || fail "$(spilled) bytes in the file, $behind behind the straggler"
holds "they are finished too: $(spilled) bytes lie in the temporary file, 24 MB in memory" \
	test "$(spilled)" -gt 1000000
holds "the straggler is still awaited" test "$(stat_of in_flight)" = 1
wait_for test -s held.partial || fail "what came before it is written"
is "what came before it has left, nothing else" "$(lines held.partial)" 5
must curl -sf -o sim.answer -X POST "$sim/sim/release"
code=0
wait $pid || code=$?
is "with its answer the run settles" $code 0
same "in input order, with the bytes of a run without it" held quiet
is "and nothing was asked twice" "$(stat_of requests)" "$(stat_of distinct)"
finish
