/* SPDX-License-Identifier: Apache-2.0
 *
 * chance: what a rule does to a blind model that knows nothing. Four trials at a threshold
 * of chance decide by luck; a set is worth what its rule is better than this.
 */
#ifndef SCHEMAS_CHANCE_H
#define SCHEMAS_CHANCE_H

#include "schemas/order.h"
#include "schemas/rule.h"

/*
 * The share of questions with `options` options that a text threshold lets pass over
 * `trials` trials, when the model guesses uniformly and independently. Four options, four
 * trials: 0.316 for <0.25, 0.738 for <=0.25.
 */
double chance_guessing(const struct threshold *text, int options, int trials);

/* ... when it always says the same letter. Balanced orders: gold stands there floor or ceil
 * of trials/options times; random orders: as guessing. */
double chance_one_letter(const struct threshold *text, int options, int trials,
			 enum order_mode orders);

/* Where a question stands: so many trials asked, of these right, of these without an outcome. */
struct chance_state {
	int asked, correct, missing;
};

/* How many more trials until a test is decided: at least, at most, and on average when each
 * is right with probability p, 0 < p < 1. */
struct chance_left {
	int least, most;
	double expected;
};
struct chance_left chance_left(const struct threshold *t, double p, int trials,
			       const struct chance_state *from);

/* Trials until the text test is decided, expected while the model guesses (2.73 for N=4). */
double chance_calls(const struct threshold *text, int options, int trials);

#endif
