/* SPDX-License-Identifier: Apache-2.0
 *
 * shape: what all rows of an export have in common. Loaders infer a table's columns from its
 * first rows, so every row must have every key and a key must keep its type (Hugging Face
 * `datasets`, packaged_modules/json). A shape learns from all rows first, then writes each row
 * in the common form, and says what the columns are in the card's words.
 *
 * It starts from a sample of the known members; these are always written as the sample says.
 * Members learned beside it keep their source bytes; a key missing from a row becomes null (a
 * list of the sample: empty), and a key of several types becomes text that holds the JSON.
 *
 *	shape = shape_of("{\"id\":\"\",\"tags\":[\"\"],\"share\":0.5}");
 *	shape_learn(shape, row, len) ...
 *	shape_settle(shape);
 *	shape_write(shape, row, len, &out);
 *
 * All JSON given to it was checked before (it comes from the store).
 */
#ifndef STORE_SHAPE_H
#define STORE_SHAPE_H

#include <stddef.h>

struct buf;
struct shape;

struct shape *shape_of(const char *sample);
void shape_free(struct shape *s);

/* A whole row, or the value of one of its members. */
void shape_learn(struct shape *s, const char *value, size_t len);
void shape_learn_member(struct shape *s, const char *member, const char *value, size_t len);

/* A member's shape (of a list: a member of its elements), to learn further; NULL: none. */
struct shape *shape_at(struct shape *s, const char *member);
struct shape *shape_element(struct shape *s);	/* what a list's elements look like */

void shape_settle(struct shape *s);
void shape_write(struct shape *s, const char *value, size_t len, struct buf *out);

/* The same of a row whose members are known one by one, in any order; values are borrowed until
 * shape_end. */
void shape_begin(struct shape *s);
void shape_member(struct shape *s, const char *name, size_t name_len, const char *value,
		  size_t len);
void shape_end(struct shape *s, struct buf *out);

/* The features of a dataset card, as YAML list items, each line behind `indent` spaces. */
void shape_features(const struct shape *s, int indent, struct buf *yaml);

#endif
