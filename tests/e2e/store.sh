#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A store in trouble: each kind ends with the exit code that README documents, one clear line, and
# everything that was committed; the same command completes it once the trouble is over.
. "$(dirname "$0")/lib.sh"

python3 - >captions.jsonl <<'END'
import hashlib
for i in range(3000):
    h = hashlib.md5(b"%d" % i).hexdigest()
    print('{"caption_id":"%s","image":"i/%s.png","caption":"%s","model":"m"}' % (h, h, "word " * 100))
END

# trouble NAME EXIT WORDS COMMAND...
trouble() {
	name=$1 wanted=$2 words=$3
	shift 3
	"$@" >said.out 2>said
	is "$name: exit" $? "$wanted"
	holds "$name: says '$words'" grep -q -- "$words" said
	is "$name: one line of complaint" "$(grep -vc 'records: ' said)" 1
}
count() { sqlite3 "$1" 'SELECT count(*) FROM captions'; }
whole() {
	capqa ingest -q -d "$2" captions.jsonl
	is "$1: a rerun completes it" "$(count "$2") $(sqlite3 "$2" 'PRAGMA integrity_check')" "3000 ok"
}

# A disk that is full: in the rows, and in the indexes and what was put off after them.
for size in 400 2500
do
	(ulimit -f $size; trap '' XFSZ; capqa ingest -d full.db captions.jsonl) 2>said
	is "disk full at $size blocks: exit" $? 74
	holds "disk full at $size blocks: says so" grep -q "cannot write\|the disk is full" said
	whole "disk full at $size blocks" full.db
	rm -f full.db*
done

capqa ingest -q -d good.db captions.jsonl
head -c 300000 good.db >cut.db
trouble "cut off" 65 "damaged\|not sound" capqa ingest -d cut.db --check
cp good.db noise.db
python3 -c '
f = open("noise.db", "r+b")
f.seek(65536 * 3)
f.write(b"\x5a" * 65536 * 2)'
capqa ingest -d noise.db --check >said 2>&1
is "noise in the middle: --check exits" $? 65
sqlite3 foreign.db 'CREATE TABLE t (a); INSERT INTO t VALUES (1)'
trouble "another program's file" 65 "no capqa store" capqa ingest -d foreign.db captions.jsonl
is "another program's file is left alone" "$(sqlite3 foreign.db '.tables' | tr -d ' ')" t

# What is no JSON where JSON should stand is never published.
cp good.db odd.db
for change in "rest = 'A\"{'" "rest = '\"a\":1,'" "flags = '[1'" "source = '{\"a\"'" "exact = '\"flags\":[1'"; do
	sqlite3 odd.db "UPDATE captions SET rest = NULL, flags = NULL, source = NULL, exact = NULL; UPDATE captions SET $change
		WHERE id = 7"
	trouble "$change" 65 "is damaged" capqa export -d odd.db -o odd --records caption
	capqa ingest -d odd.db --check >said 2>&1
	is "$change: --check exits" $? 65
	holds "$change: --check says of what" grep -q "1 captions of which something is no JSON" said
done
gone "and no folder is there" odd
trouble "a folder that is not there" 74 "cannot write store" capqa ingest -d no/such.db captions.jsonl
if [ "$(id -u)" = 0 ]; then
	echo "  skip: read-only folder (root may write everywhere)"
else
	mkdir shut && chmod 555 shut
	trouble "a read-only folder" 74 "cannot write store" capqa ingest -d shut/s.db captions.jsonl
fi

# Killed while it is first filled: what was committed is there, and the next writer makes the indexes.
mkfifo slow
(cat captions.jsonl captions.jsonl captions.jsonl captions.jsonl; exec tail -f /dev/null) >slow &
writer=$!
started="$started $writer"
capqa ingest -q -d killed.db slow &
victim=$!
started="$started $victim"
until [ "$(sqlite3 killed.db "SELECT count(*) FROM captions" 2>/dev/null)" ] &&
	[ "$(sqlite3 killed.db "SELECT count(*) FROM sqlite_schema WHERE name = 'captions_by_id'")" = 0 ]
do kill -0 $victim || break; done
kill -9 $victim
kill -9 $writer
wait $victim $writer 2>/dev/null
is "killed while first filled: no index yet" \
	"$(sqlite3 killed.db "SELECT count(*) FROM sqlite_schema WHERE name = 'captions_by_id'")" 0
whole "killed while first filled" killed.db
is "and it has its indexes" \
	"$(sqlite3 killed.db "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%_by_id'")" 3

# Two at once into a fresh store.
capqa ingest -q -d two.db captions.jsonl &
first=$!
capqa ingest -q -d two.db captions.jsonl
is "two at once: the second" $? 0
wait $first
is "two at once: the first" $? 0
is "two at once: every caption once" "$(count two.db) $(sqlite3 two.db 'SELECT count(*) FROM paths')" "3000 3000"
capqa ingest -q -d two.db --check
is "two at once: sound" $? 0
finish
