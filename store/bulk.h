/* SPDX-License-Identifier: Apache-2.0
 *
 * bulk: many new rows of images, their paths and captions by one statement a table. Of a row as
 * small as these, half of what SQLite does is to begin a statement, to walk to the end of the
 * table, and to end it again (measured: 3.6 us a caption by three statements, 2.1 us this way).
 *
 *	bulk_open(&bulk, &db, &err);
 *	bulk_place(bulk, rec, &image, &path, &err);	rows of its image and path: their numbers
 *	bulk_caption(bulk, rec, path);
 *	bulk_flush(bulk, &err);				now they are in
 *	bulk_free(bulk);				before db_close
 *
 * SQLite reads the records themselves, as rows of virtual tables; it numbers new rows one after
 * the other, so their numbers are known before. Between bulk_place and bulk_flush, in one
 * transaction, nobody else may put rows into these tables. Records are borrowed until bulk_flush;
 * they were checked and hold nothing for `exact` (shelf.h).
 */
#ifndef STORE_BULK_H
#define STORE_BULK_H

#include <stdint.h>

#include "store/db.h"

struct rec;
struct bulk;

int bulk_open(struct bulk **to, struct db *db, struct err *err);
void bulk_free(struct bulk *b);		/* what was not flushed is left out */

/* Of an image's record all that it says, of another one only which image it is. */
int bulk_place(struct bulk *b, const struct rec *r, int64_t *image, int64_t *path,
	       struct err *err);
void bulk_caption(struct bulk *b, const struct rec *r, int64_t path);

int bulk_flush(struct bulk *b, struct err *err);

#endif
