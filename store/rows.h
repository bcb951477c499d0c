/* SPDX-License-Identifier: Apache-2.0
 *
 * rows: what an export holds: which records of the store, in which order, in which form.
 *
 * choice.h says which and in which order, format.h in which forms. A row of `full` is the
 * record itself, every key in every row; form.h makes the others.
 *
 *	rows = rows_new(&db, &how, &err);
 *	while ((got = rows_next(rows, &row, &len, &err)) > 0) ...
 *	rows_free(rows);
 */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "store/choice.h"
#include "store/form.h"
#include "store/shape.h"

struct rows_how {
	const struct format *format;
	enum rec_kind kind;
	struct choice choice;
	const char *prefix;		/* before image paths, or NULL */
};

struct rows;

/* The database stands as it is now until rows_free, whatever others write; `how` is used
 * until db is closed. */
struct rows *rows_new(struct db *db, const struct rows_how *how, struct err *err);
void rows_free(struct rows *r);

/* 1: row is one line, without newline, yours until the next; 0: the end; -1. */
int rows_next(struct rows *r, const char **row, size_t *len, struct err *err);

int rows_split(const struct rows *r);				/* of that row */
const struct form_image *rows_image(const struct rows *r);	/* NULL for `full` */

const struct shape *rows_shape(const struct rows *r);
int64_t rows_records(const struct rows *r);	/* records picked; of full also the rows */

#endif
