# SPDX-License-Identifier: Apache-2.0
#
# export of 190,000 captions of 2 KB (200,000 lines less those that repeat) beside zstd on the same
# rows and DuckDB's COPY of them, and of image and caption alone, by turns. EXPORT_ROWS and
# DUCKDB_DIR may say otherwise.

${CC:-cc} -O2 -D_GNU_SOURCE -o captions "$top/tests/bench/captions.c" -lm
./captions "${EXPORT_ROWS:-200000}" >captions.jsonl
capqa ingest -q -d captions.db captions.jsonl
rm captions.jsonl
capqa export -q -d captions.db -o set --records caption
zstd -dcq set/data/*.zst >plain.jsonl
mb=$(wc -c <plain.jsonl | awk '{ print $1 / 1e6 }')
duck=${DUCKDB_DIR:-$top/build/duckdb}/node_modules/@duckdb/node-api
if [ -d "$duck" ]; then
	cat >duck.mjs <<J
import { createRequire } from "node:module";
const { DuckDBInstance } = createRequire("$duck/")("@duckdb/node-api");
const db = await (await DuckDBInstance.create("x.duckdb")).connect();
await db.run(process.argv[2]);
J
	node duck.mjs "create table rec as select * from read_json('plain.jsonl', format='newline_delimited')"
else
	echo "export    DuckDB skipped: no @duckdb/node-api under DUCKDB_DIR"
fi
# took COMMAND...: its seconds
took() { a=$(now) && "$@" >/dev/null && now | awk -v a="$a" '{ printf "%.2f ", $1 - a }'; }
for round in 1 2 3; do
	took capqa export -q -d captions.db -o set --records caption
	took taskset -c 0 capqa export -q -d captions.db -o set --records caption
	took zstd -3 -q -f --single-thread plain.jsonl -o z.zst
	took zstd -3 -q -f -T2 plain.jsonl -o z.zst
	[ ! -d "$duck" ] || {
		took node duck.mjs "copy (select * from rec) to 'd.zst' (format json, compression zstd)"
		took node duck.mjs \
			"copy (select image, caption from rec) to 'd2.zst' (format json, compression zstd)"
	}
	echo
done | awk -v mb="$mb" '
	{ for (i = 1; i <= NF; i++) if (!(i in best) || $i < best[i]) best[i] = $i }
	END {
		printf "export    %.0f MB/s; zstd -3 one thread %.0f (%.2fx), -T2 %.0f (%.2fx)", mb / best[1],
			mb / best[3], best[3] / best[1], mb / best[4], best[4] / best[1]
		if (best[5]) {
			"zstd -dcq d2.zst | wc -c" | getline two
			printf "; DuckDB COPY %.0f (%.2fx), of two columns %.0f (%.2fx)", mb / best[5],
				best[5] / best[1], two / 1e6 / best[6], mb / best[1] / (two / 1e6 / best[6])
		}
		printf "; on one core %.0f\n", mb / best[2]
	}'
/usr/bin/env time -f 'export    RSS %M KB' capqa export -q -d captions.db -o set --records caption
rm -rf captions.db set plain.jsonl z.zst x.duckdb d.zst d2.zst
