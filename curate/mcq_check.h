/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_check: turns a draft into a question, or says why it cannot be one.
 */
#ifndef CURATE_MCQ_CHECK_H
#define CURATE_MCQ_CHECK_H

#include <stdbool.h>

#include "cli/buf.h"
#include "curate/mcq.h"
#include "curate/mcq_draft.h"

struct mcq_checked {
	const char *reason;	/* NULL: it is a question */
	struct buf detail;	/* one sentence, when lost */
	int answer;
	bool none_or_all;
	struct buf key; /* what makes two questions equal: text and sorted options, folded */
	char *question;		/* clean; whoever takes one of these leaves NULL */
	char *options[MCQ_OPTIONS_MAX + 1];
	size_t option_count;
};

void mcq_checked_init(struct mcq_checked *checked);
void mcq_checked_release(struct mcq_checked *checked);

/* May be called many times with the same checked. `cut`: the reply was cut off. */
void mcq_check(const struct mcq_drafts *drafts, const struct mcq_draft *draft, bool cut,
	       struct mcq_checked *checked);

const char *mcq_check_rule(const struct mcq_drafts *drafts, const struct mcq_draft *draft);

#endif
