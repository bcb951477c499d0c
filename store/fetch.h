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

struct column_out;
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
 * The same in two steps: the record is read, and written without its newline; or its members are
 * taken one by one, if columns of its table are all there is of it: then it is sound JSON if those
 * are that hold JSON. NULL: it has lists, or members that others wrote.
 */
int fetch_read(struct fetch *f, int64_t id, struct err *err);
void fetch_write(struct fetch *f, struct buf *line);
const struct column_out *fetch_members(const struct fetch *f);	/* until the next is read */

/* The same, parsed; *r is yours to free. A line of a damaged store that is no JSON: -1 (65). */
int fetch_record(struct fetch *f, int64_t id, struct rec **r, struct err *err);

#endif
