/* SPDX-License-Identifier: Apache-2.0
 *
 * See chance.h.
 */
#include "schemas/chance.h"

#include <stdbool.h>
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

/* open[c]: the probability that asking goes on with c right, trial by trial. */
struct chance_left chance_left(const struct threshold *t, double p, int trials,
			       const struct chance_state *from)
{
	double *open = xcalloc((size_t)trials + 2, sizeof(*open));
	struct chance_left left = { .least = -1 };
	bool decided, going;
	int asked, c;

	open[from->correct] = 1;
	for (asked = from->asked; asked <= trials; asked++) {
		decided = going = false;
		for (c = asked; c >= 0; c--) {
			if (open[c] <= 0)
				continue;
			if (asked == trials ||
			    !rule_can_change(t, c, from->missing, asked, trials)) {
				decided = true;
				open[c] = 0;
				continue;
			}
			going = true;
			left.expected += open[c];
			open[c + 1] += open[c] * p;
			open[c] *= 1 - p;
		}
		left.most += going;
		if (decided && left.least < 0)
			left.least = asked - from->asked;
	}
	free(open);
	return left;
}

double chance_calls(const struct threshold *text, int options, int trials)
{
	struct chance_state none = { 0, 0, 0 };

	return chance_left(text, 1.0 / options, trials, &none).expected;
}
