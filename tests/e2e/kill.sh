#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A stage may die at any moment. What was committed is not asked again, the rerun writes the
# bytes of an undisturbed run, and nobody ever sees half a file. The simulator lets
# the program stand still after a given number of answers, so the moment of death is exact.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world"
chain_or_die w
zstd -dcq w/replies.jsonl.zst >w/replies.jsonl
flight=4

# start COMMAND...: in the background, $pid is the program itself.
start() {
	"$@" 2>stage.err &
	pid=$!
	started="$started $pid"
}
# stop SIGNAL REQUESTS: when that many came. $code is what the program left with.
stop() {
	wait_for asked_at_least "$2" || fail "the server got $2 requests"
	kill "-$1" $pid
	code=0
	wait $pid 2>/dev/null || code=$?
	sim_wire '[]'
}
calls_said() { sed -n 's/.*; \([0-9]*\) calls.*/\1/p' stage.err; }
# How many requests had come before, byte for byte.
repeated() { echo $(($(stat_of requests) - $(stat_of distinct))); }
all_committed() { [ "$(committed ledger.db)" -ge $((answered)) ]; }

# dies STAGE MODEL INPUT WANTED SIGNAL CODE ANSWERED UNDISTURBED: the signal comes when that many
# requests were answered and the next ones stand unanswered.
dies() {
	what="$1, $5 after $7 of $8 answers"
	answered=$7
	open=$flight
	[ "$answered" -gt 0 ] || open=1
	rm -f ledger.db* out out.partial
	echo old >out
	case $5 in
	KILL) sim_stall "$1" "$answered" $open 60000 ;;
	*) sim_stall "$1" "$answered" $open 600 ;;
	esac
	start "capqa-$1" -m "$2" -j $flight --progress none "$3" -o out
	if [ "${9:-}" = committed ]; then
		what="$what, all committed"
		wait_for all_committed || fail "$what: answers are committed while others are open"
	fi
	stop "$5" $((answered + open))
	check "$what: exit code $code, not $6" test $code = "$6"
	check "$what: the old file is touched" test "$(cat out)" = old
	check "$what: FILE.partial is not there" test -f out.partial
	kept=$(committed ledger.db)
	lost=$((answered + open - kept))
	code=0
	"capqa-$1" -m "$2" -j $flight --progress none "$3" -o out 2>stage.err || code=$?
	check "$what: the rerun ends with $code" test $code = 0
	check "$what: FILE.partial is still there" test ! -e out.partial
	same "$what: not before; then the same bytes" out "$4"
	# What was in flight or not committed may be paid twice, and nothing else. Near the end a
	# stage asks ahead: at most one more trial per request in flight.
	holds "$what: $kept committed, $lost lost, $(repeated) asked twice" \
		test "$(repeated)" -le $lost -a $lost -le $((open + 256))
	holds "$what: $(stat_of requests) requests in all, undisturbed $8" \
		test "$(stat_of requests)" -le $(($8 + lost + flight))
	"capqa-$1" -m "$2" --progress none "$3" -o out 2>stage.err
	check "$what: something is left to ask" test "$(calls_said)" = 0
}
in_generate() { dies generate sim-lvlm w/images.jsonl w/replies.jsonl "$@"; }
in_blind() { dies blind sim-llm w/questions.jsonl w/blind.jsonl "$@"; }

sim_reset
generate -j $flight -L base.db w/images.jsonl 2>stage.err >base
same "generate with $flight in flight, undisturbed" base w/replies.jsonl
images=$(stat_of requests)
sim_reset
blind -j $flight -L base.db w/questions.jsonl 2>stage.err >base
same "blind with $flight in flight, undisturbed" base w/blind.jsonl
trials=$(stat_of requests)

for moment in 0 8 17; do
	in_generate KILL 137 $moment "$images"
done
in_generate KILL 137 12 "$images" committed
is "then only what was in flight is asked twice" "$(repeated)" $flight
for moment in 30 150 290; do
	in_blind KILL 137 $moment "$trials"
