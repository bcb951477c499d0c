/* SPDX-License-Identifier: Apache-2.0
 *
 * spot: the rows of an image and of the path it lies under, which every record about an image
 * refers to. Records of one image stand together in practice, so the last one is remembered.
 */
#ifndef STORE_SPOT_H
#define STORE_SPOT_H

#include <stdbool.h>
#include <stdint.h>

#include "store/column.h"
#include "store/db.h"

struct rec;

enum { SPOT_NEW_IMAGE, SPOT_FIND_IMAGE, SPOT_NEW_PATH, SPOT_FIND_PATH, SPOT_FIND_NAMELESS,
       SPOT_IMAGE, SPOT_PATH, SPOT_LIST, SPOT_LISTED, SPOT_STATEMENTS };

struct spot {
	struct db *db;
	sqlite3_stmt *stmts[SPOT_STATEMENTS];
	bool all_new;		/* paths without an image_id are new, and not looked up */
	struct buf key, last_key;
	int64_t last_path, last_image;
};

int spot_init(struct spot *s, struct db *db, struct err *err);
void spot_release(struct spot *s);

/* Checks image_id and image; at least one must be there. */
int spot_check(struct column_row *row, struct err *err);

/*
 * Is the record about the last one's image, under the same path? Then *path is its row. If not,
 * spot_remember may say which rows of its own it has got.
 */
bool spot_is_last(struct spot *s, struct rec *r, int64_t *path);
void spot_remember(struct spot *s, int64_t image, int64_t path);

/* The path's row, made if need be. */
int spot_put(struct spot *s, struct rec *r, int64_t *path, struct err *err);

/*
 * Adds what an image or a reply says of the image and its path. What is known stays unless the
 * record says otherwise.
 */
int spot_describe(struct spot *s, struct column_row *row, struct err *err);

/* Marks the path as one that an image record named. 1: the first to say so, 0, -1. */
int spot_list(struct spot *s, struct column_row *row, const struct buf *rest, struct err *err);

#endif
