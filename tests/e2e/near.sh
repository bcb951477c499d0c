#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# dedupe --near on 2,500 planted pairs, English and Chinese, whose likeness near.py
# computes from the texts themselves. What is marked does not depend on the order.
. "$(dirname "$0")/lib.sh"

near() { python3 "$top/tests/e2e/near.py" "$@"; }
checks() {
	near check "$1" "$2" <near.jsonl >near.said || fail "near.py checks"
	report near.said
}

near plant 2500 >planted.jsonl
for threshold in 0.8 0.6; do
	must capqa dedupe -q --near $threshold planted.jsonl -o near.jsonl
	checks $threshold image
done
must capqa dedupe -q --near 0.8 --scope all planted.jsonl -o near.jsonl
checks 0.8 all

sort near.jsonl >sorted.1
for seed in 1 2; do
	near shuffle $seed <planted.jsonl >shuffled.jsonl
	capqa dedupe -q --near 0.8 --scope all <shuffled.jsonl >near.jsonl
	sort near.jsonl >sorted.2
	same "order $seed: the same are marked" sorted.1 sorted.2
	cat shuffled.jsonl | capqa dedupe -q --near 0.8 --scope all >piped.jsonl
	same "and through a pipe the bytes are the same" near.jsonl piped.jsonl
done
finish
