/* SPDX-License-Identifier: Apache-2.0
 *
 * letter_plain: a reply and its options in the form in which they are compared.
 */
#ifndef FILTER_LETTER_PLAIN_H
#define FILTER_LETTER_PLAIN_H

#include <stddef.h>

#include "cli/buf.h"
#include "curate/mcq_text.h"

struct letter_shown;

/* Both of the same length: byte i of one is byte i of the other. */
struct letter_plain {
	struct buf text;	/* Markdown off, full-width and curly forms made plain */
	struct buf lower;
};

struct letter_options {
	struct mcq_text text[26];	/* folded; borrowed from `folds` */
	struct mcq_text bare[26];	/* without a leading article */
	size_t count;
	struct buf folds;
};

void letter_plain_init(struct letter_plain *plain, struct mcq_text reply);
void letter_plain_release(struct letter_plain *plain);
void letter_options_init(struct letter_options *options, const struct letter_shown *shown);
void letter_options_release(struct letter_options *options);

/* Without "a", "an", "the" in front. */
struct mcq_text letter_plain_bare(struct mcq_text folded);

#endif
