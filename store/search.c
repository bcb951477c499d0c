/* SPDX-License-Identifier: Apache-2.0
 *
 * See search.h. The double quotes about the name of the content table are what Datasette
 * looks for: with single quotes it would find no index and show every row.
 */
#include "store/search.h"

static const char make[] =
	"DROP TABLE IF EXISTS questions_fts; DROP TABLE IF EXISTS captions_fts;"
	"CREATE VIRTUAL TABLE questions_fts USING fts5"
	"(question, content=\"questions\", content_rowid=\"id\");"
	"CREATE VIRTUAL TABLE captions_fts USING fts5"
	"(caption, content=\"captions\", content_rowid=\"id\");"
	"INSERT INTO questions_fts (questions_fts) VALUES ('rebuild');"
	"INSERT INTO captions_fts (captions_fts) VALUES ('rebuild')";

int search_build(struct db *db, struct err *err)
{
	if (db_begin(db, err))
		return -1;
	if (db_exec(db, make, err)) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

bool search_exists(struct db *db)
{
	int64_t n = 0;

	return !db_number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'captions_fts'", &n,
			  NULL) && n;
}
