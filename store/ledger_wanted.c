/* SPDX-License-Identifier: Apache-2.0
 *
 * See ledger_wanted.h.
 */
#include "store/ledger_wanted.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "store/ledger_line.h"
#include "store/source.h"

struct ledger_wanted {
	sqlite3 *db;
	sqlite3_stmt *add, *mark;
};

static int read_all(struct ledger_wanted *w, char *const *paths, struct err *err)
{
	struct source *in = source_open(paths, err);
	enum source_got got = SOURCE_LATER;
	unsigned char key[16];
	struct line line;
	int bad = in ? 0 : -1;

	while (!bad && !sig_stop() && (got = source_poll(in, &line, err)) != SOURCE_END) {
		if (got == SOURCE_LATER) {
			source_wait(in);
			continue;
		}
		bad = got == SOURCE_FAILED ? -1 : 0;
		if (!bad && ledger_line_request(line.text, line.len, key))
			bad = err_set(err, EXIT_DATA, "%s:%lld: no line of a batch with a request's "
				      "key as custom_id", line.file, (long long)line.number);
		if (bad)
			break;
		sqlite3_bind_blob(w->add, 1, key, 16, SQLITE_STATIC);
		bad = sqlite3_step(w->add) != SQLITE_DONE;
		if (bad)
			err_set(err, EXIT_OUTPUT, "cannot keep the batch's keys: %s",
				sqlite3_errmsg(w->db));
		sqlite3_reset(w->add);
	}
	if (in)
		source_close(in);
	return bad ? -1 : 0;
}

struct ledger_wanted *ledger_wanted_open(char *const *paths, struct err *err)
{
	struct ledger_wanted *w = xcalloc(1, sizeof(*w));

	if (sqlite3_open("", &w->db) ||
	    sqlite3_exec(w->db, "CREATE TABLE wanted (key BLOB PRIMARY KEY, answered INTEGER "
			 "DEFAULT 0) WITHOUT ROWID; BEGIN", NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(w->db, "INSERT OR IGNORE INTO wanted (key) VALUES (?)", -1, &w->add,
			       NULL) ||
	    sqlite3_prepare_v2(w->db, "UPDATE wanted SET answered = max(answered, ?2) "
			       "WHERE key = ?1", -1, &w->mark, NULL))
		err_set(err, EXIT_OUTPUT, "cannot keep the batch's keys: %s", sqlite3_errmsg(w->db));
	else if (!read_all(w, paths, err))
		return w;
	ledger_wanted_close(w);
	return NULL;
}

void ledger_wanted_close(struct ledger_wanted *w)
{
	if (!w)
		return;
	sqlite3_finalize(w->add);
	sqlite3_finalize(w->mark);
	sqlite3_close(w->db);
	free(w);
}

bool ledger_wanted_mark(struct ledger_wanted *w, const unsigned char key[16], bool answered)
{
	sqlite3_bind_blob(w->mark, 1, key, 16, SQLITE_STATIC);
	sqlite3_bind_int(w->mark, 2, answered);
	sqlite3_step(w->mark);
	sqlite3_reset(w->mark);
	return sqlite3_changes(w->db) > 0;
}

int64_t ledger_wanted_missing(struct ledger_wanted *w, char first[HASH_HEX])
{
	sqlite3_stmt *s = NULL;
	int64_t missing = 0;

	first[0] = '\0';
	if (!sqlite3_prepare_v2(w->db, "SELECT count(*), min(key) FROM wanted WHERE NOT answered",
				-1, &s, NULL) && sqlite3_step(s) == SQLITE_ROW) {
		missing = sqlite3_column_int64(s, 0);
		if (missing)
			hash_to_hex(sqlite3_column_blob(s, 1), first);
	}
	sqlite3_finalize(s);
	return missing;
}
