/* SPDX-License-Identifier: Apache-2.0
 *
 * The galleries: kept questions, dropped ones by reason, undecided ones, each a sample in the
 * order of the question_id, which is a hash, so that the sample is fair and the same every
 * time. Each gallery gets its share of the page's budget. See report_view.h.
 */
#include "store/report_view.h"

#include <stdlib.h>
#include <string.h>

#include "cli/sig.h"
#include "store/fetch.h"

#define SETS_MAX 24	/* reasons come from records: there may be any number of them */

#define SETS "SELECT ifnull(verdict, ''), ifnull(reason, ''), count(*) FROM questions " \
	"GROUP BY 1, 2 ORDER BY CASE verdict WHEN 'keep' THEN 0 WHEN 'drop' THEN 1 " \
	"WHEN 'undecided' THEN 2 ELSE 3 END, 3 DESC, 2"
#define SAMPLE "SELECT id FROM questions " \
	"WHERE ifnull(verdict, '') = ?1 AND ifnull(reason, '') = ?2 ORDER BY question_id LIMIT ?3"
#define KEPT_TWIN "SELECT k.id FROM questions q " \
	"JOIN questions k ON k.question_id = q.duplicate_of WHERE q.id = ?1 AND k.id <> q.id"
#define OTHER_TWIN "SELECT o.id FROM questions q JOIN questions o ON o.path = q.path " \
	"WHERE q.id = ?1 AND o.id <> q.id AND o.reason = q.reason AND " \
	"lower(o.question) = lower(q.question) ORDER BY o.question_id LIMIT 1"

struct set {
	char verdict[16];
	char *reason;
	int64_t count;
};

struct gallery {
	struct view *v;
	sqlite3_stmt *sample, *kept_twin, *other_twin;
	struct fetch *fetch;
	struct set sets[SETS_MAX];
	int count;
	int64_t unlisted;	/* questions of reasons beyond SETS_MAX */
};

static void read_sets(struct gallery *g)
{
	sqlite3_stmt *stmt = view_query(g->v, SETS);
	struct set *set;

	while (stmt && view_row(g->v, stmt)) {
		if (g->count == SETS_MAX) {
			g->unlisted += sqlite3_column_int64(stmt, 2);
			continue;
		}
		set = &g->sets[g->count++];
		*set = (struct set){ .reason = xstrdup(view_text(stmt, 1)),
				     .count = sqlite3_column_int64(stmt, 2) };
		memcpy(set->verdict, view_text(stmt, 0), strnlen(view_text(stmt, 0), 15));
	}
	sqlite3_finalize(stmt);
}

static struct rec *read_question(struct gallery *g, int64_t id)
{
	struct rec *r;

	if (fetch_record(g->fetch, id, &r, &g->v->err) < 0)
		g->v->result = -1;
	return r;
}

/* The question that this one is a copy or a contradiction of; NULL: none. */
static struct rec *read_twin(struct gallery *g, const struct set *set, int64_t id)
{
	sqlite3_stmt *stmt = !strcmp(set->reason, "duplicate") ? g->kept_twin :
			     !strcmp(set->reason, "conflicting_gold") ? g->other_twin : NULL;
	struct rec *twin = NULL;

	if (!stmt)
		return NULL;
	sqlite3_bind_int64(stmt, 1, id);
	if (view_row(g->v, stmt))
		twin = read_question(g, sqlite3_column_int64(stmt, 0));
	sqlite3_reset(stmt);
	return twin;
}

static void show(struct gallery *g, const struct set *set, int64_t id)
{
	struct rec *r = read_question(g, id), *twin = r ? read_twin(g, set, id) : NULL;

	if (r)
		report_question_card(g->v, r, twin, !strcmp(set->reason, "duplicate") ?
				     "The copy that stays" : "Says otherwise");
	rec_free(r);
	rec_free(twin);
}

/* "Kept", "Dropped: not_visible": the reason is text of others. */
static void set_title(struct page *p, const struct set *set)
{
	page_html(p, !strcmp(set->verdict, "keep") ? "Kept" : !strcmp(set->verdict, "drop") ?
		  "Dropped" : !strcmp(set->verdict, "undecided") ? "Undecided" :
		  "Without verdict");
	if (*set->reason) {
		page_html(p, ": ");
		page_text(p, set->reason, PAGE_WORD);
	}
}

