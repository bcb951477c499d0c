# SPDX-License-Identifier: Apache-2.0
#
# dedupe of two million questions with tallies, exact and near, against sort -u of the same file
# and DuckDB's distinct lines (DUCKDB_DIR: where @duckdb/node-api is installed), by turns; medians.

dedupe_took() { /usr/bin/env time -f '%e %M' -o took "$@" >/dev/null; cat took; }
dedupe_duck() {
	dedupe_took node --input-type=module -e '
import { createRequire } from "node:module";
const { DuckDBInstance } = createRequire(process.env.DUCKDB_DIR + "/x.js")("@duckdb/node-api");
const c = await (await DuckDBInstance.create(":memory:")).connect();
await c.run("copy (select distinct * from read_csv(\"judged.jsonl\", header=false, delim=\"\\x01\", quote=\"\", escape=\"\", columns={\"line\":\"VARCHAR\"})) to \"/dev/null\" (format csv, header false)".replaceAll("\"", "\u0027"));
'
}
# dedupe_say NAME FILE: the median of three rounds, against sort -u in the same rounds.
dedupe_say() {
	sort -n "$2" | awk -v name="$1" -v base="$(sort -n dedupe.sort | awk 'NR == 2 { print $1 }')" 'NR == 2 {
		printf "dedupe    %s: %.1f s, %.0f k records/s, %.2fx of sort -u, RSS %.0f MB\n",
			name, $1, 2000 / $1, base / $1, $2 / 1024 }'
}

${CC:-cc} -O2 -std=c11 -D_GNU_SOURCE -o judged "$top/tests/bench/judged.c"
./judged 2000000 >judged.jsonl
rm -f dedupe.*
for round in 1 2 3; do
	LC_ALL=C dedupe_took sort -u judged.jsonl >>dedupe.sort
	dedupe_took capqa-dedupe -q judged.jsonl >>dedupe.exact
	dedupe_took capqa-dedupe -q --near 0.8 judged.jsonl >>dedupe.near
	[ ! -d "${DUCKDB_DIR:-.}/node_modules/@duckdb/node-api" ] || dedupe_duck >>dedupe.duck
done
dedupe_say "sort -u, $(wc -c <judged.jsonl | awk '{ printf "%.1f", $1 / 1e9 }') GB" dedupe.sort
dedupe_say "exact" dedupe.exact
dedupe_say "--near 0.8" dedupe.near
if [ -s dedupe.duck ]; then
	dedupe_say "DuckDB distinct" dedupe.duck
else
	echo "dedupe    DuckDB skipped: no @duckdb/node-api in DUCKDB_DIR"
fi
rm -f judged.jsonl
