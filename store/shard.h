/* SPDX-License-Identifier: Apache-2.0
 *
 * shard: rows into NAME-00000-of-00008.jsonl.zst, ... in a folder. Each is one zstd frame with
 * content size and checksum: some readers stop behind the first frame, and the size lets a
 * loader allocate. The encoder always runs multi-threaded with jobs of a fixed size, so that
 * the number of threads does not change the bytes.
 *
 *	shards = shards_open("out/data", &how, &err);
 *	shards_put(shards, row, len, &err);		a row with its newline
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

#define SHARD_MAX 99999		/* five digits in a name */

struct shard_how {
	const char *name;	/* "train" */
	int64_t rows;		/* most rows of a shard; 0: any */
	int64_t bytes;		/* most plain bytes of a shard, unless one row is longer */
	int level, threads;
};

struct shard {
	char name[128];		/* of the file, without folder */
	int64_t rows;
	struct digest_text file, plain;
};

struct shards;

struct shards *shards_open(const char *folder, const struct shard_how *how, struct err *err);
int shards_put(struct shards *s, const char *row, size_t len, struct err *err);
int shards_close(struct shards *s, struct err *err);	/* at least one, be it empty */
void shards_free(struct shards *s);

size_t shards_count(const struct shards *s);
const struct shard *shards_at(const struct shards *s, size_t i);

#endif
