/* SPDX-License-Identifier: Apache-2.0
 *
 * minhash: how alike two texts are, and which of millions are worth comparing. A text is the
 * set of its shingles, three words in a row; two texts are as alike as |A and B| / |A or B|
 * of their sets (Jaccard). Where a script has no spaces between words (Chinese, Japanese,
 * Thai, ...; Korean too) each character is a word, so there a shingle is three characters.
 * A text of fewer than three words is one shingle, an empty text none.
 *
 * The smallest value that a random function takes on a set is the same for two sets with
 * probability J, their Jaccard (Broder 1997). `rows` such minima make the key of a band; two
 * texts meet in at least one of the bands with probability 1 - (1 - J^rows)^bands, the
 * S-curve (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4). Meeting is only a
 * reason to compare: what counts is minhash_jaccard of the sets themselves.
 *
 *	minhash_init(&m, 0.8);
 *	minhash_shingles(&set, folded_text);
 *	minhash_minima(&m, set.items, set.count, minima);
 *	key = minhash_band(&m, minima, 0);		and so for each of m.bands
 *	shingles_release(&set);
 *
 * Pure: no state but the caller's, the same numbers on every machine of one byte order.
 */
#ifndef FILTER_MINHASH_H
#define FILTER_MINHASH_H

#include <stddef.h>
#include <stdint.h>

#define MINHASH_LEAST 0.5	/* the smallest threshold: under it, most of a text is another */
#define MINHASH_RECALL 0.99	/* of the pairs right at the threshold; above it: more */
#define MINHASH_MOST 160	/* minima of one text, whatever the threshold */

struct minhash {
	int rows, bands;
	uint64_t factor[MINHASH_MOST], offset[MINHASH_MOST];
};

/* threshold: MINHASH_LEAST to 1. */
void minhash_init(struct minhash *m, double threshold);

/* How probably two texts with this Jaccard meet in a band. */
double minhash_meets(const struct minhash *m, double jaccard);

/* The 64-bit hashes of a text's shingles, ascending, each once. */
struct shingles {
	uint64_t *items;
	size_t count, cap;
};

/* Empties the set first. The text is folded (fold.h): words are apart by one space. */
void minhash_shingles(struct shingles *set, const char *text);
void shingles_release(struct shingles *set);

/* minima: room for rows * bands. The set is not empty. */
void minhash_minima(const struct minhash *m, const uint64_t *set, size_t count,
		    uint32_t *minima);
uint64_t minhash_band(const struct minhash *m, const uint32_t *minima, int band);

/* Of two ascending sets; 0 where both are empty. */
double minhash_jaccard(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count);

#endif
