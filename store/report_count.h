/* SPDX-License-Identifier: Apache-2.0
 *
 * report_count: one pass over all questions of a store, for what SQL cannot say: the figures
 * and the grid of schemas/figures and schemas/whatif, and the (visual, text) plane. Nothing is
 * kept per question.
 */
#ifndef STORE_REPORT_COUNT_H
#define STORE_REPORT_COUNT_H

#include <stdint.h>

#include "schemas/figures.h"
#include "schemas/rule.h"
#include "schemas/whatif.h"
#include "store/db.h"

#define COUNT_STEPS_MAX 8	/* of the plane: accuracies are put into steps of 1/8 beyond */

struct report_counts {
	struct rule rule;		/* the one most verdicts were given by, else CapRL's */
	int64_t rule_questions;		/* so many have it; 0: no question was judged */
	struct figures figures;		/* over all questions */
	struct whatif whatif;		/* over the full share */
	int steps;			/* of the plane */
	/* [with the image][without], for the first models asked; full share only */
	int64_t plane[COUNT_STEPS_MAX + 1][COUNT_STEPS_MAX + 1];
	int64_t plane_questions;	/* drawn there */
	int64_t plane_holes;		/* not drawn: a trial of theirs has no readable answer */
	int64_t unread;			/* tallies or options that contradict themselves */
	int options_most;
};

/* 0; -1 and err; 1: asked to stop. */
int report_count(struct report_counts *c, struct db *db, struct err *err);
void report_count_release(struct report_counts *c);

#endif
