#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# SIGINT, SIGTERM and SIGHUP to each kind of program, in its middle: it says how far it came, leaves
# with the documented code and no half-written file, and its rerun gives the undisturbed bytes. The
# middle is a moment that does not pass: the simulator holds the answers, or the input does not go on.
[ "${heard:-}" = yes ] || exec env --default-signal=HUP heard=yes sh "$0" "$@"	# were it under nohup
. "$(dirname "$0")/lib.sh"

sim_start --world "$world"
chain_or_die w
zstd -dcq w/replies.jsonl.zst >replies.jsonl
capqa-caption -q -m sim-captioner w/images.jsonl -o captions.jsonl
capqa-audit -q -m sim-llm -Q w/unique.jsonl captions.jsonl -o scores.jsonl 2>audit.err

code_of() { [ "$1" = INT ] && echo 130 || echo 75; }
ended() { ! kill -0 $pid 2>/dev/null; }
# left WHAT SIGNAL: the process ends, as it should.
left() {
	code=0
	wait $pid 2>/dev/null || code=$?
	is "$1, SIG$2: exit" $code "$(code_of $2)"
	check "$1, SIG$2: says $(cat stage.err)" grep -q "run again to go on" stage.err
}
# whole WHAT: FILE is untouched, what came is in FILE.partial.
whole() {
	check "$1: the old file is touched" test "$(cat out)" = old
	check "$1: FILE.partial is not there" test -f out.partial
}

# ---- those that ask: four answers are held, and there are four slots ----

# asks KIND WANTED COMMAND...
asks() {
	kind=$1 wanted=$2
	shift 2
	for signal in INT TERM HUP; do
		rm -f ledger.db* out.partial
		echo old >out
		sim_wire "[{\"match\":{\"kind\":\"$kind\",\"nth\":[9,10,11,12]},\"do\":\"hold\"}]"
		sim_reset
		"$@" -j 4 --progress none -o out 2>stage.err &
		pid=$!
		started="$started $pid"
		wait_for asked_at_least 12 || fail "$1: the server got $(stat_of requests) requests"
		kill -$signal $pid
		must curl -sf -o sim.answer -X POST "$sim/sim/release"
		left "$1" $signal
		whole "$1, SIG$signal"
		check "$1, SIG$signal: what was in flight is committed" test "$(committed ledger.db)" = 12
		sim_wire '[]'
		must "$@" -j 4 --progress none -o out
		check "$1, SIG$signal: other bytes" cmp out "$wanted"
		check "$1, SIG$signal: asked twice" test "$(stat_of requests)" = "$(stat_of distinct)"
	done
}
asks generate replies.jsonl capqa-generate -m sim-lvlm w/images.jsonl
asks caption captions.jsonl capqa-caption -m sim-captioner w/images.jsonl
asks blind w/blind.jsonl capqa-blind -m sim-llm w/questions.jsonl
asks sight w/sight.jsonl capqa-sight -m sim-vl w/blind.jsonl
asks audit scores.jsonl capqa-audit -m sim-llm -Q w/unique.jsonl captions.jsonl

# nohup's child has SIGHUP ignored, and goes on.
rm -f ledger.db*
sim_wire '[{"match":{"kind":"blind","nth":[9,10,11,12]},"do":"hold"}]'
sim_reset
(trap '' HUP; exec capqa-blind -m sim-llm -j 4 --progress none w/questions.jsonl -o out 2>stage.err) &
pid=$!
started="$started $pid"
wait_for asked_at_least 12 || fail "nohup: the server got $(stat_of requests) requests"
kill -HUP $pid
must curl -sf -o sim.answer -X POST "$sim/sim/release"
code=0
wait $pid || code=$?
is "started by nohup, a stage does not hear SIGHUP" $code 0
same "and writes all" out w/blind.jsonl
sim_wire '[]'

# ---- those that read: the input has come, and has no end ----

many() { for i in 1 2 3 4 5 6 7 8; do cat "$1"; done; }
many replies.jsonl >replies.many
many w/sight.jsonl >sight.many
find images -name '*.png' | sort >list
# What a pipe cannot hold was read when it is written; blank lines are passed over.
{ cat list; yes '' | head -c 400000; } >list.many
for many in replies.many sight.many list.many; do
	check "$many is too small to show anything" test "$(wc -c <$many)" -gt 200000
