# SPDX-License-Identifier: Apache-2.0
#
# capqa ledger merge, MERGE_ROWS answers (1 M) of 200 bytes into an empty ledger, and again into
# the full one, against SQLite's own INSERT ... SELECT into the same tables: keys are random, so
# the index is what costs.

rows=${MERGE_ROWS:-1000000}
capqa ledger import -q -L from.db /dev/null
for into in ours theirs; do cp from.db $into.db; done
sqlite3 from.db "PRAGMA synchronous=OFF; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1
	FROM n WHERE i < $rows) INSERT INTO answers (key, content, coding, model, prompt_tokens,
	completion_tokens, latency_ms, asked_at) SELECT randomblob(16), randomblob(200), 0, 'm', 400,
	1, 90, 1764000000 + i FROM n" >/dev/null
a=$(now)
capqa ledger merge -q ours.db from.db
b=$(now)
sqlite3 theirs.db "PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; ATTACH 'from.db' AS f;
	BEGIN; INSERT INTO answers SELECT * FROM f.answers; INSERT INTO keys SELECT key, id FROM recent
	ORDER BY key; DELETE FROM recent; COMMIT" >/dev/null
c=$(now)
capqa ledger merge -q ours.db from.db
d=$(now)
[ "$(sqlite3 ours.db 'SELECT count(*) FROM answers')" = "$rows" ]
echo "merge     of $rows answers: $(per "$rows" "$a" "$b") answers/s, $(awk -v a="$a" -v b="$b" -v c="$c" \
	'BEGIN { printf "%.2f", (c - b) / (b - a) }') of SQLite's INSERT; again: $(per "$rows" "$c" "$d")/s"
rm -f from.db* ours.db* theirs.db*
