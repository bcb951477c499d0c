/* SPDX-License-Identifier: Apache-2.0
 *
 * See bulk.h. A table of SQLite's has a list of records that wait for it, and a virtual table (an
 * eponymous one: it is there without CREATE) that shows them column by column.
 */
#include "store/bulk.h"

#include <assert.h>
#include <stdlib.h>

#include "cli/buf.h"
#include "schemas/record.h"
#include "store/column.h"

#define SHOWN_MAX 16
#define PARTS 4

enum shown_what { SHOW_PARENT, SHOW_VALUE, SHOW_REST, SHOW_LISTED };

/* A column: what of a record it shows. */
struct shown {
	const char *name;		/* in the table */
	enum shown_what what;
	const struct column *column;	/* of SHOW_VALUE */
	bool of_image;			/* told by an image's record only; else as the table has it */
};

/* In the order of the columns of the INSERT. */
struct target {
	const char *table, *module, *parent;	/* parent: the column of the row above, or NULL */
	struct { const struct column *columns; bool of_image; } parts[PARTS];
	bool has_rest, rest_of_image, is_listed;
};

/* column_keys spans two tables */
static const struct column image_ids[] = { { "image_id", COLUMN_TEXT, NULL }, { 0 } };
static const struct column path_names[] = { { "image", COLUMN_TEXT, "path" }, { 0 } };

enum { IMAGES, PATHS, CAPTIONS, TABLES };

static const struct target targets[TABLES] = {
	[IMAGES] = { .table = "images", .module = "bulk_images",
		.parts = { { image_ids, false }, { column_images, true } } },
	[PATHS] = { .table = "paths", .module = "bulk_paths", .parent = "image",
		.parts = { { path_names, false }, { column_paths, true }, { column_sources, true } },
		.has_rest = true, .rest_of_image = true, .is_listed = true },
	[CAPTIONS] = { .table = "captions", .module = "bulk_captions", .parent = "path",
		.parts = { { column_captions, false } }, .has_rest = true },
};

struct waiting {
	const struct rec *rec;
	int64_t parent;
};

struct table {
	const struct target *target;
	struct shown shown[SHOWN_MAX];
	int shown_count;
	struct waiting *rows;
	size_t count, cap;
	sqlite3_vtab_cursor walk;	/* one at a time */
	size_t at;			/* of the walk */
	struct column_row row;		/* the record there */
	struct buf rest;
	sqlite3_stmt *insert, *last;
	sqlite3_stmt *insert_few;	/* of what any record tells */
	bool has_images;		/* waiting */
	int64_t last_id;		/* before the first that waits */
};

struct bulk {
	struct db *db;
	struct table tables[TABLES];
};

/* ---- the virtual table ---- */

/* SQLite's part of it, which may live a little longer than ours. */
struct seen {
	sqlite3_vtab base;
	struct table *table;
};

static struct table *table_of(sqlite3_vtab *seen)
{
	return ((struct seen *)seen)->table;
}

static int vt_connect(sqlite3 *handle, void *about, int argc, const char *const *argv,
		      sqlite3_vtab **seen, char **error)
{
	struct seen *made = sqlite3_malloc(sizeof(*made));
	struct table *t = about;
	struct buf sql;
	int i, code;

	(void)argc, (void)argv, (void)error;
	if (!made)
		return SQLITE_NOMEM;
	*made = (struct seen){ .table = t };
	buf_init(&sql, BUF_NO_MAX);
	for (i = 0; i < t->shown_count; i++)
		buf_printf(&sql, "%sc%d", i ? ", " : "CREATE TABLE rows (", i);
	buf_addc(&sql, ')');
	code = sqlite3_declare_vtab(handle, sql.data);
	buf_release(&sql);
	if (code)
		sqlite3_free(made);
	else
		*seen = &made->base;
	return code;
}

static int vt_disconnect(sqlite3_vtab *seen)
{
	sqlite3_free(seen);
	return SQLITE_OK;
}

static int vt_best_index(sqlite3_vtab *seen, sqlite3_index_info *info)
{
	(void)seen;
	info->estimatedCost = 1;
	return SQLITE_OK;
}

static int vt_open(sqlite3_vtab *seen, sqlite3_vtab_cursor **cursor)
{
	*cursor = &table_of(seen)->walk;
	return SQLITE_OK;
}

static int vt_close(sqlite3_vtab_cursor *cursor)
{
	(void)cursor;
	return SQLITE_OK;
}

