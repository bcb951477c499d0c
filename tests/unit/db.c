/* SPDX-License-Identifier: Apache-2.0
 *
 * db: a store is made, known again, and refused with the right exit code when it is not ours,
 * newer, damaged, locked or cannot be written.
 */
#include "store/db.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/scratch.h"

static int64_t number(struct db *db, const char *sql)
{
	int64_t n = -1;
	struct err err;

	assert_int_equal(db_number(db, sql, &n, &err), 0);
	return n;
}

static void makes_the_complete_schema(void **state)
{
	static const char *const tables[] = {
		"images", "paths",    "replies", "questions",	   "options",	    "tallies",
		"trials", "captions", "scores",	 "score_answers",  "rejects",	    "runs",
		"funnel", "kept",     "dropped", "worst_captions", "answer_letters",
		"omissions", "contradictions"
	};
	char sql[128];
	struct db db;
	struct err err;
	size_t i;

	(void)state;
	assert_int_equal(db_open(&db, scratch_path("new.db"), DB_WRITE, &err), 0);
	assert_int_equal(number(&db, "PRAGMA page_size"), 16384);
	assert_int_equal(number(&db, "PRAGMA application_id"), 0x63617071);
	assert_int_equal(number(&db, "PRAGMA user_version"), 2);
	assert_int_equal(number(&db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(number(&db, "PRAGMA synchronous"), 1);
	for (i = 0; i < COUNT(tables); i++) {
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", tables[i]);
		assert_true(number(&db, sql) >= 0);
	}
	assert_int_equal(number(&db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' "
				"AND sql NOT LIKE '%STRICT%'"), 0);
	assert_int_equal(db_close(&db, &err), 0);
	assert_int_not_equal(access(scratch_path("new.db-wal"), F_OK), 0);
}

static void opens_again_and_keeps_what_was_committed(void **state)
{
	const char *path = scratch_path("again.db");
	struct db db;
	struct err err;

	(void)state;
	assert_int_equal(db_open(&db, path, DB_WRITE, &err), 0);
	assert_int_equal(db_begin(&db, &err), 0);
	assert_int_equal(db_exec(&db, "INSERT INTO images (image_id) VALUES ('a')", &err), 0);
	assert_int_equal(db_commit(&db, &err), 0);
	assert_int_equal(db_begin(&db, &err), 0);
	assert_int_equal(db_exec(&db, "INSERT INTO images (image_id) VALUES ('b')", &err), 0);
	assert_int_equal(db_close(&db, &err), 0);	/* rolls back */
	assert_int_equal(db_open(&db, path, DB_READ, &err), 0);
	assert_int_equal(number(&db, "SELECT count(*) FROM images"), 1);
	db_close(&db, NULL);
}

static void expect_refusal(const char *path, enum db_mode mode, enum exit_code kind,
			   const char *words)
{
	struct db db;
	struct err err = { .text = "" };

	assert_int_equal(db_open(&db, path, mode, &err), -1);
	assert_int_equal(err.kind, kind);
	assert_non_null(strstr(err.text, words));
	assert_null(strchr(err.text, '\n'));
	assert_null(db.handle);
}

static void make_sqlite(const char *path, const char *sql)
{
	sqlite3 *handle;

	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
}

static void refuses_what_is_not_ours(void **state)
{
	char noise[8192];

	(void)state;
	memset(noise, 'x', sizeof(noise));
	scratch_file("noise.db", noise, sizeof(noise));
	make_sqlite(scratch_path("other.db"), "CREATE TABLE t (a)");
	make_sqlite(scratch_path("newer.db"), "PRAGMA application_id = 1667330161; "
		    "PRAGMA user_version = 999; CREATE TABLE t (a)");
	make_sqlite(scratch_path("never.db"), "PRAGMA application_id = 1667330161; "
		    "PRAGMA user_version = -1; CREATE TABLE t (a)");
	make_sqlite(scratch_path("zero.db"), "PRAGMA application_id = 1667330161; "
		    "CREATE TABLE images (a)");
	scratch_file("empty.db", "", 0);
	expect_refusal(scratch_path("zero.db"), DB_WRITE, EXIT_DATA, "version 0, which there never was");
	expect_refusal(scratch_path("never.db"), DB_WRITE, EXIT_DATA, "version -1, which there never was");
	expect_refusal(scratch_path("never.db"), DB_READ, EXIT_DATA, "version -1, which there never was");
	expect_refusal(scratch_path("noise.db"), DB_WRITE, EXIT_DATA, "no capqa store");
	expect_refusal(scratch_path("noise.db"), DB_READ, EXIT_DATA, "no capqa store");
	expect_refusal(scratch_path("other.db"), DB_WRITE, EXIT_DATA, "no capqa store");
	expect_refusal(scratch_path("newer.db"), DB_WRITE, EXIT_DATA, "newer capqa");
	expect_refusal(scratch_path("newer.db"), DB_READ, EXIT_DATA, "newer capqa");
	expect_refusal(scratch_path("empty.db"), DB_READ, EXIT_DATA, "no capqa store");
	expect_refusal(scratch_path("missing.db"), DB_READ, EXIT_NOINPUT, "cannot open");
	expect_refusal(scratch_path("no/such/folder.db"), DB_WRITE, EXIT_OUTPUT,
		       "cannot write");
}

/* The schema's pages after the first: the header says it is a store, the rest is noise. */
static void says_that_a_store_is_damaged(void **state)
{
	const char *path = scratch_path("damaged.db");
	struct buf noise;
	struct db db;
	struct err err;
	FILE *file;

	(void)state;
	assert_int_equal(db_open(&db, path, DB_WRITE, &err), 0);
	assert_int_equal(db_close(&db, &err), 0);
	buf_init(&noise, BUF_NO_MAX);
	memset(buf_room(&noise, 65000), 0x5a, 65000);
	file = fopen(path, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, 100, SEEK_SET), 0);
	assert_int_equal(fwrite(noise.data, 1, 65000, file), 65000);
	fclose(file);
	buf_release(&noise);
	expect_refusal(path, DB_READ, EXIT_DATA, "damaged");
	expect_refusal(path, DB_WRITE, EXIT_DATA, "damaged");
}

static void says_that_a_store_is_locked(void **state)
{
	const char *path = scratch_path("locked.db");
	struct db first, second;
	struct err err;

	(void)state;
	assert_int_equal(db_open(&first, path, DB_WRITE, &err), 0);
	assert_int_equal(db_open(&second, path, DB_WRITE, &err), 0);
	sqlite3_busy_timeout(second.handle, 1);
	assert_int_equal(db_begin(&first, &err), 0);
	assert_int_equal(db_begin(&second, &err), -1);
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_non_null(strstr(err.text, "locked"));
	assert_int_equal(db_commit(&first, &err), 0);
	assert_int_equal(db_begin(&second, &err), 0);
	db_close(&second, NULL);
	db_close(&first, NULL);
}

static void says_that_the_disk_is_full(void **state)
{
	struct db db;
	struct err err;

	(void)state;
	assert_int_equal(db_open(&db, scratch_path("full.db"), DB_WRITE, &err), 0);
	assert_int_equal(db_exec(&db, "PRAGMA max_page_count = 1", &err), 0);
	assert_int_equal(db_exec(&db, "CREATE TABLE more AS SELECT randomblob(2000000) AS a",
				 &err), -1);
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_non_null(strstr(err.text, "disk is full"));
	db_close(&db, NULL);
}

static bool has_file(const char *name)
{
	return access(scratch_path(name), F_OK) == 0;
}

/* 2: a journal's pages are on the disk before it counts them; 1: as safe with the log. */
static void expect_syncs(struct db *db, int64_t level)
{
	assert_int_equal(number(db, "PRAGMA synchronous"), level);
}

static void does_without_the_log_for_a_while(void **state)
{
	const char *path = scratch_path("log.db");
	struct db db, other;
	struct err err;

	(void)state;
	assert_int_equal(db_open(&db, path, DB_WRITE, &err), 0);
	expect_syncs(&db, 1);
	assert_int_equal(db_without_log(&db, &err), 0);
	expect_syncs(&db, 2);
	assert_int_equal(db_begin(&db, &err), 0);
	assert_int_equal(db_exec(&db, "INSERT INTO images (image_id) VALUES ('a')", &err), 0);
	assert_int_equal(db_commit(&db, &err), 0);
	assert_false(has_file("log.db-wal"));
	assert_int_equal(number(&db, "SELECT journal_mode = 'truncate' FROM pragma_journal_mode"),
			 1);
	assert_int_equal(db_with_log(&db, &err), 0);
	assert_false(has_file("log.db-journal"));
	assert_int_equal(number(&db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	expect_syncs(&db, 1);

	/* Others are there: it stays as it is, and works. */
	assert_int_equal(db_open(&other, path, DB_READ, &err), 0);
	assert_int_equal(number(&other, "SELECT count(*) FROM images"), 1);
	assert_int_equal(db_without_log(&db, &err), 0);
	assert_int_equal(number(&db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	expect_syncs(&db, 1);
	assert_int_equal(db_with_log(&db, &err), 0);
	assert_int_equal(db_exec(&db, "INSERT INTO images (image_id) VALUES ('b')", &err), 0);
	assert_int_equal(number(&other, "SELECT count(*) FROM images"), 2);
	db_close(&other, NULL);
	db_close(&db, NULL);
}

#define LOCK_BYTES 0x40000000	/* where SQLite locks, and how many (its file format, 1.3) */
#define LOCKS 512

/* As another process sees it: one's own locks are no hindrance. */
static bool is_locked(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = LOCK_BYTES, .l_len = LOCKS };
	pid_t child = fork();
	int status, fd;

	if (!child) {
		fd = open(path, O_RDWR);
		_exit(fd < 0 || fcntl(fd, F_GETLK, &lock) ? 2 : lock.l_type != F_UNLCK);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status);
}

/* A process that closes any descriptor of a file loses its locks on it. */
static void writes_early_and_keeps_its_locks(void **state)
{
	const char *path = scratch_path("early.db");
	struct err err;
	struct db db;
	(void)state;
	assert_int_equal(db_open(&db, path, DB_WRITE, &err), 0);
	assert_false(db.early);
	db_write_early(&db);	/* with the log there is nothing to do */
	assert_int_equal(db_without_log(&db, &err), 0);
	assert_true(db.early);
	assert_int_equal(db_begin(&db, &err), 0);
	assert_int_equal(db_exec(&db, "INSERT INTO images (image_id) VALUES ('a')", &err), 0);
	db_write_early(&db);
	assert_true(is_locked(path));
	assert_int_equal(db_commit(&db, &err), 0);
	assert_int_equal(number(&db, "SELECT count(*) FROM images"), 1);
	assert_int_equal(db_close(&db, &err), 0);
	assert_false(is_locked(path));
}

static int64_t allocated(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_blocks * 512 - st.st_size;
}

/* Blocks behind the end do not outlive the filling, nor a filling that failed. */
static void gives_back_what_it_reserved(void **state)
{
	const char *path = scratch_path("blocks.db");
	struct err err;
	struct db db;
	int64_t size;

	(void)state;
	assert_int_equal(db_open(&db, path, DB_WRITE, &err), 0);
	assert_int_equal(db_without_log(&db, &err), 0);
	size = number(&db, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
	db_write_early(&db);
	if (db.reserved)	/* else this disk has none to give */
		assert_true(db.reserved > size && allocated(path) > 16 << 20);
	assert_int_equal(db_with_log(&db, &err), 0);
	assert_true(allocated(path) < 1 << 20);
	assert_int_equal(db_without_log(&db, &err), 0);
	db_write_early(&db);
	assert_int_equal(db_begin(&db, &err), 0);
	assert_int_equal(db_close(&db, &err), 0);
	assert_true(allocated(path) < 1 << 20);
	assert_int_equal(db_open(&db, path, DB_READ, &err), 0);
	assert_int_equal(number(&db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
	assert_int_equal(number(&db, "SELECT page_count * page_size FROM pragma_page_count, "
				"pragma_page_size"), size);
	assert_int_equal(db_close(&db, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_the_complete_schema),
		cmocka_unit_test(opens_again_and_keeps_what_was_committed),
		cmocka_unit_test(refuses_what_is_not_ours),
		cmocka_unit_test(says_that_a_store_is_damaged),
		cmocka_unit_test(says_that_a_store_is_locked),
		cmocka_unit_test(says_that_the_disk_is_full),
		cmocka_unit_test(does_without_the_log_for_a_while),
		cmocka_unit_test(writes_early_and_keeps_its_locks),
		cmocka_unit_test(gives_back_what_it_reserved),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