done
mkfifo slow
# reads INPUT COMMAND...: the command reads standard input and writes -o out.
reads() {
	input=$1
	shift
	must "$@" -q -o wanted <"$input"
	for signal in INT TERM HUP; do
		rm -f out.partial
		echo old >out
		"$@" -o out <slow 2>stage.err &
		pid=$!
		started="$started $pid"
		exec 3>slow
		cat "$input" >&3
		kill -$signal $pid
		left "$1" $signal
		exec 3>&-
		whole "$1, SIG$signal"
		must "$@" -q -o out <"$input"
		check "$1, SIG$signal: other bytes" cmp out wanted
	done
}
reads sight.many capqa-select
reads replies.many capqa-extract
reads list.many capqa-scan --no-ledger
# Packed by gzip, whose reader asks for bytes in its own time; what does not pack stands for what is not read yet.
head -c 300000 /dev/urandom | base64 -w 0 | sed 's/^/{"x":"/; s/$/"}\n/' >packed
cat packed w/sight.jsonl | gzip -c | head -c 200000 >cut.gz
for signal in INT TERM; do
	rm -f out.partial
	capqa-select -o out <slow 2>stage.err &
	pid=$!
	started="$started $pid"
	exec 3>slow
	cat cut.gz >&3
	kill -$signal $pid
	left "capqa-select of gzip" $signal
	exec 3>&-
done

# ---- those that keep: what was committed stays, a rerun completes it ----

must capqa-ingest -q -d wanted.db sight.many
for signal in INT TERM HUP; do
	rm -f store.db*
	capqa-ingest -d store.db <slow 2>stage.err &
	pid=$!
	started="$started $pid"
	exec 3>slow
	cat sight.many >&3
	kill -$signal $pid
	left capqa-ingest $signal
	exec 3>&-
	must capqa-ingest -q -d store.db --check sight.many
	check "capqa-ingest, SIG$signal: other records" test "$(sqlite3 store.db 'SELECT * FROM questions' | cksum)" = \
		"$(sqlite3 wanted.db 'SELECT * FROM questions' | cksum)"
done

# ---- those that read a file from its middle: the signal comes with the Nth read of it ----

must capqa-ingest -q -d store.db w/images.jsonl captions.jsonl scores.jsonl
must capqa-report -q -d store.db -o wanted.html
# struck SIGNAL FILE N COMMAND...
struck() {
	signal=$1 file=$2 nth=$3
	shift 3
	code=0
	ASAN_OPTIONS=detect_leaks=0 strace -qq -o trace -P "$file" -e trace=pread64 \
		-e inject=pread64:signal=$signal:when=$nth "$@" 2>stage.err || code=$?
	is "$1, SIG$signal at read $nth: exit" $code "$(code_of $signal)"
	check "$1, SIG$signal: one line, not $(cat stage.err)" test "$(grep -c stopped stage.err)" = 1
}
for signal in INT TERM HUP; do
	struck $signal store.db 5 capqa-report -d store.db -o out.html
	check "no page" test ! -e out.html
	must capqa-report -q -d store.db -o out.html
	check "capqa-report, SIG$signal: other bytes" cmp out.html wanted.html
	rm out.html
done

# ---- at a file that never comes ----

# The program, and no longer the shell that became it, which has a trap of its own.
handles_term() { grep -q '^Name:.capqa-' /proc/$pid/status && [ $((0x$(sed -n 's/^SigCgt:.//p' /proc/$pid/status) & 0x4000)) != 0 ]; }
mkfifo never
# waits WHAT COMMAND...: it has nothing to read or nobody who reads it, and hears SIGTERM all the same.
waits() {
	what=$1
	shift
	"$@" >waits.out 2>stage.err &
	pid=$!
	started="$started $pid"
	wait_for handles_term || fail "$what: it starts"
	kill -TERM $pid
	wait_for ended || { fail "$what: SIGTERM is not heard"; kill -9 $pid; }
	code=0
	wait $pid 2>/dev/null || code=$?
	is "$what: SIGTERM ends it" $code 75
}
waits "a fifo that nobody writes" capqa-select never
waits "the same, for questions" capqa-audit -m sim-llm -Q never captions.jsonl
waits "the same, for a batch" capqa-ledger import --for never captions.jsonl
waits "the same, for images to swap" capqa-sight -m sim-vl --control swap --control-images never w/blind.jsonl
waits "a fifo that nobody reads" capqa-select w/sight.jsonl -o never
yes | tr -d '\n' 2>/dev/null >slow &
started="$started $!"
waits "a line without end" capqa-select slow
finish
