#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The report page: its numbers are the store's, what models wrote is inert in it, and it says
# clearly what is not there. How it looks and clicks is tests/browser.sh's.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world"
chain_or_die w FULL_SHARE=30% STATS=yes
page=$top/tests/e2e/page.py
store=w/capqa.db

# ---- numbers ----

# counted STORE HTML: every number of the page that names a count of the store, against SQL.
counted() {
	sqlite3 -batch -separator ' ' "$1" >wanted <<-'SQL'
		SELECT 'kept', count(*) FROM questions WHERE verdict = 'keep';
		SELECT 'judged', count(*) FROM questions WHERE verdict IS NOT NULL;
		SELECT 'images', count(*) FROM images;
		SELECT 'replies', count(*) FROM replies;
		SELECT 'questions', count(*) FROM questions;
		SELECT 'rejects', count(*) FROM rejects;
		SELECT 'captions', count(*) FROM captions;
		SELECT 'funnel.' || step, count FROM funnel;
		SELECT 'gold.' || answer, count(*) FROM questions GROUP BY answer;
		SELECT 'gold_kept.' || answer, count(*) FROM questions WHERE verdict = 'keep'
			GROUP BY answer;
		SELECT 'lost.4.' || class, count(*) FROM rejects WHERE stage = 'extract'
			AND span IS NOT NULL GROUP BY class;
		SELECT CASE WHEN reason = 'blind_answerable' THEN 'lost.6.'
			WHEN reason = 'not_visible' THEN 'lost.7.' ELSE 'lost.8.' END || reason, count(*)
			FROM questions WHERE verdict = 'drop' GROUP BY reason;
		SELECT 'accuracy.' || pass || ': ' || model, count(*) FROM tallies
			WHERE "full" AND valid > 0 GROUP BY pass, model;
		SELECT 'whatif', count(DISTINCT b.question) FROM tallies b JOIN tallies s
			ON b.question = s.question AND b."full" AND s."full"
			AND b.pass = 'blind' AND s.pass = 'sight';
		SELECT 'plane', count(DISTINCT b.question) FROM tallies b JOIN tallies s
			ON b.question = s.question AND b."full" AND s."full"
			AND b.pass = 'blind' AND s.pass = 'sight'
			AND b.valid = b.rotations AND s.valid = s.rotations;
		SELECT 'cost.calls', sum(calls ->> '$') FROM runs;
		SELECT 'cost.prompt', sum(tokens ->> '$.prompt') FROM runs;
		SELECT 'saved', sum(rotations - asked) FROM tallies WHERE early;
	SQL
	python3 "$page" numbers "$2" wanted
}

must capqa report -q -d $store -o one.html
must capqa report -q -d $store -o two.html
same "the same store gives the same bytes" one.html two.html
same "and make's chain wrote them too" one.html w/report.html
gone "nothing is left beside it" one.html.partial
holds "over 40 counts are the store's own" counted $store one.html
holds "the full share is there" [ "$(awk '$1 == "whatif" { print $2 }' wanted)" -gt 10 ]
holds "the page says SIMULATED" grep -q '<b>SIMULATED</b>' one.html
holds "it needs nothing from outside" python3 "$page" alone one.html
is "every image is shown" "$(grep -c 'class="pic none"' one.html)" 0
must capqa report -q -d $store >stdout.html
same "standard output gets the same page" one.html stdout.html
must capqa report -q -d $store --budget 200k -o small.html
holds "a budget of 200 kB is kept to within a card" [ "$(wc -c <small.html)" -lt 230000 ]
holds "and counts are still of all" counted $store small.html
must capqa report -q -d $store --per-section 2 -o few.html
is "two cards a gallery" "$(python3 "$page" cards few.html)" \
	"$(sqlite3 $store "SELECT sum(min(n, 2)) FROM (SELECT count(*) n FROM questions GROUP BY verdict, reason)")"

# ---- images ----

mkdir deep
must capqa report -q -d $store --link-images -o deep/linked.html
holds "linked images are where the page says" python3 "$page" linked deep/linked.html
mv images gone
capqa report -d $store -o missing.html 2>missing.err
holds "missing images are placeholders, and counted" \
	grep -Eq 'report: .* 0 images shown, [1-9][0-9]* missing' missing.err
holds "which say why" grep -q 'no image: the file is not there' missing.html
mkdir other
mv gone other/images
must capqa report -q -d $store --image-root other -o rooted.html
same "--image-root finds them" one.html rooted.html
mv other/images images
mv images/cat.jpg cat.jpg
cp images/coffee.jpg images/cat.jpg
must capqa report -q -d $store -o changed.html
holds "another picture under its name is not shown for it" \
	grep -q 'the file has changed since it was scanned' changed.html
mv cat.jpg images/cat.jpg

# ---- what models write ----

python3 "$page" plant hostile >hostile.jsonl
python3 "$page" plant tame >tame.jsonl
for kind in hostile tame; do
	must capqa ingest -q -d $kind.db w/images.jsonl $kind.jsonl
	must capqa report -q -d $kind.db -o $kind.html
done
holds "no element and no attribute comes from model text" \
	python3 "$page" same hostile.html tame.html
holds "the page has no control, direction or separator character" python3 "$page" clean hostile.html
holds "but spells them out" grep -q 'u202e' hostile.html
holds "captions and their audit are there" python3 "$page" numbers hostile.html /dev/stdin <<-END
	rewarded 3
	unrewarded 1
	outcome.correct 4
	outcome.omitted 3
	outcome.contradicted 5
END
must capqa report -q -d tame.db --title '</title><script>alert(1)</script>"' -o title.html
holds "nor from the title" python3 "$page" same title.html tame.html
code=0
capqa report -d "$(printf 'no\033[31m\342\200\256.db')" -o x.html 2>escape.err || code=$?
is "66: a store that is not there" $code 66
holds "its name is inert on the terminal" sh -c \
	'! grep -q "$(printf "\033")" escape.err && grep -q "u001b" escape.err'
gone "and no page is made" x.html

# ---- stores with little in them ----

# ends CODE TEXT STORE PATTERN
ends() {
	code=0
	capqa report -d "$3" -o end.html 2>end.err || code=$?
	is "$1: $2" $code "$1"
	check "$2: one line, with '$4': $(cat end.err)" test "$(grep -c "$4" end.err)" = 1
	check "$2: one line only" test "$(lines end.err)" = 1
}
: >empty.jsonl
must capqa ingest -q -d empty.db empty.jsonl
ends 0 "an empty store" empty.db '0 questions'
holds "which says so" grep -q 'There are no questions in this store' end.html
must capqa ingest -q -d raw.db w/images.jsonl w/questions.jsonl
ends 0 "a store without verdicts" raw.db ' 0 kept'
holds "has its questions" grep -q 'Without verdict' end.html
holds "and no invented accuracies" grep -q 'No full share' end.html
holds "no caption section without scores" sh -c '! grep -q "id=\"captions\"" end.html'
rm end.html
cp $store broken.db
python3 -c 'f = open("broken.db", "r+b"); f.seek(70000); f.write(b"\xff" * 200000)'
ends 65 "a damaged store" broken.db 'damaged'
gone "leaves no page" end.html
echo "no database" >text.db
ends 65 "a text file" text.db 'no capqa store'
sqlite3 foreign.db 'CREATE TABLE notes(t)'
ends 65 "another program's database" foreign.db 'no capqa store'
code=0
capqa report -d $store -o folder-that-is-not/x.html 2>end.err || code=$?
is "74: a page that cannot be written" $code 74
finish
