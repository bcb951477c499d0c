/* SPDX-License-Identifier: Apache-2.0
 *
 * picture_album: archives that are open while pictures out of them are asked about. A member
 * that lies raw in its file is found by an index of the file's headers and read in place;
 * a packed one by one forward reader per archive, which goes back to the start only when it
 * must, and keeps what it passes so that near misses in order cost nothing.
 *
 *	class = album_find(a, "shard.tar.gz", "a/b.png", image_id, &found, &err);
 *	... found.bytes
 *	album_done(&found);
 */
#ifndef CURATE_PICTURE_ALBUM_H
#define CURATE_PICTURE_ALBUM_H

#include "curate/picture.h"
#include "curate/picture_kept.h"

struct album;

struct album_found {
	struct picture_bytes bytes;
	int own_fd;			/* -1: the bytes lie in kept */
	struct kept_bytes *held;
};

/* kept is borrowed. */
struct album *album_new(struct kept *kept);
void album_free(struct album *a);

/*
 * NULL: found, with just these bytes where image_id is given. Else the class, as
 * picture_open; "" when the run cannot go on.
 */
const char *album_find(struct album *a, const char *archive, const char *member,
		       const char *image_id, struct album_found *found, struct err *err);
void album_done(struct album_found *found);

#endif
