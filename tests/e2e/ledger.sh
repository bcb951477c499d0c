#!/bin/sh
# The ledger among processes: one that was killed is read with its log and not changed; on a
# network file system the second process is told who has it; on a local disk two share it;
# merged parts answer what their parts did.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world"
chain_or_die run
questions=run/questions.jsonl
export CAPQA_LEDGER="$work/part.db"

# Killed in its middle: the last requests never get their answer, so it stands still.
sim_stall blind 12 4 3600000
"$build/bin/capqa-blind" -m sim-llm --progress none -j 4 $questions -o part.jsonl 2>/dev/null &
killed=$!
started="$started $killed"
holds_12() { [ "$(committed part.db)" -ge 12 ]; }
holds "a stage stands in its middle" wait_for holds_12
kill -9 $killed
wait $killed 2>/dev/null
holds "its answers are in the log" test -s part.db-wal
sum() { cat part.db part.db-wal | cksum; }
before=$(sum)
must capqa-ledger merge -q all.db part.db
is "merge changes neither the ledger nor its log" "$(sum)" "$before"
is "and reads both" "$(committed all.db)" "$(committed part.db)"
must capqa-ledger merge -q all.db part.db ledger.db
once=$(capqa-ledger export -q all.db | cksum)
must capqa-ledger merge -q all.db ledger.db part.db
is "merging again changes nothing" "$(capqa-ledger export -q all.db | cksum)" "$once"
sim_wire '[]'
sim_reset
must blind -L all.db $questions -o all.jsonl
is "the merged ledger answers everything" "$(stat_of requests)" 0
same "with the same bytes" all.jsonl run/blind.jsonl
must capqa-scan -q -L scan.db images -o scanned.jsonl
must capqa-ledger merge -q all.db scan.db
is "what scan knows comes along" "$(sqlite3 all.db 'SELECT count(*) FROM images')" \
	"$(sqlite3 scan.db 'SELECT count(*) FROM images')"
holds "and is something" test "$(sqlite3 all.db 'SELECT count(*) FROM images')" -gt 20

# What a file of others says is not kept without end, and a key that is no key is not read.
awk 'BEGIN { for (i = 0; i < 200; i++) printf "{\"custom_id\":\"%032x\",\"response\":null,\"error\":" \
	"{\"code\":\"c%d\",\"message\":\"m\"}}\n", i, i }' >classes.jsonl
capqa-ledger import -L classes.db classes.jsonl 2>classes.said
is "200 kinds of errors are 20 and others" "$(grep -o 'c[0-9]* 1\b' classes.said | wc -l | tr -d ' '):$(
	grep -o 'other 180' classes.said)" "20:other 180"
sqlite3 classes.db "INSERT INTO answers (key, content, coding, asked_at) VALUES (x'0102', x'41', 0, 1)"
capqa-ledger export classes.db >classes.out 2>classes.said
is "a damaged key: 65" $? 65
is "and no line of it" "$(lines classes.out)" 0

# Answers that no key leads to are found by check, and saved by merge.
cp part.db lost.db
sqlite3 lost.db 'DELETE FROM recent; DELETE FROM keys'
capqa-ledger check lost.db 2>lost.said
is "answers without their key: 65" $? 65
holds "and how many" grep -q "$(committed part.db) answers are not found by their key" lost.said
must capqa-ledger merge -q saved.db lost.db
must capqa-ledger check -q saved.db
is "and merge saves them" "$(committed saved.db)" "$(committed part.db)"

# A damaged one in the middle: the others go in.
head -c 6000 ledger.db >torn.db
capqa-ledger merge new.db torn.db part.db >merge.said 2>&1
is "a torn ledger is 65" $? 65
holds "and is named" grep -q "torn.db.*malformed\|malformed.*torn.db\|'torn.db'" merge.said
is "and the next one is merged" "$(committed new.db)" "$(committed part.db)"

# Two processes, one ledger, a local disk: both finish, both have it all.
export CAPQA_LEDGER="$work/both.db"
blind $questions -o one.jsonl 2>one.err &
one=$!
sight run/questions.jsonl -o two.jsonl 2>two.err &
two=$!
wait $one
is "two processes share a ledger: the first ends" $? 0
wait $two
is "and the second" $? 0
same "with its bytes" one.jsonl run/blind.jsonl
must capqa-ledger check -q both.db
sim_reset
must blind $questions -o again.jsonl
must sight $questions -o again.jsonl
is "and the ledger has what both were answered" "$(stat_of requests)" 0

# A network file system.
if cc -shared -fPIC -D_GNU_SOURCE -o nfs.so "$top/tests/inject/nfs.c" -ldl 2>cc.err; then
	on_nfs="env LD_PRELOAD=$work/nfs.so ASAN_OPTIONS=verify_asan_link_order=0"
	export CAPQA_LEDGER="$work/nfs.db"
	sim_stall blind 4 4 3600000
	$on_nfs "$build/bin/capqa-blind" -m sim-llm --progress none -j 4 $questions -o nfs.jsonl \
		2>nfs.err &
	first=$!
	started="$started $first"
	stands() { asked_at_least 8; }
	holds "one process has a ledger on NFS" wait_for stands
	gone "it uses no shared memory" nfs.db-shm
	$on_nfs "$build/bin/capqa-blind" -m sim-llm --progress none $questions -o second.jsonl \
		2>second.err
	is "the second process is refused with 74" $? 74
	holds "and told what to do" grep -q "network file system.*ledger merge" second.err
	kill -9 $first
	wait $first 2>/dev/null
	sim_wire '[]'
	$on_nfs "$build/bin/capqa-blind" -m sim-llm -q --progress none $questions -o nfs.jsonl
	is "when the first has gone the second may" $? 0
	same "with the bytes of a local disk" nfs.jsonl run/blind.jsonl
else
	echo "  skipped: no compiler for the NFS part"
fi
finish
