/* SPDX-License-Identifier: Apache-2.0
 *
 * loader: puts records on the shelf, in transactions of so many or a few seconds. A store that
 * holds nothing yet, or into which very many go that are new, is filled the fast way (fresh.h), on
 * a thread of its own: what the filter says is new goes there by a belt, and the caller reads the
 * next ones meanwhile.
 *
 *	l = loader_new(&db, LOADER_FAST_ROWS, &err);
 *	result = loader_put(l, rec, &taken, &err);
 *	if (nothing comes for a while && loader_pending(l))
 *		loader_commit(l, &err);
 *	loader_finish(l, &err);
 *	lost = loader_free(l);		before db_close
 *
 * Between loader_new and loader_free nobody else uses `db`.
 */
#ifndef STORE_LOADER_H
#define STORE_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "store/shelf.h"

/*
 * Records of a transaction. On the fast way every commit waits for the disk, and five times as many
 * take a seventh less time (measured, two million captions; with more there is little to gain). Who
 * reads a store that is filled so waits half a second at most times, and now and then some seconds.
 */
#define LOADER_ROWS 10000
#define LOADER_FAST_ROWS 50000

struct loader;

/* fast_rows: of a transaction on the fast way. */
struct loader *loader_new(struct db *db, int64_t fast_rows, struct err *err);

/* Rolls back what is not committed: so many records. NULL: none. */
int64_t loader_free(struct loader *l);

/*
 * As shelf_put. *taken: the record is the loader's now. A failure may be one of records before
 * this one.
 */
enum shelf_result loader_put(struct loader *l, struct rec *r, bool *taken, struct err *err);

/*
 * So many more may come (-1: unknown), mostly like those of this transaction: a store that holds rows
 * is then filled the fast way from the second transaction on, if it pays at all.
 */
void loader_expect(struct loader *l, int64_t records);

/* Has others wait no longer for the store. On the fast way the commit itself may come later. */
int loader_commit(struct loader *l, struct err *err);
int64_t loader_pending(const struct loader *l);	/* records put since the last one */

/* All is in the store, indexed and committed. */
int loader_finish(struct loader *l, struct err *err);

/*
 * What loader_put had to say before it knew, to be corrected after loader_finish: SHELF_NEW of
 * records that another process put in first, SHELF_THERE of records that only looked known.
 */
void loader_corrections(const struct loader *l, int64_t *new_was_there, int64_t *there_was_new);

#endif
