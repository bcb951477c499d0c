#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every exit code, brought about by hand. Where a run cannot go on it says one clear line: what,
# where, what to do. A key shows up nowhere.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world" --log sim.log
chain_or_die w
questions=w/questions.jsonl
mkdir folder

# faults FILE: the lines that are neither warnings nor the counts of what was done.
faults() { grep -Ev "^capqa-[a-z]*: ([0-9]+ [a-z]+: |warning: )|^[0-9]+ options, " "$1"; }

# ends CODE TEXT PATTERN COMMAND...: one line on stderr says the fault, and it matches.
ends() {
	wanted=$1
	what=$2
	pattern=$3
	shift 3
	code=0
	"$@" >said.out 2>said.err || code=$?
	faults said.err >said.fault
	check "$what: not one fault but $(cat said.err)" test "$(lines said.fault)" = 1
	check "$what: not '$pattern' but $(cat said.err)" grep -Eq -- "$pattern" said.fault
	check "$what: FILE.partial is named and is not there" \
		test -z "$(sed -n 's/.*see \([^ ]*\.partial\),.*/\1/p' said.err | xargs -r -n 1 ls 2>&1 >ls.out)"
	is "$wanted: $what" $code "$wanted"
}
calls_said() { sed -n 's/.*; \([0-9]*\) calls.*/\1/p' "$1"; }

# ---- 2: usage ----

ends 2 "an option that does not exist" "'?--colour" capqa-blind --colour $questions
ends 2 "a value that is no number" "ten" blind -j ten $questions
ends 2 "no model" "model.*-m" capqa-blind $questions
ends 2 "no server" "-u URL or OPENAI_BASE_URL" env -u OPENAI_BASE_URL capqa-blind -m sim-llm $questions
ends 2 "a rule that is none" "often" capqa-select --text-acc often $questions
ends 2 "a slice that is none" "3/3" capqa-extract --part 3/3 w/replies.jsonl.zst
ends 2 "a password in a url" "password" blind -u http://me:secret@127.0.0.1/v1 $questions
ends 2 "a stage that does not exist" "nonsense" capqa nonsense

# ---- 65: the input is not what it should be ----

printf '%s\n' 'no json' '{"question":1}' '[1,2]' >garbage.jsonl
code=0
blind garbage.jsonl -r garbage.rejects >said.out 2>said.err || code=$?
is "65: every line of the input is garbage" $code 65
is "and each is a reject with its line" "$(grep -c '"line":[123],*' garbage.rejects)" 3
holds "and the fault says where they are listed" grep -q -- "3 of 3 questions.*-r FILE" said.err
head -c 3000 w/replies.jsonl.zst >cut.zst
ends 65 "a compressed file that is cut off" "cut.zst" capqa-extract cut.zst
ends 65 "a ledger that is a text file" "ledger.*garbage.jsonl|garbage.jsonl.*ledger" \
	blind -L garbage.jsonl $questions
is "which is left as it was" "$(lines garbage.jsonl)" 3
sqlite3 other.db 'CREATE TABLE notes(t)'
ends 65 "a ledger that is another program's database" "other.db.*no capqa ledger" \
	blind -L other.db $questions

# ---- 66: the input is not there ----

ends 66 "a file that does not exist" "nowhere.jsonl.*No such file" blind nowhere.jsonl
ends 66 "one of two does not" "nowhere.jsonl.*No such file" capqa-select w/sight.jsonl nowhere.jsonl
ends 66 "a key file that does not exist" "no.key.*No such file" blind --api-key-file no.key $questions

# ---- 74: the output cannot be written ----

ends 74 "-o into a folder that does not exist" "nowhere/out.*No such file" \
	capqa-select w/sight.jsonl -o nowhere/out
ends 74 "-o is a folder" "'folder'.*folder" capqa-select w/sight.jsonl -o folder
ends 74 "-r into a folder that does not exist" "nowhere/r.*No such file" \
	blind $questions -o out -r nowhere/r
