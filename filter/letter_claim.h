/* SPDX-License-Identifier: Apache-2.0
 *
 * letter_claim: the statements "the answer is ..." in a reply, and whether they agree.
 */
#ifndef FILTER_LETTER_CLAIM_H
#define FILTER_LETTER_CLAIM_H

#include <stdbool.h>

#include "filter/letter_plain.h"

/* What functions of letter_* return instead of the index of an option. */
enum {
	CLAIM_NONE = -1,	/* nothing was stated */
	CLAIM_UNCLEAR = -2	/* several things, or a letter that was not shown */
};

/* Letters and texts stated anywhere, and lines that begin with a label. */
int letter_claim_find(const struct letter_plain *plain, const struct letter_options *options,
		      bool cut);

#endif
