/* SPDX-License-Identifier: Apache-2.0
 *
 * listing: what scan found in an archive, one line for each member in its order, kept in the
 * ledger while the archive's size and time stay the same. A second scan reads the listing and
 * not the archive; a scan that was killed goes on behind the last line it kept.
 *
 *	struct listing *l = listing_open(ledger, "shard.tar", size, mtime_ns);
 *	while ((got = listing_next(l, &line, &len, &err)) > 0) ...
 *	if (!listing_complete(l))
 *		... listing_add(l, line, len, &err)
 *	listing_close(l, true, &err);
 */
#ifndef STORE_LISTING_H
#define STORE_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"

struct answers;
struct listing;

/* The ledger is borrowed. What was kept of another size or time is as if it were not there. */
struct listing *listing_open(struct answers *ledger, const char *path, int64_t size,
			     int64_t mtime_ns);

/* 1: *line is lent until the next call, without its newline; 0: that was all; -1: err. */
int listing_next(struct listing *l, const char **line, size_t *len, struct err *err);
bool listing_complete(const struct listing *l);	/* all of the archive is in it */

/* Only after listing_next said 0, and only when it is not complete. */
int listing_add(struct listing *l, const char *line, size_t len, struct err *err);

/* Keeps what was added and frees. complete: the archive was read to its end. */
int listing_close(struct listing *l, bool complete, struct err *err);

#endif
