/* SPDX-License-Identifier: Apache-2.0
 *
 * copies: which questions say the same, by their keys (fingerprint.h). First every question is
 * added, then each is looked up. Of the copies under one key the one with the smallest
 * question_id stays (equal ids: the first), whatever the order they came in; copies whose gold
 * differs conflict, all of them.
 *
 * An open-addressing table of numbers into blocks of entries, one entry a key: about 60 bytes
 * a distinct question, no rehash copies an entry.
 *
 *	entry[number] = copies_add(c, key, id, gold, number);		for each, in order
 *	if (copies_find(c, entry[number], number, &kept) == COPIES_DUPLICATE) ... kept
 */
#ifndef FILTER_COPIES_H
#define FILTER_COPIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum copies_found {
	COPIES_STAYS,
	COPIES_DUPLICATE,
	COPIES_NEAR,		/* of an entry that was joined to another */
	COPIES_CONFLICT
};

struct copies;

struct copies *copies_new(void);
void copies_free(struct copies *c);

/*
 * number: the place of the record in the input; the table takes up to 2^32 - 2 of them. The
 * entry of the key comes back: entries count from 0, in the order their keys came.
 */
uint32_t copies_add(struct copies *c, const unsigned char key[16], const unsigned char id[16],
		    uint64_t gold, uint32_t number);
/* *kept: the id of the one that stays. */
enum copies_found copies_find(const struct copies *c, uint32_t entry, uint32_t number,
			      const unsigned char **kept);

/* The entries without a conflict by the ids of those that stay: yours to free. */
uint32_t *copies_order(const struct copies *c, size_t *count);
/* From now on all copies under entry are copies of the one that stays under `kept`. */
void copies_join(struct copies *c, uint32_t entry, uint32_t kept);

size_t copies_count(const struct copies *c);

#endif
