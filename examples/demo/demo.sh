#!/bin/sh
# The whole chain on real images, with simulated models: what `make demo` runs.
#   demo.sh ROOT [FOLDER]    ROOT holds bin/: a build, or /usr; everything made lies in FOLDER
#                            (ROOT/demo), which is made anew
set -eu
PATH=$(cd "$1" && pwd)/bin:$PATH
demo=${2:-$1/demo}
rm -rf "$demo"
mkdir -p "$demo"
[ $# -lt 2 ] || demo=$(cd "$demo" && pwd)
cd "$(dirname "$0")/../.."

capqa-sim --world examples/sim/world.json --images examples/images --port-file "$demo/port" \
	>"$demo/sim.log" 2>&1 &
sim=$!
trap 'kill $sim 2>/dev/null; wait $sim 2>/dev/null || :' EXIT
while [ ! -s "$demo/port" ]; do
	kill -0 $sim 2>/dev/null || { cat "$demo/sim.log" >&2; exit 1; }
done
export OPENAI_BASE_URL="http://127.0.0.1:$(cat "$demo/port")/v1"

echo "A simulated model server listens on $OPENAI_BASE_URL."
echo
make --no-print-directory -s -f examples/pipeline.mk IMAGES=examples/images WORK="$demo" \
	GENERATE_MODEL=sim-lvlm BLIND_MODEL=sim-llm SIGHT_MODEL=sim-vl FULL_SHARE=25% STATS=yes \
	FLAGS="--progress none"
echo
sh examples/demo/funnel.sh "$demo/capqa.db" \
	"$(zstd -dcq "$demo"/dataset/data/*.zst | wc -l)"

# The third job: captions planted beside the images, made and judged by simulated models.
echo
capqa caption -q -L "$demo/ledger.db" -m sim-captioner "$demo/images.jsonl" \
	-o "$demo/captions.jsonl"
python3 examples/sim/truth.py --captions examples/sim/world.json >"$demo/planted.jsonl"
capqa audit -q -L "$demo/ledger.db" -m sim-llm -Q "$demo/capqa.db" --strip-prefix examples/images/ \
	"$demo/planted.jsonl" -o "$demo/scores.jsonl"
capqa ingest -q -d "$demo/capqa.db" "$demo/captions.jsonl" "$demo/scores.jsonl"
capqa report -q -d "$demo/capqa.db" -o "$demo/report.html"
sh examples/demo/audit.sh "$demo/capqa.db"
cat <<END

The store:   $demo/capqa.db          (sqlite3 opens it; the views are named plainly)
The report:  $demo/report.html       (one page; open it in a browser)
The dataset: $demo/dataset           (zstd shards of JSONL, manifest, card)
The scores:  $demo/scores.jsonl      (one line a caption; in the store as well)

The models were SIMULATED: capqa-sim answers from a planted world, no model ran. With a real
server, two variables make it real:

  export OPENAI_BASE_URL=http://localhost:8000/v1
  make -f examples/pipeline.mk IMAGES=photos GENERATE_MODEL=Qwen2.5-VL-72B-Instruct
END
