/* SPDX-License-Identifier: Apache-2.0
 *
 * How the questions were judged: accuracies, the (visual, text) plane and the grid of other
 * thresholds from the full share alone, since early-stopped tallies are biased; what the rule
 * does at chance; letters. See report_view.h.
 */
#include "store/report_view.h"

#include <stdio.h>
#include <string.h>

#include "schemas/chance.h"
#include "store/page_chart.h"

/* What guessing gives, over the questions the text test decided; -1: none. */
static double guessed_share(const struct report_counts *c)
{
	double sum = 0, all = 0;
	int k;

	for (k = 2; k <= ORDER_OPTIONS_MAX; k++) {
		sum += (double)c->figures.asked[k] / k;
		all += (double)c->figures.asked[k];
	}
	return all > 0 ? sum / all : -1;
}

/* How many options nearly all questions have (over 90 %); 0: it differs. */
static int usual_options(const struct report_counts *c)
{
	int64_t all = 0, most = 0;
	int k, usual = 0;

	for (k = 2; k <= ORDER_OPTIONS_MAX; k++) {
		all += c->figures.asked[k];
		usual = c->figures.asked[k] > most ? k : usual;
		most = c->figures.asked[k] > most ? c->figures.asked[k] : most;
	}
	return most * 10 > all * 9 ? usual : 0;
}

static void accuracies(struct view *v)
{
	const struct figures *f = &v->counts.figures;
	struct chart_row rows[FIGURES_MODELS_MAX];
	struct chart chart = { .title = "Accuracy of each model", .what = "model",
		.unit = "questions of the full share", .of = "accuracy",
		.note = "Dot: mean over questions; line: its 95&nbsp;% interval; dashed: "
			"guessing." };
	int i;

	for (i = 0; i < f->model_count; i++) {
		rows[i] = (struct chart_row){ .n = f->models[i].questions,
			.guess = guessed_share(&v->counts),
			.class = !strcmp(f->models[i].condition, "sight") ? "sight" :
				 !strcmp(f->models[i].condition, "blind") ? "blind" : "other" };
		snprintf(rows[i].label, sizeof(rows[i].label), "%s: %s", f->models[i].condition,
			 f->models[i].model);
		rows[i].mean = figures_accuracy(&f->models[i], &rows[i].interval);
	}
	chart_rows(&v->page, &chart, rows, f->model_count);
}

/* Shade 0 to 9 of a cell: the square root, so that small cells differ too. */
static int shade(int64_t part, int64_t most)
{
	int s = 0;

	while (s < 9 && most && part * 81 > (int64_t)s * s * most)
		s++;
	return s;
}

static void grid_head(struct view *v, const char *title, const char *class, int columns,
		      const char *sign, int steps)
{
	int i;

	page_printf(&v->page, "<div class=\"wide\"><table class=\"grid "
		    "%s\"><caption>%s</caption><thead><tr><td></td>", class, title);
	for (i = 0; i < columns; i++) {
		page_html(&v->page, "<th scope=\"col\">");
		page_printf(&v->page, "%s%d/%d", sign, i, steps);
		page_html(&v->page, "</th>");
	}
	page_html(&v->page, "</tr></thead><tbody>");
}

static void plane(struct view *v)
{
	const struct report_counts *c = &v->counts;
	int64_t most = 0;
	bool kept;
	int y, x;

	for (y = 0; y <= c->steps; y++)
		for (x = 0; x <= c->steps; x++)
			most = c->plane[y][x] > most ? c->plane[y][x] : most;
	page_html(&v->page, "<figure class=\"chart\"><figcaption><b>With the image against "
		  "without</b> <span class=\"n\">n = ");
	page_count(&v->page, "plane", c->plane_questions);
	page_html(&v->page, " questions of the full share</span></figcaption>\n");
	grid_head(v, "Rows: right answers with the image. Columns: right answers without.",
		  "plane", c->steps + 1, "", c->steps);
	for (y = c->steps; y >= 0; y--) {
		page_printf(&v->page, "<tr><th scope=\"row\">%d/%d</th>", y, c->steps);
		for (x = 0; x <= c->steps; x++) {
			kept = threshold_met(&c->rule.visual, y, c->steps) &&
			       threshold_met(&c->rule.text, x, c->steps);
			page_printf(&v->page, "<td class=\"h%d%s\">",
				    shade(c->plane[y][x], most),
				    kept ? " in" : "");
			page_number(&v->page, c->plane[y][x]);
			page_html(&v->page, kept ? "<span class=\"sr\"> (kept)</span></td>" : "</td>");
		}
		page_html(&v->page, "</tr>");
	}
	page_html(&v->page, "</tbody></table></div><p class=\"note\">Outlined: what the rule "
		  "keeps.");
	if (c->plane_holes)
		page_printf(&v->page, " %lld more are not drawn: a trial of theirs gave no "
			    "readable answer.", (long long)c->plane_holes);
	page_html(&v->page, "</p></figure>\n");
}

