/* SPDX-License-Identifier: Apache-2.0
 *
 * db: the store as an SQLite file: open, create, migrate, prepare, transactions. It knows that
 * the file is a capqa store and of which version, not what the tables mean (shelf, fetch).
 *
 * Failures become the exit code they deserve: what cannot be written or is locked is 74, a
 * file that is no store, damaged or written by a newer capqa is 65, a missing one 66.
 *
 *	if (db_open(&db, "capqa.db", DB_WRITE, &err)) ...
 *	stmt = db_prepare(&db, "SELECT ...", &err);
 *	while ((got = db_step(&db, stmt, &err)) > 0) ...
 *	sqlite3_finalize(stmt);
 *	db_close(&db, &err);
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "cli/msg.h"

#define DB_DEFAULT "./capqa.db"

enum db_mode {
	DB_READ,	/* must exist */
	DB_CHANGE,	/* must exist, migrated when old */
	DB_WRITE	/* created when missing, migrated when old */
};

struct db {
	sqlite3 *handle;
	char *path;
	bool in_transaction;
	bool early;	/* `file` is open, see db_write_early */
	int file;
	int64_t reserved;	/* up to here it has blocks, see db_write_early; 0: as SQLite left it */
};

int db_open(struct db *db, const char *path, enum db_mode mode, struct err *err);
int db_close(struct db *db, struct err *err);	/* a transaction still open is rolled back */

int db_exec(struct db *db, const char *sql, struct err *err);
sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct err *err);

/* 1: a row; 0: the end, and the statement is reset; -1: err. */
int db_step(struct db *db, sqlite3_stmt *stmt, struct err *err);

/* One whole number, for counts. */
int db_number(struct db *db, const char *sql, int64_t *out, struct err *err);

int db_begin(struct db *db, struct err *err);
void db_rollback(struct db *db);
int db_commit(struct db *db, struct err *err);

int db_cache(struct db *db, struct err *err);	/* the cache as db_open sets it */

/* While it is on, a run of 2 MB is sorted while the next one is read. Leaves a small cache. */
int db_sort_in_threads(struct db *db, bool on, struct err *err);

/*
 * With the log (WAL), the rule, readers and a writer do not wait for each other, and every page is
 * written twice. Without, a commit waits for readers and they for it, and a new page is
 * written once. Outside transactions. While others use the store it stays as it is, which is no
 * failure: the next writer sets the rule again.
 */
int db_with_log(struct db *db, struct err *err);
int db_without_log(struct db *db, struct err *err);

/*
 * Without the log: has the disk begin with the pages that SQLite has written so far, so that the
 * next commit waits for less, and blocks ready for the pages to come (a quarter less work a page,
 * measured on ext4). From the thread that the store is with; changes nothing but that.
 */
void db_write_early(struct db *db);

/* The indexes of schemas/store_indexes.sql. Dropping belongs into a transaction. */
int db_make_indexes(struct db *db, struct err *err);
int db_drop_indexes(struct db *db, bool images, struct err *err);

/* Says what SQLite's last call on this handle complained of. Returns -1. */
int db_fault(struct db *db, struct err *err);

/* Says that a column of JSON holds something else, which only a damaged store does. Returns -1. */
int db_odd_json(struct db *db, struct err *err);

#endif