ends 74 "a ledger in a folder that does not exist" "ledger.*nowhere/l.db" \
	blind -L nowhere/l.db $questions
ends 74 "a ledger that is a folder" "ledger.*folder" blind -L folder $questions
full="No space left on device"
ends 74 "-o /dev/full" "/dev/full.*$full" capqa-select w/sight.jsonl -o /dev/full
ends 74 "standard output is full" "standard output.*$full" \
	sh -c 'exec capqa-select w/sight.jsonl >/dev/full'
ends 74 "standard output of an asking stage is full" "standard output.*$full" \
	sh -c 'exec capqa-blind -m sim-llm w/questions.jsonl >/dev/full'
echo old >out
ends 74 "the disk is full in the middle" "out.partial.*File too large" \
	sh -c 'ulimit -f 64; exec capqa-select w/sight.jsonl -o out'
is "and the old file is untouched" "$(cat out)" old
must capqa-select w/sight.jsonl -o out
same "with room again it is finished" out w/judged.jsonl
if [ "$(id -u)" != 0 ]; then
	mkdir locked
	chmod 555 locked
	ends 74 "-o into a folder that is read-only" "locked/out" capqa-select w/sight.jsonl -o locked/out
	ends 74 "a ledger in a folder that is read-only" "locked/l.db" blind -L locked/l.db $questions
fi

# ---- 69: the server says no ----

sim_reset
ends 69 "a model that the server does not have" "404.*gpt-0.*does not exist" \
	capqa-blind -m gpt-0 -L new.db $questions -o refused
is "after one request, the first" "$(stat_of requests)" 1
gone "no FILE" refused
quick="--wait-server 1 --connect-timeout 1"
code=0
blind -u http://127.0.0.1:1/v1 -L new.db $quick $questions >said.out 2>said.err || code=$?
is "69: nobody listens, after --wait-server" $code 69
holds "and says whom it waited for" grep -q "127.0.0.1:1.*gave up after 1 s" said.err
ends 69 "a host that does not exist: a wrong URL is not waited for long" "nowhere.invalid.*gave up after 1 s" \
	blind -u http://nowhere.invalid/v1 --wait-server 1 -L new.db $questions
sim_wire '[{"match":{"kind":"blind"},"do":"quota"}]'
ends 69 "the quota is used up" "429.*quota" blind -L new.db $questions
sim_wire '[]'

# ---- 75 and 130: stopped, to go on later ----

for how in TERM:75 USR1:75 INT:130; do
	rm -f stop.db*
	sim_stall blind 20 8 500
	capqa-blind -m sim-llm -L stop.db -j 8 $questions -o stopped 2>said.err &
	pid=$!
	started="$started $pid"
	wait_for asked_at_least 28 || fail "28 requests came"
	kill "-${how%:*}" $pid
	code=0
	wait $pid || code=$?
	is "${how#*:}: SIG${how%:*}" $code "${how#*:}"
	is "it says in one line how far it came and how to go on" \
		"$(grep -v warning said.err | grep -c 'not reached.*stopped.partial, run again')" \
		"$(grep -vc warning said.err)"
done
sim_wire '[]'
must blind -L stop.db $questions -o stopped
same "and goes on" stopped w/blind.jsonl

# ---- 1: something is left that a rerun can settle ----

# These two questions never get an answer; all others do.
trouble='[{"match":{"kind":"blind","contains":"healthy cat"},"do":"status 503"},
	{"match":{"kind":"blind","contains":"side of the cup"},"do":"hangup"}]'
sim_wire "$trouble"
code=0
blind -L left.db --attempts 2 $questions -o left -r left.rejects 2>said.err || code=$?
is "1: two questions got no answer in two attempts" $code 1
gone "no FILE" left
is "but FILE.partial, with every question" "$(lines left.partial)" "$(lines $questions)"
is "one line says how many are left and what to do" \
	"$(grep -v warning said.err | grep -c ' 2 failed.*left.partial, run again')" \
	"$(grep -vc warning said.err)"
