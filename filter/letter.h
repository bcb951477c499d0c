/* SPDX-License-Identifier: Apache-2.0
 *
 * letter: reads which option a model picked. Pure. What is ambiguous is LETTER_UNPARSED:
 * never a guess, never random, never different under another locale. An error is never
 * content, so no transport failure may reach this reader.
 *
 *	struct letter_shown shown = { .options = texts, .count = 4, .image_sent = true };
 *	int pick;
 *	if (letter_read(reply, strlen(reply), &shown, &pick) == LETTER_PICK)
 *		... shown.options[pick]
 */
#ifndef FILTER_LETTER_H
#define FILTER_LETTER_H

#include <stdbool.h>
#include <stddef.h>

enum letter_said {
	LETTER_PICK,	  /* *pick is the index, as shown, of the option picked */
	LETTER_ABSTAINED, /* the abstain option, or "cannot tell" where no image was sent */
	LETTER_REFUSED,	  /* a policy refusal, or "I see no image" where one was sent */
	LETTER_UNPARSED	  /* nothing, something else, or more than one thing */
};

/* What the model was shown. */
struct letter_shown {
	const char *const *options;	/* in the order shown, without labels */
	size_t count;			/* 2 to 26, the abstain option included */
	bool abstain;			/* the last option is the abstain option */
	bool image_sent;
	bool cut;			/* finish_reason was "length" */
};

/* text may be NULL (len 0). *pick is set only for LETTER_PICK, else -1. */
enum letter_said letter_read(const char *text, size_t len, const struct letter_shown *shown,
			     int *pick);

/* The published reference scorer: the first [A-I] in the text (CapRL reward function). */
enum letter_said letter_read_caprl(const char *text, size_t len,
				   const struct letter_shown *shown, int *pick);

#endif
