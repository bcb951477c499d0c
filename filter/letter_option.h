/* SPDX-License-Identifier: Apache-2.0
 *
 * letter_option: options recognised by their text. Each function returns the index of an
 * option, CLAIM_NONE or CLAIM_UNCLEAR.
 */
#ifndef FILTER_LETTER_OPTION_H
#define FILTER_LETTER_OPTION_H

#include <stdbool.h>

#include "filter/letter_plain.h"

struct letter_shown;

/* The option that a text is, whole; articles aside. */
int letter_option_of(struct mcq_text text, const struct letter_options *options);

/* Another option begins with this one's text: a cut reply could have meant it. */
bool letter_option_may_grow(const struct letter_options *options, int index);

/* The reply is an option's text and nothing else. */
int letter_option_whole(const struct letter_plain *plain, const struct letter_options *options,
			bool cut);

/* An option says "cannot be determined" itself, and the reply repeats it. */
int letter_option_excuse(const struct letter_plain *plain, const struct letter_options *options,
			 const struct letter_shown *shown);

/* Exactly one option's text stands in the reply, with nothing that could negate it. */
int letter_option_mention(const struct letter_plain *plain,
			  const struct letter_options *options);

#endif
