/* SPDX-License-Identifier: Apache-2.0
 *
 * See ledger_merge.h. Rows come in the order of their ids, so many at a time, sorted by key
 * within that: neighbours in the index are then looked up and written together, which keeps
 * the rate when the index no longer fits into the cache. Each such group is one transaction.
 */
#include "store/ledger_merge.h"

#include <string.h>

#include <sqlite3.h>

#include "cli/sig.h"
#include "store/answers.h"
#include "store/cell.h"
#include "store/key_index.h"
#include "store/ledger_look.h"

#define GROUP 200000	/* rows; the whole index is written once a group, so not fewer */
#define CACHE "PRAGMA cache_size=-65536"
#define ROW "key, content, coding, finish_reason, model, fingerprint, prompt_tokens, " \
	"completion_tokens, latency_ms, asked_at"
#define COLUMNS 10
#define ASKED_AT 10	/* its place behind id */

/* Only ids and keys are sorted: the rows themselves are still in the cache when they are read. */
static const char rows_sql[] =
	"SELECT a.id, a.key, content, coding, finish_reason, model, fingerprint, prompt_tokens, "
	"completion_tokens, latency_ms, asked_at FROM (SELECT id, key FROM (SELECT id, key FROM answers "
	"WHERE id > ? ORDER BY id LIMIT ?) ORDER BY key, id LIMIT -1) k CROSS JOIN answers a "
	"ON a.id = k.id";
#define SAME_KEY(keys) "SELECT a.id, a." ROW " FROM " keys " k CROSS JOIN answers a ON a.id = k.id " \
	"WHERE k.key = ? ORDER BY k.id DESC"

struct merge {
	sqlite3 *into, *from;
	const char *into_path, *from_path;
	sqlite3_stmt *rows, *end, *later, *held, *known_key, *known, *last, *first, *append,
		*append_key;
	bool half;		/* an answer went in without its key */
	struct ledger_merged *done;
	struct err *err;
};

