/* SPDX-License-Identifier: Apache-2.0
 *
 * See spot.h.
 */
#include "store/spot.h"

#include <string.h>

#include "cli/buf.h"
#include "schemas/record.h"

static const char *const sql[SPOT_STATEMENTS] = {
	[SPOT_NEW_IMAGE] = "INSERT INTO images (image_id) VALUES (?1) ON CONFLICT DO NOTHING",
	[SPOT_FIND_IMAGE] = "SELECT id FROM images WHERE image_id = ?1",
	[SPOT_NEW_PATH] = "INSERT INTO paths (path, image) VALUES (?1, ?2)",
	[SPOT_FIND_PATH] = "SELECT id FROM paths WHERE path IS ?1 AND image = ?2",
	/* CROSS: by the path first, never through all images without an id. */
	[SPOT_FIND_NAMELESS] = "SELECT p.id, p.image FROM paths p CROSS JOIN images i "
		"ON i.id = p.image WHERE p.path = ?1 AND i.image_id IS NULL",
	[SPOT_IMAGE] = "UPDATE images SET mime = ifnull(?2, mime), width = ifnull(?3, width), "
		"height = ifnull(?4, height), bytes = ifnull(?5, bytes), "
		"orientation = ifnull(?6, orientation) WHERE id = ?1",
	[SPOT_PATH] = "UPDATE paths SET \"offset\" = ifnull(?2, \"offset\"), "
		"size = ifnull(?3, size), same_as = ifnull(?4, same_as) WHERE id = ?1",
	[SPOT_LIST] = "UPDATE paths SET source = ?2, source_id = ?3, rest = ?4, exact = ?5, "
		"listed = 1 WHERE id = ?1",
	[SPOT_LISTED] = "SELECT listed FROM paths WHERE id = ?1",
};

int spot_init(struct spot *s, struct db *db, struct err *err)
{
	int i;

	*s = (struct spot){ .db = db };
	buf_init(&s->key, BUF_NO_MAX);
	buf_init(&s->last_key, BUF_NO_MAX);
	for (i = 0; i < SPOT_STATEMENTS; i++) {
		s->stmts[i] = db_prepare(db, sql[i], err);
		if (!s->stmts[i]) {
			spot_release(s);
			return -1;
		}
	}
	return 0;
}

void spot_release(struct spot *s)
{
	int i;

	for (i = 0; i < SPOT_STATEMENTS; i++)
		sqlite3_finalize(s->stmts[i]);
	buf_release(&s->key);
	buf_release(&s->last_key);
	*s = (struct spot){ 0 };
}

int spot_check(struct column_row *row, struct err *err)
{
	if (column_check(row, column_keys, err))
		return -1;
	if (!rec_has(row->rec, "image") && !rec_has(row->rec, "image_id"))
		return err_set(err, EXIT_DATA, "no 'image' and no 'image_id' in the record");
	return 0;
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	if (text)
		sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(stmt, at);
}

/* 1 and the first column of the row, 0: no row, -1. */
static int find(struct spot *s, int which, int64_t *id, struct err *err)
{
	int got = db_step(s->db, s->stmts[which], err);

	if (got > 0) {
		*id = sqlite3_column_int64(s->stmts[which], 0);
		if (which == SPOT_FIND_NAMELESS)
			s->last_image = sqlite3_column_int64(s->stmts[which], 1);
		sqlite3_reset(s->stmts[which]);
	}
	return got;
}

static int insert(struct spot *s, int which, int64_t *id, struct err *err)
{
	if (db_step(s->db, s->stmts[which], err))
		return -1;
	if (!sqlite3_changes(s->db->handle))
		return 0;
	*id = sqlite3_last_insert_rowid(s->db->handle);
	return 1;
}

/* The image's row into last_image. 1: made, 0: was there, -1. */
static int put_image(struct spot *s, const char *image_id, struct err *err)
{
	int made;

	bind_text(s->stmts[SPOT_NEW_IMAGE], 1, image_id);
	made = insert(s, SPOT_NEW_IMAGE, &s->last_image, err);
	if (made)
		return made;
	bind_text(s->stmts[SPOT_FIND_IMAGE], 1, image_id);
	return find(s, SPOT_FIND_IMAGE, &s->last_image, err) < 0 ? -1 : 0;
}

