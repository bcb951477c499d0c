/* SPDX-License-Identifier: Apache-2.0
 *
 * interval: how sure a share is. Wilson's score interval at 95 % (Wilson 1927), which stays
 * inside [0, 1] and is honest for few trials: 0 of 4 is [0, 0.49].
 */
#ifndef SCHEMAS_INTERVAL_H
#define SCHEMAS_INTERVAL_H

#include <stdint.h>

struct interval {
	double lower, upper;
};

struct interval interval_wilson(int64_t hits, int64_t count);	/* count 0: [0, 1] */

/* P(X <= hits) for X ~ Binomial(count, p): what a rule does to a model that guesses. */
double interval_binomial_at_most(int hits, int count, double p);

#endif
