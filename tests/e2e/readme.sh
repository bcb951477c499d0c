#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What README tells a reader to type works. Lines that start a real model server are left out,
# its address and model names become the simulator's; `make check` is what runs this test.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world"
cp -r images photos
mkdir -p examples shards
tar -cf shards/0.tar images
tar -czf x.tar.gz images && split -b 300000 -d -a 3 x.tar.gz x.tar.gz.part_
cp "$top/examples/pipeline.mk" examples/

# blocks LANGUAGE: the lines of README's code blocks of this kind, one command a line.
blocks() {
	awk -v want="$1" '
		/^```/ { inside = $0 == "```" want; next }
		inside { sub(/^\$ /, ""); sub(/ +#.*/, "")
			if (sub(/ *\\$/, "")) { held = held $0 " "; next }
			print held $0; held = "" }' "$top/README.md"
}
simulated() {
	sed -e "s#http://localhost:800[0-9]/v1#$sim/v1#g" \
		-e 's/-m writer/-m sim-lvlm/; s/-m captioner/-m sim-captioner/; s/-m blind/-m sim-llm/; s/-m sight/-m sim-vl/' \
		-e 's/_MODEL=writer/_MODEL=sim-lvlm/; s/_MODEL=blind/_MODEL=sim-llm/; s/_MODEL=sight/_MODEL=sim-vl/'
}

blocks console | grep -v '^vllm ' | simulated >typed
holds "README shows at least ten commands" [ "$(lines typed)" -ge 10 ]
while IFS= read -r line; do
	if bash -c "set -o pipefail; $line" </dev/null >said 2>&1; then
		pass "$line"
	else
		fail "$line"
		tail -5 said
	fi
done <typed
sqlite3 capqa.db >said 'SELECT question FROM kept WHERE image = "photos/coffee.jpg"
	UNION ALL SELECT question FROM questions WHERE id IN
	(SELECT rowid FROM questions_fts WHERE questions_fts MATCH "saucer")'
holds "the store's answers are about the coffee" grep -q saucer said
is "the joined store holds as many" "$(sqlite3 all.db 'SELECT count(*) FROM kept')" \
	"$(sqlite3 capqa.db 'SELECT count(*) FROM kept')"
holds "the dataset is there" [ -s dataset/manifest.json ]
holds "and so is make's" [ -s run1/dataset/manifest.json ]

blocks sh >typed
is "the first screen's commands" "$(tr '\n' ';' <typed)" "make demo;make check;"
(cd "$top" && sh examples/demo/demo.sh "$build") >demo.out 2>demo.err ||
	{ fail "make demo"; tail -5 demo.err; }
for words in 'The funnel' 'The audit' 'The worst captions' 'Three that were kept' 'Three that were dropped' 'SIMULATED' 'OPENAI_BASE_URL'; do
	holds "make demo says '$words'" grep -q "$words" demo.out
done
finish