/* 1: the path's row into last_path; 0: there is none, its image is last_image; -1. */
static int find_path(struct spot *s, const char *image_id, const char *path, struct err *err)
{
	int got;

	if (!image_id) {
		bind_text(s->stmts[SPOT_FIND_NAMELESS], 1, path);
		got = s->all_new ? 0 : find(s, SPOT_FIND_NAMELESS, &s->last_path, err);
		return got || put_image(s, NULL, err) > 0 ? got : -1;
	}
	got = put_image(s, image_id, err);
	if (got)
		return got < 0 ? -1 : 0;	/* a new image has no path yet */
	bind_text(s->stmts[SPOT_FIND_PATH], 1, path);
	sqlite3_bind_int64(s->stmts[SPOT_FIND_PATH], 2, s->last_image);
	return find(s, SPOT_FIND_PATH, &s->last_path, err);
}

static int put_path(struct spot *s, const char *image_id, const char *path, struct err *err)
{
	int got = find_path(s, image_id, path, err);

	if (got)
		return got < 0 ? -1 : 0;
	bind_text(s->stmts[SPOT_NEW_PATH], 1, path);
	sqlite3_bind_int64(s->stmts[SPOT_NEW_PATH], 2, s->last_image);
	return insert(s, SPOT_NEW_PATH, &s->last_path, err) < 0 ? -1 : 0;
}

bool spot_is_last(struct spot *s, struct rec *r, int64_t *path)
{
	const char *image_id = rec_text(r, "image_id"), *name = rec_text(r, "image");

	buf_clear(&s->key);
	buf_adds(&s->key, image_id ? image_id : "");
	buf_adds(&s->key, name ? "/" : "");
	buf_adds(&s->key, name ? name : "");
	*path = s->last_path;
	return s->key.len == s->last_key.len &&
	       !memcmp(s->key.data, s->last_key.data, s->key.len);
}

void spot_remember(struct spot *s, int64_t image, int64_t path)
{
	s->last_image = image;
	s->last_path = path;
	buf_clear(&s->last_key);
	buf_add(&s->last_key, s->key.data, s->key.len);
}

int spot_put(struct spot *s, struct rec *r, int64_t *path, struct err *err)
{
	if (spot_is_last(s, r, path))
		return 0;
	buf_clear(&s->last_key);
	if (put_path(s, rec_text(r, "image_id"), rec_text(r, "image"), err))
		return -1;
	spot_remember(s, s->last_image, s->last_path);
	*path = s->last_path;
	return 0;
}

int spot_describe(struct spot *s, struct column_row *row, struct err *err)
{
	sqlite3_stmt *image = s->stmts[SPOT_IMAGE], *path = s->stmts[SPOT_PATH];

	sqlite3_bind_int64(image, 1, s->last_image);
	column_bind(row, column_images, image, 2);
	sqlite3_bind_int64(path, 1, s->last_path);
	column_bind(row, column_paths, path, 2);
	return db_step(s->db, image, err) || db_step(s->db, path, err) ? -1 : 0;
}

int spot_list(struct spot *s, struct column_row *row, const struct buf *rest, struct err *err)
{
	sqlite3_stmt *stmt = s->stmts[SPOT_LIST];
	int64_t listed = 0;
	int at;

	sqlite3_bind_int64(s->stmts[SPOT_LISTED], 1, s->last_path);
	if (find(s, SPOT_LISTED, &listed, err) < 0)
		return -1;
	sqlite3_bind_int64(stmt, 1, s->last_path);
	at = column_bind(row, column_sources, stmt, 2);
	at = column_bind_buf(stmt, at, rest);
	column_bind_buf(stmt, at, &row->exact);
	return db_step(s->db, stmt, err) ? -1 : !listed;
}
