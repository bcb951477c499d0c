# SPDX-License-Identifier: Apache-2.0
#
# The ledger as it grows: find and put of the last tenth of so many answers against the first
# hundredth. LEDGER_ROWS=10000000 is the case of the target; it takes some minutes and 2 GB.

rows=${LEDGER_ROWS:-3000000}
(cd "$top" && ${CC:-cc} -O2 -std=c11 -D_GNU_SOURCE -I. -o "$work/fill" tests/bench/ledger.c \
	"$build/store.a" "$build/schemas.a" "$build/cli.a" -lutf8proc -lcjson -lxxhash -lm -lsqlite3 \
	-lzstd -larchive -lcrypto -lgd)
./fill fill.db "$rows" | awk -v rows="$rows" '{
	printf "ledger    at %.0f answers: %d/s, %.2f of the rate at %.0f (%d/s); all in %d s\n",
		rows, $2, $3, rows / 100, $1, $4 }'
ls -l fill.db | awk '{ printf "ledger    %.1f MB on disk\n", $5 / 1e6 }'
rm -f fill.db*
