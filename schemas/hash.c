/* SPDX-License-Identifier: Apache-2.0
 *
 * See hash.h.
 */
#include "schemas/hash.h"

#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "cli/buf.h"

void hash_init(struct hash *h)
{
	h->state = XXH3_createState();
	if (!h->state)
		out_of_memory();
	hash_again(h);
}

void hash_again(struct hash *h)
{
	XXH3_128bits_reset(h->state);
}

void hash_release(struct hash *h)
{
	XXH3_freeState(h->state);
	h->state = NULL;
}

void hash_bytes(struct hash *h, const void *bytes, size_t len)
{
	XXH3_128bits_update(h->state, bytes, len);
}

void hash_text(struct hash *h, const char *text)
{
	hash_bytes(h, text ? text : "", text ? strlen(text) + 1 : 1);
}

void hash_number(struct hash *h, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	hash_text(h, text);
}

static void to_raw(XXH128_hash_t value, unsigned char out[HASH_BYTES])
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, value);
	memcpy(out, canonical.digest, HASH_BYTES);
}

void hash_raw(const struct hash *h, unsigned char out[HASH_BYTES])
{
	to_raw(XXH3_128bits_digest(h->state), out);
}

uint64_t hash_low(const struct hash *h)
{
	return XXH3_128bits_digest(h->state).low64;
}

void hash_to_hex(const unsigned char raw[HASH_BYTES], char out[HASH_HEX])
{
	static const char digits[] = "0123456789abcdef";
	int i;

	for (i = 0; i < HASH_BYTES; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[2 * HASH_BYTES] = '\0';
}

void hash_hex(const struct hash *h, char out[HASH_HEX])
{
	unsigned char raw[HASH_BYTES];

	hash_raw(h, raw);
	hash_to_hex(raw, out);
}

void hash_of(const void *bytes, size_t len, char out[HASH_HEX])
{
	unsigned char raw[HASH_BYTES];

	hash_raw_of(bytes, len, raw);
	hash_to_hex(raw, out);
}

void hash_raw_of(const void *bytes, size_t len, unsigned char out[HASH_BYTES])
{
	to_raw(XXH3_128bits(bytes, len), out);
}

uint64_t hash_low_of(const void *bytes, size_t len)
{
	return XXH3_128bits(bytes, len).low64;
}

/* By character: its value and 1, so that 0 is no digit. */
static const unsigned char digits_value[256] = {
	['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ['a'] = 11, 12, 13, 14, 15, 16,
};

int hash_from_hex(const char *text, unsigned char out[HASH_BYTES])
{
	int i, high, low;

	for (i = 0; i < HASH_BYTES; i++) {
		high = digits_value[(unsigned char)text[2 * i]];
		low = high ? digits_value[(unsigned char)text[2 * i + 1]] : 0;
		if (!low)
			return -1;
		out[i] = (unsigned char)((high - 1) << 4 | (low - 1));
	}
	return text[2 * HASH_BYTES] ? -1 : 0;
}

bool hash_is_hex(const char *text)
{
	unsigned char ignored[HASH_BYTES];

	return hash_from_hex(text, ignored) == 0;
}

int64_t hash_part(const char *key, int64_t parts)
{
	return (int64_t)(XXH3_64bits(key, strlen(key)) % (uint64_t)parts);
}

uint64_t draw_next(struct draw *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

unsigned draw_below(struct draw *d, unsigned bound)
{
	uint64_t limit = UINT64_MAX - UINT64_MAX % bound, x;

	do {
		x = draw_next(d);
	} while (x >= limit);
	return (unsigned)(x % bound);
}
