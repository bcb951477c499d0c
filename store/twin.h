/* SPDX-License-Identifier: Apache-2.0
 *
 * twin: one row of a table, inserted if its key is new and updated otherwise, by two statements
 * that number their parameters alike:
 *	?1 the parent row   ?2 a text   ?3 another text, or a number   ?4... the columns
 *	and behind them `rest` and `exact`.
 */
#ifndef STORE_TWIN_H
#define STORE_TWIN_H

#include <stdint.h>

#include <sqlite3.h>

#include "store/column.h"
#include "store/db.h"

#define TWIN_COLUMNS 4	/* the first column's parameter */

struct twin_shape {
	const char *table;
	const char *keys, *marks; /* "path, key" and "?1, ?2": columns beside the table's */
	const struct column *columns;
	const char *where;		/* "path = ?1 AND key = ?2": what makes a row the same;
					 * NULL: rows are only ever inserted */
};

struct twin {
	const struct twin_shape *shape;
	sqlite3_stmt *insert, *update, *find;
};

struct twin_key {
	int64_t parent;
	const char *text, *text2;	/* NULL: NULL */
	int64_t number;			/* ?3 where text2 is NULL; -1: NULL */
};

int twin_prepare(struct twin *t, struct db *db, const struct twin_shape *shape,
		 struct err *err);
void twin_release(struct twin *t);

/* 1: a new row, 0: it was there and is updated, -1: err. id may be NULL. */
int twin_put(struct twin *t, struct db *db, const struct twin_key *key, struct column_row *row,
	     const struct buf *rest, int64_t *id, struct err *err);

/* 1: there, 0: not there, -1. */
int twin_find(struct twin *t, struct db *db, const struct twin_key *key, struct column_row *row,
	      int64_t *id, struct err *err);

#endif
