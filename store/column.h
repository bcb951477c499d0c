/* SPDX-License-Identifier: Apache-2.0
 *
 * column: which member of a record stands in which column of the store, and how. One table of
 * columns serves both directions (shelf writes by it, fetch reads by it), so they cannot
 * disagree; it makes the SQL as well.
 *
 * A column holds a member's value in SQL's own type. What it cannot give back to the byte goes
 * to the row's `exact` as JSON: null, an empty list of tallies, 1.0 where SQL would say 1.
 *
 *	column_names(&sql, column_captions, "c.");	"c.caption_id, c.caption, ..."
 *	if (column_check(&row, column_captions, &err) == 0)
 *		at = column_bind(&row, column_captions, stmt, 1);
 */
#ifndef STORE_COLUMN_H
#define STORE_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include <sqlite3.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "schemas/span.h"

struct rec;

enum column_type {
	COLUMN_TEXT,
	COLUMN_INT,
	COLUMN_REAL,
	COLUMN_BOOL,
	COLUMN_JSON	/* canonical JSON as text */
};

struct column {
	const char *member;	/* in the record; NULL ends a table */
	enum column_type type;
	const char *name;	/* in the table, where SQL wants another; else NULL */
};

/* In canonical order of the members. */
extern const struct column column_keys[],	/* image_id and path: of all about an image */
	column_images[], column_paths[], column_sources[], column_replies[], column_questions[],
	column_verdicts[], column_tallies[], column_trials[], column_captions[],
	column_heads[],				/* of a caption, as a score repeats it */
	column_scores[], column_answers[], column_rejects[], column_runs[];

size_t column_count(const struct column *columns);
const char *column_name(const struct column *c);	/* in the table */

/* "PREa, PREb, PREc": appended to sql, each name with `prefix` before it. */
void column_names(struct buf *sql, const struct column *columns, const char *prefix);
/* "?N, ?N+1, ..." */
void column_marks(struct buf *sql, const struct column *columns, int first);

/* Where the values come from: a record, or the members of an object inside one. */
struct column_row {
	const struct rec *rec;			/* or NULL, then: */
	const struct span_members *members;
	size_t next;				/* of them: mostly the one asked for next */
	bool literal;				/* no text of theirs holds an escape */
	struct buf exact;			/* inside of an object: see above */
	struct buf scratch;
};

void column_row_init(struct column_row *row);
void column_row_release(struct column_row *row);
/* Starts on another record or object; exact is emptied. */
void column_row_set(struct column_row *row, const struct rec *rec,
		    const struct span_members *members);

bool column_row_raw(struct column_row *row, const char *member, const char **value,
		    size_t *len);
void column_row_exact(struct column_row *row, const char *member, const char *value,
		      size_t len);

/*
 * Are the members of the types their columns hold? -1 and err if not. Notes in row->exact what
 * the columns cannot give back. To be called for all of a record before any of it is written.
 */
int column_check(struct column_row *row, const struct column *columns, struct err *err);

/*
 * Binds checked columns from parameter `first` on; the row's record must live until the
 * statement has run. Returns the next parameter.
 */
int column_bind(struct column_row *row, const struct column *columns, sqlite3_stmt *stmt,
		int first);

/* The same of one column, as what a virtual table shows: NULL where the record says nothing. The
 * record must live until the row is in. */
void column_result(struct column_row *row, const struct column *c, sqlite3_context *to);

/* Appends the members that stand in none of the columns and are not `also` or `also2`. */
void column_rest(const struct span_members *members, const struct column *columns,
		 const char *also, const char *also2, struct buf *rest);

/* Binds the text, or NULL where it is empty. Returns the next parameter. */
int column_bind_buf(sqlite3_stmt *stmt, int at, const struct buf *text);

/*
 * Members under way to a record: each is put once, then written in the order of `names`, with
 * what `exact` holds where no column had a value, and `rest` behind. Columns that hold JSON are
 * written as they are: of a damaged store the record may be none.
 */
#define COLUMN_SLOTS 32

struct column_out {
	const char *const *names;	/* NULL-terminated, at most COLUMN_SLOTS */
	struct { size_t at, len; } slots[COLUMN_SLOTS];
	struct buf text;
};

void column_out_init(struct column_out *out);
void column_out_release(struct column_out *out);
void column_out_start(struct column_out *out, const char *const *names);

/* The caller appends a JSON value to out->text between these two. */
size_t column_out_from(const struct column_out *out);
void column_out_member(struct column_out *out, const char *member, size_t from);

/* Puts the columns that are not NULL; returns the next column. */
int column_read(struct column_out *out, const struct column *columns, sqlite3_stmt *stmt,
		int first);

/* {...}, without a newline. exact and rest may be NULL. */
void column_out_write(struct column_out *out, const char *exact, const char *rest,
		      struct buf *to);

/* As JSON writes a number: the shortest that reads back the same. */
void column_real(struct buf *out, double value);

#endif
