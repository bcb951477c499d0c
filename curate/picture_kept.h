/* SPDX-License-Identifier: Apache-2.0
 *
 * picture_kept: bytes of pictures that lie nowhere as they are sent, because they were
 * unpacked from a compressed archive or resized. Each is held once, in an unlinked temporary
 * file, so that hundreds of requests in flight cost no memory. The file is a ring of 256 MB:
 * the oldest bytes that nobody holds make room for new ones, and what is asked for again
 * soon (the next question about the image, a retry) is still there.
 *
 *	struct kept *k = kept_new();
 *	struct kept_bytes *b = kept_find(k, key);	or kept_put(k, key, bytes, len, &err)
 *	pread(kept_fd(k), to, b->size, b->at);
 *	kept_drop(b);
 */
#ifndef CURATE_PICTURE_KEPT_H
#define CURATE_PICTURE_KEPT_H

#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"
#include "schemas/hash.h"

struct kept;

struct kept_bytes {
	char key[HASH_HEX];
	int64_t at, size;	/* in the file */
	int holders;
	struct kept_bytes *after;	/* in the file's order */
	struct kept_bytes *chain;	/* in the bucket */
};

struct kept *kept_new(int64_t ring);	/* bytes; 0: 256 MB */
void kept_free(struct kept *k);

/* Both give it one more holder. NULL: not there; no room to write it (74). */
struct kept_bytes *kept_find(struct kept *k, const char *key);
struct kept_bytes *kept_put(struct kept *k, const char *key, const void *bytes, size_t len,
			    struct err *err);
void kept_drop(struct kept_bytes *b);

int kept_fd(const struct kept *k);
int64_t kept_size(const struct kept *k);	/* of the file, at its largest */

#endif
