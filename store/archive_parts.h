/* SPDX-License-Identifier: Apache-2.0
 *
 * archive_parts: the bytes of a file, or of a file that was cut into parts, as one. Parts are
 * named x.tar.gz.part_000, .part000, .000, .001 or .aa and so on; the first names them all.
 * Apart from archive.c because libarchive's own reader of several files (open_filenames)
 * crashes on compressed ones (libarchive 3.6, issue 3394 there).
 *
 *	struct parts *p = parts_open("x.tar.gz.part_000", &err);
 *	n = parts_read(p, to, size);
 *	parts_close(p);
 */
#ifndef STORE_ARCHIVE_PARTS_H
#define STORE_ARCHIVE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/msg.h"

struct parts;

/* NULL: err (66). What is no regular file is refused. */
struct parts *parts_open(const char *path, struct err *err);
void parts_close(struct parts *p);

ssize_t parts_read(struct parts *p, void *to, size_t size);	/* 0: the end; -1: errno */
void parts_seek(struct parts *p, int64_t at);
int64_t parts_at(const struct parts *p);

int64_t parts_size(const struct parts *p);	/* of all of them */
int64_t parts_mtime_ns(const struct parts *p);	/* of the youngest */
int parts_fd(const struct parts *p);		/* of a file in one piece; -1: it is in parts */

/* Size and time as parts_open would find them, without opening; -1: there is no such file. */
int parts_stat(const char *path, int64_t *size, int64_t *mtime_ns);

enum parts_place {
	PARTS_WHOLE,		/* not named like a part of an archive */
	PARTS_FIRST,
	PARTS_LATER,		/* the part before it is there */
	PARTS_ORPHAN		/* a later part, and the one before it is missing */
};

enum parts_place parts_place(const char *path);

#endif
