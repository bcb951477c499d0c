#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A hundred thousand questions to a server of whose replies one in ten is a fault, of all kinds
# mixed, by a stage that is killed twenty times: each question is judged exactly once, the bytes
# are those of a quiet run, and no more is paid twice than was in flight or not yet committed.
#
#	tests/inject/hundred-thousand.sh BUILD [QUESTIONS [KILLS [sight]]]
#
# A moment of death is a random time after the stage asked something new: a random part of a tenth
# of what the quiet run took. Which request meets which fault is a matter of its hash.
. "$(dirname "$0")/../e2e/lib.sh"

n=${2:-100000}
deaths=${3:-20}
flight=64
python3 "$top/tests/e2e/independent.py" plant "$n" >planted.jsonl
sim_start --synthetic --blind-p 0.25 --log sim.log

# share P DO [more members]: a rule for this share of the requests that come as far as to it.
share() { echo "{\"match\":{\"kind\":\"$kind\",\"share\":$1},\"do\":\"$2\"${3:+,$3}}"; }
rules() {
	echo "[$(share 0.015 "status 429" '"retry_after":"0"'),$(share 0.01 "status 429"),$(
		share 0.01 "status 500"),$(share 0.015 "status 503"),$(share 0.0125 reset),$(
		share 0.0125 "reset middle"),$(share 0.0125 cut),$(share 0.01 html),$(
		share 0.005 "html 502"),$(share 0.0005 silence),$(share 0.01 "error 200")]"
}
now() { date +%s.%N; }
# Seconds since $1.
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { print to - from }'; }
asks_anew() { [ "$(stat_of requests)" -gt "$before" ] || ! kill -0 "$pid" 2>/dev/null; }
# patiently CONDITION: however long a ledger of many answers takes to be read.
patiently() {
	until "$@"; do
		sleep 0.05
	done
}

ask="-j $flight --temperature 0.6 --timeout 5 --attempts 12 --progress none"
# judge STAGE MODEL INPUT OUTPUT LEDGER
judge() { "capqa-$1" -m "$2" $ask -L "$5" "$3" -o "$4" 2>stage.err; }

# die_and_go_on STAGE MODEL INPUT SECONDS
die_and_go_on() {
	for death in $(seq "$deaths"); do
		before=$(stat_of requests)
		"capqa-$1" -m "$2" $ask -L faults.db "$3" -o faulty 2>stage.err &
		pid=$!
		started="$started $pid"
		patiently asks_anew
		sleep "$(awk -v seed="$death" -v most="$4" 'BEGIN { srand(seed); print rand() * most / 10 }')"
		kill -9 $pid || break
		wait $pid 2>/dev/null
		check "death $death: half a file is there" test ! -e faulty
		killed=$death
	done
}

cat >check.py <<'P'
import collections, json, sqlite3, sys
kind, n, deaths, flight = sys.argv[1], *map(int, sys.argv[2:])
def claim(good, text, but=""):
    print("  ok: " + text if good else "FAIL: %s: %s" % (text, but))
good, faults, rows = collections.Counter(), collections.Counter(), 0
for line in open("sim.log"):
    r = json.loads(line)
    rows += 1
    faults[r["fault"]] += 1
    good[r["body"]] += not r["fault"]
faults.pop(None, None)
faults.pop("", None)
share = sum(faults.values()) / rows
claim(0.08 < share < 0.12, "%s: %d of %d requests met a fault" % (kind, sum(faults.values()), rows), share)
claim(len(faults) == 10 and min(faults.values()) >= 5, "of each of %d kinds" % len(faults), faults)
twice = sum(good.values()) - len(good)
claim(twice <= deaths * (flight + 256), "%d deaths; %d answers of %d paid for twice" % (deaths, twice, len(good)))
claim(min(good.values()) == 1, "every request got its answer in the end", good.most_common()[-3:])
ids = [json.loads(line)["question_id"] for line in open("faulty")]
claim(len(ids) == n == len(set(ids)), "%d questions, each in the output once" % n, len(ids))
keys, distinct = sqlite3.connect("faults.db").execute(
    "SELECT count(*), count(DISTINCT key) FROM answers").fetchone()
claim(keys == distinct == len(good), "the ledger has each answer once", (keys, distinct, len(good)))
P

# bad_days STAGE MODEL INPUT: `quiet` is there afterwards
bad_days() {
	kind=$1
	killed=0
	rm -f faulty quiet faults.db* quiet.db*
	sim_wire '[]'
	from=$(now)
	judge "$1" "$2" "$3" quiet quiet.db || fail "$1, quiet: $(cat stage.err)"
	seconds=$(since "$from")
	echo "  $1, quiet: $(tail -1 stage.err); $seconds s"
	sim_wire "$(rules)"
	sim_reset
	: >sim.log
	from=$(now)
	die_and_go_on "$1" "$2" "$3" "$seconds"
	is "$1: it was killed so many times" $killed "$deaths"
	code=0
	judge "$1" "$2" "$3" faulty faults.db || code=$?
	is "$1: then it settles" $code 0
	echo "  $1, the last run: $(tail -1 stage.err); $(since "$from") s in all"
	same "$1: with the bytes of the quiet run" faulty quiet
	python3 check.py "$1" "$n" "$killed" $flight >checked
	report checked
	sim_reset
	judge "$1" "$2" "$3" again faults.db
	is "$1: a rerun asks nothing" "$(stat_of requests)" 0
	same "$1: and writes the same" again quiet
}

bad_days blind sim-llm planted.jsonl
mv quiet blind.jsonl
[ "${4:-}" != sight ] || bad_days sight sim-vl blind.jsonl
finish
