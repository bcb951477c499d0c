/* SPDX-License-Identifier: Apache-2.0
 *
 * ahead: plain bytes out of a file, read and unpacked by a thread of its own while those before
 * them are worked on. Only of files on a disk, and from the second megabyte on: a pipe is read
 * when it has something, and a short file is read before a thread has begun.
 *
 *	struct ahead *a = ahead_open(fd, path);
 *	got = ahead_read(a, &text, &used, &err);	text.data + used: what was left, and more
 */
#ifndef STORE_AHEAD_H
#define STORE_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"

struct ahead;
struct buf;

/* Takes fd; path (borrowed) names it in messages. */
struct ahead *ahead_open(int fd, const char *path);
void ahead_close(struct ahead *a);

/*
 * What comes next, as inflate_read gives it, behind the bytes of `text` from *used on. These may
 * move, *used with them; those before are gone.
 */
int ahead_read(struct ahead *a, struct buf *text, size_t *used, struct err *err);

/* Does ahead_read have something to give without reading from a pipe? */
bool ahead_ready(const struct ahead *a);
int ahead_fd(const struct ahead *a);
int64_t ahead_done(const struct ahead *a);	/* bytes of the file behind what was given */

#endif
