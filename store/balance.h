/* SPDX-License-Identifier: Apache-2.0
 *
 * balance: options in another order. A set whose right letter is mostly C can be guessed, so
 * the right option is put where choice says, and the others around it in an order drawn by
 * the question's id: were they left in theirs, 10, 20, 40 would betray a 30 that was moved.
 *
 * A record keeps its meaning: options, answer, and in its trials the orders and picks, which
 * are numbers of options, all change together. Ids stay: they name the question as written.
 */
#ifndef STORE_BALANCE_H
#define STORE_BALANCE_H

#include <stddef.h>
#include <stdint.h>

#include "schemas/order.h"

struct buf;

struct balance {
	int count;				/* of options */
	uint8_t from[ORDER_OPTIONS_MAX];	/* new place -> old place */
	uint8_t to[ORDER_OPTIONS_MAX];		/* old place -> new place */
};

/* gold: where the right option stands; place: where it shall stand. */
void balance_make(struct balance *b, int64_t seed, const char *question_id, int count, int gold,
		  int place);

/* Appends a question record (checked before; no newline) with its right option at place. */
void balance_record(int64_t seed, int place, const char *line, size_t len, struct buf *out);

#endif
