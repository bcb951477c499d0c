/* SPDX-License-Identifier: Apache-2.0
 *
 * See rule.h.
 */
#include "schemas/rule.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const struct rule rule_caprl = {
	.visual = { RULE_GREATER, 3, 4, ">0.75" },
	.text = { RULE_LESS, 1, 4, "<0.25" },
	.rotations = 4,
	.panel = 1,
};

static const char *const verdict_names[] = { "keep", "drop", "undecided" };

const char *verdict_name(enum verdict v)
{
	return verdict_names[v];
}

int verdict_parse(const char *text, enum verdict *v)
{
	int i;

	for (i = 0; i < 3; i++) {
		if (!strcmp(text, verdict_names[i])) {
			*v = (enum verdict)i;
			return 0;
		}
	}
	return -1;
}

static const char *parse_cmp(const char *s, enum rule_cmp *cmp)
{
	bool equal = s[0] && s[1] == '=';

	if (*s == '>')
		*cmp = equal ? RULE_GREATER_EQUAL : RULE_GREATER;
	else if (*s == '<')
		*cmp = equal ? RULE_LESS_EQUAL : RULE_LESS;
	else
		return NULL;
	return s + (equal ? 2 : 1);
}

int threshold_parse(const char *text, struct threshold *out, struct err *err)
{
	static const char *const names[] = { ">", ">=", "<", "<=" };
	const char *s = parse_cmp(text + strspn(text, " "), &out->cmp), *from;
	int64_t num = 0, den = 1;
	bool point = false;

	if (!s)
		goto wrong;
	from = s += strspn(s, " ");
	for (; isdigit((unsigned char)*s) || (*s == '.' && !point); s++) {
		if (*s == '.') {
			point = true;
			continue;
		}
		num = num * 10 + (*s - '0');
		den *= point ? 10 : 1;
		if (num > 1000000000 || den > 1000000000)
			goto wrong;
	}
	if (*s || s == from || (s == from + 1 && point) || num > den)
		goto wrong;
	out->num = num;
	out->den = den;
	if (snprintf(out->text, sizeof(out->text), "%s%s", names[out->cmp], from) >=
	    (int)sizeof(out->text))
		goto wrong;
	return 0;
wrong:
	return err_set(err, EXIT_USAGE, "takes a comparator and a share from 0 to 1, such as "
		       "'<0.25' or '>=0.75', not '%s'", text);
}

bool threshold_met(const struct threshold *t, int64_t correct, int64_t trials)
{
	int64_t left = correct * t->den, right = t->num * trials;

	switch (t->cmp) {
	case RULE_GREATER:
		return left > right;
	case RULE_GREATER_EQUAL:
		return left >= right;
	case RULE_LESS:
		return left < right;
	default:
		return left <= right;
	}
}

enum condition_state threshold_state(const struct threshold *t, int correct, int missing,
				     int trials)
{
	bool low = threshold_met(t, correct, trials);
	bool high = threshold_met(t, correct + missing, trials);

	if (low != high)
		return CONDITION_OPEN;
	return low ? CONDITION_HOLDS : CONDITION_FAILS;
}

int rule_trials(const struct rule *rule, const struct tally *t)
{
	return order_most(t->options, t->temperature == 0, rule->rotations);
}

enum condition_state rule_tally(const struct rule *rule, const struct threshold *threshold,
				const struct tally *t)
{
	int i, trials = rule_trials(rule, t), correct = 0, valid = 0;

	for (i = 0; i < t->asked && i < trials; i++) {
		correct += t->trials[i].outcome == OUTCOME_CORRECT;
		valid += t->trials[i].outcome <= OUTCOME_ABSTAINED;
	}
	return threshold_state(threshold, correct, trials - valid, trials);
}

/*
 * The state is decided by its two ends, and both only move inwards. What is not asked yet
 * matters if its best or its worst outcome leads to another state than all of it void.
 */
bool rule_can_change(const struct threshold *threshold, int correct, int void_, int asked,
		     int trials)
{
	int open = trials - asked;

	if (threshold_state(threshold, correct, void_ + open, trials) != CONDITION_OPEN)
		return false;
	return threshold_state(threshold, correct + open, void_, trials) != CONDITION_OPEN ||
	       threshold_state(threshold, correct, void_, trials) != CONDITION_OPEN;
}

struct judgement rule_judge_blind(const struct rule *rule, const struct tally_list *blind)
{
	int answers = 0, open = 0;
	size_t i;

	for (i = 0; i < blind->count; i++) {
		switch (rule_tally(rule, &rule->text, &blind->items[i])) {
		case CONDITION_FAILS:
			answers++;
			break;
		case CONDITION_OPEN:
			open++;
			break;
		default:
			break;
		}
	}
	if (answers >= rule->panel)
		return (struct judgement){ VERDICT_DROP, "blind_answerable" };
	if (answers + open >= rule->panel)
		return (struct judgement){ VERDICT_UNDECIDED, "blind_undecided" };
	if (!blind->count)
		return (struct judgement){ VERDICT_UNDECIDED, "not_asked" };
	return (struct judgement){ VERDICT_KEEP, NULL };
}

/* The worst state of a list: one that fails, else one that is open, else holds. */
static enum condition_state worst(const struct rule *rule, const struct threshold *threshold,
				  const struct tally_list *list)
{
	enum condition_state state, result = CONDITION_HOLDS;
	size_t i;

	for (i = 0; i < list->count; i++) {
		state = rule_tally(rule, threshold, &list->items[i]);
		if (state == CONDITION_FAILS)
			return state;
		if (state == CONDITION_OPEN)
			result = state;
	}
	return result;
}

struct judgement rule_judge(const struct rule *rule, const struct tally_list *blind,
			    const struct tally_list *sight, const struct tally_list *control)
{
	struct judgement by_text = rule_judge_blind(rule, blind);
	enum condition_state seen = worst(rule, &rule->visual, sight);
	enum condition_state controlled = worst(rule, &rule->text, control);

	if (by_text.verdict == VERDICT_DROP)
		return by_text;
	if (seen == CONDITION_FAILS)
		return (struct judgement){ VERDICT_DROP, "not_visible" };
	if (controlled == CONDITION_FAILS)
		return (struct judgement){ VERDICT_DROP, "image_irrelevant" };
	if (by_text.verdict != VERDICT_KEEP)
		return by_text;
	if (!sight->count)
		return (struct judgement){ VERDICT_UNDECIDED, "not_asked" };
	if (seen == CONDITION_OPEN || controlled == CONDITION_OPEN)
		return (struct judgement){ VERDICT_UNDECIDED, "sight_undecided" };
	return (struct judgement){ VERDICT_KEEP, NULL };
}

void rule_text(const struct rule *rule, char out[128])
{
	snprintf(out, 128, "visual%s text%s n=%d panel=%d", rule->visual.text, rule->text.text,
		 rule->rotations, rule->panel);
}