/* Is this cell what the rule's own thresholds come to, in steps? */
static bool is_rule(const struct rule *rule, int visual, int text, int steps)
{
	return threshold_met(&rule->visual, visual, steps) &&
	       !threshold_met(&rule->visual, visual - 1, steps) &&
	       threshold_met(&rule->text, text, steps) &&
	       !threshold_met(&rule->text, text + 1, steps);
}

static void whatif_cell(struct view *v, const struct whatif_cell *cell, int64_t questions, bool rule)
{
	page_printf(&v->page, "<td class=\"h%d%s\">", shade(cell->kept, questions),
		    rule ? " in" : "");
	page_number(&v->page, cell->kept);
	if (cell->open) {
		page_html(&v->page, "–");
		page_number(&v->page, cell->kept + cell->open);
	}
	page_html(&v->page, rule ? "<span class=\"sr\"> (the rule)</span></td>" : "</td>");
}

static void whatif(struct view *v)
{
	const struct whatif *w = &v->counts.whatif;
	int y, x;

	page_html(&v->page, "<figure class=\"chart\"><figcaption><b>Kept under other "
		  "thresholds</b> <span class=\"n\">n = ");
	page_count(&v->page, "whatif", w->questions);
	page_html(&v->page, " questions of the full share</span></figcaption>\n");
	grid_head(v, "Rows: least accuracy with the image. Columns: greatest without.",
		  "whatif",
		  w->steps, "≤ ", w->steps);
	for (y = w->steps; y >= 1; y--) {
		page_printf(&v->page, "<tr><th scope=\"row\">≥ %d/%d</th>", y, w->steps);
		for (x = 0; x < w->steps; x++)
			whatif_cell(v, &w->cells[y - 1][x], w->questions,
				    is_rule(&w->rule, y, x, w->steps));
		page_html(&v->page, "</tr>");
	}
	page_html(&v->page, "</tbody></table></div><p class=\"note\">Outlined: the rule. "
		  "Before copies are taken out; a range is open where answers are missing. "
		  "<code>capqa&nbsp;select --what&#8209;if</code> says it for all "
		  "questions.</p></figure>\n");
}

static void chance(struct view *v)
{
	const struct figures *f = &v->counts.figures;
	const struct rule *rule = &v->counts.rule;
	struct page *p = &v->page;
	struct interval i;
	int k, trials;

	page_html(p, "<figure class=\"chart wide-chart\"><figcaption><b>What the text test "
		  "lets pass</b> <span class=\"n\">all questions it "
		  "decided</span></figcaption><div class=\"wide\"><table "
		  "class=\"chance\"><caption>Beside a blind model that knows nothing, by "
		  "number of options</caption><thead><tr><th scope=\"col\">options</th><th "
		  "scope=\"col\">decided</th><th scope=\"col\">passed</th><th "
		  "scope=\"col\">95&nbsp;%</th><th scope=\"col\">pure guessing</th><th "
		  "scope=\"col\">always one letter</th></tr></thead><tbody>");
	for (k = 2; k <= ORDER_OPTIONS_MAX; k++) {
		if (!f->asked[k])
			continue;
		trials = order_most(k, true, rule->rotations);
		i = interval_wilson(f->passed[k], f->asked[k]);
		page_printf(p, "<tr><th scope=\"row\">%d</th><td class=\"num\">", k);
		page_number(p, f->asked[k]);
		page_html(p, "</td><td class=\"num\">");
		page_percent(p, f->passed[k], f->asked[k]);
		page_printf(p, "</td><td class=\"num\">%.1f–%.1f&nbsp;%%</td><td "
			    "class=\"num\">%.1f&nbsp;%%</td><td "
			    "class=\"num\">%.1f&nbsp;%%</td></tr>",
			    100 * i.lower, 100 * i.upper,
			    100 * chance_guessing(&rule->text, k, trials),
			    100 * chance_one_letter(&rule->text, k, trials, ORDER_BALANCED));
	}
	page_html(p, "</tbody></table></div><p class=\"note\">If as many pass as pure guessing "
		  "lets pass, the test says little about the questions: ask more trials, a "
		  "second blind model, or offer <code>--abstain</code>.</p></figure>\n");
}

