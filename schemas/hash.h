/* SPDX-License-Identifier: Apache-2.0
 *
 * hash: the ids. XXH3-128, written as 32 lower-case hex digits (canonical, big-endian form,
 * what xxh128sum prints). Texts are added with a NUL behind each: no text may hold a NUL
 * (span refuses \u0000), so different lists of texts never hash the same bytes.
 *
 *	struct hash h;
 *	char id[HASH_HEX];
 *	hash_init(&h);
 *	hash_text(&h, image_key);
 *	hash_text(&h, question);
 *	hash_hex(&h, id);
 *	hash_release(&h);
 */
#ifndef SCHEMAS_HASH_H
#define SCHEMAS_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_HEX 33	/* 32 digits and a NUL */
#define HASH_BYTES 16

struct hash {
	void *state;	/* XXH3_state_t */
};

void hash_init(struct hash *h);
void hash_again(struct hash *h);	/* from nothing, without new memory */
void hash_release(struct hash *h);
void hash_bytes(struct hash *h, const void *bytes, size_t len);
void hash_text(struct hash *h, const char *text);	/* NULL counts as empty */
void hash_number(struct hash *h, int64_t number);	/* as decimal text */

void hash_hex(const struct hash *h, char out[HASH_HEX]);
void hash_raw(const struct hash *h, unsigned char out[HASH_BYTES]);
uint64_t hash_low(const struct hash *h);	/* 64 of the bits, for choices */

/* All of it at once. */
void hash_of(const void *bytes, size_t len, char out[HASH_HEX]);
void hash_raw_of(const void *bytes, size_t len, unsigned char out[HASH_BYTES]);
uint64_t hash_low_of(const void *bytes, size_t len);
void hash_to_hex(const unsigned char raw[HASH_BYTES], char out[HASH_HEX]);
bool hash_is_hex(const char *text);
int hash_from_hex(const char *text, unsigned char out[HASH_BYTES]);	/* -1: not 32 digits */

/* Which of `parts` slices a key belongs to: by hash, so any order and any number works. */
int64_t hash_part(const char *key, int64_t parts);

/*
 * A stream of numbers from one starting value (SplitMix64, Steele et al. 2014), for choices
 * that must come out alike on every machine. Never seeded from a clock.
 */
struct draw {
	uint64_t state;
};

uint64_t draw_next(struct draw *d);
unsigned draw_below(struct draw *d, unsigned bound);	/* uniform in 0 .. bound-1, unbiased */

#endif
