/* SPDX-License-Identifier: Apache-2.0
 *
 * See db.h. A power cut may lose the last transactions of the log but never damages the file, and
 * ingest repeats them from its input; see sync_as_needed.
 */
#include "store/db.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/buf.h"

#define APPLICATION_ID 1667330161	/* 'capq'; store.sql says the same */
#define BUSY_MS 60000		/* how long another writer's transaction is waited for */
#define CACHE_KB 32768	/* ids come in the order of hashes: what is cached decides the speed */
#define LOG_WAIT_MS 1000	/* ... and the few moments until all agree on the log */
#define RESERVE (64 << 20)	/* bytes at a time */
#define RESERVE_OF (UINT64_C(1) << 30)	/* where as much is free, at least */
#define LAYOUT "PRAGMA page_size = 16384"
#define WITH_LOG "PRAGMA journal_mode = WAL"
#define WITHOUT_LOG "PRAGMA journal_mode = TRUNCATE"	/* DELETE syncs the folder each time */
#define HAS_LOG "SELECT journal_mode = 'wal' FROM pragma_journal_mode"

/* What makes the tables of today, and what makes version n + 1 of version n (from 1). */
static const char tables[] =
#include "schemas/store.sql.h"
;
static const char *const migrations[] = {
	NULL,
#include "schemas/store_from_1.sql.h"
};
static const char indexes[] =
#include "schemas/store_indexes.sql.h"
;
static const char views[] =
#include "schemas/store_views.sql.h"
;

#define VERSION ((int64_t)(sizeof(migrations) / sizeof(migrations[0])))

/* SQLite counts its memory under a lock, which ten malloc for every row wait for. */
static __attribute__((constructor)) void do_not_count_memory(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int db_odd_json(struct db *db, struct err *err)
{
	return err_set(err, EXIT_DATA, "store '%s' is damaged: what should be JSON in it is none; "
		       "'capqa ingest -d %s --check' says where", db->path, db->path);
}

int db_fault(struct db *db, struct err *err)
{
	int code = sqlite3_errcode(db->handle) & 0xff;

	switch (code) {
	case SQLITE_NOTADB:
		return err_set(err, EXIT_DATA, "'%s' is no capqa store", db->path);
	case SQLITE_CORRUPT:
	case SQLITE_FORMAT:
		return err_set(err, EXIT_DATA, "store '%s' is damaged: %s", db->path,
			       sqlite3_errmsg(db->handle));
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, EXIT_OUTPUT, "store '%s' is locked by another process",
			       db->path);
	case SQLITE_FULL:
		return err_set(err, EXIT_OUTPUT, "cannot write store '%s': the disk is full",
			       db->path);
	case SQLITE_NOMEM:
		return err_set(err, EXIT_SYSTEM, "out of memory in store '%s'", db->path);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_IOERR:
		return err_set(err, EXIT_OUTPUT, "cannot write store '%s': %s", db->path,
			       sqlite3_errmsg(db->handle));
	default:	/* SQLite's JSON functions have no code of their own */
		if (!strcmp(sqlite3_errmsg(db->handle), "malformed JSON"))
			return db_odd_json(db, err);
		return err_set(err, EXIT_SYSTEM, "store '%s': %s", db->path,
			       sqlite3_errmsg(db->handle));
	}
}

int db_exec(struct db *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) ? db_fault(db, err) : 0;
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct err *err)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL)) {
		db_fault(db, err);
		return NULL;
	}
	return stmt;
}

int db_step(struct db *db, sqlite3_stmt *stmt, struct err *err)
{
	int code = sqlite3_step(stmt);

	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		db_fault(db, err);
	sqlite3_reset(stmt);
	return code == SQLITE_DONE ? 0 : -1;
}

int db_number(struct db *db, const char *sql, int64_t *out, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(db, sql, err);
	int got = stmt ? db_step(db, stmt, err) : -1;

	if (got > 0)
		*out = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return got < 0 ? -1 : 0;
}

int db_begin(struct db *db, struct err *err)
{
	if (db_exec(db, "BEGIN IMMEDIATE", err))
		return -1;
	db->in_transaction = true;
	return 0;
}

int db_commit(struct db *db, struct err *err)
{
	if (db_exec(db, "COMMIT", err))
		return -1;
	db->in_transaction = false;
	return 0;
}

int db_cache(struct db *db, struct err *err)
{
	char cache[64];

	sqlite3_snprintf(sizeof(cache), cache, "PRAGMA cache_size = -%d", CACHE_KB);
	return db_exec(db, cache, err);
}

int db_sort_in_threads(struct db *db, bool on, struct err *err)
{
	return db_exec(db, on ? "PRAGMA threads = 2; PRAGMA cache_size = -2048" :
		       "PRAGMA threads = 0", err);
}