static void pairs(struct view *v)
{
	const struct figures *f = &v->counts.figures;
	int i, j;

	for (i = 0; i < f->model_count; i++) {
		for (j = i + 1; j < f->model_count; j++) {
			if (!f->pairs[i][j].trials)
				continue;
			page_html(&v->page, "<p class=\"note\">");
			page_text(&v->page, f->models[i].model, PAGE_WORD);
			page_html(&v->page, " and ");
			page_text(&v->page, f->models[j].model, PAGE_WORD);
			page_html(&v->page, " pick the same blind in ");
			page_percent(&v->page, f->pairs[i][j].same, f->pairs[i][j].trials);
			page_printf(&v->page, " of %lld trials.</p>\n",
				    (long long)f->pairs[i][j].trials);
		}
	}
}

void report_judging(struct view *v)
{
	const struct report_counts *c = &v->counts;
	int64_t decided = 0;
	int k;

	for (k = 2; k <= ORDER_OPTIONS_MAX; k++)
		decided += c->figures.asked[k];
	view_section(v, "judging", "With and without the image");
	if (!c->figures.model_count)
		page_html(&v->page, "<p class=\"warn\">No full share: no question was asked "
			  "every trial, so there are no accuracies here. Early-stopped answers "
			  "would give wrong ones (a true 0.25 reads 0.42). Ask a share with "
			  "<code>--full-share 2%</code> at <code>blind</code> and "
			  "<code>sight</code>; the verdicts do not change.</p>\n");
	page_html(&v->page, "<div class=\"charts\">\n");
	if (c->figures.model_count)
		accuracies(v);
	if (c->whatif.questions) {
		plane(v);
		whatif(v);
	}
	if (decided)
		chance(v);
	page_html(&v->page, "</div>\n");
	pairs(v);
	if (c->unread)
		page_printf(&v->page, "<p class=\"warn\">%lld questions are left out of these "
			    "figures: their options or trials contradict themselves.</p>\n",
			    (long long)c->unread);
	view_section_end(v);
}

static int letters_used(const int64_t *counts, int least)
{
	int i, used = least;

	for (i = 0; i < FIGURES_LETTERS; i++)
		if (counts[i] && i + 1 > used)
			used = i + 1;
	return used;
}

static void letters(struct view *v, const struct chart *how, const int64_t *counts)
{
	static const char *const names[FIGURES_LETTERS] = {
		"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P",
		"Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z"
	};
	int usual = usual_options(&v->counts);
	struct chart_bar bars[FIGURES_LETTERS];
	struct chart chart = *how;
	int i, used = letters_used(counts, usual > 2 ? usual : 2);

	for (i = 0; i < used; i++)
		bars[i] = (struct chart_bar){ names[i], counts[i] };
	chart.what = "letter";
	chart.even = usual ? 1.0 / usual : 0;
	chart.interval = true;
	chart_columns(&v->page, &chart, bars, used);
}

static void picked(struct view *v, const struct figures_model *m)
{
	struct chart chart = { .unit = "picks, full share",
		.class = !strcmp(m->condition, "sight") ?
			       "sight" : "blind" };
	double rstd = figures_rstd(m);
	char note[96];
	struct buf title;

	buf_init(&title, BUF_NO_MAX);
	buf_printf(&title, "Picked %s: %s", m->condition, m->model);
	snprintf(note, sizeof(note), "Spread of recall over places (RStd): %.3f; 0 is no habit.",
			      rstd);
	chart.title = title.data;
	chart.note = rstd >= 0 ? note : NULL;
	letters(v, &chart, m->picks);
	buf_release(&title);
}

void report_letters(struct view *v)
{
	const struct figures *f = &v->counts.figures;
	int i;

	if (!f->questions)
		return;
	view_section(v, "letters", "Letters by position");
	page_html(&v->page, "<p class=\"lead\">A set whose right letters are uneven can be "
		  "guessed; a model that prefers a letter answers by place. Dashed: an even "
		  "share.</p>\n<div class=\"charts\">\n");
	letters(v, &(struct chart){ .title = "Right letter, all questions", .unit = "questions",
				    .of = "gold", .class = "step" }, f->gold);
	if (f->kept)
		letters(v, &(struct chart){ .title = "Right letter, kept", .unit = "questions",
					    .of = "gold_kept", .class = "keep" }, f->gold_kept);
	for (i = 0; i < f->model_count; i++)
		picked(v, &f->models[i]);
	page_html(&v->page, "</div>\n");
	view_section_end(v);
}