static void go_to(struct table *t, size_t at)
{
	t->at = at;
	if (at < t->count)
		column_row_set(&t->row, t->rows[at].rec, NULL);
}

static int vt_filter(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc,
		     sqlite3_value **argv)
{
	(void)number, (void)text, (void)argc, (void)argv;
	go_to(table_of(cursor->pVtab), 0);
	return SQLITE_OK;
}

static int vt_next(sqlite3_vtab_cursor *cursor)
{
	struct table *t = table_of(cursor->pVtab);

	go_to(t, t->at + 1);
	return SQLITE_OK;
}

static int vt_eof(sqlite3_vtab_cursor *cursor)
{
	struct table *t = table_of(cursor->pVtab);

	return t->at >= t->count;
}

static void show_rest(struct table *t, sqlite3_context *to)
{
	buf_clear(&t->rest);
	rec_write_rest(t->rows[t->at].rec, &t->rest);
	if (t->rest.len)
		sqlite3_result_text(to, t->rest.data, (int)t->rest.len, SQLITE_STATIC);
}

/* Nothing said is NULL. */
static int vt_column(sqlite3_vtab_cursor *cursor, sqlite3_context *to, int i)
{
	struct table *t = table_of(cursor->pVtab);
	const struct shown *shown = &t->shown[i];
	bool is_image = rec_kind(t->rows[t->at].rec) == REC_IMAGE;

	if (shown->of_image && !is_image && shown->what != SHOW_LISTED)
		return SQLITE_OK;
	switch (shown->what) {
	case SHOW_PARENT:
		sqlite3_result_int64(to, t->rows[t->at].parent);
		break;
	case SHOW_VALUE:
		column_result(&t->row, shown->column, to);
		break;
	case SHOW_REST:
		show_rest(t, to);
		break;
	case SHOW_LISTED:
		sqlite3_result_int(to, is_image);
	}
	return SQLITE_OK;
}

static int vt_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *id)
{
	*id = (sqlite3_int64)table_of(cursor->pVtab)->at;
	return SQLITE_OK;
}

static const sqlite3_module module = {
	.xConnect = vt_connect, .xDisconnect = vt_disconnect, .xBestIndex = vt_best_index,
	.xOpen = vt_open, .xClose = vt_close, .xFilter = vt_filter, .xNext = vt_next,
	.xEof = vt_eof, .xColumn = vt_column, .xRowid = vt_rowid,
};

/* ---- tables ---- */

static void add_shown(struct table *t, const char *name, struct shown shown)
{
	assert(t->shown_count < SHOWN_MAX);
	shown.name = name;
	t->shown[t->shown_count++] = shown;
}

static void list_shown(struct table *t)
{
	const struct target *target = t->target;
	const struct column *c;
	int i;

	if (target->parent)
		add_shown(t, target->parent, (struct shown){ .what = SHOW_PARENT });
	for (i = 0; i < PARTS && target->parts[i].columns; i++)
		for (c = target->parts[i].columns; c->member; c++)
			add_shown(t, column_name(c), (struct shown){ .what = SHOW_VALUE, .column = c,
				  .of_image = target->parts[i].of_image });
	if (target->has_rest)
		add_shown(t, "rest", (struct shown){ .what = SHOW_REST,
			  .of_image = target->rest_of_image });
	if (target->is_listed)
		add_shown(t, "listed", (struct shown){ .what = SHOW_LISTED, .of_image = true });
}

/* The columns, by their names in the table or (`as`) as the virtual one calls them. */
static void write_shown(const struct table *t, bool few, bool as, struct buf *sql)
{
	const char *between = "";
	int i;

	for (i = 0; i < t->shown_count; i++) {
		if (few && t->shown[i].of_image)
			continue;
		buf_adds(sql, between);
		if (as)
			buf_printf(sql, "c%d", i);
		else
			buf_adds(sql, t->shown[i].name);
		between = ", ";
	}
}

/*
 * OR ROLLBACK: a statement of many rows that may fail alone keeps copies of the pages it changes
 * (six a chunk: 3 GB of two million captions). Here a failure ends the transaction anyway.
 */
