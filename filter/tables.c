/* SPDX-License-Identifier: Apache-2.0
 *
 * See tables.h.
 */
#include "filter/tables.h"

#include <string.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "schemas/chance.h"

static double percent(int64_t part, int64_t whole)
{
	return whole ? 100 * (double)part / (double)whole : 0;
}

void tables_chance(struct buf *out, const struct figures *f, const struct rule *rule)
{
	struct interval i;
	int k, trials;

	for (k = 2; k <= ORDER_OPTIONS_MAX; k++) {
		if (!f->asked[k])
			continue;
		trials = order_most(k, true, rule->rotations);
		i = interval_wilson(f->passed[k], f->asked[k]);
		buf_printf(out, "%d options, %d trials, text%s: %.1f %% [%.1f, %.1f] of %lld pass "
			   "the text test; of merely guessed ones %.1f %% would, of a model that "
			   "always says one letter %.1f %%\n", k, trials, rule->text.text,
			   percent(f->passed[k], f->asked[k]), 100 * i.lower, 100 * i.upper,
			   (long long)f->asked[k], 100 * chance_guessing(&rule->text, k, trials),
			   100 * chance_one_letter(&rule->text, k, trials, ORDER_BALANCED));
	}
}

static int letters_used(const int64_t *counts)
{
	int i, used = 0;

	for (i = 0; i < FIGURES_LETTERS; i++)
		if (counts[i])
			used = i + 1;
	return used;
}

static void add_letters(struct buf *out, const char *what, const int64_t *counts)
{
	int64_t all = 0;
	int i, used = letters_used(counts);

	for (i = 0; i < used; i++)
		all += counts[i];
	buf_printf(out, "  %-28s", what);
	for (i = 0; i < used; i++)
		buf_printf(out, " %c %.1f%%", 'A' + i, percent(counts[i], all));
	buf_printf(out, "  (n=%lld)\n", (long long)all);
}

static void add_name(struct buf *out, const struct figures_model *m)
{
	msg_clean(out, m->model, strlen(m->model));
	buf_printf(out, " %s", m->condition);
}

static void add_model(struct buf *out, const struct figures_model *m)
{
	struct interval i;
	struct buf name;
	double mean = figures_accuracy(m, &i), rstd = figures_rstd(m);

	buf_init(&name, BUF_NO_MAX);
	add_name(&name, m);
	buf_printf(out, "  %-28s accuracy %.3f [%.3f, %.3f] over %lld questions", name.data, mean,
		   i.lower, i.upper, (long long)m->questions);
	if (rstd >= 0)
		buf_printf(out, ", RStd of recall %.3f", rstd);
	buf_addc(out, '\n');
	add_letters(out, "  letters picked", m->picks);
	buf_release(&name);
}

static void add_pairs(struct buf *out, const struct figures *f)
{
	const struct figures_pair *pair;
	int i, j;

	for (i = 0; i < f->model_count; i++) {
		for (j = i + 1; j < f->model_count; j++) {
			pair = &f->pairs[i][j];
			if (!pair->trials)
				continue;
			buf_adds(out, "  ");
			add_name(out, &f->models[i]);
			buf_adds(out, " and ");
			add_name(out, &f->models[j]);
			buf_printf(out, " pick the same in %.1f %% of %lld trials\n",
				   percent(pair->same, pair->trials), (long long)pair->trials);
		}
	}
}

void tables_figures(struct buf *out, const struct figures *f)
{
	int i;

	buf_adds(out, "Letters of the right answers\n");
	add_letters(out, "all questions", f->gold);
	add_letters(out, "kept", f->gold_kept);
	buf_adds(out, "Models, over the full share only\n");
	if (!f->model_count)
		buf_adds(out, "  nothing: ask a share of the questions every trial, with "
			 "--full-share 2% at blind and sight\n");
	for (i = 0; i < f->model_count; i++)
		add_model(out, &f->models[i]);
	add_pairs(out, f);
}

static void add_cell(struct buf *out, const struct whatif_cell *cell)
{
	struct buf range;

	buf_init(&range, BUF_NO_MAX);
	buf_printf(&range, "%lld", (long long)cell->kept);
	if (cell->open)
		buf_printf(&range, "..%lld", (long long)(cell->kept + cell->open));
	buf_printf(out, " %18s", range.data);
	buf_release(&range);
}

static void add_grid(struct buf *out, const struct whatif *w)
{
	int visual, text;

	buf_printf(out, "%-14s", "visual \\ text");
	for (text = 0; text < w->steps; text++)
		buf_printf(out, "%13s<=%d/%d", "", text, w->steps);
	buf_addc(out, '\n');
	for (visual = 1; visual <= w->steps; visual++) {
		buf_printf(out, ">=%d/%d         ", visual, w->steps);
		for (text = 0; text < w->steps; text++)
			add_cell(out, &w->cells[visual - 1][text]);
		buf_addc(out, '\n');
	}
}

void tables_whatif(struct buf *out, const struct whatif *w)
{
	const struct whatif_cell *cell;
	int visual, text;

	buf_printf(out, "Questions kept, of %lld, under other thresholds (n=%d, panel=%d). A range "
		   "is open\nwhere asking stopped early; calls that close it at most:\n\n",
		   (long long)w->questions, w->rule.rotations, w->rule.panel);
	add_grid(out, w);
	buf_addc(out, '\n');
	for (visual = 1; visual <= w->steps; visual++) {
		for (text = 0; text < w->steps; text++) {
			cell = &w->cells[visual - 1][text];
			if (cell->open)
				buf_printf(out, "  visual>=%d/%d text<=%d/%d: %lld open, %lld calls\n",
					   visual, w->steps, text, w->steps, (long long)cell->open,
					   (long long)cell->calls);
		}
	}
}
