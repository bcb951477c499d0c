/* SPDX-License-Identifier: Apache-2.0
 *
 * See seen.h.
 */
#include "store/seen.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "cli/buf.h"
#include "store/cell.h"

struct seen {
	sqlite3 *db;
	sqlite3_stmt *put, *get, *next, *smallest;
};

static int fault(const struct seen *s, struct err *err)
{
	return err_set(err, EXIT_OUTPUT, "cannot use a temporary file: %s", sqlite3_errmsg(s->db));
}

struct seen *seen_open(struct err *err)
{
	static const char setup[] =
		"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16384;"
		"CREATE TABLE seen (key TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID; BEGIN";
	struct seen *s = xcalloc(1, sizeof(*s));

	if (sqlite3_open("", &s->db) || sqlite3_exec(s->db, setup, NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(s->db, "INSERT OR IGNORE INTO seen VALUES (?,?)", -1, &s->put,
			       NULL) ||
	    sqlite3_prepare_v2(s->db, "SELECT name FROM seen WHERE key = ?", -1, &s->get, NULL) ||
	    sqlite3_prepare_v2(s->db, "SELECT key, name FROM seen WHERE key > ? "
			       "ORDER BY key LIMIT 1", -1, &s->next, NULL) ||
	    sqlite3_prepare_v2(s->db, "SELECT key, name FROM seen WHERE key <> ? "
			       "ORDER BY key LIMIT 1", -1, &s->smallest, NULL)) {
		fault(s, err);
		seen_close(s);
		return NULL;
	}
	return s;
}

void seen_close(struct seen *s)
{
	if (!s)
		return;
	sqlite3_finalize(s->put);
	sqlite3_finalize(s->get);
	sqlite3_finalize(s->next);
	sqlite3_finalize(s->smallest);
	sqlite3_close(s->db);
	free(s);
}

int seen_add(struct seen *s, const char *key, const char *name, const char **first,
	     struct err *err)
{
	sqlite3_reset(s->get);
	sqlite3_bind_text(s->put, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_text(s->put, 2, name, -1, SQLITE_STATIC);
	if (sqlite3_step(s->put) != SQLITE_DONE)
		goto wrong;
	sqlite3_reset(s->put);
	if (sqlite3_changes(s->db))
		return 0;
	sqlite3_bind_text(s->get, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(s->get) != SQLITE_ROW)
		goto wrong;
	*first = cell_text(s->get, 0);
	return 1;
wrong:
	sqlite3_reset(s->put);
	return fault(s, err);
}

int seen_has(struct seen *s, const char *key, struct err *err)
{
	int code;

	sqlite3_reset(s->get);
	sqlite3_bind_text(s->get, 1, key, -1, SQLITE_STATIC);
	code = sqlite3_step(s->get);
	sqlite3_reset(s->get);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : fault(s, err);
}

int seen_next(struct seen *s, const char *key, const char **next, const char **name,
	      struct err *err)
{
	sqlite3_stmt *order[] = { s->next, s->smallest };
	int i, code = SQLITE_DONE;

	sqlite3_reset(s->next);
	sqlite3_reset(s->smallest);
	for (i = 0; i < 2 && code == SQLITE_DONE; i++) {
		cell_bind(order[i], 1, key);
		code = sqlite3_step(order[i]);
		if (code == SQLITE_ROW) {
			*next = cell_text(order[i], 0);
			*name = cell_text(order[i], 1);
			return 1;
		}
	}
	return code == SQLITE_DONE ? 0 : fault(s, err);
}
