/* SPDX-License-Identifier: Apache-2.0
 *
 * letter_at: a letter at one place of a reply: is it one, does it stand alone, what follows
 * it. And the account of what was stated so far.
 */
#ifndef FILTER_LETTER_AT_H
#define FILTER_LETTER_AT_H

#include <stdbool.h>
#include <stddef.h>

#include "filter/letter_plain.h"

struct letter_claims {
	const struct letter_plain *plain;
	const struct letter_options *options;
	const char *text, *lower, *end;	/* of plain->text, plain->lower; end of text */
	bool cut;
	int pick;		/* the last one stated, or CLAIM_NONE */
	size_t pick_end;	/* where it ended */
	bool unclear;
};

struct letter_found {
	int index;		/* may lie outside the options */
	const char *at, *end;	/* with brackets behind */
	bool several;		/* "B or C" */
	bool upper;
};

/* The same place in the lower-case text, and that text's end. */
const char *letter_at_low(const struct letter_claims *c, const char *p);
const char *letter_at_low_end(const struct letter_claims *c);

/* Files a statement: two that differ are unclear, unless the second says it corrects. */
void letter_at_state(struct letter_claims *c, int index, const char *at, const char *end);

/* The clause before p says "not", "if" and the like. */
bool letter_at_denied(const struct letter_claims *c, const char *p);

const char *letter_at_skip_marks(const char *p, const char *end);
const char *letter_at_skip_closers(const char *p, const char *end);

/* A single letter of a label's kind stands at p. */
bool letter_at(const struct letter_claims *c, const char *p, struct letter_found *found);

/* "and C", ", C", "or (C)" behind a letter. */
bool letter_at_goes_on(const struct letter_claims *c, const char *p);

/* What stands behind the letter begins with that option's own text. */
bool letter_at_own_text(const struct letter_claims *c, int index, const char *p);

/* What stands behind lets it be a letter: "A dog" does not, "A." does. */
bool letter_at_alone(const struct letter_claims *c, const struct letter_found *f);

/* The rest of the line is another option's text. */
bool letter_at_other_text(const struct letter_claims *c, int index, const char *p);

/* Files the letter as stated, if nothing around it speaks against. */
void letter_at_state_letter(struct letter_claims *c, const char *from,
			    const struct letter_found *f);

#endif
