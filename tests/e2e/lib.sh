# SPDX-License-Identifier: Apache-2.0
#
# What the end-to-end tests share: a scratch folder, a simulator, and words to assert with.
# Each test starts with `. "$(dirname "$0")/lib.sh"`, gets the build folder as $1, prints one
# line per thing proved, and ends with `finish`. A failed line does not end the test.
#
# Nothing here sleeps in the hope that something has happened by then: wait_for polls a
# condition, and its bound is only there so that a broken program cannot hang the tests.
set -u
build=$(cd "${1:?which build folder?}" && pwd) || exit 1
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
PATH=$build/bin:$PATH
[ -x "$build/bin/capqa-sim" ] || { echo "skip: no $build/bin/capqa-sim"; exit 77; }
for tool in curl python3 zstd sqlite3; do
	command -v $tool >/dev/null || { echo "skip: no $tool"; exit 77; }
done

work=$(mktemp -d) || exit 1
started=
bad=0
failures=
clean_up() {
	for process in $started; do
		kill -9 "$process" 2>/dev/null
	done
	cd /
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1
cp -r "$top/examples/images" images
world=$top/examples/sim/world.json
export CAPQA_LEDGER="$work/ledger.db"
unset OPENAI_API_KEY OPENAI_BASE_URL http_proxy all_proxy ALL_PROXY

# ---- saying what was proved ----

pass() { echo "  ok: $1"; }
fail() {
	echo "FAIL: $1"
	failures="$failures
  $1"
	bad=1
}
# report FILE: lines that another program said in the same words.
report() {
	cat "$1"
	failures=$failures$(sed -n 's/^FAIL:/\n /p' "$1")
	grep -q '^FAIL:' "$1" && bad=1
}
# is TEXT GOT WANTED
is() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1: got '$2', not '$3'"; fi
}
# holds TEXT COMMAND...
holds() {
	said=$1
	shift
	if "$@"; then pass "$said"; else fail "$said"; fi
}
# same TEXT FILE FILE
same() {
	if cmp -s "$2" "$3"; then pass "$1"; else fail "$1: $2 and $3 differ"; fi
}
# gone TEXT FILE
gone() {
	if [ -e "$2" ]; then fail "$1: $2 is there"; else pass "$1"; fi
}
finish() {
	[ $bad = 0 ] || echo "What failed:$failures"
	exit $bad
}

# check TEXT COMMAND...: as holds, but silent when all is well: one of many parts of a claim.
check() {
	said=$1
	shift
	"$@" || fail "$said"
}

# A step that is no claim of its own, but without which nothing below means anything.
must() {
	"$@" 2>must.err && return
	fail "exit $? of: $*"
	cat must.err
	exit 1
}

# Polls a condition, for at most 20 seconds.
wait_for() {
	turns=1000
	until "$@"; do
		turns=$((turns - 1))
		[ $turns -gt 0 ] || return 1
		sleep 0.02
	done
}

# ---- the simulator ----

# sim_start [option...]: $sim is its address, OPENAI_BASE_URL leads to it.
sim_start() {
	rm -f sim.port
	capqa-sim --images images --port-file sim.port "$@" >sim.out 2>&1 &
	sim_pid=$!
	started="$started $sim_pid"
	wait_for sim_listens || { fail "the simulator starts"; cat sim.out; exit 1; }
	sim=http://127.0.0.1:$(cat sim.port)
	export OPENAI_BASE_URL="$sim/v1"
}
sim_listens() { [ -s sim.port ] || ! kill -0 $sim_pid 2>/dev/null; }
sim_stop() {
	kill $sim_pid 2>/dev/null
	wait $sim_pid 2>/dev/null
}
sim_reset() { must curl -sf -o sim.answer -X POST "$sim/sim/reset"; }
# sim_wire RULES: the script of faults from now on.
sim_wire() { must curl -sf -o sim.answer -X POST -d "$1" "$sim/sim/wire"; }
# sim_stall KIND N COUNT MS: requests N+1 to N+COUNT of this kind wait so long for their answer.
# With COUNT in flight the client then stands still: a moment in its middle that does not pass.
sim_stall() {
	sim_wire "[{\"match\":{\"kind\":\"$1\",\"nth\":[$(seq -s, $(($2 + 1)) $(($2 + $3)))]},
		\"do\":\"latency $4\"}]"
	sim_reset
}
# stat_of NAME: one number of /sim/stats (requests, distinct, blind, 401, ...).
stat_of() {
	n=$(curl -sf "$sim/sim/stats" | sed -n "s/.*\"$1\":\([0-9][0-9]*\).*/\1/p")
	echo "${n:-0}"
}
asked_at_least() { [ "$(stat_of requests)" -ge "$1" ]; }

# ---- the chain ----

# chain FOLDER [variable=value...]: examples/pipeline.mk on the pictures.
chain() {
	folder=$1
	shift
	make -s --no-print-directory -f "$top/examples/pipeline.mk" IMAGES=images WORK="$folder" \
		GENERATE_MODEL=sim-lvlm BLIND_MODEL=sim-llm SIGHT_MODEL=sim-vl \
		FLAGS="--progress none" "$@"
}
# What the tests of single stages start from: images.jsonl, questions.jsonl and so on in $1.
chain_or_die() {
	if ! chain "$@" >chain.err 2>&1; then
		fail "the chain runs"
		cat chain.err
		exit 1
	fi
}
blind() { capqa-blind -m sim-llm --progress none "$@"; }
sight() { capqa-sight -m sim-vl --progress none "$@"; }
generate() { capqa-generate -m sim-lvlm --progress none "$@"; }

lines() { wc -l <"$1" | tr -d ' '; }
# How many answers a ledger holds (of a dead process too: SQLite recovers its log).
committed() {
	sqlite3 -batch -cmd '.timeout 5000' "$1" 'SELECT count(*) FROM answers' 2>/dev/null || echo 0
}
