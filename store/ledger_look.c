/* SPDX-License-Identifier: Apache-2.0
 *
 * See ledger_look.h.
 */
#include "store/ledger_look.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "cli/buf.h"
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

static bool has_log(const char *path)
{
	struct buf name;
	bool there;

	buf_init(&name, BUF_NO_MAX);
	buf_printf(&name, "%s-wal", path);
	there = !access(name.data, F_OK);
	buf_release(&name);
	return there;
}

/* In WAL mode (byte 18 of an SQLite file) and without a log. With a rollback journal there are
 * locks to be kept to: a process on a network file system has the file alone. */
static bool is_at_rest(const char *path)
{
	char head[19];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);

	if (fd >= 0)
		close(fd);
	return n == sizeof(head) && !memcmp(head, "SQLite format 3", 16) && head[18] == 2 &&
	       !has_log(path);
}

static int open_at_rest(const char *path, sqlite3 **db)
{
	const char *p;
	struct buf uri;
	int code;

	buf_init(&uri, BUF_NO_MAX);
	buf_adds(&uri, strncmp(path, "//", 2) ? "file:" : "file://");
	for (p = path; *p; p++)
		buf_printf(&uri, strchr("%?#", *p) ? "%%%02X" : "%c", (unsigned char)*p);
	buf_adds(&uri, "?immutable=1");
	code = sqlite3_open_v2(uri.data, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	buf_release(&uri);
	return code;
}

int ledger_look_still(sqlite3 *db, const char *path, struct err *err)
{
	const char *name = sqlite3_db_filename(db, "main");

	if (!name || !sqlite3_uri_boolean(name, "immutable", 0) || !has_log(path))
		return 0;
	return err_set(err, EXIT_AGAIN, "the ledger '%s' was at rest and is written now: again, please",
		       path);
}

int ledger_look(const char *path, sqlite3 **db, struct err *err)
{
	struct stat st;
	int ours;

	*db = NULL;
	if (stat(path, &st))
		return err_set(err, EXIT_NOINPUT, "there is no ledger '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EXIT_NOINPUT, "cannot read the ledger '%s': it is no regular file",
			       path);
	if ((is_at_rest(path) ? open_at_rest(path, db) :
	     sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL)) ||
	    sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) ||
	    sqlite3_busy_timeout(*db, BUSY_MS) ||
	    sqlite3_exec(*db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL)) {
		explain(*db, path, err);
		goto failed;
	}
	ours = answers_check(*db, path, err);
	if (ours == ANSWERS_OURS || ours == ANSWERS_OLDER)
		return 0;
	if (ours == ANSWERS_EMPTY)
		err_set(err, EXIT_DATA, "'%s' is empty, no capqa ledger", path);
failed:
	sqlite3_close(*db);
	*db = NULL;
	return -1;
}
