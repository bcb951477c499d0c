/* SPDX-License-Identifier: Apache-2.0
 *
 * layout_prism: rows of a benchmark as the Prism evaluation asks them (CapRL, arXiv 2509.22647):
 * an image, a question, the right answer. Read are
 *
 *	image	as layout.h has it
 *	question | prompt | problem	a text, or chat's [{role, content}] with one user's turn;
 *		"<image>" and a leading "Question:" come off
 *	choices | options	as layout.h has them; or members A, B, C ... ; or lines "A. x" at
 *		the end of the question, with one line each and whatever instruction behind
 *	answer | answers | label	a text, a number, or a list of them of which any is right
 *
 * With options it is a multiple-choice question, else its answer is free.
 */
#ifndef SCHEMAS_LAYOUT_PRISM_H
#define SCHEMAS_LAYOUT_PRISM_H

#include "schemas/record.h"

struct layout_prism {
	char *question;
	char **options;		/* without labels; without options: every right answer */
	size_t count;
	int answer;		/* index of the right option; -1: the answer is free */
};

enum layout_prism_got {
	LAYOUT_PRISM_READ,
	LAYOUT_PRISM_NO_GOLD,	/* the right answer cannot be read */
	LAYOUT_PRISM_BAD	/* no image, no question, or options that are none */
};

/* err says why it is not READ; release in any case. row's image and id are settled. */
enum layout_prism_got layout_prism_read(struct rec *row, const char *image_field,
					struct layout_prism *out, struct err *err);
void layout_prism_release(struct layout_prism *p);

#endif
