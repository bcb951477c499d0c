/* SPDX-License-Identifier: Apache-2.0
 *
 * fetch: rows of the store as records again, the way back from shelf: one canonical line each,
 * unknown members with the bytes they came with.
 *
 *	fetch = fetch_new(&db, REC_QUESTION, &err);
 *	got = fetch_line(fetch, id, &line, &err);	appends one line, newline included
 *	got = fetch_record(fetch, id, &rec, &err);
 *	fetch_free(fetch);
 *
 * Every record about an image names it. Who knows the names already gives them, and the two tables
 * they stand in are not read:
 *
 *	fetch = fetch_new_named(&db, REC_CAPTION, &err);
 *	fetch_name(fetch, &image_id, &path);		before each line
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

struct fetch_text {
	const char *text;	/* NULL: there is none */
	size_t len;
};

/* Has it to read nothing but the names of images? */
bool fetch_can_be_named(enum rec_kind kind);
struct fetch *fetch_new_named(struct db *db, enum rec_kind kind, struct err *err);
/* They are used by the next fetch_line. */
void fetch_name(struct fetch *f, const struct fetch_text *image_id,
		const struct fetch_text *path);

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
