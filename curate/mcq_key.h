/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_key: the answers of many questions in one place, "1-B 2-C", "1. B, 2. D" or "B, C, A".
 */
#ifndef CURATE_MCQ_KEY_H
#define CURATE_MCQ_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "curate/mcq_block.h"
#include "curate/mcq_text.h"

struct mcq_entry {
	int number;		/* of the question, from 1 */
	struct mcq_text text;	/* its letter */
};

/*
 * Reads the next entry at *p and moves on. False, and *p unmoved, when none stands there.
 */
bool mcq_key_next(const char **p, const char *end, struct mcq_entry *entry);

/* Text is nothing but numbered entries, at least `least`. */
bool mcq_key_only(struct mcq_text text, size_t least);

/* Text is nothing but letters in order. Returns how many, up to max. */
size_t mcq_key_letters(struct mcq_text text, struct mcq_text *letters, size_t max);

/* Gives the question with this number its answer. False: no such question waits. */
bool mcq_key_assign(struct mcq_block *b, int number, struct mcq_text text);

/* Gives answers from text in any of the forms above; entries if there are `least`. */
bool mcq_key_read(struct mcq_block *b, struct mcq_text text, size_t least);

/* "1. B" or "1. B) Red" is a line of a key: question 1 waits for an answer. */
bool mcq_key_line(struct mcq_block *b, const struct mcq_line *line);

#endif