static int prepare(struct merge *m)
{
	struct { sqlite3 *db; sqlite3_stmt **to; const char *sql; } all[] = {
		{ m->from, &m->rows, rows_sql },
		{ m->from, &m->end, "SELECT max(id) FROM (SELECT id FROM answers WHERE id > ? "
				    "ORDER BY id LIMIT ?)" },
		{ m->from, &m->later, "SELECT 1 FROM by_key WHERE key = ? AND id > ?" },
		{ m->from, &m->held, SAME_KEY("by_key") },
		{ m->into, &m->known_key, "SELECT 1 FROM keys WHERE key = ?" },
		{ m->into, &m->known, SAME_KEY("keys") },
		{ m->into, &m->last, SAME_KEY("keys") },
		{ m->into, &m->first, "SELECT min(0, coalesce(min(id), 0)) - 1 FROM answers" },
		{ m->into, &m->append, "INSERT INTO answers (id, " ROW ") "
				       "VALUES (?,?,?,?,?,?,?,?,?,?,?)" },
		{ m->into, &m->append_key, "INSERT INTO keys (key, id) VALUES (?, ?)" },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (sqlite3_prepare_v2(all[i].db, all[i].sql, -1, all[i].to, NULL))
			return answers_fault(all[i].db, all[i].db == m->into ? m->into_path :
					     m->from_path, m->err, "read");
	return 0;
}

static void finalize(struct merge *m)
{
	sqlite3_finalize(m->rows);
	sqlite3_finalize(m->end);
	sqlite3_finalize(m->later);
	sqlite3_finalize(m->held);
	sqlite3_finalize(m->known_key);
	sqlite3_finalize(m->known);
	sqlite3_finalize(m->last);
	sqlite3_finalize(m->first);
	sqlite3_finalize(m->append);
	sqlite3_finalize(m->append_key);
}

/* Texts and blobs by their bytes; numbers by their value; NULL before all. */
static int compare(sqlite3_stmt *a, sqlite3_stmt *b, int i)
{
	int bytes_a = sqlite3_column_bytes(a, i), bytes_b = sqlite3_column_bytes(b, i), n;
	int type = sqlite3_column_type(a, i);
	int64_t x, y;

	if (type != sqlite3_column_type(b, i))
		return type == SQLITE_NULL ? -1 : 1;
	if (type == SQLITE_INTEGER) {
		x = sqlite3_column_int64(a, i);
		y = sqlite3_column_int64(b, i);
		return (x > y) - (x < y);
	}
	n = bytes_a < bytes_b ? bytes_a : bytes_b;
	n = n ? memcmp(sqlite3_column_blob(a, i), sqlite3_column_blob(b, i), (size_t)n) : 0;
	return n ? n : bytes_a - bytes_b;
}

static int compare_rows(sqlite3_stmt *a, sqlite3_stmt *b)
{
	int i, n = compare(a, b, ASKED_AT);

	for (i = 1; i <= COLUMNS && !n; i++)
		n = compare(a, b, i);
	return n;
}

/* Is `row` among the rows of `of` with its key, as far as they reach below `below`? */
static int holds(sqlite3_stmt *of, sqlite3_stmt *row, sqlite3_int64 below)
{
	int code;

	sqlite3_reset(of);
	cell_copy(of, 1, row, 1);
	while ((code = sqlite3_step(of)) == SQLITE_ROW)
		if (sqlite3_column_int64(of, 0) < below && !compare_rows(of, row))
			return 1;
	return code == SQLITE_DONE ? 0 : -1;
}

/* Does the row under way count from now on, before the one that INTO holds as the last? */
static int counts(struct merge *m)
{
	sqlite3_int64 id = sqlite3_column_int64(m->rows, 0);
	int code;

	sqlite3_reset(m->later);
	cell_copy(m->later, 1, m->rows, 1);
	sqlite3_bind_int64(m->later, 2, id);
	code = sqlite3_step(m->later);
	if (code != SQLITE_DONE)
		return code == SQLITE_ROW ? 0 : -1;
	code = holds(m->held, m->last, id);
	return code ? code : compare_rows(m->rows, m->last) > 0;
}

static int append(struct merge *m, bool last)
{
	int i, code;

	sqlite3_reset(m->first);
	if (!last && sqlite3_step(m->first) != SQLITE_ROW)
		return -1;
	sqlite3_bind_null(m->append, 1);
	if (!last)
		sqlite3_bind_int64(m->append, 1, sqlite3_column_int64(m->first, 0));
	sqlite3_reset(m->first);
	for (i = 1; i <= COLUMNS; i++)
		cell_copy(m->append, i + 1, m->rows, i);
	code = sqlite3_step(m->append);
	sqlite3_reset(m->append);
	if (code == SQLITE_DONE) {
		cell_copy(m->append_key, 1, m->rows, 1);
		sqlite3_bind_int64(m->append_key, 2, sqlite3_last_insert_rowid(m->into));
		code = sqlite3_step(m->append_key);
		sqlite3_reset(m->append_key);
		m->half = code != SQLITE_DONE;
	}
	m->done->added += code == SQLITE_DONE;
	m->done->gave_way += code == SQLITE_DONE && !last;
	return code == SQLITE_DONE ? 0 : -1;
}

static int take_row(struct merge *m)
{
	int code, there, now = 1;

	cell_copy(m->known_key, 1, m->rows, 1);
	code = sqlite3_step(m->known_key);
	sqlite3_reset(m->known_key);
	if (code == SQLITE_DONE)	/* nearly always */
		return append(m, true);
	if (code != SQLITE_ROW)		/* without memory, the transaction is gone, too */
		return -1;
	there = holds(m->known, m->rows, INT64_MAX);
	if (there) {
		m->done->there += there > 0;
		return there > 0 ? 0 : -1;
	}
	sqlite3_reset(m->last);
	cell_copy(m->last, 1, m->rows, 1);
	code = sqlite3_step(m->last);
	if (code == SQLITE_ROW)
		now = counts(m);
	sqlite3_reset(m->last);
	sqlite3_reset(m->known);
	if ((code != SQLITE_ROW && code != SQLITE_DONE) || now < 0)
		return -1;
	return append(m, now);
}

/* Whichever of the two complained. */
static int say_fault(struct merge *m)
{
	int code = sqlite3_errcode(m->from);

	if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE)
		return answers_fault(m->from, m->from_path, m->err, "read");
	return answers_fault(m->into, m->into_path, m->err, "write");
}

