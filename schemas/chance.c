/* SPDX-License-Identifier: Apache-2.0
 *
 * See chance.h.
 */
#include "schemas/chance.h"

#include <stdlib.h>

#include "cli/buf.h"
#include "schemas/interval.h"

static double exactly(int hits, int trials, double p)
{
	double below = hits ? interval_binomial_at_most(hits - 1, trials, p) : 0;

	return interval_binomial_at_most(hits, trials, p) - below;
}

double chance_guessing(const struct threshold *text, int options, int trials)
{
	double sum = 0;
	int hits;

	for (hits = 0; hits <= trials; hits++)
		if (threshold_met(text, hits, trials))
			sum += exactly(hits, trials, 1.0 / options);
	return sum;
}

double chance_one_letter(const struct threshold *text, int options, int trials,
			 enum order_mode orders)
{
	double more = (double)(trials % options) / options;
	int few = trials / options;

	if (orders == ORDER_RANDOM)
		return chance_guessing(text, options, trials);
	return (threshold_met(text, few, trials) ? 1 - more : 0) +
	       (more > 0 && threshold_met(text, few + 1, trials) ? more : 0);
}

/* P(asked trials so far leave it open with c right), trial by trial. */
double chance_calls(const struct threshold *text, int options, int trials)
{
	double *open = xcalloc((size_t)trials + 2, sizeof(*open)), p = 1.0 / options, calls = 0;
	int asked, c;

	open[0] = 1;
	for (asked = 0; asked < trials; asked++) {
		for (c = asked; c >= 0; c--) {
			if (!open[c] || !rule_can_change(text, c, 0, asked, trials)) {
				open[c] = 0;
				continue;
			}
			calls += open[c];
			open[c + 1] += open[c] * p;
			open[c] *= 1 - p;
		}
	}
	free(open);
	return calls;
}
