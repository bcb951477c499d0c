/* SPDX-License-Identifier: Apache-2.0
 *
 * rows: what an export holds: which records of the store, in which order, in which form.
 *
 * Order: by image key (image_id, else path), then a question's place in its reply, then id: the
 * same whatever the order of ingest was. The forms:
 *	full	the record itself, every key in every row
 *	caprl	the row of CapRL-QA-75K: one image with all its questions
 *
 *	rows = rows_new(&db, ROWS_FULL, REC_QUESTION, &err);
 *	while ((got = rows_next(rows, &row, &err)) > 0) ...
 *	rows_free(rows);
 */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include <stdint.h>

#include "schemas/record.h"
#include "store/db.h"
#include "store/shape.h"

enum rows_format { ROWS_FULL, ROWS_CAPRL, ROWS_FORMATS };

const char *rows_format_name(enum rows_format format);
int rows_format_parse(const char *text, enum rows_format *format);

struct rows;

/* The database stands as it is now until rows_free, whatever others write. */
struct rows *rows_new(struct db *db, enum rows_format format, enum rec_kind kind,
		      struct err *err);
void rows_free(struct rows *r);

/* 1: row (emptied first) holds one line; 0: the end; -1. */
int rows_next(struct rows *r, struct buf *row, struct err *err);

const struct shape *rows_shape(const struct rows *r);
int64_t rows_records(const struct rows *r);	/* records picked; of full also the rows */

#endif
