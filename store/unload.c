/* SPDX-License-Identifier: Apache-2.0
 *
 * See unload.h.
 */
#include "store/unload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/buf.h"
#include "store/db.h"
#include "store/fetch.h"

#define CACHE "PRAGMA cache_size = -4096"	/* rows are read once, in the file's order */

/*
 * A caption that a score brought along is left to the score: as a caption it would say that it
 * has no flags, and take those of another part away.
 */
static const char *const rows[REC_KINDS] = {
	[REC_IMAGE] = "SELECT id FROM paths WHERE listed ORDER BY id",
	[REC_REPLY] = "SELECT id FROM replies ORDER BY id",
	[REC_QUESTION] = "SELECT id FROM questions ORDER BY id",
	[REC_CAPTION] = "SELECT id FROM captions c WHERE ifnull(flags, ifnull(source, "
		"ifnull(source_id, ifnull(rest, exact)))) IS NOT NULL OR NOT EXISTS "
		"(SELECT 1 FROM scores WHERE caption = c.id) ORDER BY id",
	[REC_SCORE] = "SELECT id FROM scores ORDER BY id",
	[REC_REJECT] = "SELECT id FROM rejects ORDER BY id",
	[REC_RUN] = "SELECT id FROM runs ORDER BY id",
};

struct unload {
	struct db db;
	int kind, end;		/* under way; the one not to come any more */
	sqlite3_stmt *rows;
	struct fetch *fetch;
};

bool unload_is_store(const char *path)
{
	char head[16] = "";
	struct stat st;
	FILE *file = !stat(path, &st) && S_ISREG(st.st_mode) ? fopen(path, "re") : NULL;
	size_t n = file ? fread(head, 1, sizeof(head), file) : 0;

	if (file)
		fclose(file);
	return n == sizeof(head) && !memcmp(head, "SQLite format 3", sizeof(head));
}

struct unload *unload_open(const char *path, enum rec_kind only, struct err *err)
{
	struct unload *u = xcalloc(1, sizeof(*u));

	u->kind = only == REC_KINDS ? 0 : (int)only;
	u->end = only == REC_KINDS ? REC_KINDS : u->kind + 1;
	if (db_open(&u->db, path, DB_READ, err)) {
		free(u);
		return NULL;
	}
	if (!db_exec(&u->db, CACHE, err) && !db_exec(&u->db, "BEGIN", err))
		return u;
	unload_close(u);
	return NULL;
}

static void end_kind(struct unload *u)
{
	sqlite3_finalize(u->rows);
	fetch_free(u->fetch);
	u->rows = NULL;
	u->fetch = NULL;
}

void unload_close(struct unload *u)
{
	if (!u)
		return;
	end_kind(u);
	sqlite3_exec(u->db.handle, "ROLLBACK", NULL, NULL, NULL);
	db_close(&u->db, NULL);
	free(u);
}

static int start_kind(struct unload *u, struct err *err)
{
	u->rows = db_prepare(&u->db, rows[u->kind], err);
	u->fetch = u->rows ? fetch_new(&u->db, (enum rec_kind)u->kind, err) : NULL;
	return u->fetch ? 0 : -1;
}

int unload_next(struct unload *u, struct buf *line, struct err *err)
{
	int got;

	for (; u->kind < u->end; u->kind++) {
		if (!u->fetch && start_kind(u, err))
			return -1;
		got = db_step(&u->db, u->rows, err);
		if (got < 0)
			return -1;
		if (got > 0) {
			got = fetch_line(u->fetch, sqlite3_column_int64(u->rows, 0), line, err);
			if (got == 0)
				err_set(err, EXIT_DATA, "store '%s' is damaged: a record is gone",
					u->db.path);
			line->len -= got > 0;	/* the newline */
			return got > 0 ? 1 : -1;
		}
		end_kind(u);
	}
	return 0;
}
