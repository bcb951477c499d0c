/* SPDX-License-Identifier: Apache-2.0
 *
 * See ledger_prune.h.
 */
#include "store/ledger_prune.h"

#include <sqlite3.h>

#include "cli/sig.h"
#include "store/answers.h"
#include "store/key_index.h"

#define GROUP 20000	/* rows looked at in one transaction */

/* The older rows of a request are looked at before the newer, so none loses its successor. */
#define WHICH " FROM answers WHERE id > ?1 AND id <= ?2 AND (?3 = 0 OR asked_at < ?3) " \
	"AND (?4 IS NULL OR model = ?4) AND (?5 = 0 OR " KEY_INDEX_LATER ")"

struct prune {
	sqlite3 *db;
	sqlite3_stmt *end, *count, *take;
	const struct ledger_prune *what;
};

static void bind(struct prune *p, sqlite3_stmt *s, sqlite3_int64 after, sqlite3_int64 end)
{
	sqlite3_reset(s);
	sqlite3_bind_int64(s, 1, after);
	sqlite3_bind_int64(s, 2, end);
	sqlite3_bind_int64(s, 3, p->what->before);
	sqlite3_bind_text(s, 4, p->what->model, -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 5, p->what->superseded);
}

/* Where the next group ends. 1: there is one; 0: no more rows. */
static int next_group(struct prune *p, sqlite3_int64 after, sqlite3_int64 *end)
{
	int code;

	sqlite3_bind_int64(p->end, 1, after);
	sqlite3_bind_int(p->end, 2, GROUP);
	code = sqlite3_step(p->end);
	*end = sqlite3_column_int64(p->end, 0);
	if (code == SQLITE_ROW)
		code = sqlite3_column_type(p->end, 0) == SQLITE_NULL ? SQLITE_DONE : SQLITE_ROW;
	sqlite3_reset(p->end);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -1;
}

static int take_group(struct prune *p, sqlite3_int64 after, sqlite3_int64 end,
		      struct ledger_pruned *done)
{
	int64_t answers, bytes;

	if (!p->what->dry_run && sqlite3_exec(p->db, "BEGIN IMMEDIATE", NULL, NULL, NULL))
		return -1;
	bind(p, p->count, after, end);
	if (sqlite3_step(p->count) != SQLITE_ROW)
		return -1;
	answers = sqlite3_column_int64(p->count, 0);
	bytes = sqlite3_column_int64(p->count, 1);
	sqlite3_reset(p->count);
	if (!p->what->dry_run) {
		bind(p, p->take, after, end);
		if (sqlite3_step(p->take) != SQLITE_DONE)
			return -1;
		sqlite3_reset(p->take);
		if (sqlite3_exec(p->db, "COMMIT", NULL, NULL, NULL))
			return -1;
	}
	done->answers += answers;
	done->bytes += bytes;
	return 0;
}

int ledger_prune(struct answers *a, const char *path, const struct ledger_prune *what,
		 struct ledger_pruned *done, struct err *err)
{
	struct prune p = { .db = answers_db(a), .what = what };
	sqlite3_int64 after = INT64_MIN, end;
	int got = -1;

	*done = (struct ledger_pruned){ 0 };
	if (!key_index_view(p.db) &&
	    !sqlite3_prepare_v2(p.db, "SELECT max(id) FROM (SELECT id FROM answers WHERE id > ? "
				"ORDER BY id LIMIT ?)", -1, &p.end, NULL) &&
	    !sqlite3_prepare_v2(p.db, "SELECT count(*), coalesce(sum(length(content)), 0)" WHICH,
				-1, &p.count, NULL) &&
	    !sqlite3_prepare_v2(p.db, "DELETE" WHICH, -1, &p.take, NULL))
		while (!sig_stop() && (got = next_group(&p, after, &end)) > 0) {
			got = take_group(&p, after, end, done);
			if (got)
				break;
			after = end;
		}
	if (got < 0) {
		answers_fault(p.db, path, err, what->dry_run ? "read" : "write");
		sqlite3_reset(p.count);
		sqlite3_reset(p.take);
		sqlite3_exec(p.db, "ROLLBACK", NULL, NULL, NULL);
	}
	sqlite3_finalize(p.end);
	sqlite3_finalize(p.count);
	sqlite3_finalize(p.take);
	return got < 0 ? -1 : 0;
}

int ledger_vacuum(struct answers *a, const char *path, struct err *err)
{
	sqlite3 *db = answers_db(a);

	if (sqlite3_exec(db, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL))
		return answers_fault(db, path, err, "write");
	return 0;
}