done
in_blind KILL 137 200 "$trials" committed
is "then only what was in flight is asked twice" "$(repeated)" $flight
in_blind TERM 75 100 "$trials"
is "what is in flight at SIGTERM is waited for, and nothing is asked twice" "$(repeated)" 0
in_generate INT 130 9 "$images"
is "at SIGINT too" "$(repeated)" 0

# ---- twice killed, to a compressed file ----

rm -f ledger.db* out
for moment in 60 160; do
	sim_stall blind $moment $flight 60000
	start capqa-blind -m sim-llm -j $flight --progress none w/questions.jsonl -o out.zst
	stop KILL $moment
	gone "killed at $moment requests: no out.zst" out.zst
done
must blind w/questions.jsonl -o out.zst
must zstd -dcfq out.zst -o out
same "killed twice and resumed: same bytes" out w/blind.jsonl

# ---- the first of two piped stages ----

cat >piped.mk <<'M'
SHELL = /bin/bash
.SHELLFLAGS = -eo pipefail -c
.DELETE_ON_ERROR:
blind = (echo $$BASHPID >blind.pid; exec capqa-blind -m sim-llm -j 4 w/questions.jsonl)
to-stdout.jsonl:
	$(blind) | capqa-sight -m sim-vl -j 4 >$@
to-file.jsonl:
	$(blind) | capqa-sight -m sim-vl -j 4 -o $@
M
blind_stands() { [ "$(stat_of blind)" -ge 84 ]; }
for target in to-stdout.jsonl to-file.jsonl; do
	rm -f ledger.db* blind.pid
	sim_stall blind 80 $flight 60000
	start make -s -f piped.mk $target
	wait_for blind_stands || fail "blind stands still"
	kill -9 "$(cat blind.pid)"
	code=0
	wait $pid 2>/dev/null || code=$?
	is "make notices that the first of two piped stages was killed" $code 2
	gone "and leaves no $target" $target
	sim_wire '[]'
	must make -s -f piped.mk $target
	same "make again: $target is whole" $target w/sight.jsonl
done

# ---- two processes, one ledger ----

rm -f ledger.db*
sim_reset
capqa-blind -m sim-llm -j $flight --progress none w/questions.jsonl -o one 2>one.err &
one=$!
capqa-blind -m sim-llm -j $flight --progress none w/questions.jsonl -o two 2>two.err &
two=$!
started="$started $one $two"
wait $one
is "one of two processes on one ledger settles" $? 0
wait $two
is "and the other" $? 0
same "the first wrote the same bytes" one w/blind.jsonl
same "and the second" two w/blind.jsonl
both=$(stat_of requests)
blind w/questions.jsonl -o out 2>stage.err
is "no answer of the $both was lost: a third run asks nothing" "$(calls_said)" 0

rm -f ledger.db*
sim_reset
for k in 0 1; do
	capqa-sight -m sim-vl -j $flight --progress none --part $k/2 w/blind.jsonl \
		-o half.$k 2>half.err.$k &
	eval half$k=$!
done
started="$started $half0 $half1"
wait $half0 && wait $half1
is "two slices at once on one ledger settle" $? 0
is "nothing was asked twice" "$(repeated)" 0
sight w/blind.jsonl -o out 2>stage.err
is "and the whole is in the ledger" "$(calls_said)" 0

# A new ledger is made by whoever comes first; the others find it half made.
for round in 1 2 3 4 5; do
	rm -f ledger.db*
	blind -n 3 w/questions.jsonl >one 2>one.err &
	one=$!
	blind -n 3 w/questions.jsonl >two 2>two.err &
	two=$!
	wait $one || fail "a new ledger, round $round: $(cat one.err)"
	wait $two || fail "a new ledger, round $round: $(cat two.err)"
done
same "two processes can make a new ledger together" one two

# ---- one writer of one file ----

rm -f ledger.db*
sim_stall blind 0 1 600
start capqa-blind -m sim-llm -j $flight --progress none w/questions.jsonl -o out
wait_for asked_at_least 1
blind w/questions.jsonl -o out -L other.db 2>second.err
is "a second writer of the same file is turned away" $? 74
is "and says why" "$(cat second.err)" \
	"capqa-blind: another process is writing 'out.partial'"
wait $pid
is "while the first goes on" $? 0
same "and finishes its file" out w/blind.jsonl
finish
