/* SPDX-License-Identifier: Apache-2.0
 *
 * See whatif.h.
 */
#include "schemas/whatif.h"

void whatif_init(struct whatif *w, const struct rule *rule)
{
	*w = (struct whatif){ .rule = *rule };
	w->steps = rule->rotations < WHATIF_STEPS_MAX ? rule->rotations : WHATIF_STEPS_MAX;
}

/* Trials not asked yet, over the tallies of a list; none at all: a whole condition. */
static int64_t missing(const struct rule *rule, int options, const struct tally_list *list)
{
	int64_t calls = 0;
	size_t i;
	int trials;

	if (!list->count)
		return order_most(options, true, rule->rotations);
	for (i = 0; i < list->count; i++) {
		trials = rule_trials(rule, &list->items[i]);
		if (list->items[i].asked < trials)
			calls += trials - list->items[i].asked;
	}
	return calls;
}

void whatif_add(struct whatif *w, int options, const struct tally_list *blind,
		const struct tally_list *sight, const struct tally_list *control)
{
	int64_t calls = missing(&w->rule, options, blind) + missing(&w->rule, options, sight);
	struct whatif_cell *cell;
	struct rule rule = w->rule;
	int visual, text;

	w->questions++;
	for (visual = 1; visual <= w->steps; visual++) {
		for (text = 0; text < w->steps; text++) {
			rule.visual = (struct threshold){ RULE_GREATER_EQUAL, visual, w->steps, "" };
			rule.text = (struct threshold){ RULE_LESS_EQUAL, text, w->steps, "" };
			cell = &w->cells[visual - 1][text];
			switch (rule_judge(&rule, blind, sight, control).verdict) {
			case VERDICT_KEEP:
				cell->kept++;
				break;
			case VERDICT_UNDECIDED:
				cell->open++;
				cell->calls += calls;
				break;
			default:
				break;
			}
		}
	}
}
