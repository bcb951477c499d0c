/* SPDX-License-Identifier: Apache-2.0
 *
 * whatif: how many questions any pair of thresholds would keep, from stored tallies, in one
 * pass and without a call. Where asking stopped early a cell is open: then it is a range,
 * and the calls that would close it are counted.
 */
#ifndef SCHEMAS_WHATIF_H
#define SCHEMAS_WHATIF_H

#include <stdint.h>

#include "schemas/rule.h"

#define WHATIF_STEPS_MAX 8

struct whatif_cell {
	int64_t kept;		/* certainly */
	int64_t open;		/* kept or not, by answers that were not asked for */
	int64_t calls;		/* at most this many close all of them */
};

struct whatif {
	struct rule rule;	/* rotations and panel; the thresholds are the grid's */
	int steps;		/* visual >= 1/steps .. 1; text <= 0 .. (steps-1)/steps */
	int64_t questions;
	struct whatif_cell cells[WHATIF_STEPS_MAX][WHATIF_STEPS_MAX];	/* [visual-1][text] */
};

void whatif_init(struct whatif *w, const struct rule *rule);
void whatif_add(struct whatif *w, int options, const struct tally_list *blind,
		const struct tally_list *sight, const struct tally_list *control);

#endif
