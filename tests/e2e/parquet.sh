#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The recipe of examples/parquet: an export with its images to Parquet, and back, unchanged.
: "${DUCKDB_DIR:=$PWD/build/duckdb}"
export DUCKDB_DIR
command -v node >/dev/null || { echo "skip: no node"; exit 77; }
[ -d "$DUCKDB_DIR/node_modules/@duckdb/node-api" ] || { echo "skip: no @duckdb/node-api under DUCKDB_DIR ($DUCKDB_DIR)"; exit 77; }
. "$(dirname "$0")/lib.sh"
recipe="node $top/examples/parquet/parquet.mjs"

must capqa-scan -q images -o scanned.jsonl
python3 "$top/tests/e2e/export_plant.py" scanned.jsonl 0 >records.jsonl
must capqa-ingest -q -d a.db records.jsonl
must capqa-export -q -d a.db -o set --format caprl --shard-rows 7
must $recipe pack qa.parquet set . >said
is "pack says how many" "$(cat said)" "$(jq .rows set/manifest.json) rows in qa.parquet"
must $recipe unpack back qa.parquet >said
is "unpack says how many" "$(cat said)" "$(jq .rows set/manifest.json) rows in back/rows.jsonl"
zstd -dcq set/data/*.zst | jq -cS 'del(.image)' | sort >want
jq -cS 'del(.image)' back/rows.jsonl | sort >got
same "the rows are the same" want got
jq -r .image back/rows.jsonl | while read -r name; do cat "back/$name" | sha256sum; done | sort >got
zstd -dcq set/data/*.zst | jq -r .image | while read -r name; do cat "$name" | sha256sum; done | sort >want
same "the images are the same, byte for byte" want got
mv images/cat.jpg cat.jpg
$recipe pack x.parquet set . >said 2>&1
is "a missing image is refused" "$?:$(cat said)" "65:parquet: 1 images are not under ."
finish
