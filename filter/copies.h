/* SPDX-License-Identifier: Apache-2.0
 *
 * copies: which questions say the same. First every question is added, then each is looked
 * up. Of the copies under one key the one with the smallest question_id stays (equal ids: the
 * first), whatever the order they came in; copies whose gold differs conflict, all of them.
 *
 * An open-addressing table of numbers into blocks of entries: about 56 bytes a distinct
 * question, no rehash copies an entry.
 *
 *	copies_add(c, &key, id, gold);		for each, in order
 *	if (copies_find(c, &key, id, number, &kept) == COPIES_DUPLICATE) ... kept
 */
#ifndef FILTER_COPIES_H
#define FILTER_COPIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schemas/record.h"

enum copies_scope {
	COPIES_IMAGE,	/* the same question on another image is no copy */
	COPIES_ALL	/* any image; then the text of the gold belongs to the key */
};

enum copies_found { COPIES_STAYS, COPIES_DUPLICATE, COPIES_CONFLICT };

struct copies;

struct copies *copies_new(void);
void copies_free(struct copies *c);

/* XXH3-128 of the folded question and its sorted folded options, in a scope. */
void copies_key(const struct rec_question *q, enum copies_scope scope, unsigned char key[16]);
uint64_t copies_gold(const struct rec_question *q);

/* number: the place of the record in the input; the table takes up to 2^32 - 2 of them. */
void copies_add(struct copies *c, const unsigned char key[16], const unsigned char id[16],
		uint64_t gold, uint32_t number);
/* *kept: the id of the one that stays. The key must have been added. */
enum copies_found copies_find(const struct copies *c, const unsigned char key[16],
			      uint32_t number, const unsigned char **kept);

size_t copies_count(const struct copies *c);

#endif
