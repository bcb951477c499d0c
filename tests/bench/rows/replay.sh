# SPDX-License-Identifier: Apache-2.0
#
# blind from a warm ledger: what a rerun costs.

world
a=$(now)
capqa blind -q -j 64 --orders random --temperature 0.6 -m sim-llm planted.jsonl -o again.jsonl
b=$(now)
cmp again.jsonl blind.jsonl
calls=$(sqlite3 "$CAPQA_LEDGER" 'select count(*) from answers')
echo "replay    blind from a warm ledger: $(per "$calls" "$a" "$b") answers/s"
