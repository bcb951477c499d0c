/* SPDX-License-Identifier: Apache-2.0
 *
 * Captions and what a text-only judge could answer from them: the spread of rewards, what was
 * left out against what was said otherwise, whether longer is better, the worst and the best.
 * Scores whose reward is null (a trial was lost) are counted and enter no figure.
 */
#include "store/report_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "store/cell.h"
#include "store/fetch.h"
#include "store/page_chart.h"

#define BINS 10
#define LENGTHS 12	/* of captions, by powers of two from 16 characters */
#define LENGTH_FIRST 16

#define REWARDS "SELECT min(CAST(reward * 10 AS INTEGER), 9), count(*) FROM scores " \
	"WHERE reward IS NOT NULL GROUP BY 1"
#define LENGTH_AND_REWARD "SELECT length(c.caption), s.reward FROM scores s " \
	"JOIN captions c ON c.id = s.caption WHERE s.reward IS NOT NULL"
/* Shares of a caption's valid trials, in quarters, both open at the lower end. */
#define OUTCOMES "SELECT sum(correct), sum(omitted), sum(contradicted) FROM scores " \
	"WHERE reward IS NOT NULL"
#define SHARES "SELECT (omitted * 4 + valid - 1) / valid, (contradicted * 4 + valid - 1) / " \
	"valid, count(*) FROM scores WHERE reward IS NOT NULL AND valid > 0 GROUP BY 1, 2"
#define BY_MODEL "SELECT c.model, s.judge ->> 'model', count(*), avg(s.reward), " \
	"avg(s.reward * s.reward), sum(s.questions), sum(s.omitted), sum(s.contradicted), " \
	"sum(s.valid) FROM scores s JOIN captions c ON c.id = s.caption " \
	"WHERE s.reward IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 20"
#define WORST "SELECT s.id FROM scores s JOIN captions c ON c.id = s.caption WHERE s.reward " \
	"IS NOT NULL ORDER BY s.reward, s.contradicted DESC, c.caption_id LIMIT ?1"
#define BEST "SELECT s.id FROM scores s JOIN captions c ON c.id = s.caption " \
	"WHERE s.reward IS NOT NULL ORDER BY s.reward DESC, s.valid DESC, c.caption_id LIMIT ?1"

static void rewards(struct view *v)
{
	static const char *const names[BINS] = { "0", ".1", ".2", ".3", ".4", ".5", ".6", ".7",
						 ".8", ".9" };
	struct chart chart = { .title = "Rewards", .what = "reward from", .unit = "scores",
		.of = "reward", .class = "keep",
		.note = "Share of captions by reward; the last column ends at 1." };
	struct chart_bar bars[BINS];
	sqlite3_stmt *stmt = view_query(v, REWARDS);
	int i;

	for (i = 0; i < BINS; i++)
		bars[i] = (struct chart_bar){ names[i], 0 };
	while (stmt && view_row(v, stmt)) {
		i = sqlite3_column_int(stmt, 0);
		if (i >= 0 && i < BINS)
			bars[i].count = sqlite3_column_int64(stmt, 1);
	}
	sqlite3_finalize(stmt);
	chart_columns(&v->page, &chart, bars, BINS);
}

static void outcomes(struct view *v)
{
	struct chart_part parts[] = { { "correct", "keep", 0 }, { "omitted", "open", 0 },
				      { "contradicted", "drop", 0 } };
	struct chart chart = { .title = "What the judge could answer", .unit = "valid trials",
		.of = "outcome", .note = "Omitted: the caption does not say. Contradicted: it "
		"says something else." };
	sqlite3_stmt *stmt = view_query(v, OUTCOMES);
	int i;

	while (stmt && view_row(v, stmt))
		for (i = 0; i < 3; i++)
			parts[i].count = sqlite3_column_int64(stmt, i);
	sqlite3_finalize(stmt);
	chart_stack(&v->page, &chart, parts, 3);
}

static void shares_table(struct view *v, int64_t cells[5][5], int64_t most)
{
	static const char *const names[5] = { "none", "to ¼", "to ½", "to ¾", "over ¾" };
	struct page *p = &v->page;
	int y, x;

	page_html(p, "<div class=\"wide\"><table class=\"grid\"><caption>Captions by the share "
		  "of answers. Rows: contradicted. Columns: "
		  "omitted.</caption><thead><tr><td></td>");
	for (x = 0; x < 5; x++)
		page_printf(p, "<th scope=\"col\">%s</th>", names[x]);
	page_html(p, "</tr></thead><tbody>");
	for (y = 4; y >= 0; y--) {
		page_printf(p, "<tr><th scope=\"row\">%s</th>", names[y]);
		for (x = 0; x < 5; x++) {
			page_printf(p, "<td class=\"h%d\">", most ?
				    (int)(9 * sqrt((double)cells[y][x] / (double)most)) : 0);
			page_number(p, cells[y][x]);
			page_html(p, "</td>");
		}
		page_html(p, "</tr>");
	}
	page_html(p, "</tbody></table></div>");
}

