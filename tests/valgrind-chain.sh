#!/bin/sh
# The demo's chain, every stage under valgrind.
set -eu
cd "$(dirname "$0")/.."
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'kill $sim 2>/dev/null; rm -rf "$work"' EXIT
PATH=$build/bin:$PATH
capqa-sim --world examples/sim/world.json --images examples/images --port-file "$work/port" >/dev/null &
sim=$!
until [ -s "$work/port" ]; do kill -0 $sim; done
export OPENAI_BASE_URL="http://127.0.0.1:$(cat "$work/port")/v1" CAPQA_LEDGER="$work/ledger.db"
stage() {
	name=$1
	shift
	valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
		"$build/bin/capqa-$name" -q "$@"
}
stage scan examples/images -o "$work/images"
stage generate -m sim-lvlm "$work/images" -o "$work/replies.zst"
stage extract "$work/replies.zst" -o "$work/questions"
stage blind -m sim-llm "$work/questions" -o "$work/blind"
stage sight -m sim-vl "$work/blind" -o "$work/sight"
stage select --figures "$work/sight" -o "$work/judged"
stage dedupe "$work/judged" -o "$work/unique"
stage ingest -d "$work/store.db" "$work/images" "$work/replies.zst" "$work/unique"
stage export -d "$work/store.db" -o "$work/set"
echo "valgrind: the chain is clean, $(wc -l <"$work/unique") questions"
