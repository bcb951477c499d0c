/* SPDX-License-Identifier: Apache-2.0
 *
 * sha256: the sum that browsers and sha256sum check.
 *
 *	struct sha256 s;
 *	sha256_init(&s);
 *	sha256_add(&s, bytes, len);
 *	sha256_end(&s, sum);		and starts anew
 *	sha256_release(&s);
 */
#ifndef STORE_SHA256_H
#define STORE_SHA256_H

#include <stddef.h>

#define SHA256_BYTES 32

struct sha256 {
	void *ctx;	/* EVP_MD_CTX */
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *bytes, size_t len);
void sha256_end(struct sha256 *s, unsigned char sum[SHA256_BYTES]);
void sha256_release(struct sha256 *s);

#endif
