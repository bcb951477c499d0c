#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Several processes at one file: ingests into a store that is not there yet, stages on one ledger
# that another merges from and into. What comes of it is what one after the other gives; nothing is
# lost, nothing is twice, nobody is told that a database is locked.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world"
chain_or_die w
zstd -dcq w/replies.jsonl.zst >replies.jsonl
capqa-caption -q -m sim-captioner w/images.jsonl -o captions.jsonl
capqa-audit -q -m sim-llm -Q w/unique.jsonl captions.jsonl -o scores.jsonl 2>audit.err

# ---- ten into one ----

for i in 0 1 2 3 4 5; do
	awk "NR % 6 == $i" w/unique.jsonl >part.$i
done
inputs="w/images.jsonl replies.jsonl captions.jsonl scores.jsonl part.0 part.1 part.2 part.3 part.4 part.5"
must capqa-ingest -q -d serial.db $inputs
tables="images paths replies questions options tallies trials captions scores score_answers"
rows() {
	for t in $tables; do
		sqlite3 "$1" "SELECT '$t', count(*) FROM $t"
	done
}
rows serial.db >serial.rows
export_all() {
	mkdir $1.set
	for kind in image question score; do
		must capqa-export -q -d $1.db --records $kind -o $1.set/$kind
	done
}
export_all serial
round=0
# Who comes first, and how far it is when the next one comes, is chance: so a few rounds, and each
# time into a store that nobody has made.
while [ $round -lt 2 ]; do
	round=$((round + 1))
	rm -f at-once.db*
	running=
	for input in $inputs; do
		capqa-ingest -q -d at-once.db $input 2>ingest.err.${input##*/} &
		running="$running $!"
	done
	started="$started $running"
	for process in $running; do
		wait $process || fail "round $round: an ingest left with $?: $(cat ingest.err.*)"
	done
	rows at-once.db >at-once.rows
	same "round $round: ten ingests at once store what one does" at-once.rows serial.rows
	check "round $round: the store is sound" capqa-ingest -q -d at-once.db --check
done
export_all at-once
holds "and exports it byte for byte" diff -r serial.set at-once.set

# A store that is being filled, by one who does without indexes, when another comes.
mkfifo slow
capqa-ingest -q -d filled.db slow 2>filled.err &
filler=$!
started="$started $filler"
exec 3>slow
cat captions.jsonl >&3
python3 - >more.jsonl <<'END'
import hashlib
for i in range(12000):
    h = hashlib.md5(b"%d" % i).hexdigest()
    print('{"caption_id":"%s","image":"i/%s.png","caption":"c","model":"m"}' % (h, h))
END
cat more.jsonl >&3
# One transaction of it is 10,000 records.
part_there() { [ "$(sqlite3 filled.db 'SELECT count(*) FROM captions' 2>/dev/null || echo 0)" -ge 9000 ]; }
wait_for part_there || fail "the first transaction is there"
capqa-ingest -q -d filled.db more.jsonl captions.jsonl 2>other.err
is "one who comes while another fills the store: exit" "$?" 0
cat more.jsonl >&3
exec 3>&-
wait $filler
is "and the other" "$?$(cat filled.err)" 0
is "every caption is there once" "$(sqlite3 filled.db 'SELECT count(*), count(DISTINCT caption_id) FROM captions')" \
	"$((12000 + $(lines captions.jsonl)))|$((12000 + $(lines captions.jsonl)))"
must capqa-ingest -q -d filled.db --check

# ---- one ledger ----

export CAPQA_LEDGER="$work/one.db"
must capqa-ledger merge -q other.db ledger.db	# what the chain was answered
sim_reset
sim_wire '[{"match":{"kind":"blind","nth":40},"times":1,"do":"hold"},
	{"match":{"kind":"sight","nth":40},"times":1,"do":"hold"}]'
capqa-blind -m sim-llm --progress none w/questions.jsonl -o one.blind 2>blind.err &
one=$!
capqa-sight -m sim-vl --progress none w/questions.jsonl -o one.sight 2>sight.err &
two=$!
started="$started $one $two"
both_hold() { [ "$(stat_of in_flight)" = 2 ] && [ "$(committed one.db)" = $(($(stat_of requests) - 2)) ]; }
wait_for both_hold || fail "two stages stand in their middle: $(stat_of in_flight) in flight"
held=$(committed one.db)
must capqa-ledger merge -q out.db one.db
is "a ledger that two stages write is merged from: all it holds" "$(committed out.db)" "$held"
must capqa-ledger stat one.db >stat.out
must capqa-ledger export -q one.db -o export.out
is "and exported" "$(lines export.out)" "$held"
must capqa-ledger merge -q one.db other.db
holds "and merged into" test "$(committed one.db)" -gt "$held"
must curl -sf -o sim.answer -X POST "$sim/sim/release"
wait $one
is "the first stage settles" $? 0
wait $two
is "and the second" $? 0
same "with the bytes of a run alone" one.blind w/blind.jsonl
CAPQA_LEDGER=$work/alone.db sight w/questions.jsonl -o alone.sight 2>/dev/null
same "the second too" one.sight alone.sight
must capqa-ledger check -q one.db
sim_wire '[]'
sim_reset
blind w/questions.jsonl -o again 2>/dev/null
sight w/questions.jsonl -o again 2>/dev/null
is "nothing of it was lost: a rerun asks nothing" "$(stat_of requests)" 0

# Six slices, a merge into their ledger and one out of it, all at once.
rm -f one.db*
running=
for k in 0 1 2 3 4 5; do
	capqa-blind -q -m sim-llm --progress none --part $k/6 w/questions.jsonl -o slice.$k 2>slice.err.$k &
	running="$running $!"
done
for k in 0 1 2; do
	capqa-ledger merge -q one.db other.db 2>>merge.err &
	running="$running $!"
	capqa-ledger merge -q from.$k.db other.db one.db 2>>merge.err &
	running="$running $!"
done
started="$started $running"
for process in $running; do
	wait $process || fail "one of twelve left with $?: $(cat slice.err.* merge.err)"
done
cat slice.? | sort >slices
sort w/blind.jsonl >whole
same "six slices and six merges on one ledger: the slices are the whole" slices whole
must capqa-ledger check -q one.db from.0.db from.1.db from.2.db
is "nobody was told of a lock" "$(cat slice.err.* merge.err blind.err sight.err ingest.err.* other.err |
	grep -c 'locked')" 0
sim_reset
blind w/questions.jsonl -o again 2>/dev/null
is "and the ledger has it all" "$(stat_of requests)" 0
finish
