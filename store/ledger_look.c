/* SPDX-License-Identifier: Apache-2.0
 *
 * See ledger_look.h.
 */
#include "store/ledger_look.h"

#include <sys/stat.h>

#include <sqlite3.h>

#include "store/answers.h"

#define BUSY_MS 10000

/* SQLite's words for these two do not say what to do. */
static int explain(sqlite3 *db, const char *path, struct err *err)
{
	int code = sqlite3_extended_errcode(db);

	if (code == SQLITE_READONLY_ROLLBACK)
		return err_set(err, EXIT_DATA, "the ledger '%s' was left in the middle of a write "
			       "and is not changed here: 'capqa ledger check' on it mends that", path);
	if ((code & 0xff) == SQLITE_READONLY || (code & 0xff) == SQLITE_CANTOPEN)
		return err_set(err, EXIT_DATA, "cannot read the log beside the ledger '%s': its "
			       "folder must be writable; copy the ledger and its -wal elsewhere", path);
	return answers_fault(db, path, err, "read");
}

int ledger_look(const char *path, sqlite3 **db, struct err *err)
{
	struct stat st;
	int ours;

	*db = NULL;
	if (stat(path, &st))
		return err_set(err, EXIT_NOINPUT, "there is no ledger '%s'", path);
	if (sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL) ||
	    sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) ||
	    sqlite3_busy_timeout(*db, BUSY_MS) ||
	    sqlite3_exec(*db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL)) {
		explain(*db, path, err);
		goto failed;
	}
	ours = answers_check(*db, path, err);
	if (!ours)
		return 0;
	if (ours > 0)
		err_set(err, EXIT_DATA, "'%s' is empty, no capqa ledger", path);
failed:
	sqlite3_close(*db);
	*db = NULL;
	return -1;
}
