/* SPDX-License-Identifier: Apache-2.0
 *
 * See sha256.h.
 */
#include "store/sha256.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "cli/buf.h"

static void *crypto_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return size ? xmalloc(size) : NULL;
}

static void *crypto_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	if (size)
		return xrealloc(old, size);
	free(old);
	return NULL;
}

static void crypto_free(void *p, const char *file, int line)
{
	(void)file, (void)line;
	free(p);
}

/*
 * OpenSSL 3.0 that lacks memory while it sets itself up crashes. Its memory is ours, which ends the
 * program (found by tests/inject: 27 calls).
 */
static __attribute__((constructor)) void give_openssl_our_memory(void)
{
	CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
}

static void start(struct sha256 *s)
{
	if (!EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL))
		out_of_memory();
}

void sha256_init(struct sha256 *s)
{
	s->ctx = EVP_MD_CTX_new();
	if (!s->ctx)
		out_of_memory();
	start(s);
}

void sha256_add(struct sha256 *s, const void *bytes, size_t len)
{
	EVP_DigestUpdate(s->ctx, bytes, len);
}

void sha256_end(struct sha256 *s, unsigned char sum[SHA256_BYTES])
{
	EVP_DigestFinal_ex(s->ctx, sum, NULL);
	start(s);
}

void sha256_release(struct sha256 *s)
{
	EVP_MD_CTX_free(s->ctx);
	s->ctx = NULL;
}
