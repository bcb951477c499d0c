/* SPDX-License-Identifier: Apache-2.0
 *
 * key_index: which rows of a ledger answer a request. Keys are hashes, so in one large index each
 * new one changes a page of its own, which is written twice: at ten million answers that was two
 * thirds of the time. So what is new is appended (the table `recent`, and a hash table in the memory
 * of every process that uses the ledger), and when KEY_INDEX_RECENT have gathered they go to the
 * table `keys` sorted, many to a page, a step with each transaction.
 *
 * Rows that others append are seen by the next look. Triggers on `answers` fill `recent`, and empty
 * both where answers are deleted.
 */
#ifndef STORE_KEY_INDEX_H
#define STORE_KEY_INDEX_H

#include <stdbool.h>
#include <stdint.h>

struct sqlite3;
struct key_index;

#ifndef KEY_INDEX_RECENT	/* -D: a test may want them to move all the time */
#define KEY_INDEX_RECENT 550000	/* 6 MB of memory, and 15 more while they move */
#endif

/* db: a ledger of the present version, lent. NULL: what SQLite says. */
struct key_index *key_index_open(struct sqlite3 *db);
void key_index_close(struct key_index *k);	/* NULL is fine */

/*
 * 1: *id is the newest row of the key, if that row holds the key; where it does not (two keys that
 * look alike here, or the row is gone), key_index_search knows, in the time it takes to read
 * all that is recent. 0: none. -1: what SQLite says.
 */
int key_index_find(struct key_index *k, const unsigned char key[16], int64_t *id);
int key_index_search(struct key_index *k, const unsigned char key[16], int64_t *id);

/*
 * In a write transaction: begin before the first answer is put, put for each, done behind the last;
 * forget when it was rolled back. 0, or -1: SQLite.
 */
int key_index_begin(struct key_index *k);	/* outside of one: what others appended is read */
void key_index_put(struct key_index *k, const unsigned char key[16], int64_t id);
int key_index_done(struct key_index *k);
void key_index_forget(struct key_index *k);

/* For who puts many answers, sorted by key, and their keys into `keys` himself: 0, or -1: SQLite. */
int key_index_fold(struct sqlite3 *db);		/* in a transaction: all that is recent to `keys` */
void key_index_triggers(struct sqlite3 *db, bool on);	/* of this connection */

/*
 * For readers: makes the temporary views settled_keys and recent_keys of this connection, and by_key of
 * both: (key, id), fast by key, of a ledger of any version. Rows that others append later are in none.
 * 0, or -1: SQLite. KEY_INDEX_LATER: does a row of `answers` have a later one of its key?
 */
#define KEY_INDEX_LATER "(EXISTS (SELECT 1 FROM settled_keys k WHERE k.key = answers.key AND " \
	"k.id > answers.id) OR EXISTS (SELECT 1 FROM recent_keys k WHERE k.key = answers.key AND " \
	"k.id > answers.id))"
int key_index_view(struct sqlite3 *db);

/* How many answers are not found under their key: 0 in a sound ledger. 0, or -1: SQLite. */
int key_index_lost(struct sqlite3 *db, int64_t *count);

#endif
