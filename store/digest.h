/* SPDX-License-Identifier: Apache-2.0
 *
 * digest: the two sums a manifest states of a file: XXH3-128, which xxh128sum checks at disk
 * speed, and SHA-256, which every hub and archive knows.
 */
#ifndef STORE_DIGEST_H
#define STORE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"
#include "schemas/hash.h"
#include "store/sha256.h"

#define DIGEST_SHA256_HEX 65

struct digest {
	struct hash xxh3;
	struct sha256 sha256;
	int64_t bytes;
};

struct digest_text {
	char xxh3[HASH_HEX], sha256[DIGEST_SHA256_HEX];
	int64_t bytes;
};

void digest_init(struct digest *d);
void digest_release(struct digest *d);
void digest_add(struct digest *d, const void *bytes, size_t len);
void digest_end(struct digest *d, struct digest_text *out);	/* and starts anew */

int digest_file(const char *path, struct digest_text *out, struct err *err);

#endif