static void show_set(struct gallery *g, int at)
{
	const struct set *set = &g->sets[at];
	struct page *p = &g->v->page;
	int64_t shown = 0;

	page_printf(p, "<section class=\"set %s\" data-set=\"set%d\"><h3 id=\"set%d\">",
		    *set->verdict ? set->verdict : "none", at, at);
	set_title(p, set);
	page_html(p, " <span class=\"n\">");
	if (set->count > g->v->per_section) {
		page_number(p, g->v->per_section);
		page_html(p, " of ");
	}
	page_count(p, set->verdict, set->count);
	page_html(p, set->count > g->v->per_section ? ", chosen by hash</span></h3>" :
		  "</span></h3>");
	page_html(p, "<div class=\"cards\">\n");
	sqlite3_bind_text(g->sample, 1, set->verdict, -1, SQLITE_STATIC);
	sqlite3_bind_text(g->sample, 2, set->reason, -1, SQLITE_STATIC);
	sqlite3_bind_int64(g->sample, 3, g->v->per_section);
	while (!sig_stop() && p->bytes < g->v->until && view_row(g->v, g->sample)) {
		show(g, set, sqlite3_column_int64(g->sample, 0));
		shown++;
	}
	sqlite3_reset(g->sample);
	page_html(p, "</div>");
	if (shown < set->count) {
		page_html(p, "<p class=\"note\">");
		page_number(p, shown);
		page_html(p, " of ");
		page_number(p, set->count);
		page_html(p, " are shown; <code>--per-section</code> and <code>--budget</code> "
			  "change that.</p>");
	}
	page_html(p, "</section>\n");
}

/* For the script: without it the bar stays hidden and everything is shown. */
static void tools(struct gallery *g)
{
	struct page *p = &g->v->page;
	int i;

	page_html(p, "<div class=\"tools\" role=\"search\" hidden><label>Filter <input "
		  "type=\"search\" id=\"filter\" placeholder=\"words in question, options, "
		  "path\" autocomplete=\"off\"></label><div class=\"chips\" role=\"group\" "
		  "aria-label=\"galleries\"><button type=\"button\" data-show=\"\" "
		  "aria-pressed=\"true\"><kbd>0</kbd> all</button>");
	for (i = 0; i < g->count; i++) {
		page_printf(p, "<button type=\"button\" data-show=\"set%d\" "
			    "aria-pressed=\"false\" class=\"%s\">",
			    i, *g->sets[i].verdict ? g->sets[i].verdict : "none");
		if (i < 9)
			page_printf(p, "<kbd>%d</kbd> ", i + 1);
		set_title(p, &g->sets[i]);
		page_html(p, "</button>");
	}
	page_html(p, "</div><p id=\"found\" role=\"status\"></p></div>\n");
}

static int open_gallery(struct gallery *g)
{
	g->sample = view_query(g->v, SAMPLE);
	g->kept_twin = view_query(g->v, KEPT_TWIN);
	g->other_twin = view_query(g->v, OTHER_TWIN);
	if (!g->v->result && !(g->fetch = fetch_new(g->v->db, REC_QUESTION, &g->v->err)))
		g->v->result = -1;
	return g->v->result;
}

static void close_gallery(struct gallery *g)
{
	fetch_free(g->fetch);
	sqlite3_finalize(g->sample);
	sqlite3_finalize(g->kept_twin);
	sqlite3_finalize(g->other_twin);
	while (g->count)
		free(g->sets[--g->count].reason);
}

void report_galleries(struct view *v)
{
	struct gallery g = { .v = v };
	int64_t left;
	int i;

	view_section(v, "questions", "Questions beside their images");
	if (!open_gallery(&g))
		read_sets(&g);
	if (g.count)
		tools(&g);
	else
		page_html(&v->page, "<p class=\"note\">There are no questions in this "
			  "store.</p>\n");
	for (i = 0; i < g.count && !v->result; i++) {
		left = v->budget - v->page.bytes;
		v->until = v->page.bytes + (left > 0 ? left : 0) / (g.count - i);
		show_set(&g, i);
	}
	if (g.unlisted)
		page_printf(&v->page, "<p class=\"note\">%lld questions with rarer reasons are "
			    "not shown.</p>\n", (long long)g.unlisted);
	close_gallery(&g);
	view_section_end(v);
}
