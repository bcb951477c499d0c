/* SPDX-License-Identifier: Apache-2.0
 *
 * archive: the members of a tar, tar.gz, tar.zst or zip, one after another, without unpacking
 * to disk; by libarchive (whose names start with archive_, so these start with arc_).
 *
 * Archives are hostile. A member's name is a name and never a path; links, devices, members
 * over ARC_MEMBER_MAX and names that lead elsewhere are refused one by one, and a file that
 * unpacks to far more than it weighs is left. A damaged zip member costs only itself: after
 * one libarchive's handle is dead, so the file is opened again and read past it.
 *
 *	struct arc *a = arc_open("shard.tar", &err);
 *	while ((got = arc_next(a, &m)) != ARC_END)
 *		if (got == ARC_MEMBER)
 *			while ((more = arc_read(a, &bytes, 65536, &m)) > 0) ...
 *		else
 *			... m.class, m.why.text
 *	arc_close(a);
 */
#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"

struct buf;
struct arc;

#define ARC_MEMBER_MAX (64 << 20)	/* bytes; a request with a larger image no server takes */

enum arc_got {
	ARC_MEMBER,
	ARC_REFUSED,	/* one member that is not taken; the rest goes on */
	ARC_LOST,	/* the rest cannot be reached; ARC_END is next */
	ARC_END
};

struct arc_member {
	const char *name;	/* borrowed until the next arc_next; NULL: it is not UTF-8 */
	int64_t size;		/* bytes; -1: not said */
	int64_t offset;		/* where they lie in the file, as they are; -1: packed, or in parts */
	/*
	 * REFUSED, LOST and a failed arc_read: the class of the reject, static: "member_path",
	 * "member_is_link", "member_is_special", "member_too_large", "member_encrypted",
	 * "path_not_utf8", "damaged_member"; of the rest: "damaged_archive", "archive_bomb".
	 */
	const char *class;
	struct err why;
};

/* Is it an archive, by content? False also for what cannot be read. */
bool arc_is_archive(const char *path);
/* Could a file that starts so be one? Cheap; 512 bytes are enough. */
bool arc_could_be(const unsigned char *head, size_t len);

/* The first part names a split archive. NULL: err (65, 66). */
struct arc *arc_open(const char *path, struct err *err);
void arc_close(struct arc *a);

/* Folders are passed over. */
enum arc_got arc_next(struct arc *a, struct arc_member *m);

/*
 * Appends up to `most` further bytes of the present member. 1: there may be more, 0: that was
 * the end, -1: m->class and m->why say why the rest is not to be had. What is left unread
 * is skipped by arc_next, in a plain file without reading it.
 */
int arc_read(struct arc *a, struct buf *to, size_t most, struct arc_member *m);

int64_t arc_size(const struct arc *a);		/* of the file, all parts */
int64_t arc_mtime_ns(const struct arc *a);
int arc_fd(const struct arc *a);		/* to read at offset from; -1: in parts */
bool arc_is_packed(const struct arc *a);	/* after arc_next: one stream, only to be read forward */
int64_t arc_done(const struct arc *a);		/* place in the file, for progress */

#endif
