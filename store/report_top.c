/* SPDX-License-Identifier: Apache-2.0
 *
 * The top of a report: the headline, the rule in words, who judged, and the funnel with a
 * reason for everything that is not in the set. See report_view.h.
 */
#include "store/report_view.h"

#include <string.h>

#define KEPT "SELECT count(*) FROM questions WHERE verdict = 'keep'"
#define JUDGED "SELECT count(*) FROM questions WHERE verdict IS NOT NULL"

static void tile(struct view *v, const char *of, int64_t n, const char *what)
{
	page_html(&v->page, "<li><b>");
	page_count(&v->page, of, n);
	page_printf(&v->page, "</b> %s</li>", what);
}

/* "accuracy &gt; 0.75": a threshold's text is ours, its comparator needs escaping. */
static void say_threshold(struct page *p, const struct threshold *t)
{
	size_t sign = strspn(t->text, "<>=");

	page_html(p, "<b>accuracy ");
	page_html(p, t->cmp == RULE_GREATER ? "&gt;" : t->cmp == RULE_GREATER_EQUAL ? "≥" :
		  t->cmp == RULE_LESS ? "&lt;" : "≤");
	page_html(p, " ");
	page_attr(p, t->text + sign, PAGE_WORD);
	page_html(p, "</b>");
}

static void say_rule(struct view *v)
{
	const struct rule *rule = &v->counts.rule;
	struct page *p = &v->page;
	int others = cJSON_GetArraySize(v->facts.rules) - 1;

	if (!v->counts.rule_questions) {
		page_html(p, "<p class=\"lead\">No question has a verdict by a rule yet: run "
			  "<code>capqa select</code> and ingest what it writes.</p>\n");
		return;
	}
	page_html(p, "<p class=\"lead\">A question is kept when a model that sees the image "
		  "answers it (");
	say_threshold(p, &rule->visual);
	page_html(p, ") and a model that does not see it fails (");
	say_threshold(p, &rule->text);
	page_printf(p, "), over %d trials with the options in another order each time",
		    rule->rotations);
	if (rule->panel > 1)
		page_printf(p, "; it falls when at least %d blind models answer it",
			    rule->panel);
	page_html(p, ".</p>\n");
	if (others > 0)
		page_printf(p, "<p class=\"warn\">%d other rule%s gave verdicts in this store "
			    "as well; this is the one with most questions.</p>\n", others,
			    others == 1 ? "" : "s");
}

static void say_models(struct view *v)
{
	static const struct { const char *role, *does; } roles[] = {
		{ "generate", "wrote the questions" }, { "blind", "answered blind" },
		{ "sight", "answered with the image" }, { "control", "saw another image" },
		{ "caption", "wrote captions" }, { "judge", "read the captions" },
	};
	const cJSON *list, *name;
	size_t i;

	page_html(&v->page, "<dl class=\"models\">");
	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		list = cJSON_GetObjectItemCaseSensitive(v->facts.models, roles[i].role);
		if (!cJSON_GetArraySize(list))
			continue;
		page_printf(&v->page, "<div><dt>%s</dt>", roles[i].does);
		cJSON_ArrayForEach(name, list) {
			page_html(&v->page, "<dd>");
			page_text(&v->page, name->valuestring, PAGE_WORD);
			page_html(&v->page, "</dd>");
		}
		page_html(&v->page, "</div>");
	}
	page_html(&v->page, "</dl>\n");
}

void report_headline(struct view *v)
{
	int64_t kept = view_number(v, KEPT), judged = view_number(v, JUDGED);
	int64_t scores = view_number(v, "SELECT count(*) FROM scores");
	struct page *p = &v->page;

	page_html(p, "<header class=\"top\" id=\"top\"><p class=\"kicker\">capqa "
		  "report</p>\n<h1>");
	if (judged) {
		page_count(p, "kept", kept);
		page_printf(p, " question%s kept <small>of ", kept == 1 ? "" : "s");
		page_count(p, "judged", judged);
		page_html(p, " judged, ");
		page_percent(p, kept, judged);
		page_html(p, "</small></h1>\n");
	} else {
		page_html(p, "Nothing judged yet</h1>\n");
	}
	if (v->facts.simulated)
		page_html(p, "<p class=\"simulated\"><b>SIMULATED</b> Stand-ins for models had "
			  "a part in this: the page shows the form of a run and says nothing "
			  "about real models or images.</p>\n");
	say_rule(v);
	page_html(p, "<ul class=\"tiles\">");
	tile(v, "images", view_number(v, "SELECT count(*) FROM images"), "images");
	tile(v, "replies", view_number(v, "SELECT count(*) FROM replies"), "replies");
	tile(v, "questions", view_number(v, "SELECT count(*) FROM questions"), "questions");
	tile(v, "rejects", view_number(v, "SELECT count(*) FROM rejects"), "rejects");
	tile(v, "captions", view_number(v, "SELECT count(*) FROM captions"), "captions");
	if (scores)
		tile(v, "scores", scores, "captions scored");
	page_html(p, "</ul>\n");
	say_models(v);
	page_html(p, "</header>\n");
}

