/* SPDX-License-Identifier: Apache-2.0
 *
 * format: the forms an export may take, as one table: which records each can hold, what its
 * files are, what a reader of the card should know.
 */
#ifndef STORE_FORMAT_H
#define STORE_FORMAT_H

#include <stdbool.h>

#include "schemas/record.h"
#include "store/shard.h"

enum format_id { FORMAT_FULL, FORMAT_CAPRL, FORMAT_VERL, FORMAT_SHAREGPT, FORMAT_WEBDATASET,
		 FORMAT_LABELSTUDIO, FORMATS };

struct format {
	enum format_id id;
	const char *name;
	unsigned records;		/* a bit for each kind it can hold */
	enum rec_kind usual;		/* where --records says nothing */
	enum shard_form files;
	bool by_image;			/* a row is an image with all its records */
	const char *what;		/* for the card; NULL: as the records are */
};

const struct format *format_find(const char *name);	/* NULL: none */
bool format_takes(const struct format *f, enum rec_kind kind);

/* A small file that a reader of this format needs beside the data; NULL: none. */
const char *format_extra_name(const struct format *f);
void format_extra(const struct format *f, const char *const *splits, int count,
		  struct buf *out);

#endif
