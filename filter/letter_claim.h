/* SPDX-License-Identifier: Apache-2.0
 *
 * letter_claim: the statements "the answer is ..." in a reply, and whether they agree.
 */
#ifndef FILTER_LETTER_CLAIM_H
#define FILTER_LETTER_CLAIM_H

#include <stdbool.h>

#include "filter/letter_plain.h"

struct letter_shown;

enum {
	CLAIM_NONE = -1,	/* nothing was stated */
	CLAIM_UNCLEAR = -2	/* several things, or a letter that was not shown */
};

/* Each returns the index of an option or one of the two above. */

/* The reply is an option's text and nothing else. */
int letter_claim_whole(const struct letter_plain *plain, const struct letter_options *options,
		       bool cut);

/* Letters and texts stated anywhere, and lines that begin with a label. */
int letter_claim_find(const struct letter_plain *plain, const struct letter_options *options,
		      bool cut);

/* An option says "cannot be determined" itself and the reply repeats it. */
int letter_claim_excuse_option(const struct letter_plain *plain,
			       const struct letter_options *options,
			       const struct letter_shown *shown);

/* Exactly one option's text stands in the reply, with nothing that could negate it. */
int letter_claim_mention(const struct letter_plain *plain, const struct letter_options *options);

#endif
