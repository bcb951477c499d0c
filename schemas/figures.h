/* SPDX-License-Identifier: Apache-2.0
 *
 * figures: what judged questions look like together. Verdicts and gold letters are counted
 * over all questions; every accuracy and every figure of letters comes only from the full
 * share (tallies with `full`), because early-stopped tallies are biased: a true blind
 * accuracy of 0.25 reads 0.42 there (DESIGN.md 8). Each figure carries its n.
 */
#ifndef SCHEMAS_FIGURES_H
#define SCHEMAS_FIGURES_H

#include <stdint.h>

#include "schemas/interval.h"
#include "schemas/rule.h"
#include "schemas/tally.h"

#define FIGURES_MODELS_MAX 16	/* a panel of more is cut, and the table says so by its names */
#define FIGURES_LETTERS 26

/* One model under one condition, over the full share. */
struct figures_model {
	char *model;
	const char *condition;		/* "blind", "sight", "grey", "swap" */
	int64_t questions, valid, correct;
	double sum, squares;		/* of the questions' accuracies, for mean and interval */
	int64_t picks[FIGURES_LETTERS];	/* by the letter they stood at */
	int64_t gold[FIGURES_LETTERS], recalled[FIGURES_LETTERS];	/* gold there; and picked */
};

/* Two blind models over the questions of the full share that both answered. */
struct figures_pair {
	int64_t trials, same;
};

struct figures {
	int64_t questions, kept;
	int64_t gold[FIGURES_LETTERS], gold_kept[FIGURES_LETTERS];
	/* every blind pick, by the letter it stood at: for a warning, not for publication */
	int64_t blind_picks[FIGURES_LETTERS];
	/* by number of options: questions the text test decided, and those it let pass */
	int64_t asked[ORDER_OPTIONS_MAX + 1], passed[ORDER_OPTIONS_MAX + 1];
	struct figures_model models[FIGURES_MODELS_MAX];
	int model_count;
	struct figures_pair pairs[FIGURES_MODELS_MAX][FIGURES_MODELS_MAX];	/* [i][j], i < j */
};

void figures_release(struct figures *f);
void figures_add(struct figures *f, const struct rule *rule, int options, int gold,
		 const struct judgement *j, const struct tally_list *blind,
		 const struct tally_list *sight, const struct tally_list *control);

/* Mean accuracy over questions and its 95 % interval, questions being the sampled units. */
double figures_accuracy(const struct figures_model *m, struct interval *i);

/*
 * RStd: the standard deviation over letters of the recall of the gold option when it stands
 * there (Zheng et al. 2024, arXiv 2309.03882); 0 is a model without a habit. -1: no data.
 */
double figures_rstd(const struct figures_model *m);

#endif