is "no failed trial counts as an answer" "$(grep -c '"asked":\([0-9]\),"valid":0.*"failed":\1,' \
	left.partial)" 2
code=0
capqa-select left.partial -o judged.left 2>said.err || code=$?
is "select settles, and says of them" $code 0
is "blind_undecided" "$(grep -c '"verdict":"undecided","reason":"blind_undecided"' judged.left)" 2
code=0
blind -L left.db --attempts 1 --accept-partial $questions -o accepted 2>said.err || code=$?
is "0: --accept-partial takes it as it is" $code 0
same "which is what was left" accepted left.partial
sim_wire '[]'
answered=$(committed left.db)
rm -f sim.log.before
cp sim.log sim.log.before
sim_reset
must blind -L left.db $questions -o left
same "the rerun settles to the undisturbed bytes" left w/blind.jsonl
is "and asks no question but those two" "$(stat_of distinct)" "$(stat_of requests)"
holds "in $(stat_of requests) requests" test "$(stat_of requests)" -le 8
is "whose answers are new" "$(committed left.db)" $((answered + $(stat_of requests)))

# ---- dead of SIGPIPE, quietly ----

rm -f pipe.db*
{
	code=0
	capqa-select w/sight.jsonl 2>said.err || code=$?
	echo $code >pipe.code
} | head -n 1 >first
is "141: the reader has gone" "$(cat pipe.code)" 141
is "without a word" "$(cat said.err)" ""
is "the reader got its line" "$(cat first)" "$(head -n 1 w/judged.jsonl)"
reader_gone() {
	code=0
	blind -L pipe.db $questions 2>said.err || code=$?
	echo $code >pipe.code
}
reader_gone | :
is "141: an asking stage" "$(cat pipe.code)" 141
is "without an error" "$(grep -v warning said.err)" ""
# The reader goes before, among or after the answers; those that came are in the ledger.
came=$(committed pipe.db)
holds "what had come was committed: $came answers" test "$came" -gt 0
sim_reset
must blind -L pipe.db $questions -o out
is "and is not asked again" "$(stat_of requests)" $(($(committed pipe.db) - came))
sim_stop

# ---- a key ----

secret=sk-this-must-not-be-seen
SIM_KEY=$secret
export SIM_KEY
sim_start --world "$world" --key-env SIM_KEY --log keyed.log
ends 69 "no key where one is needed" "401" blind -L key.db $questions
is "at once: after one request" "$(stat_of requests)" 1
ends 69 "a wrong key" "401" env OPENAI_API_KEY=wrong-$secret capqa-blind -m sim-llm -L key.db $questions
check "the wrong key is repeated" test -z "$(grep -- "$secret" said.err)"
echo "$secret" >key.file
must blind -L key.db --api-key-file key.file -n 5 $questions -o keyed
pass "0: the right key from a file"
must env OTHER=$secret capqa-blind -m sim-llm -L key.db --api-key-env OTHER -n 6 $questions -o keyed
pass "0: the right key from a variable"
sim_stall blind 4 8 600
OPENAI_API_KEY=$secret capqa-blind -v -m sim-llm -L key.db -j 8 $questions -o keyed -r keyed.rejects \
	2>keyed.err &
pid=$!
started="$started $pid"
wait_for asked_at_least 12 || fail "12 requests came"
tr '\0' ' ' </proc/$pid/cmdline >keyed.cmdline
is "no core file would hold it" "$(awk '/Max core file size/ { print $5, $6 }' /proc/$pid/limits)" "0 0"
wait $pid
is "0: the right key from OPENAI_API_KEY" $? 0
same "gives the same bytes" keyed w/blind.jsonl
rm key.file
is "no file holds it: outputs, ledger, log, messages, command line" \
	"$(grep -rlF -- "$secret" . || :)" ""
finish
