/* SPDX-License-Identifier: Apache-2.0
 *
 * shard: rows into the files of one split, in one of four forms:
 *	SHARD_ZST	NAME-00000-of-00008.jsonl.zst, ...: one zstd frame each with content size
 *			and checksum: some readers stop behind the first frame, and the size lets
 *			a loader allocate. The encoder always runs multi-threaded with jobs of a
 *			fixed size, so that the number of threads does not change the bytes.
 *	SHARD_LINES	NAME.json: JSON Lines under the name that verl asks for
 *	SHARD_ARRAY	NAME.json: one JSON array, a row on each line
 *	SHARD_TAR	NAME-000000.tar, ...: rows are samples, made by bundle.h
 *
 *	shards = shards_open("out/data", &how, &err);
 *	shards_put(shards, row, len, &err);		without newline
 *	shards_close(shards, &err);			gives the files their names
 *	shards_at(shards, i)
 *	shards_free(shards);
 */
#ifndef STORE_SHARD_H
#define STORE_SHARD_H

#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"
#include "store/digest.h"

struct buf;

#define SHARD_MAX 99999		/* five digits in a name */

enum shard_form { SHARD_ZST, SHARD_LINES, SHARD_ARRAY, SHARD_TAR };

struct shard_how {
	enum shard_form form;
	const char *name;	/* "train" */
	int64_t rows;		/* most rows of a shard; 0: any */
	int64_t bytes;		/* most plain bytes of a shard, unless one row is longer; 0: any */
	int level, threads;
};

struct shard {
	char name[128];		/* of the file, without folder */
	int64_t rows;
	struct digest_text file, plain;		/* the same where nothing is compressed */
};

struct shards;

struct shards *shards_open(const char *folder, const struct shard_how *how, struct err *err);
/* The files are made behind the rows: a failure may be one of rows before, or comes at the end. */
int shards_put(struct shards *s, const char *row, size_t len, struct err *err);

/* A long row in pieces: first how long it is in all, then its bytes. */
int shards_begin(struct shards *s, int64_t len, struct err *err);
int shards_add(struct shards *s, const void *bytes, size_t len, struct err *err);

int shards_close(struct shards *s, struct err *err);	/* at least one, be it empty */
void shards_free(struct shards *s);

/* "data/train-*.jsonl.zst": what matches the files of a split, for cards. */
void shards_glob(enum shard_form form, const char *name, struct buf *out);

size_t shards_count(const struct shards *s);
const struct shard *shards_at(const struct shards *s, size_t i);

#endif
