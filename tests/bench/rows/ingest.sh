# SPDX-License-Identifier: Apache-2.0
#
# Captions of 2 KB into a store, 200 thousand and two million, beside DuckDB's `create table as
# select distinct` of the same file, by turns, and who is first by turns; medians of three, of whole
# processes: what is counted is on the disk. Needs 20 GB of scratch space; DUCKDB_DIR names the
# folder whose node_modules holds @duckdb/node-api. A virtual machine is slow where it uses memory
# for the first time: of two million the first round takes half as long again.

cat >duck.mjs <<'END'
import { createRequire } from "node:module";
const { DuckDBInstance } = createRequire(process.env.DUCKDB_DIR + "/")("@duckdb/node-api");
const [file, db] = process.argv.slice(2);
const c = await (await DuckDBInstance.create(db)).connect();
await c.run(`create table t as select distinct * from read_json('${file}', format = 'newline_delimited')`);
c.closeSync();
END
# middle FILE: its median
middle() { sort -n "$1" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
time_ours() {
	rm -f store.db*
	/usr/bin/env time -a -f '%e %M' -o ours capqa ingest -q -d store.db captions.jsonl
}
# ingest_row COUNT ROUNDS
ingest_row() {
	./captions "$1" >captions.jsonl
	: >ours; : >theirs
	for round in $(seq "$2"); do
		[ $((round % 2)) = 0 ] || time_ours
		[ -z "${DUCKDB_DIR:-}" ] ||
			/usr/bin/env time -a -f %e -o theirs node duck.mjs captions.jsonl duck.db
		rm -f duck.db*
		[ $((round % 2)) = 1 ] || time_ours
	done
	awk '{ print $2 / 1024 }' ours >rss
	awk -v n="$1" -v mb="$(wc -c <captions.jsonl)" -v s="$(middle ours)" -v d="$(middle theirs)" \
		-v rss="$(middle rss)" 'BEGIN {
		printf "ingest    %d captions: %.0f MB/s, RSS %.0f MB", n, mb / 1e6 / s, rss
		if (d) printf ", %.2f of DuckDB (%.0f MB/s)", d / s, mb / 1e6 / d
		print ""
		print mb / 1e6 / s >("rate." n) }'
	rm -f store.db* captions.jsonl ours theirs rss
}
if [ -z "${DUCKDB_DIR:-}" ]; then
	echo "ingest    no DuckDB beside it: DUCKDB_DIR is not set"
fi
${CC:-cc} -O2 -D_GNU_SOURCE -o captions "$top/tests/bench/captions.c" -lm
ingest_row 200000 3
ingest_row 2000000 3
# A second file of the same size, of other images, into the store of the first.
./captions 1000000 >first.jsonl
./captions 1000000 1000000 >second.jsonl
for file in first second; do
	/usr/bin/env time -f '%e %M' -o took.$file capqa ingest -q -d store.db $file.jsonl
done
cat took.first took.second | awk -v mb="$(wc -c <second.jsonl)" '
	NR == 1 { first = $1 }
	NR == 2 { printf "ingest    1000000 captions more: %.0f MB/s, RSS %.0f MB, %.2f of the rate of the first\n",
		mb / 1e6 / $1, $2 / 1024, first / $1 }'
rm -f store.db* first.jsonl second.jsonl duck.mjs
awk 'NR == 1 { a = $1 } NR == 2 { printf "ingest    rate at 2 M against 200 k: %.2f\n", $1 / a }' \
	rate.200000 rate.2000000
