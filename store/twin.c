/* SPDX-License-Identifier: Apache-2.0
 *
 * See twin.h.
 */
#include "store/twin.h"

#include "cli/buf.h"

static sqlite3_stmt *prepare(struct db *db, struct buf *sql, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(db, sql->data, err);

	buf_clear(sql);
	return stmt;
}

static sqlite3_stmt *prepare_insert(struct db *db, const struct twin_shape *shape, int last,
				    struct buf *sql, struct err *err)
{
	buf_printf(sql, "INSERT INTO %s (%s, ", shape->table, shape->keys);
	column_names(sql, shape->columns, "");
	buf_printf(sql, ", rest, exact) VALUES (%s, ", shape->marks);
	column_marks(sql, shape->columns, TWIN_COLUMNS);
	buf_printf(sql, ", ?%d, ?%d) ON CONFLICT DO NOTHING", last, last + 1);
	return prepare(db, sql, err);
}

/* Only where something differs: the same again writes no page at all. */
static sqlite3_stmt *prepare_update(struct db *db, const struct twin_shape *shape, int last,
				    struct buf *sql, struct err *err)
{
	buf_printf(sql, "UPDATE %s SET (%s, ", shape->table, shape->keys);
	column_names(sql, shape->columns, "");
	buf_printf(sql, ", rest, exact) = (%s, ", shape->marks);
	column_marks(sql, shape->columns, TWIN_COLUMNS);
	buf_printf(sql, ", ?%d, ?%d) WHERE %s AND (%s, ", last, last + 1, shape->where,
		   shape->keys);
	column_names(sql, shape->columns, "");
	buf_printf(sql, ", rest, exact) IS NOT (%s, ", shape->marks);
	column_marks(sql, shape->columns, TWIN_COLUMNS);
	buf_printf(sql, ", ?%d, ?%d)", last, last + 1);
	return prepare(db, sql, err);
}

int twin_prepare(struct twin *t, struct db *db, const struct twin_shape *shape, struct err *err)
{
	int last = TWIN_COLUMNS + (int)column_count(shape->columns);
	struct buf sql;
	bool done;

	*t = (struct twin){ .shape = shape };
	buf_init(&sql, BUF_NO_MAX);
	t->insert = prepare_insert(db, shape, last, &sql, err);
	done = t->insert && !shape->where;
	if (t->insert && shape->where)
		t->update = prepare_update(db, shape, last, &sql, err);
	if (t->update) {
		buf_printf(&sql, "SELECT rowid FROM %s WHERE %s", shape->table, shape->where);
		t->find = prepare(db, &sql, err);
		done = t->find != NULL;
	}
	buf_release(&sql);
	return done ? 0 : -1;
}

void twin_release(struct twin *t)
{
	sqlite3_finalize(t->insert);
	sqlite3_finalize(t->update);
	sqlite3_finalize(t->find);
	*t = (struct twin){ 0 };
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	if (text)
		sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(stmt, at);
}

static int bind(struct twin *t, sqlite3_stmt *stmt, const struct twin_key *key,
		struct column_row *row)
{
	sqlite3_bind_int64(stmt, 1, key->parent);
	bind_text(stmt, 2, key->text);
	bind_text(stmt, 3, key->text2);
	if (!key->text2 && key->number >= 0)
		sqlite3_bind_int64(stmt, 3, key->number);
	return column_bind(row, t->shape->columns, stmt, TWIN_COLUMNS);
}

/* Parameters a statement does not have are refused by SQLite and not missed. */
int twin_find(struct twin *t, struct db *db, const struct twin_key *key, struct column_row *row,
	      int64_t *id, struct err *err)
{
	int got;

	bind(t, t->find, key, row);
	got = db_step(db, t->find, err);
	if (got > 0) {
		*id = sqlite3_column_int64(t->find, 0);
		sqlite3_reset(t->find);
	}
	return got;
}

static int run(struct twin *t, struct db *db, sqlite3_stmt *stmt, const struct twin_key *key,
	       struct column_row *row, const struct buf *rest, struct err *err)
{
	int at = bind(t, stmt, key, row);

	at = column_bind_buf(stmt, at, rest);
	column_bind_buf(stmt, at, &row->exact);
	return db_step(db, stmt, err);
}

int twin_put(struct twin *t, struct db *db, const struct twin_key *key, struct column_row *row,
	     const struct buf *rest, int64_t *id, struct err *err)
{
	if (run(t, db, t->insert, key, row, rest, err))
		return -1;
	if (sqlite3_changes(db->handle)) {
		if (id)
			*id = sqlite3_last_insert_rowid(db->handle);
		return 1;
	}
	if (!t->update)
		return 0;
	if (run(t, db, t->update, key, row, rest, err))
		return -1;
	return !id ? 0 : twin_find(t, db, key, row, id, err) < 0 ? -1 : 0;
}
