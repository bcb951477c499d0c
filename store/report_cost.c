/* SPDX-License-Identifier: Apache-2.0
 *
 * What it took: calls, tokens and time by stage, model and server, from the run records that
 * --stats wrote and somebody ingested, and what stopping early saved, from the tallies.
 */
#include "store/report_view.h"

/* Members are JSON of any type; what is no number counts as 0. */
#define RUNS "SELECT stage, ifnull(models ->> 0, ''), count(*), " \
	"sum(CAST(ifnull(calls ->> '$', 0) AS INTEGER)), " \
	"sum(CAST(ifnull(from_ledger ->> '$', 0) AS INTEGER)), " \
	"sum(CAST(ifnull(tokens ->> '$.prompt', 0) AS INTEGER)), " \
	"sum(CAST(ifnull(tokens ->> '$.completion', 0) AS INTEGER)), sum(seconds) " \
	"FROM runs GROUP BY 1, 2 ORDER BY min(id) LIMIT 60"
#define SERVERS "SELECT e.value ->> '$.url', count(*), " \
	"sum(CAST(ifnull(e.value ->> '$.calls', 0) AS INTEGER)), " \
	"sum(CAST(ifnull(e.value ->> '$.answered', 0) AS INTEGER)), " \
	"sum(CAST(ifnull(e.value ->> '$.failed', 0) AS INTEGER)) " \
	"FROM runs, json_each(runs.endpoints) e WHERE e.type = 'object' " \
	"GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT 60"
#define SAVED "SELECT pass, model, count(*), sum(asked), sum(max(rotations - asked, 0) * " \
	"ifnull(early, 0)) FROM tallies GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 60"
#define UNSEEN "SELECT count(*) FROM questions q WHERE " \
	"EXISTS (SELECT 1 FROM tallies WHERE question = q.id AND pass = 'blind') AND " \
	"NOT EXISTS (SELECT 1 FROM tallies WHERE question = q.id AND pass = 'sight')"

static void open_table(struct view *v, const char *caption, const char *const *heads)
{
	page_printf(&v->page, "<div class=\"wide\"><table class=\"cost\"><caption>%s</caption>"
		    "<thead><tr>", caption);
	for (; *heads; heads++)
		page_printf(&v->page, "<th scope=\"col\">%s</th>", *heads);
	page_html(&v->page, "</tr></thead><tbody>");
}

/* Text columns first, then whole numbers. */
static void table_row(struct view *v, sqlite3_stmt *stmt, int texts, int numbers)
{
	int i;

	page_html(&v->page, "<tr>");
	for (i = 0; i < texts; i++) {
		page_html(&v->page, i ? "<td>" : "<th scope=\"row\">");
		page_text(&v->page, view_text(stmt, i), PAGE_WORD);
		page_html(&v->page, i ? "</td>" : "</th>");
	}
	for (; i < texts + numbers; i++) {
		page_html(&v->page, "<td class=\"num\">");
		page_number(&v->page, sqlite3_column_int64(stmt, i));
		page_html(&v->page, "</td>");
	}
}

static void runs(struct view *v)
{
	static const char *const heads[] = { "stage", "model", "runs", "calls", "from ledger",
		"tokens in", "tokens out", "seconds", NULL };
	sqlite3_stmt *stmt = view_query(v, RUNS);
	int64_t sums[4] = { 0 };
	static const char *const of[4] = { "cost.calls", "cost.from_ledger", "cost.prompt",
					   "cost.completion" };
	double seconds = 0;
	int i;

	open_table(v, "Runs, as recorded by <code>--stats</code>", heads);
	while (stmt && view_row(v, stmt)) {
		table_row(v, stmt, 2, 5);
		page_printf(&v->page, "<td class=\"num\">%.1f</td></tr>",
			    sqlite3_column_double(stmt, 7));
		for (i = 0; i < 4; i++)
			sums[i] += sqlite3_column_int64(stmt, 3 + i);
		seconds += sqlite3_column_double(stmt, 7);
	}
	sqlite3_finalize(stmt);
	page_html(&v->page, "<tr class=\"sum\"><th scope=\"row\">all</th><td></td><td></td>");
	for (i = 0; i < 4; i++) {
		page_html(&v->page, "<td class=\"num\">");
		page_count(&v->page, of[i], sums[i]);
		page_html(&v->page, "</td>");
	}
	page_printf(&v->page, "<td class=\"num\">%.1f</td></tr></tbody></table></div>\n",
		    seconds);
}

static void servers(struct view *v)
{
	static const char *const heads[] = { "server", "runs", "calls", "answered",
		"failed", NULL };
	sqlite3_stmt *stmt = view_query(v, SERVERS);
	bool any = false;

	while (stmt && view_row(v, stmt)) {
		if (!any)
			open_table(v, "Servers", heads);
		any = true;
		table_row(v, stmt, 1, 4);
		page_html(&v->page, "</tr>");
	}
	sqlite3_finalize(stmt);
	if (any)
		page_html(&v->page, "</tbody></table></div>\n");
}

static void saved(struct view *v)
{
	static const char *const heads[] = { "pass", "model", "questions",
		"trials", "not asked", NULL };
	sqlite3_stmt *stmt = view_query(v, SAVED);
	int64_t all = 0;
	bool any = false;

	while (stmt && view_row(v, stmt)) {
		if (!any)
			open_table(v, "Trials, and those that stopping early saved", heads);
		any = true;
		table_row(v, stmt, 2, 3);
		page_html(&v->page, "</tr>");
		all += sqlite3_column_int64(stmt, 4);
	}
	sqlite3_finalize(stmt);
	if (!any)
		return;
	page_html(&v->page, "</tbody></table></div>\n<p class=\"note\">Stopping early saved ");
	page_count(&v->page, "saved", all);
	page_html(&v->page, " trials. ");
	page_count(&v->page, "unseen", view_number(v, UNSEEN));
	page_html(&v->page, " questions were asked blind and needed no trial with the "
		  "image.</p>\n");
}

void report_cost(struct view *v)
{
	int64_t records = view_number(v, "SELECT count(*) FROM runs");

	view_section(v, "cost", "What it took");
	if (records) {
		runs(v);
		servers(v);
	} else {
		page_html(&v->page, "<p class=\"note\">No run records in this store: write "
			  "them with <code>--stats FILE</code> and ingest them.</p>\n");
	}
	saved(v);
	view_section_end(v);
}