/* 1: a group was merged; 0: there is none left. */
static int take_group(struct merge *m, sqlite3_int64 *after)
{
	struct ledger_merged before = *m->done;
	sqlite3_int64 end;
	int code, ended;

	sqlite3_bind_int64(m->end, 1, *after);
	sqlite3_bind_int(m->end, 2, GROUP);
	code = sqlite3_step(m->end);
	ended = code == SQLITE_ROW && sqlite3_column_type(m->end, 0) == SQLITE_NULL;
	end = sqlite3_column_int64(m->end, 0);
	sqlite3_reset(m->end);
	if (code != SQLITE_ROW)
		return say_fault(m);
	if (ended)
		return 0;
	if (sqlite3_exec(m->into, "BEGIN IMMEDIATE", NULL, NULL, NULL) || key_index_fold(m->into))
		return say_fault(m);
	sqlite3_bind_int64(m->rows, 1, *after);
	sqlite3_bind_int(m->rows, 2, GROUP);
	while ((code = sqlite3_step(m->rows)) == SQLITE_ROW && !take_row(m))
		;
	if (code != SQLITE_DONE)
		say_fault(m);
	sqlite3_reset(m->rows);
	sqlite3_reset(m->held);
	sqlite3_reset(m->later);
	sqlite3_reset(m->known);
	if (m->half || ledger_look_still(m->from, m->from_path, m->err)) {
		sqlite3_exec(m->into, "ROLLBACK", NULL, NULL, NULL);
		*m->done = before;
		return -1;
	}
	if (sqlite3_exec(m->into, "COMMIT", NULL, NULL, NULL)) {
		if (code == SQLITE_DONE)
			code = say_fault(m);
		*m->done = before;	/* without memory SQLite rolls back by itself */
	}
	*after = end;
	return code == SQLITE_DONE ? 1 : -1;
}

/* What scan learned: of two states of one file the newer. */
static int take_images(struct merge *m)
{
	static const char put[] =
		"INSERT INTO images VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (path) DO UPDATE SET "
		"size = excluded.size, mtime_ns = excluded.mtime_ns, image_id = excluded.image_id, "
		"mime = excluded.mime, width = excluded.width, height = excluded.height, "
		"orientation = excluded.orientation WHERE excluded.mtime_ns > mtime_ns";
	sqlite3_stmt *rows = NULL, *to = NULL;
	int i, code = SQLITE_ERROR, bad;

	bad = sqlite3_prepare_v2(m->from, "SELECT path, size, mtime_ns, image_id, mime, width, "
				 "height, orientation FROM images", -1, &rows, NULL) ||
	      sqlite3_prepare_v2(m->into, put, -1, &to, NULL) ||
	      sqlite3_exec(m->into, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	while (!bad && (code = sqlite3_step(rows)) == SQLITE_ROW) {
		for (i = 0; i < 8; i++)
			cell_copy(to, i + 1, rows, i);
		bad = sqlite3_step(to) != SQLITE_DONE;
		sqlite3_reset(to);
		m->done->images += !bad && sqlite3_changes(m->into) > 0;
	}
	if (!bad && code == SQLITE_DONE && ledger_look_still(m->from, m->from_path, m->err)) {
		bad = -1;
		sqlite3_exec(m->into, "ROLLBACK", NULL, NULL, NULL);
	} else if (bad || code != SQLITE_DONE) {
		bad = say_fault(m);
		sqlite3_exec(m->into, "ROLLBACK", NULL, NULL, NULL);
	} else if (sqlite3_exec(m->into, "COMMIT", NULL, NULL, NULL)) {
		bad = say_fault(m);
	}
	sqlite3_finalize(rows);
	sqlite3_finalize(to);
	return bad ? -1 : 0;
}

int ledger_merge(struct answers *into, const char *into_path, struct sqlite3 *from,
		 const char *from_path, struct ledger_merged *done, struct err *err)
{
	struct merge m = { .into = answers_db(into), .from = from, .into_path = into_path,
			   .from_path = from_path, .done = done, .err = err };
	sqlite3_int64 after = INT64_MIN;
	int got;

	*done = (struct ledger_merged){ 0 };
	sqlite3_exec(m.into, CACHE, NULL, NULL, NULL);
	sqlite3_exec(m.from, CACHE, NULL, NULL, NULL);
	if (key_index_view(from))
		return answers_fault(from, from_path, err, "read");
	key_index_triggers(m.into, false);
	got = prepare(&m);
	while (!got && !sig_stop() && (got = take_group(&m, &after)) > 0)
		got = 0;
	if (!got && !sig_stop())
		got = take_images(&m);
	finalize(&m);
	key_index_triggers(m.into, true);
	return got;
}
