/* SPDX-License-Identifier: Apache-2.0
 *
 * form: rows as other people's tools want them (format.h lists which), made of the records
 * that choice picked. The rows of `full` are the records themselves: rows.h.
 */
#ifndef STORE_FORM_H
#define STORE_FORM_H

#include <stdint.h>

#include "store/choice.h"
#include "store/format.h"

struct form;

/* Which image a row is about. Borrowed until the next row; image_id, mime may be NULL; offset and
 * size are those of a member that lies as it is in an archive, or -1. */
struct form_image {
	const char *key, *image_id, *path, *mime;
	int64_t offset, size;
};

/* The members of a row with a value of each one's type, for shape.h. */
const char *form_sample(const struct format *format, enum rec_kind kind);

/* prefix: what stands before each image's path (verl, sharegpt, labelstudio). */
struct form *form_new(struct db *db, const struct format *format, enum rec_kind kind,
		      const struct choice *choice, const char *prefix, struct err *err);
void form_free(struct form *f);

/* 1: appends one row without a newline; 0: the end; -1. */
int form_next(struct form *f, struct buf *row, struct err *err);

int form_split(const struct form *f);		/* of that row */
const struct form_image *form_image(const struct form *f);

#endif
