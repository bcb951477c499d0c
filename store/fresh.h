/* SPDX-License-Identifier: Apache-2.0
 *
 * fresh: the fast way into a store. Ids are hashes, so an index over them is written all over by
 * every transaction, and more so the larger it is. A store that holds nothing yet does
 * without: its indexes of that kind are made at the end, sorted, in one go. So does one that
 * holds rows while very many more come (fresh_again).
 *
 * Until then nothing can be looked up, so every record must be new. A Bloom filter over the
 * ids tells: what it never saw is new for sure; what it may have seen is put off to a temporary
 * file and put in when the indexes are there, unless it only repeats what is there (repeats.h).
 * Captions of one image that stand behind each other are no reason to wait. The filter's size is
 * fixed; when it is too full to tell, or too much was put off, the fast way ends early. Killed
 * meanwhile, the store keeps what was committed, and the next writer makes the indexes (db_open).
 *
 * Rows are only added, in pages that held nothing: that needs no log of pages either
 * (db_without_log), and every page is written once.
 *
 *	fresh_open(&fresh, &db, &err);		fresh is NULL where the store holds something
 *	fresh_begin(fresh, &err);		before the first transaction: no log
 *	if (fresh_put_off(fresh, rec, &err) == 0) ... put it, without looking it up
 *	fresh_settle(fresh, &err);		the indexes, and the log
 *	while (fresh_next(fresh, &rec, &err) > 0) ... put it as any other
 *	fresh_free(fresh);
 */
#ifndef STORE_FRESH_H
#define STORE_FRESH_H

#include "store/db.h"

struct rec;
struct fresh;

int fresh_open(struct fresh **f, struct db *db, struct err *err);

/*
 * For a store that holds rows, so many images and captions; it is begun at once. The filter is told
 * what is there. images: they come with the captions, and are new; else they are looked up, and
 * only the index over captions is given up. NULL: that is too much for the filter. No transaction
 * is open.
 */
int fresh_again(struct fresh **f, struct db *db, int64_t rows, bool images, struct err *err);
bool fresh_has_new_images(const struct fresh *f);	/* they need not be looked up */

int fresh_begin(struct fresh *f, struct err *err);
void fresh_free(struct fresh *f);

/* Only images and captions come by the million; with any other kind the fast way ends. */
bool fresh_takes(const struct rec *r);

/* Before all else that is to be done with a record: the filter is too large for any cache, and its
 * lines come meanwhile. */
void fresh_prefetch(struct fresh *f, struct rec *r);

/* Of the record that was fetched for last: 1: put off, 0: new for sure, -1. */
int fresh_put_off(struct fresh *f, struct rec *r, struct err *err);

/* Should it end here: too much put off, or the filter full? */
bool fresh_full(const struct fresh *f);

/*
 * Does another process write, too? What is new by the filter may be there then. Asked inside a
 * transaction, by the thread it belongs to: before it, another writer could still come between.
 */
bool fresh_disturbed(const struct fresh *f);

int fresh_settle(struct fresh *f, struct err *err);

/* 1: *r is yours to free; 0: there are no more; -1. */
int fresh_next(struct fresh *f, struct rec **r, struct err *err);

#endif