static void shares(struct view *v)
{
	sqlite3_stmt *stmt = view_query(v, SHARES);
	int64_t cells[5][5] = { { 0 } }, all = 0, most = 0, n;
	int x, y;

	while (stmt && view_row(v, stmt)) {
		x = sqlite3_column_int(stmt, 0);
		y = sqlite3_column_int(stmt, 1);
		n = sqlite3_column_int64(stmt, 2);
		if (x < 0 || x > 4 || y < 0 || y > 4)
			continue;
		cells[y][x] = n;
		all += n;
		most = n > most ? n : most;
	}
	sqlite3_finalize(stmt);
	page_html(&v->page, "<figure class=\"chart\"><figcaption><b>Omitted against "
		  "contradicted</b> <span class=\"n\">n = ");
	page_number(&v->page, all);
	page_html(&v->page, " scores</span></figcaption>");
	shares_table(v, cells, most);
	page_html(&v->page, "</figure>\n");
}

/* Mean and interval of a bin from its count and sums; captions are the sampled units. */
static void finish_row(struct chart_row *row, double sum, double squares)
{
	double n = (double)row->n, spread;

	row->mean = sum / n;
	spread = row->n > 1 ? sqrt(fmax(0, squares - n * row->mean * row->mean) / (n - 1) / n) : 1;
	row->interval.lower = fmax(0, row->mean - 1.96 * spread);
	row->interval.upper = fmin(1, row->mean + 1.96 * spread);
	row->guess = -1;
	row->class = "keep";
}

static int length_bin(int64_t length)
{
	int64_t below = LENGTH_FIRST;
	int bin = 0;

	while (bin + 1 < LENGTHS && length >= below) {
		below *= 2;
		bin++;
	}
	return bin;
}

static void lengths(struct view *v)
{
	struct chart chart = { .title = "Reward by length", .what = "characters",
		.unit = "scores", .parts = true,
		.note = "Dot: mean reward of captions of this length; line: its 95&nbsp;% "
			"interval." };
	double sums[LENGTHS] = { 0 }, squares[LENGTHS] = { 0 }, reward;
	int64_t counts[LENGTHS] = { 0 };
	struct chart_row rows[LENGTHS];
	sqlite3_stmt *stmt = view_query(v, LENGTH_AND_REWARD);
	int i, used = 0;

	while (stmt && view_row(v, stmt)) {
		i = length_bin(sqlite3_column_int64(stmt, 0));
		reward = sqlite3_column_double(stmt, 1);
		counts[i]++;
		sums[i] += reward;
		squares[i] += reward * reward;
	}
	sqlite3_finalize(stmt);
	for (i = 0; i < LENGTHS; i++) {
		if (!counts[i])
			continue;
		rows[used] = (struct chart_row){ .n = counts[i] };
		snprintf(rows[used].label, sizeof(rows[used].label), "%d to %d characters",
			 i ? LENGTH_FIRST << (i - 1) : 0, (LENGTH_FIRST << i) - 1);
		if (i == LENGTHS - 1)
			snprintf(rows[used].label, sizeof(rows[used].label),
				 "%d and more characters",
				 LENGTH_FIRST << (i - 1));
		finish_row(&rows[used++], sums[i], squares[i]);
	}
	chart_rows(&v->page, &chart, rows, used);
}

static void models(struct view *v)
{
	struct chart chart = { .title = "Mean reward by captioner", .what = "captioner, judge",
		.unit = "scores", .parts = true,
		.note = "Captions are taken as independent; those of one image are not quite." };
	struct chart_row rows[20];
	sqlite3_stmt *stmt = view_query(v, BY_MODEL);
	int used = 0;
	double n;

	while (stmt && view_row(v, stmt) && used < 20) {
		rows[used] = (struct chart_row){ .n = sqlite3_column_int64(stmt, 2) };
		n = (double)rows[used].n;
		snprintf(rows[used].label, sizeof(rows[used].label), "%s, judged by %s",
			 *view_text(stmt, 0) ? view_text(stmt, 0) : "unnamed",
			 view_text(stmt, 1));
		finish_row(&rows[used++], n * sqlite3_column_double(stmt, 3),
			   n * sqlite3_column_double(stmt, 4));
	}
	sqlite3_finalize(stmt);
	chart_rows(&v->page, &chart, rows, used);
}

static const char *string(const cJSON *json, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));

	return text ? text : "";
}

