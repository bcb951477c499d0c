#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The chain, run by make on the example pictures, finds out exactly what was planted: truth.py
# beside the simulator works it out from the same facts without any of our code. Then one fact
# is flipped, and another result is right.
. "$(dirname "$0")/lib.sh"

# judged NAME WORLD: one line for each claim of compare.py.
judged() {
	python3 "$top/examples/sim/truth.py" "$2" >"$1.truth"
	python3 "$top/tests/e2e/compare.py" "$2" "$1.truth" images "$1" >"$1.said" 2>&1 ||
		bad=1
	sed "s/^\( *[a-zA-Z]*:\)/\1 $1:/" "$1.said" >"$1.claims"
	report "$1.claims"
}

# planted WORLD NAME: the chain over a world, with a ledger of its own.
planted() {
	sim_start --world "$1"
	chain_or_die "$2" CAPQA_LEDGER="$work/$2.db"
	is "$2: the server refused nothing" "$(stat_of 200)" "$(stat_of requests)"
	sim_stop
	judged "$2" "$1"
}

exported() { zstd -dcq "$1"/dataset/data/*.zst; }
asks() { exported "$1" | grep -c "\"question\":\"$2\""; }

planted "$world" planted

# The cat's eyes change colour: the question that was right is now wrong.
sed 's/"facts": { "eyes": "Yellow-green"/"facts": { "eyes": "Copper"/' "$world" >flipped.json
is "one line of the world is flipped" "$(diff "$world" flipped.json | grep -c '^>')" 1
planted flipped.json flipped
eyes="What colour are the cat's eyes?"
is "the question about the flipped fact was exported" "$(asks planted "$eyes")" 1
is "and is not once the fact is another" "$(asks flipped "$eyes")" 0
is "it is dropped as not_visible, in the store" "$(sqlite3 flipped/capqa.db \
	"SELECT group_concat(DISTINCT verdict || ' ' || reason) FROM questions
	 WHERE lower(question) LIKE 'what colour are the cat''s eyes_'")" "drop not_visible"

# And the other way: a gold answer that was wrong turns right.
sed 's/"sky": "[^"]*"/"sky": "Orange"/' "$world" >mended.json
planted mended.json mended
sky="What colour is most of the sky?"
is "a question with a wrong answer was left out" "$(asks planted "$sky")" 0
is "and is exported once the fact agrees with it" "$(asks mended "$sky")" 1
finish
