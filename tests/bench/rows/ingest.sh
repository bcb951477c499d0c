# SPDX-License-Identifier: Apache-2.0
#
# Captions of 2 KB into a store, 200 thousand and two million, beside DuckDB's `create table as
# select distinct` of the same file, by turns; medians of three. Needs 20 GB of scratch space;
# DUCKDB_DIR names the folder whose node_modules holds @duckdb/node-api. A virtual machine is slow
# where it uses memory for the first time: of two million the first round takes half as long again.

# duck FILE: seconds of DuckDB alone, without starting node.
duck() {
	(cd "$DUCKDB_DIR" && node --input-type=module - "$1" "$work/duck.db" <<'END'
import { DuckDBInstance } from '@duckdb/node-api';
const [file, db] = process.argv.slice(2);
const c = await (await DuckDBInstance.create(db)).connect();
const start = performance.now();
await c.run(`create table t as select distinct * from read_json('${file}', format = 'newline_delimited')`);
console.log(((performance.now() - start) / 1000).toFixed(2));
END
	)
	rm -f "$work"/duck.db*
}
# ingest_row COUNT ROUNDS
ingest_row() {
	./captions "$1" >captions.jsonl
	for round in $(seq "$2"); do
		rm -f store.db*
		/usr/bin/env time -f '%e %M' -o took capqa ingest -q -d store.db captions.jsonl
		d=-
		[ -z "${DUCKDB_DIR:-}" ] || d=$(duck "$work/captions.jsonl")
		echo "$(cat took) $d"
	done | sort -k1n | awk -v n="$1" -v rounds="$2" -v mb="$(wc -c <captions.jsonl)" '
		NR == int((rounds + 1) / 2) {
		printf "ingest    %d captions: %.0f MB/s, RSS %.0f MB", n, mb / 1e6 / $1, $2 / 1024
		if ($3 != "-") printf ", %.2f of DuckDB (%.0f MB/s)", $3 / $1, mb / 1e6 / $3
		print ""
		print mb / 1e6 / $1 >("rate." n) }'
	rm -f store.db* captions.jsonl
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
rm -f store.db* first.jsonl second.jsonl
awk 'NR == 1 { a = $1 } NR == 2 { printf "ingest    rate at 2 M against 200 k: %.2f\n", $1 / a }' \
	rate.200000 rate.2000000