static void answers(struct view *v, struct rec *r)
{
	sqlite3_stmt *stmt = view_query(v, "SELECT question FROM questions WHERE question_id = "
					"?1");
	const cJSON *list = rec_json(r, "answers"), *item;
	struct page *p = &v->page;
	int shown = 0;

	page_printf(p, "<details><summary>%d questions</summary><div class=\"wide\"><table>"
		    "<caption class=\"sr\">Answers from this caption alone</caption><thead><tr>"
		    "<th scope=\"col\">question</th><th scope=\"col\">outcome</th></tr></thead>"
		    "<tbody>", cJSON_GetArraySize(list));
	cJSON_ArrayForEach(item, list) {
		if (!stmt || ++shown > 40)
			break;
		cell_bind(stmt, 1, string(item, "question_id"));
		page_html(p, "<tr><td>");
		page_text(p, view_row(v, stmt) ? view_text(stmt, 0) : string(item, "question_id"),
			  PAGE_LINE);
		sqlite3_reset(stmt);
		page_html(p, "</td><td>");
		page_text(p, string(item, "outcome"), PAGE_WORD);
		page_html(p, "</td></tr>");
	}
	page_html(p, "</tbody></table></div></details>");
	sqlite3_finalize(stmt);
}

/* A number of the record, or 0. */
static double real(struct rec *r, const char *name)
{
	const cJSON *item = rec_json(r, name);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

void report_score_card(struct view *v, struct rec *r)
{
	struct page *p = &v->page;

	page_html(p, "<article class=\"card\" tabindex=\"-1\">");
	view_image(v, r);
	page_html(p, "<div class=\"body\"><p class=\"said\">");
	page_text(p, rec_text(r, "caption"), PAGE_TEXT);
	page_printf(p, "</p><p class=\"marks\"><span class=\"mark\"><b>%.2f</b> reward [%.2f, "
		    "%.2f]</span> ", real(r, "reward"), real(r, "lower"), real(r, "upper"));
	page_printf(p, "<span class=\"mark keep\">%.0f correct</span> <span class=\"mark "
		    "open\">%.0f omitted</span> <span class=\"mark drop\">%.0f "
		    "contradicted</span></p>",
		    real(r, "correct"), real(r, "omitted"), real(r, "contradicted"));
	answers(v, r);
	page_html(p, "<p class=\"foot\">");
	page_text(p, rec_text(r, "model"), PAGE_WORD);
	page_html(p, " · judged by ");
	page_text(p, string(rec_json(r, "judge"), "model"), PAGE_WORD);
	page_html(p, " · ");
	page_text(p, rec_text(r, "image"), PAGE_LINE);
	page_html(p, "</p></div></article>\n");
}

static void show(struct view *v, struct fetch *fetch, int64_t id)
{
	struct rec *r;

	if (fetch_record(fetch, id, &r, &v->err) < 0)
		v->result = -1;
	if (r)
		report_score_card(v, r);
	rec_free(r);
}

static void gallery(struct view *v, const char *id, const char *title, const char *sql)
{
	sqlite3_stmt *stmt = view_query(v, sql);
	struct fetch *fetch = stmt ? fetch_new(v->db, REC_SCORE, &v->err) : NULL;

	if (stmt)
		sqlite3_bind_int64(stmt, 1, v->per_section);
	if (!fetch)
		v->result = -1;
	page_printf(&v->page, "<section class=\"set\" data-set=\"%s\"><h3 id=\"%s\">%s</h3>"
		    "<div class=\"cards\">\n", id, id, title);
	while (v->page.bytes < v->until && view_row(v, stmt))
		show(v, fetch, sqlite3_column_int64(stmt, 0));
	page_html(&v->page, "</div></section>\n");
	fetch_free(fetch);
	sqlite3_finalize(stmt);
}

void report_captions(struct view *v)
{
	int64_t scores = view_number(v, "SELECT count(*) FROM scores");
	int64_t lost = view_number(v, "SELECT count(*) FROM scores WHERE reward IS NULL");
	int64_t left = v->budget - v->page.bytes;

	if (!scores)
		return;
	view_section(v, "captions", "Captions");
	page_html(&v->page, "<p class=\"lead\">A caption is good if a model that does not see "
		  "the image can answer questions about it from the caption. ");
	page_count(&v->page, "rewarded", scores - lost);
	page_html(&v->page, " scores have a reward; ");
	page_count(&v->page, "unrewarded", lost);
	page_html(&v->page, " have none (a trial was lost, or nothing was asked) and enter no "
		  "figure.</p>\n");
	if (scores > lost) {
		page_html(&v->page, "<div class=\"charts\">\n");
		outcomes(v);
		rewards(v);
		shares(v);
		lengths(v);
		models(v);
		page_html(&v->page, "</div>\n");
		v->until = v->page.bytes + left / 8;
		gallery(v, "worst", "Worst captions", WORST);
		v->until = v->page.bytes + left / 8;
		gallery(v, "best", "Best captions", BEST);
	}
	view_section_end(v);
}
