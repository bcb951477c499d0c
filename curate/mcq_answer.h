/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_answer: which option an answer means, when a question's author wrote it: a letter, the
 * option's text, or both, in which case they must agree.
 */
#ifndef CURATE_MCQ_ANSWER_H
#define CURATE_MCQ_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "curate/mcq_text.h"

enum mcq_found {
	ANSWER_FOUND,
	ANSWER_MISSING,		/* nothing was said */
	ANSWER_OUTSIDE,		/* no option has this letter or text */
	ANSWER_CONFLICT,	/* the letter says one option, the text another or none */
	ANSWER_SEVERAL,		/* more than one */
	ANSWER_AMBIGUOUS	/* a number that is one option's label and another's text */
};

/* The options, their texts folded (mcq_text_fold) for comparison. */
struct mcq_choices {
	struct mcq_text text[26];
	size_t count;
	int family;	/* of their labels; LABEL_NONE: without */
};

enum mcq_found mcq_answer_find(struct mcq_text said, const struct mcq_choices *choices,
			       int *index);

#endif
