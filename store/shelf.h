/* SPDX-License-Identifier: Apache-2.0
 *
 * shelf: puts records into the store. Idempotent: a record that was there before is updated
 * and changes nothing if it is the same. A record is checked whole before any of it is
 * written, so a bad one leaves nothing behind.
 *
 *	shelf = shelf_new(&db, &err);
 *	switch (shelf_put(shelf, rec, &err)) ...
 *	shelf_free(shelf);		before db_close
 */
#ifndef STORE_SHELF_H
#define STORE_SHELF_H

#include "store/db.h"

struct rec;
struct shelf;

enum shelf_result {
	SHELF_NEW,
	SHELF_THERE,	/* was in the store; updated where the record says more */
	SHELF_BAD,	/* the record is not what its kind should be: err says why */
	SHELF_FAILED	/* the store cannot be written: err */
};

struct shelf *shelf_new(struct db *db, struct err *err);
void shelf_free(struct shelf *s);

/* Every record to come is new: nothing is looked up, which takes an index (fresh.h). */
void shelf_all_new(struct shelf *s, bool all_new);

/*
 * What shelf_put would say of an image's or a caption's form: SHELF_BAD, or SHELF_NEW. Any thread
 * may ask. *plain: it holds nothing that columns cannot give back (column.h).
 */
enum shelf_result shelf_check(struct rec *r, bool *plain, struct err *err);

enum shelf_result shelf_put(struct shelf *s, struct rec *r, struct err *err);

/*
 * The same of an image or a caption that shelf_check was asked about and that is new: all of it,
 * where shelf_all_new said so, or the caption. Many are put at once, by shelf_flush at the latest;
 * until then the record is borrowed.
 */
enum shelf_result shelf_put_new(struct shelf *s, struct rec *r, bool plain, struct err *err);
int shelf_flush(struct shelf *s, struct err *err);

#endif