/* What falls before each step of the view `funnel`, by its number. */
static const struct {
	int step;
	const char *sql;
} losses[] = {
	{ 2, "SELECT class, count(*) FROM rejects WHERE stage IN ('scan', 'generate') "
	     "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 12" },
	{ 4, "SELECT class, count(*) FROM rejects WHERE stage = 'extract' AND span IS NOT NULL "
	     "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 12" },
	{ 5, "SELECT 'without verdict', count(*) FROM questions WHERE verdict IS NULL "
	     "HAVING count(*) > 0" },
	{ 6, "SELECT reason, count(*) FROM questions WHERE reason IN ('blind_answerable', "
	     "'blind_undecided', 'not_asked') GROUP BY 1 ORDER BY 2 DESC, 1" },
	{ 7, "SELECT reason, count(*) FROM questions WHERE reason IN ('not_visible', "
	     "'sight_undecided', 'image_irrelevant') GROUP BY 1 ORDER BY 2 DESC, 1" },
	{ 8, "SELECT reason, count(*) FROM questions WHERE reason IN ('duplicate', "
	     "'conflicting_gold') GROUP BY 1 ORDER BY 2 DESC, 1" },
	{ 9, "SELECT ifnull(reason, verdict), count(*) FROM questions WHERE verdict <> 'keep' "
	     "AND ifnull(reason, '') NOT IN ('blind_answerable', 'blind_undecided', "
	     "'not_asked', 'not_visible', 'sight_undecided', 'image_irrelevant', 'duplicate', "
	     "'conflicting_gold') GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 12" },
};

static void list_losses(struct view *v, int step)
{
	sqlite3_stmt *stmt;
	struct buf of;
	size_t i;

	buf_init(&of, BUF_NO_MAX);
	for (i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		stmt = losses[i].step == step ? view_query(v, losses[i].sql) : NULL;
		while (stmt && view_row(v, stmt)) {
			buf_clear(&of);
			buf_printf(&of, "lost.%d.%s", step, view_text(stmt, 0));
			page_html(&v->page, "<li><span>");
			page_text(&v->page, view_text(stmt, 0), PAGE_WORD);
			page_html(&v->page, "</span> <b>");
			page_count(&v->page, of.data, sqlite3_column_int64(stmt, 1));
			page_html(&v->page, "</b></li>");
		}
		sqlite3_finalize(stmt);
	}
	buf_release(&of);
}

static void funnel_row(struct view *v, sqlite3_stmt *stmt, int64_t most)
{
	int number = sqlite3_column_int(stmt, 0);
	int64_t count = sqlite3_column_int64(stmt, 2);
	struct buf of;

	buf_init(&of, BUF_NO_MAX);
	buf_printf(&of, "funnel.%s", view_text(stmt, 1));
	page_html(&v->page, "<tr><th scope=\"row\">");
	page_text(&v->page, view_text(stmt, 1), PAGE_WORD);
	page_html(&v->page, "</th><td class=\"num\">");
	page_count(&v->page, of.data, count);
	page_printf(&v->page, "</td><td class=\"bar\"><svg viewBox=\"0 0 100 10\" "
		    "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"%s\" "
		    "width=\"%.2f\" height=\"10\"/></svg></td><td class=\"lost\"><ul>",
		    number <= 2 ? "other" : number == 9 ? "keep" : "step",
		    most ? 100 * (double)count / (double)most : 0);
	list_losses(v, number);
	page_html(&v->page, "</ul></td></tr>\n");
	buf_release(&of);
}

/* Rejects that stand in no step above: a question they belong to went on without them. */
static void other_rejects(struct view *v)
{
	sqlite3_stmt *stmt = view_query(v, "SELECT stage, class, count(*), min(message) FROM "
		"rejects GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 40");
	struct page *p = &v->page;
	bool any = false;

	while (stmt && view_row(v, stmt)) {
		if (!any)
			page_html(p, "<details class=\"numbers\"><summary>All rejects by "
				  "stage</summary><div class=\"wide\"><table><caption "
				  "class=\"sr\">Rejects by stage</caption><thead><tr><th "
				  "scope=\"col\">stage</th><th scope=\"col\">class</th><th "
				  "scope=\"col\">count</th><th scope=\"col\">one of them "
				  "says</th></tr></thead><tbody>");
		any = true;
		page_html(p, "<tr><td>");
		page_text(p, view_text(stmt, 0), PAGE_WORD);
		page_html(p, "</td><td>");
		page_text(p, view_text(stmt, 1), PAGE_WORD);
		page_html(p, "</td><td class=\"num\">");
		page_number(p, sqlite3_column_int64(stmt, 2));
		page_html(p, "</td><td>");
		page_text(p, view_text(stmt, 3), PAGE_LINE);
		page_html(p, "</td></tr>");
	}
	if (any)
		page_html(p, "</tbody></table></div></details>\n");
	sqlite3_finalize(stmt);
}

void report_funnel(struct view *v)
{
	sqlite3_stmt *stmt;
	int64_t most = view_number(v, "SELECT max(count) FROM funnel");

	view_section(v, "funnel", "Where questions went");
	page_html(&v->page, "<table class=\"funnel\"><caption class=\"sr\">How many are left "
		  "after each step, and what fell before it</caption><thead "
		  "class=\"sr\"><tr><th scope=\"col\">step</th><th scope=\"col\">left</th><th "
		  "scope=\"col\"></th><th scope=\"col\">fell here, by "
		  "reason</th></tr></thead><tbody>\n");
	stmt = view_query(v, "SELECT number, step, count FROM funnel ORDER BY number");
	while (stmt && view_row(v, stmt))
		funnel_row(v, stmt, most);
	sqlite3_finalize(stmt);
	page_html(&v->page, "</tbody></table>\n");
	other_rejects(v);
	view_section_end(v);
}
