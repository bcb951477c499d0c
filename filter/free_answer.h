/* SPDX-License-Identifier: Apache-2.0
 *
 * free_answer: reads an answer that is no letter, and what it is worth beside the right ones:
 * a number within 5 % is worth 1 (filter/free_number), a text what its ANLS says
 * (schemas/anls); of several right answers the best counts. Pure. What is ambiguous is
 * FREE_UNPARSED, never a guess, and an error is never content.
 *
 *	if (free_kind_of(golds, count, &kind, &err))
 *		... the right answer cannot be read: the question is excluded
 *	said = free_answer_read(reply, cut, kind, golds, count, &credit);
 */
#ifndef FILTER_FREE_ANSWER_H
#define FILTER_FREE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/msg.h"

enum free_kind {
	FREE_NUMBER,
	FREE_TEXT
};

enum free_said {
	FREE_READ,		/* credit says what it is worth; 0: wrong */
	FREE_ABSTAINED,		/* "the description does not say" */
	FREE_REFUSED,		/* a policy refusal */
	FREE_UNPARSED
};

/* Numbers if all of them are. -1: one is unreadable (empty, too long, a letter alone, "1,23"). */
int free_kind_of(const char *const *golds, size_t count, enum free_kind *kind, struct err *err);

/* cut: finish_reason was "length". Golds as free_kind_of found them good. */
enum free_said free_answer_read(const char *text, bool cut, enum free_kind kind,
				const char *const *golds, size_t count, double *credit);

#endif
