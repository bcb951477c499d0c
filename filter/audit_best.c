/* SPDX-License-Identifier: Apache-2.0
 *
 * See audit_best.h.
 */
#include "filter/audit_best.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/buf.h"
#include "schemas/cluster.h"
#include "store/cell.h"
#include "store/db.h"

#define TABLE \
	"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;" \
	"CREATE TABLE credits (question_id TEXT PRIMARY KEY, image TEXT, kind TEXT, best REAL," \
	" sum REAL, n INTEGER) WITHOUT ROWID; BEGIN"
#define ADD \
	"INSERT INTO credits VALUES (?1, ?2, ?3, ?4, ?4, 1) ON CONFLICT DO UPDATE SET " \
	"best = max(best, excluded.best), sum = sum + excluded.sum, n = n + 1"

struct audit_best {
	struct db db;
	sqlite3_stmt *add;	/* NULL: nothing came yet */
};

struct audit_best *audit_best_new(void)
{
	return xcalloc(1, sizeof(struct audit_best));
}

void audit_best_free(struct audit_best *best)
{
	if (!best)
		return;
	sqlite3_finalize(best->add);
	db_close(&best->db, NULL);
	free(best);
}

static int open_table(struct audit_best *best, struct err *err)
{
	int code = sqlite3_open_v2("", &best->db.handle,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

	best->db.path = xstrdup("of the credits (temporary)");
	if (code)
		return db_fault(&best->db, err);
	if (!db_exec(&best->db, TABLE, err))
		best->add = db_prepare(&best->db, ADD, err);
	return best->add ? 0 : -1;
}

static const char *text_of(const cJSON *answer, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, name));
}

static int add(struct audit_best *best, const char *image, const cJSON *answer, struct err *err)
{
	const cJSON *credit = cJSON_GetObjectItemCaseSensitive(answer, "credit");
	const char *id = text_of(answer, "question_id"), *kind = text_of(answer, "kind");

	if (!id || !kind || !cJSON_IsNumber(credit))
		return 0;
	if (!best->db.handle && open_table(best, err))
		return -1;
	cell_bind(best->add, 1, id);
	cell_bind(best->add, 2, image);
	cell_bind(best->add, 3, kind);
	sqlite3_bind_double(best->add, 4, credit->valuedouble);
	return db_step(&best->db, best->add, err);
}

int audit_best_add(struct audit_best *best, struct rec *score, struct err *err)
{
	const char *image = rec_image_key(score);
	const cJSON *answer;

	cJSON_ArrayForEach(answer, rec_json(score, "answers"))
		if (image && add(best, image, answer, err))
			return -1;
	return 0;
}

/* ---- the page ---- */

struct row {
	struct cluster best, mean;
	int64_t questions, least, most;		/* candidates of a question */
};

static void add_share(struct buf *out, const struct cluster *c)
{
	struct interval i;
	double share = cluster_share(c, &i);

	buf_printf(out, " %.3f [%.3f, %.3f]", share, i.lower, i.upper);
}

static int read_row(struct audit_best *best, const char *kind, struct row *row, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(&best->db, "SELECT image, best, sum / n, n FROM credits "
					"WHERE ?1 IS NULL OR kind = ?1 ORDER BY question_id", err);
	int got = stmt ? 0 : -1;
	const char *image;
	int64_t n;

	if (stmt && kind)
		sqlite3_bind_text(stmt, 1, kind, -1, SQLITE_STATIC);
	while (stmt && (got = db_step(&best->db, stmt, err)) > 0) {
		image = cell_text(stmt, 0);
		n = sqlite3_column_int64(stmt, 3);
		cluster_add(&row->best, image, sqlite3_column_double(stmt, 1), 1);
		cluster_add(&row->mean, image, sqlite3_column_double(stmt, 2), 1);
		row->least = row->questions && row->least < n ? row->least : n;
		row->most = row->most > n ? row->most : n;
		row->questions++;
	}
	sqlite3_finalize(stmt);
	return got;
}

/* The first row says how many candidates there are; with one, best and mean are the same. */
static void add_head(struct buf *out, const struct row *row)
{
	char name[40];

	if (row->least == row->most)
		snprintf(name, sizeof(name), "best of %lld", (long long)row->most);
	else
		snprintf(name, sizeof(name), "best of %lld to %lld", (long long)row->least,
			 (long long)row->most);
	buf_adds(out, "prism: credit by question, a right option or number 1, a text its ANLS\n");
	if (row->most > 1)
		buf_printf(out, "  %-18s %-20s %s\n", "", "mean", name);
	else
		buf_printf(out, "  %-18s mean\n", "");
}

static int add_row(struct audit_best *best, struct buf *out, const char *name, const char *kind,
		   bool *several, struct err *err)
{
	struct row row = { .questions = 0 };
	int result = read_row(best, kind, &row, err);

	if (!kind && row.questions) {
		add_head(out, &row);
		*several = row.most > 1;
	}
	if (row.questions) {
		buf_printf(out, "  %-18s", name);
		add_share(out, &row.mean);
		if (*several)
			add_share(out, &row.best);
		buf_printf(out, "  n=%lld\n", (long long)row.questions);
	}
	cluster_release(&row.best);
	cluster_release(&row.mean);
	return result;
}

int audit_best_text(struct audit_best *best, struct buf *out, struct err *err)
{
	static const char *const kinds[] = { "choice", "number", "text" };
	bool several = false;
	int i;

	if (!best->add)
		return 0;
	if (add_row(best, out, "all questions", NULL, &several, err))
		return -1;
	for (i = 0; i < 3; i++)
		if (add_row(best, out, kinds[i], kinds[i], &several, err))
			return -1;
	return 0;
}
