/* SPDX-License-Identifier: Apache-2.0
 *
 * original: an image found again where a record says it lies, and known to be the one that was
 * asked about: its bytes still have the hash that is its image_id. It lies in a file, or as it is
 * inside an archive ("shard.tar::a/b.png" with the offset and size that scan noted); what is
 * packed is not looked for, because rows come in no order of archives.
 *
 *	if (original_open(&o, &roots, &place, image_id, &err) == ORIGINAL_FOUND)
 *		while ((n = original_read(&o, bytes, size, &err)) > 0) ...
 *	original_close(&o);
 */
#ifndef STORE_ORIGINAL_H
#define STORE_ORIGINAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/msg.h"
#include "cli/opt.h"

enum original_state {
	ORIGINAL_FOUND,
	ORIGINAL_MISSING,	/* under none of the roots, no regular file, or unreadable */
	ORIGINAL_PACKED,	/* in an archive that would have to be unpacked */
	ORIGINAL_CHANGED	/* other bytes than image_id names */
};

struct original_place {
	const char *path;
	int64_t offset, size;	/* of a member, in the archive's file; offset -1: not said */
};

struct original {
	int fd;
	int64_t at, bytes, left;	/* at: where the next byte lies in the file */
};

/* Looked for under each root, then as written. image_id NULL: any bytes. err says more. */
enum original_state original_open(struct original *o, const struct opt_list *roots,
				  const struct original_place *place, const char *image_id,
				  struct err *err);
void original_close(struct original *o);

/* 0: the end; -1: unreadable, or shorter than it was when it was opened. */
ssize_t original_read(struct original *o, void *to, size_t size, struct err *err);

/* A file of its own with this path, under the first root that has it, else as written. Yours;
 * NULL: there is none, perhaps because the image lies in an archive. */
char *original_file(const struct opt_list *roots, const char *path);

#endif