static sqlite3_stmt *prepare_insert(const struct table *t, struct db *db, bool few, struct err *err)
{
	sqlite3_stmt *stmt;
	struct buf sql;

	buf_init(&sql, BUF_NO_MAX);
	buf_printf(&sql, "INSERT OR ROLLBACK INTO %s (", t->target->table);
	write_shown(t, few, false, &sql);
	buf_adds(&sql, ") SELECT ");
	write_shown(t, few, true, &sql);
	buf_printf(&sql, " FROM %s", t->target->module);
	stmt = db_prepare(db, sql.data, err);
	buf_release(&sql);
	return stmt;
}

static int prepare(struct table *t, struct db *db, struct err *err)
{
	struct buf sql;

	t->insert = prepare_insert(t, db, false, err);
	t->insert_few = t->insert ? prepare_insert(t, db, true, err) : NULL;
	buf_init(&sql, BUF_NO_MAX);
	buf_printf(&sql, "SELECT ifnull(max(id), 0) FROM %s", t->target->table);
	if (t->insert_few)
		t->last = db_prepare(db, sql.data, err);
	buf_release(&sql);
	return t->last ? 0 : -1;
}

static int open_table(struct table *t, const struct target *target, struct db *db, struct err *err)
{
	t->target = target;
	column_row_init(&t->row);
	buf_init(&t->rest, BUF_NO_MAX);
	list_shown(t);
	return sqlite3_create_module(db->handle, target->module, &module, t) ? db_fault(db, err) :
	       prepare(t, db, err);
}

static void close_table(struct table *t, struct db *db)
{
	sqlite3_finalize(t->insert);
	sqlite3_finalize(t->insert_few);
	sqlite3_finalize(t->last);
	if (!t->target)
		return;
	sqlite3_create_module(db->handle, t->target->module, NULL, NULL);
	column_row_release(&t->row);
	buf_release(&t->rest);
	free(t->rows);
}

int bulk_open(struct bulk **to, struct db *db, struct err *err)
{
	struct bulk *b = xcalloc(1, sizeof(*b));
	int i, code = 0;

	b->db = db;
	for (i = 0; i < TABLES && !code; i++)
		code = open_table(&b->tables[i], &targets[i], db, err);
	if (code) {
		bulk_free(b);
		b = NULL;
	}
	*to = b;
	return code;
}

void bulk_free(struct bulk *b)
{
	int i;

	if (!b)
		return;
	for (i = 0; i < TABLES; i++)
		close_table(&b->tables[i], b->db);
	free(b);
}

static void add(struct table *t, const struct rec *r, int64_t parent)
{
	t->rows = xgrow(t->rows, &t->cap, t->count, sizeof(*t->rows));
	t->rows[t->count++] = (struct waiting){ r, parent };
	t->has_images |= rec_kind(r) == REC_IMAGE;
}

/* The number of the next row. */
static int number(struct bulk *b, struct table *t, int64_t *id, struct err *err)
{
	if (!t->count) {
		if (db_step(b->db, t->last, err) < 0)
			return -1;
		t->last_id = sqlite3_column_int64(t->last, 0);
		sqlite3_reset(t->last);
	}
	*id = t->last_id + (int64_t)t->count + 1;
	return 0;
}

int bulk_place(struct bulk *b, const struct rec *r, int64_t *image, int64_t *path,
	       struct err *err)
{
	if (number(b, &b->tables[IMAGES], image, err) || number(b, &b->tables[PATHS], path, err))
		return -1;
	add(&b->tables[IMAGES], r, 0);
	add(&b->tables[PATHS], r, *image);
	return 0;
}

void bulk_caption(struct bulk *b, const struct rec *r, int64_t path)
{
	add(&b->tables[CAPTIONS], r, path);
}

/* Numbers that were given out must be those that the rows have now. */
static int flush(struct bulk *b, struct table *t, struct err *err)
{
	int64_t last = t->last_id + (int64_t)t->count;
	bool known = t != &b->tables[CAPTIONS];

	if (!t->count)
		return 0;
	if (db_step(b->db, t->has_images ? t->insert : t->insert_few, err))
		return -1;
	t->count = 0;
	t->has_images = false;
	if (known && sqlite3_last_insert_rowid(b->db->handle) != last)
		return err_set(err, EXIT_OUTPUT, "store '%s' does not number its rows of %s one "
			       "after the other", b->db->path, t->target->table);
	return 0;
}

int bulk_flush(struct bulk *b, struct err *err)
{
	int i, code = 0;

	for (i = 0; i < TABLES && !code; i++)
		code = flush(b, &b->tables[i], err);
	return code;
}
