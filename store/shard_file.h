/* SPDX-License-Identifier: Apache-2.0
 *
 * shard_file: the bytes of shards into files, one after the other, behind the caller: one thread
 * sums, compresses and writes, another reads back what is finished, for its sums, and syncs it. So
 * neither the rows nor the encoder wait where one file ends and the next begins.
 *
 *	files = shard_files_open(folder, &how, &err);
 *	buf_add(shard_files_text(files), bytes, len);
 *	shard_files_send(files, false, &err);	it goes on its way; shard_files_text is empty again
 *	shard_files_send(files, true, &err);	likewise, and the file ends there
 *	shard_files_wait(files, &err);		until all that ended are on the disk
 *	shard_files_sums(files, i)
 *	shard_files_free(files);
 *
 * A failure is told by all calls behind it. This part of shard.h does not know of rows.
 */
#ifndef STORE_SHARD_FILE_H
#define STORE_SHARD_FILE_H

#include <stdbool.h>

#include "store/shard.h"

struct shard_files;

struct shard_sums {
	struct digest_text file, plain;		/* the same where nothing is compressed */
};

/* folder and how are used until shard_files_free. */
struct shard_files *shard_files_open(const char *folder, const struct shard_how *how,
				     struct err *err);
void shard_files_free(struct shard_files *f);

struct buf *shard_files_text(struct shard_files *f);
int shard_files_send(struct shard_files *f, bool last, struct err *err);
int shard_files_wait(struct shard_files *f, struct err *err);

const struct shard_sums *shard_files_sums(const struct shard_files *f, size_t i);

/* What file i is called until all are written: nobody knows "of how many" before. */
void shard_file_path(const char *folder, const struct shard_how *how, size_t i, struct buf *path);

#endif
