/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_prism: a benchmark's row (schemas/layout_prism) as a question of an audit: with options
 * a choice; else a number or a text by what its right answers are (filter/free_answer), and a
 * question whose right answer cannot be read is told apart, because it is excluded.
 */
#ifndef FILTER_AUDIT_PRISM_H
#define FILTER_AUDIT_PRISM_H

#include "filter/audit_bank.h"
#include "schemas/layout_prism.h"

struct audit_prism {
	struct layout_prism row;
	enum audit_kind kind;
	char *options;		/* a JSON list: the options, or all right answers */
	char answer[2];		/* the letter of the right option, or "" */
	char id[33];		/* of image, question, options and answer */
};

/* err says why it is not READ; release in any case. */
enum layout_prism_got audit_prism_read(struct rec *row, const char *image_field,
				       struct audit_prism *p, struct err *err);
void audit_prism_release(struct audit_prism *p);

#endif
