/* SPDX-License-Identifier: Apache-2.0
 *
 * fetch: rows of the store as records again, the way back from shelf: one canonical line each,
 * unknown members with the bytes they came with.
 *
 *	fetch = fetch_new(&db, REC_QUESTION, &err);
 *	got = fetch_line(fetch, id, &line, &err);	appends one line, newline included
 *	got = fetch_record(fetch, id, &rec, &err);
 *	fetch_free(fetch);
 */
#ifndef STORE_FETCH_H
#define STORE_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "schemas/record.h"
#include "store/db.h"

struct fetch;

struct fetch *fetch_new(struct db *db, enum rec_kind kind, struct err *err);
void fetch_free(struct fetch *f);

/* id: a row of `paths` for an image, else of the kind's own table. 1: done, 0: none, -1. */
int fetch_line(struct fetch *f, int64_t id, struct buf *line, struct err *err);

/*
 * The last line is sound JSON if the columns of its table that hold JSON do: it has no lists, no
 * members that others wrote.
 */
bool fetch_is_plain(const struct fetch *f);

/* The same, parsed; *r is yours to free. A line of a damaged store that is no JSON: -1 (65). */
int fetch_record(struct fetch *f, int64_t id, struct rec **r, struct err *err);

#endif
