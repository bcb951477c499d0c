/* SPDX-License-Identifier: Apache-2.0
 *
 * fingerprint: what a question is compared by. Its text and its options count folded (fold.h),
 * the options in any order: questions that ask for the same have one key, and copies of one key
 * conflict when their gold is another.
 *
 *	struct fingerprint f;
 *	fingerprint_of(&question, SCOPE_IMAGE, &f, NULL);
 */
#ifndef FILTER_FINGERPRINT_H
#define FILTER_FINGERPRINT_H

#include <stdint.h>

#include "schemas/hash.h"

struct buf;
struct rec_question;

enum scope {
	SCOPE_IMAGE,	/* the same question on another image is no copy */
	SCOPE_ALL	/* any image; then the text of the gold belongs to the key */
};

struct fingerprint {
	unsigned char key[HASH_BYTES];	/* XXH3-128 of question and sorted options, in the scope */
	uint64_t gold;			/* hash of the right answer's text */
	uint64_t group;			/* what near copies have in common: gold, and image in its scope */
};

/* text: NULL, or where what near copies are compared by is appended: the same texts, one space
 * between them. */
void fingerprint_of(const struct rec_question *q, enum scope scope, struct fingerprint *f,
		    struct buf *text);

#endif
