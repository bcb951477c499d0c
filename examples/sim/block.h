/* SPDX-License-Identifier: Apache-2.0
 *
 * block: the multiple-choice question inside a prompt: the last run of lines that are labelled
 * A, B, C, ... and the text in front of it. Labels may be `A)`, `A.`, `A:`, `(A)` or a
 * full-width relative, with or without a list dash. The wording around them does not matter,
 * so the simulator works with prompts that it has never seen.
 *
 *	struct block shown;
 *	if (!block_read(&shown, text))
 *		... shown.options[0] is what stands behind A
 *	block_release(&shown);
 */
#ifndef SIM_BLOCK_H
#define SIM_BLOCK_H

#include <stddef.h>

#define BLOCK_MOST 26

struct block {
	char *before;			/* what precedes option A, as written */
	char *options[BLOCK_MOST];	/* without labels */
	size_t count;
};

int block_read(struct block *b, const char *text);	/* -1: no block, nothing to release */
void block_release(struct block *b);

#endif
