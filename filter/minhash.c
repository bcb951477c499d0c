/* SPDX-License-Identifier: Apache-2.0
 *
 * See minhash.h.
 */
#include "filter/minhash.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>
#include <xxhash.h>

#include "cli/buf.h"
#include "schemas/hash.h"

#define WORDS 3			/* in a shingle */
#define MOST_BANDS 12		/* each costs ten bytes a question where they are looked up */
#define MOST_ROWS 12
#define LEAST_ROWS 2		/* with one, texts that share any tenth of their shingles meet */

/* Bands of so many rows that bring MINHASH_RECALL at this Jaccard. */
static int bands_for(double jaccard, int rows)
{
	double one = pow(jaccard, rows);

	return one >= MINHASH_RECALL ? 1 : (int)ceil(log(1 - MINHASH_RECALL) / log(1 - one));
}

/*
 * The longest bands that are few enough: the steepest curve, so the fewest pairs compared in
 * vain. At 0.8: 12 bands of 5, which 0.8 meets in .991 of the cases, 0.9 in .99998, 0.5 in .32
 * and 0.2 in .004. Under 0.6 two rows need more bands than 12 (17 at 0.5).
 */
void minhash_init(struct minhash *m, double threshold)
{
	struct draw d = { 0 };
	int i;

	assert(threshold >= MINHASH_LEAST && threshold <= 1);
	m->rows = MOST_ROWS;
	while (m->rows > LEAST_ROWS && bands_for(threshold, m->rows) > MOST_BANDS)
		m->rows--;
	m->bands = bands_for(threshold, m->rows);
	assert(m->rows * m->bands <= MINHASH_MOST);
	for (i = 0; i < MINHASH_MOST; i++) {
		m->factor[i] = draw_next(&d) | 1;
		m->offset[i] = draw_next(&d);
	}
}

double minhash_meets(const struct minhash *m, double jaccard)
{
	return 1 - pow(1 - pow(jaccard, m->rows), m->bands);
}

/*
 * Blocks of scripts that are written without spaces between words, after NFKC: Thai and Lao,
 * Myanmar, Khmer, CJK radicals to Yi (kana, Bopomofo, Han), Hangul, Han beyond the first
 * plane. Korean has spaces, but its words change their ends like no others here.
 */
static bool is_word_alone(utf8proc_int32_t c)
{
	static const struct {
		utf8proc_int32_t first, last;
	} blocks[] = {
		{ 0x0e00, 0x0eff }, { 0x1000, 0x109f }, { 0x1780, 0x17ff }, { 0x2e80, 0x2fdf },
		{ 0x3005, 0x3007 }, { 0x3021, 0x3029 }, { 0x3031, 0xa4cf }, { 0xac00, 0xd7af },
		{ 0xf900, 0xfaff }, { 0x20000, 0x3ffff }
	};
	size_t i;

	for (i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
		if (c >= blocks[i].first && c <= blocks[i].last)
			return true;
	return false;
}

/* The length of the character at text, and whether it is a word by itself. */
static size_t character(const char *text, bool *alone)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	*alone = false;
	if ((unsigned char)*text < 0x80)
		return 1;
	n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);
	if (n <= 0)
		return 1;
	*alone = is_word_alone(c);
	return (size_t)n;
}

/* The length of the word that starts at text. */
static size_t word(const char *text)
{
	bool alone;
	size_t n, len = character(text, &alone);

	if (alone)
		return len;
	while (text[len] && text[len] != ' ') {
		n = character(text + len, &alone);
		if (alone)
			break;
		len += n;
	}
	return len;
}

static void add_shingle(struct shingles *set, const uint64_t *words, size_t count)
{
	set->items = xgrow(set->items, &set->cap, set->count, sizeof(*set->items));
	set->items[set->count++] = XXH3_64bits(words, count * sizeof(*words));
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void sort_each_once(struct shingles *set)
{
	size_t i, kept = 0;

	qsort(set->items, set->count, sizeof(*set->items), by_value);
	for (i = 0; i < set->count; i++)
		if (!kept || set->items[i] != set->items[kept - 1])
			set->items[kept++] = set->items[i];
	set->count = kept;
}

void minhash_shingles(struct shingles *set, const char *text)
{
	uint64_t last[WORDS] = { 0 };
	size_t len, seen = 0;

	set->count = 0;
	for (; *text; text += len) {
		len = *text == ' ' ? 1 : word(text);
		if (*text == ' ')
			continue;
		memmove(last, last + 1, sizeof(last) - sizeof(*last));
		last[WORDS - 1] = XXH3_64bits(text, len);
		if (++seen >= WORDS)
			add_shingle(set, last, WORDS);
	}
	if (seen && seen < WORDS)
		add_shingle(set, last + WORDS - seen, seen);
	if (set->count)
		sort_each_once(set);
}

void shingles_release(struct shingles *set)
{
	free(set->items);
	*set = (struct shingles){ 0 };
}

/* Multiply-shift on values that are hashes already; the high half, where the mixing is. */
void minhash_minima(const struct minhash *m, const uint64_t *set, size_t count,
		    uint32_t *minima)
{
	int i, all = m->rows * m->bands;
	uint64_t least, value;
	size_t k;

	for (i = 0; i < all; i++) {
		least = UINT64_MAX;
		for (k = 0; k < count; k++) {
			value = set[k] * m->factor[i] + m->offset[i];
			least = value < least ? value : least;
		}
		minima[i] = (uint32_t)(least >> 32);
	}
}

uint64_t minhash_band(const struct minhash *m, const uint32_t *minima, int band)
{
	return XXH3_64bits_withSeed(minima + band * m->rows, (size_t)m->rows * sizeof(*minima),
				    (XXH64_hash_t)band);
}

double minhash_jaccard(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count)
{
	size_t i = 0, k = 0, shared = 0;
	bool step_a, step_b;

	while (i < a_count && k < b_count) {
		step_a = a[i] <= b[k];
		step_b = b[k] <= a[i];
		shared += step_a && step_b;
		i += step_a;
		k += step_b;
	}
	return a_count + b_count ? (double)shared / (double)(a_count + b_count - shared) : 0;
}
