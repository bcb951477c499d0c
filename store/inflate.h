/* SPDX-License-Identifier: Apache-2.0
 *
 * inflate: plain bytes out of a file that may be compressed. The first bytes tell: zstd is
 * pushed through libzstd, gzip through libarchive's raw format, all else passes as it is.
 * Apart from source because it knows bytes, not lines.
 *
 *	struct inflate *in = inflate_open(fd, path);
 *	n = inflate_read(in, &out, &err);	appends to out; 0: nothing yet or the end
 */
#ifndef STORE_INFLATE_H
#define STORE_INFLATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/msg.h"

struct buf;
struct inflate;

/* Takes fd; path (borrowed) names it in messages. */
struct inflate *inflate_open(int fd, const char *path);
void inflate_close(struct inflate *in);

/*
 * Reads once from the file (which blocks unless poll says readable; gzip may block for more, until
 * a signal asks to stop: then 1, and nothing more will come)
 * and appends what that gives, if anything, to out. Returns 1 to go on, 0 at the end, -1 and
 * err. A file that ends inside a compressed frame is an error, never a short file.
 */
int inflate_read(struct inflate *in, struct buf *out, struct err *err);

/* Does inflate_read have something to give without reading from the file? */
bool inflate_ready(const struct inflate *in);
int inflate_fd(const struct inflate *in);
int64_t inflate_done(const struct inflate *in);		/* compressed bytes read */

#endif
