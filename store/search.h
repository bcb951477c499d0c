/* SPDX-License-Identifier: Apache-2.0
 *
 * search: the full-text index over questions and captions, FTS5 tables `questions_fts` and
 * `captions_fts` that hold words only, no copy of the text. It costs many times what the plain rows
 * do, so it is a step of its own, built whole from the tables as they stand; rows that come
 * later are found when it is built again.
 *
 *	SELECT * FROM questions WHERE id IN
 *		(SELECT rowid FROM questions_fts WHERE questions_fts MATCH 'saucer')
 */
#ifndef STORE_SEARCH_H
#define STORE_SEARCH_H

#include "store/db.h"

int search_build(struct db *db, struct err *err);
bool search_exists(struct db *db);

#endif
