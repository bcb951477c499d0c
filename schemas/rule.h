/* SPDX-License-Identifier: Apache-2.0
 *
 * rule: which questions are kept. Pure; the same code decides when `blind` and `sight` may
 * stop asking, what `select` writes, and what a report draws.
 *
 * The default is CapRL's (arXiv 2509.22647, section 3.2): visual accuracy > 0.75 and text
 * accuracy < 0.25 over 4 trials. The comparator is part of the value. Accuracies are compared
 * as integers (correct * den against num * trials), never as floating point.
 *
 * A trial without a valid outcome could have been right or wrong, so it leaves a range:
 * a condition holds or fails only if it does so at both ends of the range; else it is open.
 */
#ifndef SCHEMAS_RULE_H
#define SCHEMAS_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"
#include "schemas/tally.h"

enum rule_cmp { RULE_GREATER, RULE_GREATER_EQUAL, RULE_LESS, RULE_LESS_EQUAL };

struct threshold {
	enum rule_cmp cmp;
	int64_t num, den;	/* the value as a fraction */
	char text[24];		/* as written, without spaces: "<0.25" */
};

struct rule {
	struct threshold visual, text;
	int rotations;		/* N, the trials of each condition */
	int panel;		/* dropped when at least this many blind models answer it */
};

extern const struct rule rule_caprl;

/* "<0.25", ">= 0.75": a comparator and a decimal in [0, 1] of at most 9 places. */
int threshold_parse(const char *text, struct threshold *out, struct err *err);
bool threshold_met(const struct threshold *t, int64_t correct, int64_t trials);

enum condition_state { CONDITION_HOLDS, CONDITION_FAILS, CONDITION_OPEN };

/* `correct` of `trials`, of which `missing` have no valid outcome. */
enum condition_state threshold_state(const struct threshold *t, int correct, int missing,
				     int trials);

/* How many trials count for this tally: rule->rotations, or k! at temperature 0. */
int rule_trials(const struct rule *rule, const struct tally *t);

/* The state of a tally's first rule_trials trials under a threshold. */
enum condition_state rule_tally(const struct rule *rule, const struct threshold *threshold,
				const struct tally *t);

/*
 * Can a trial that was not asked yet still change that state? `asked` trials of `trials`
 * gave `correct` right and `void_` without a valid outcome.
 */
bool rule_can_change(const struct threshold *threshold, int correct, int void_, int asked,
		     int trials);

enum verdict { VERDICT_KEEP, VERDICT_DROP, VERDICT_UNDECIDED };

const char *verdict_name(enum verdict v);
int verdict_parse(const char *text, enum verdict *v);

struct judgement {
	enum verdict verdict;
	const char *reason;	/* one of DESIGN.md 8's, static; NULL for keep */
};

struct judgement rule_judge(const struct rule *rule, const struct tally_list *blind,
			    const struct tally_list *sight, const struct tally_list *control);

/* What the blind tallies alone say: keep means "go on and look". */
struct judgement rule_judge_blind(const struct rule *rule, const struct tally_list *blind);

/* "visual>0.75 text<0.25 n=4 panel=1" */
void rule_text(const struct rule *rule, char out[128]);

#endif
