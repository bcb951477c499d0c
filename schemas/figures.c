/* SPDX-License-Identifier: Apache-2.0
 *
 * See figures.h.
 */
#include "schemas/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"

void figures_release(struct figures *f)
{
	int i;

	for (i = 0; i < f->model_count; i++)
		free(f->models[i].model);
	f->model_count = 0;
}

/* The row of a model under a condition; -1 when the table is full. */
static int row(struct figures *f, const char *model, const char *condition)
{
	int i;

	for (i = 0; i < f->model_count; i++)
		if (!strcmp(f->models[i].model, model) &&
		    !strcmp(f->models[i].condition, condition))
			return i;
	if (i == FIGURES_MODELS_MAX)
		return -1;
	f->models[i] = (struct figures_model){ .model = xstrdup(model), .condition = condition };
	f->model_count++;
	return i;
}

static int place_of(const struct trial *trial, int option, int options)
{
	int place;

	for (place = 0; place < options && trial->order[place] != option; place++)
		;
	return place;
}

static void add_tally(struct figures_model *m, const struct tally *t, int gold)
{
	const struct trial *trial;
	double accuracy;
	int i, at;

	if (!t->valid)
		return;
	accuracy = (double)t->correct / t->valid;
	m->questions++;
	m->valid += t->valid;
	m->correct += t->correct;
	m->sum += accuracy;
	m->squares += accuracy * accuracy;
	for (i = 0; i < t->asked; i++) {
		trial = &t->trials[i];
		if (trial->outcome > OUTCOME_ABSTAINED)
			continue;
		at = place_of(trial, gold, t->options);
		m->gold[at]++;
		m->recalled[at] += trial->outcome == OUTCOME_CORRECT;
		if (trial->pick >= 0)
			m->picks[place_of(trial, trial->pick, t->options)]++;
	}
}

/* condition NULL: it stands in the tally (a control). */
static void add_list(struct figures *f, const struct tally_list *list, const char *condition,
		     int gold)
{
	const struct tally *t;
	const char *name;
	size_t i;
	int at;

	for (i = 0; i < list->count; i++) {
		t = &list->items[i];
		name = condition ? condition :
		       t->condition && !strcmp(t->condition, "swap") ? "swap" : "grey";
		at = t->full ? row(f, t->model, name) : -1;
		if (at >= 0)
			add_tally(&f->models[at], t, gold);
	}
}

static void count_picks(struct figures *f, const struct tally_list *blind)
{
	const struct tally *t;
	size_t i;
	int n;

	for (i = 0; i < blind->count; i++) {
		t = &blind->items[i];
		for (n = 0; n < t->asked; n++)
			if (t->trials[n].pick >= 0)
				f->blind_picks[place_of(&t->trials[n], t->trials[n].pick,
							t->options)]++;
	}
}

static void add_pair(struct figures_pair *pair, const struct tally *a, const struct tally *b)
{
	int i;

	for (i = 0; i < a->asked && i < b->asked; i++) {
		if (a->trials[i].outcome > OUTCOME_ABSTAINED ||
		    b->trials[i].outcome > OUTCOME_ABSTAINED)
			continue;
		pair->trials++;
		pair->same += a->trials[i].pick == b->trials[i].pick;
	}
}

static void add_pairs(struct figures *f, const struct tally_list *blind)
{
	size_t i, j;
	int a, b;

	for (i = 0; i < blind->count; i++) {
		for (j = i + 1; j < blind->count; j++) {
			if (!blind->items[i].full || !blind->items[j].full)
				continue;
			a = row(f, blind->items[i].model, "blind");
			b = row(f, blind->items[j].model, "blind");
			if (a >= 0 && b >= 0)
				add_pair(&f->pairs[a < b ? a : b][a < b ? b : a],
					 &blind->items[i], &blind->items[j]);
		}
	}
}

void figures_add(struct figures *f, const struct rule *rule, int options, int gold,
		 const struct judgement *j, const struct tally_list *blind,
		 const struct tally_list *sight, const struct tally_list *control)
{
	enum verdict passes;

	f->questions++;
	f->kept += j->verdict == VERDICT_KEEP;
	f->gold[gold]++;
	f->gold_kept[gold] += j->verdict == VERDICT_KEEP;
	passes = rule_judge_blind(rule, blind).verdict;
	f->asked[options] += passes != VERDICT_UNDECIDED;
	f->passed[options] += passes == VERDICT_KEEP;
	count_picks(f, blind);
	add_list(f, blind, "blind", gold);
	add_list(f, sight, "sight", gold);
	add_list(f, control, NULL, gold);
	add_pairs(f, blind);
}

double figures_accuracy(const struct figures_model *m, struct interval *i)
{
	double n = (double)m->questions, mean, spread;

	*i = (struct interval){ 0, 1 };
	if (!m->questions)
		return 0;
	mean = m->sum / n;
	spread = m->questions > 1 ? sqrt(fmax(0, m->squares - n * mean * mean) / (n - 1) / n) : 1;
	*i = (struct interval){ fmax(0, mean - 1.96 * spread), fmin(1, mean + 1.96 * spread) };
	return mean;
}

double figures_rstd(const struct figures_model *m)
{
	double sum = 0, squares = 0, recall;
	int i, letters = 0;

	for (i = 0; i < FIGURES_LETTERS; i++) {
		if (!m->gold[i])
			continue;
		recall = (double)m->recalled[i] / (double)m->gold[i];
		sum += recall;
		squares += recall * recall;
		letters++;
	}
	if (letters < 2)
		return -1;
	return sqrt(fmax(0, squares / letters - (sum / letters) * (sum / letters)));
}
