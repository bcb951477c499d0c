#!/bin/sh
# Every program under ThreadSanitizer, over the planted world. Threads are few: dedupe looks at
# lines (store/sweep), ingest fills a new store (store/loader), export compresses and sums
# (store/shard, zstd) on others, a stage that asks has libcurl's for names of servers, the simulator
# those of libmicrohttpd and its clock. What is shared by processes is in it too: two stages on one
# ledger, two ingests into one store. One report is a failure.
#   threads.sh BUILD      a tree built with SAN=thread
set -eu
cd "$(dirname "$0")/.."
build=$(cd "${1:?usage: threads.sh BUILD}" && pwd)
work=$(mktemp -d)
sim=
trap '[ -z "$sim" ] || kill $sim 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
PATH=$build/bin:$PATH
TSAN_OPTIONS="exitcode=9 log_path=$work/tsan"
export TSAN_OPTIONS CAPQA_LEDGER="$work/ledger.db"
nm "$build/bin/capqa-export" | grep -q __tsan_init || { echo "threads: $1 is not built with SAN=thread"; exit 1; }

capqa-sim --world examples/sim/world.json --images examples/images --port-file "$work/port" >/dev/null &
sim=$!
until [ -s "$work/port" ]; do kill -0 $sim; done
# By name, so that the resolver's thread is needed.
export OPENAI_BASE_URL="http://localhost:$(cat "$work/port")/v1"

programs=0
stage() {
	name=$1
	shift
	programs=$((programs + 1))
	"$build/bin/capqa-$name" "$@" 2>"$work/said" || {
		echo "threads: exit $? of capqa-$name $*"
		cat "$work/said" "$work"/tsan.* 2>/dev/null
		exit 1
	}
}
at_once() { stage "$@" & }

stage scan -q examples/images -o "$work/images"
stage generate -q -m sim-lvlm "$work/images" -o "$work/replies.zst"
stage extract -q "$work/replies.zst" -o "$work/questions"
at_once blind -q -m sim-llm "$work/questions" -o "$work/blind"
first=$!
stage sight -q -m sim-vl "$work/questions" -o "$work/both"
wait $first
stage sight -q -m sim-vl "$work/blind" -o "$work/sight"
stage select -q --figures "$work/sight" -o "$work/judged"
stage dedupe -q --near 0.8 "$work/judged" -o "$work/unique"
stage caption -q -m sim-captioner "$work/images" -o "$work/captions"
stage audit -q -m sim-llm -Q "$work/unique" "$work/captions" -o "$work/scores"
at_once ingest -q -d "$work/store.db" "$work/images" "$work/replies.zst" "$work/unique"
first=$!
stage ingest -q -d "$work/store.db" "$work/captions" "$work/scores"
wait $first
stage ingest -q -d "$work/store.db" --index --check
for format in full caprl verl webdataset labelstudio; do
	stage export -q -d "$work/store.db" -o "$work/$format" --format $format --accept-partial
	stage export -q --verify "$work/$format"
done
stage export -q -d "$work/store.db" -o "$work/shards" --records caption --shard-size 2000 --split a=0.5,b=0.5
stage export -q -d "$work/store.db" -o "$work/rows" --records score --shard-rows 3
stage report -q -d "$work/store.db" -o "$work/report.html"
stage ledger merge -q "$work/all.db" "$work/ledger.db"
stage ping -m sim-llm >/dev/null
kill $sim
wait $sim || true
sim=
if ls "$work"/tsan.* >/dev/null 2>&1; then
	cat "$work"/tsan.*
	echo "threads: $(ls "$work"/tsan.* | wc -l) processes with reports"
	exit 1
fi
echo "threads: $programs runs and the simulator, no report"