/*
 * What a power cut leaves of the log is told by its checksums, and the worst it can take is the last
 * commits. Those of a journal are of every 200th byte: its pages must be on the disk before it says
 * that it has them (found by tests/inject/powercut.py: a page that was torn where none is summed).
 */
static int sync_as_needed(struct db *db, struct err *err)
{
	int64_t log = 0;

	if (db_number(db, HAS_LOG, &log, err))
		return -1;
	return db_exec(db, log ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", err);
}

static int change_mode(struct db *db, const char *mode, struct err *err)
{
	int code, waited_ms = 0;

	/* a change of mode asks no busy handler */
	while ((code = sqlite3_exec(db->handle, mode, NULL, NULL, NULL)) == SQLITE_BUSY &&
	       waited_ms < LOG_WAIT_MS)
		waited_ms += sqlite3_sleep(10);
	return code && code != SQLITE_BUSY ? db_fault(db, err) : sync_as_needed(db, err);
}

int db_without_log(struct db *db, struct err *err)
{
	if (!db->early) {
		db->file = open(db->path, O_RDWR | O_CLOEXEC);
		db->early = db->file >= 0;
	}
	return change_mode(db, WITHOUT_LOG, err);
}

/*
 * Blocks behind the file's end, which stays where it is: a page that is written into them needs
 * none found for it. Not what the disk may lack soon; a file system may know no such thing.
 */
static void reserve(struct db *db)
{
	struct statvfs disk;
	struct stat st;
	int64_t from;

	if (fstat(db->file, &st) || st.st_size + RESERVE / 2 < db->reserved ||
	    fstatvfs(db->file, &disk) || disk.f_bavail < RESERVE_OF / disk.f_frsize)
		return;
	from = db->reserved > st.st_size ? db->reserved : st.st_size;
	if (!fallocate(db->file, FALLOC_FL_KEEP_SIZE, from, RESERVE))
		db->reserved = from + RESERVE;
}

/*
 * Cut where it ends, the file has no more blocks than it needs: while nobody else can write into it,
 * and without waiting for that. With a log it grows without the lock, and whoever closes it last
 * cuts it.
 */
static void give_back(struct db *db)
{
	int64_t log = 1;
	struct stat st;
	int ignored = 0;

	if (!db->reserved)
		return;
	db->reserved = 0;
	sqlite3_busy_timeout(db->handle, 0);
	if (!db_begin(db, NULL)) {
		if (!db_number(db, HAS_LOG, &log, NULL) && !log && !fstat(db->file, &st))
			ignored = ftruncate(db->file, st.st_size);
		db_rollback(db);
	}
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	(void)ignored;
}

int db_with_log(struct db *db, struct err *err)
{
	give_back(db);
	return change_mode(db, WITH_LOG, err);
}

void db_write_early(struct db *db)
{
	if (!db->early)
		return;
	sync_file_range(db->file, 0, 0, SYNC_FILE_RANGE_WRITE);
	reserve(db);
}

int db_make_indexes(struct db *db, struct err *err)
{
	return db_exec(db, indexes, err);
}

int db_drop_indexes(struct db *db, bool images, struct err *err)
{
	if (images && db_exec(db, "DROP INDEX IF EXISTS images_by_id; "
			      "DROP INDEX IF EXISTS paths_by_path; "
			      "DROP INDEX IF EXISTS paths_by_image", err))
		return -1;
	return db_exec(db, "DROP INDEX IF EXISTS captions_by_id", err);
}

void db_rollback(struct db *db)
{
	sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	db->in_transaction = false;
}

/* Is this ours, and of a version we know? An empty file is nobody's yet. */
static int check_identity(struct db *db, int64_t *version, struct err *err)
{
	int64_t application, count;

	/* the id last: another process may set all three between two of these lines */
	if (db_number(db, "SELECT count(*) FROM sqlite_schema", &count, err) ||
	    db_number(db, "PRAGMA user_version", version, err) ||
	    db_number(db, "PRAGMA application_id", &application, err))
		return -1;
	if (application != APPLICATION_ID && (application || count || *version))
		return err_set(err, EXIT_DATA, "'%s' is an SQLite file, but no capqa store",
			       db->path);
	if (*version < 0 || (!*version && count))	/* tables and version come in one commit */
		return err_set(err, EXIT_DATA, "store '%s' is of version %lld, which there never was",
			       db->path, (long long)*version);
	if (*version > VERSION)
		return err_set(err, EXIT_DATA, "store '%s' was written by a newer capqa "
			       "(version %lld, this one knows %lld)", db->path,
			       (long long)*version, (long long)VERSION);
	return 0;
}

/* Two processes may find the store missing at once: look again inside the transaction. */
static int migrate(struct db *db, struct err *err)
{
	int64_t version;

	if (db_begin(db, err) || check_identity(db, &version, err))
		return -1;
	if (version == VERSION)
		return db_commit(db, err);
	if (version == 0 && db_exec(db, tables, err))
		return -1;
	for (; version && version < VERSION; version++)
		if (db_exec(db, migrations[version], err))
			return -1;
	return db_exec(db, indexes, err) || db_exec(db, views, err) || db_commit(db, err) ? -1 : 0;
}

static int set_up_writer(struct db *db, struct err *err)
{
	int64_t version;

	if (check_identity(db, &version, err) || db_exec(db, LAYOUT, err) ||
	    change_mode(db, WITH_LOG, err) ||
	    (version < VERSION ? migrate(db, err) : db_exec(db, indexes, err)))
		return -1;
	return db_exec(db, "PRAGMA foreign_keys = ON", err);
}

/* An older version is read as it stands: its columns are those of today (store_from_1.sql). */
static int set_up_reader(struct db *db, struct err *err)
{
	int64_t version;

	if (check_identity(db, &version, err))
		return -1;
	if (version < 1)
		return err_set(err, EXIT_DATA, "'%s' is no capqa store", db->path);
	return 0;
}

/* Has a writer, alive or dead, left what belongs to the file? */
static bool is_unfinished(const struct db *db)
{
	struct stat journal;
	struct buf path;
	bool found;

	buf_init(&path, BUF_NO_MAX);
	buf_printf(&path, "%s-wal", db->path);
	found = !access(path.data, F_OK);
	buf_clear(&path);
	buf_printf(&path, "%s-journal", db->path);
	found = found || (!stat(path.data, &journal) && journal.st_size);
	buf_release(&path);
	return found;
}

/*
 * A store in a folder that cannot be written has no place for WAL's shared memory. Where no
 * log and no journal is left beside it, nobody is writing, and the file can be read as it stands.
 */
static int open_immutable(struct db *db, struct err *err)
{
	struct buf uri;
	const char *p;
	int code;

	if (is_unfinished(db))
		return db_fault(db, err);
	buf_init(&uri, BUF_NO_MAX);
	buf_adds(&uri, "file:");
	for (p = db->path; *p; p++)
		buf_printf(&uri, *p == '%' || *p == '?' || *p == '#' ? "%%%02x" : "%c", *p);
	buf_adds(&uri, "?immutable=1");
	sqlite3_close(db->handle);
	code = sqlite3_open_v2(uri.data, &db->handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX |
			       SQLITE_OPEN_URI, NULL) ? db_fault(db, err) : set_up_reader(db, err);
	buf_release(&uri);
	return code;
}

static int open_reader(struct db *db, struct err *err)
{
	struct stat st;
	int code;

	if (access(db->path, R_OK) || stat(db->path, &st))
		return err_set(err, EXIT_NOINPUT, "cannot open store '%s':", db->path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EXIT_NOINPUT, "cannot open store '%s': it is %s", db->path,
			       S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
	if (sqlite3_open_v2(db->path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    NULL))
		return db_fault(db, err);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	if (set_up_reader(db, err) == 0)
		return 0;
	code = sqlite3_errcode(db->handle) & 0xff;
	if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY)
		return -1;
	return open_immutable(db, err);
}

static int open_writer(struct db *db, enum db_mode mode, struct err *err)
{
	if (mode == DB_CHANGE && access(db->path, R_OK))
		return err_set(err, EXIT_NOINPUT, "cannot open store '%s':", db->path);
	if (sqlite3_open_v2(db->path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			    SQLITE_OPEN_NOMUTEX, NULL))
		return db_fault(db, err);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	return set_up_writer(db, err);
}

int db_open(struct db *db, const char *path, enum db_mode mode, struct err *err)
{
	*db = (struct db){ .path = xstrdup(path) };
	if (mode == DB_READ ? open_reader(db, err) : open_writer(db, mode, err)) {
		db_close(db, NULL);
		return -1;
	}
	if (db_cache(db, err)) {
		db_close(db, NULL);
		return -1;
	}
	return 0;
}

/* A store that others opened meanwhile keeps its log; that is no failure. */
int db_close(struct db *db, struct err *err)
{
	int result = 0;

	if (db->in_transaction)
		db_rollback(db);
	give_back(db);
	if (sqlite3_close(db->handle))
		result = db_fault(db, err);
	if (db->early)
		close(db->file);	/* now: it drops all locks we have on the file (fcntl(2)) */
	free(db->path);
	*db = (struct db){ 0 };
	return result;
}
