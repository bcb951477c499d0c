/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_split: options that stand on one line, "A) x  B) y  C) z". Kept apart because it is a
 * search inside text, and so the one place where option text could be mistaken for a label;
 * mcq_block decides when the search is allowed.
 */
#ifndef CURATE_MCQ_SPLIT_H
#define CURATE_MCQ_SPLIT_H

#include <stddef.h>

#include "curate/mcq_draft.h"
#include "curate/mcq_label.h"
#include "curate/mcq_text.h"

#define MCQ_SPLIT_MAX 26

struct mcq_piece {
	struct mcq_label label;
	struct mcq_text text;
};

/*
 * text stands behind the label `first`; finds the labels that continue it. pieces[0] is
 * the text of `first` itself. Returns how many, at least 1.
 */
size_t mcq_split_after(const struct mcq_label *first, struct mcq_text text,
		       struct mcq_piece pieces[MCQ_SPLIT_MAX]);

/*
 * Finds a list that begins somewhere in text, shortens text to what stands before it.
 * Returns how many options it has: 0, or at least 2.
 */
size_t mcq_split_inside(struct mcq_text *text, struct mcq_piece pieces[MCQ_SPLIT_MAX]);

/* "Red, Blue, Green": a list without labels. Returns how many, 0 if it is none. */
size_t mcq_split_list(struct mcq_text text, struct mcq_piece pieces[MCQ_SPLIT_MAX]);

/*
 * Finds "Answer: B" at the end of text that was written on one line; shortens text to what
 * stands before it. Returns whether there was one.
 */
bool mcq_split_answer(struct mcq_text *text, struct mcq_text *answer);

#endif
