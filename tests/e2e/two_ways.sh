#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A new store is filled without looking anything up (store/fresh.h), one that holds something by
# looking up everything: both must come to the same rows and the same counts.
. "$(dirname "$0")/lib.sh"

ways() { python3 "$top/tests/e2e/two_ways.py" "$@"; }
ingest() { capqa ingest -d "$1.db" --max-rejects 100% "$2" 2>&1 | sed "s/$1/STORE/"; }

echo '{"question_id":"q","image_id":"elsewhere","image":"elsewhere","question":"What?","options":["a","b"],"answer":"A"}' >one.jsonl
must capqa ingest -q -d held.db one.jsonl
for seed in $(seq 40); do
	rm -f fast.db* slow.db*
	cp held.db slow.db
	ways plant "$seed" >planted.jsonl
	ingest fast planted.jsonl >fast.said
	ingest slow planted.jsonl >slow.said
	check "seed $seed, the same counts: $(cat fast.said slow.said)" cmp -s fast.said slow.said
	check "seed $seed, the same rows" ways same fast.db slow.db
	check "seed $seed, the store is sound" capqa ingest -q -d fast.db --check
done
[ $bad = 1 ] || pass "40 sets of records: the same rows, the same counts, sound stores"
finish
