/* SPDX-License-Identifier: Apache-2.0
 *
 * report: the store as one HTML page that curators look at before they trust a set: the
 * funnel with its reasons, accuracies from the full share, letters, captions, cost, and
 * questions beside their images. A verb: report_count counts, report_top, report_judge,
 * report_caption, report_cost and report_gallery write a section each, page makes text of
 * others inert.
 *
 *	capqa report -d capqa.db -o report.html
 *
 * The page needs no network and no other file (but images with --link-images). Its policy
 * allows the one script and the one style by their hashes, so whatever a model wrote cannot
 * run. The same store and images give the same bytes: there is no clock in it.
 */
#include <string.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "store/db.h"
#include "store/report_view.h"
#include "store/sink.h"

static struct {
	const char *store, *output, *title;
	int64_t per_section, budget;
	struct opt_list roots;
	bool link_images, quiet;
} opt = { .store = DB_DEFAULT, .title = "capqa report", .per_section = 24, .budget = 12000000 };

static const struct opt table[] = {
	{ 'd', "store", OPT_TEXT, &opt.store, "FILE", "the store (" DB_DEFAULT ")", NULL },
	{ 'o', "output", OPT_TEXT, &opt.output, "FILE",
	  "write FILE when complete; default: standard output", NULL },
	{ 0, "title", OPT_TEXT, &opt.title, "TEXT", "the page's title (capqa report)", NULL },
	{ 0, "image-root", OPT_LIST, &opt.roots, "DIR",
	  "where relative image paths start, too; repeatable", NULL },
	{ 0, "link-images", OPT_FLAG, &opt.link_images, NULL,
	  "link to the image files instead of holding small copies", NULL },
	{ 0, "per-section", OPT_COUNT, &opt.per_section, "N",
	  "most questions or captions of one gallery (24)", NULL },
	{ 0, "budget", OPT_COUNT, &opt.budget, "BYTES",
	  "about the most the page may have (12M)", NULL },
	{ 'q', "quiet", OPT_FLAG, &opt.quiet, NULL, "only warnings and errors", NULL },
	{ 0 }
};

static const struct opt_block blocks[] = { { "Options", table }, { 0 } };

static const struct about about = {
	"capqa report", "", "write what the store holds as one HTML page",
	"The page stands alone: open it in any browser, mail it, print it. Counts come from "
	"all records, accuracies from the full share only, galleries are samples by hash.\n\n"
	"  capqa report -d capqa.db -o report.html --image-root photos\n",
	blocks
};

static const char style[] =
#include "store/report/page.css.h"
;
static const char script[] =
#include "store/report/page.js.h"
;
static const char head[] =
#include "store/report/head.html.h"
;
static const char tail[] =
#include "store/report/tail.html.h"
;

static void write_head(struct view *v)
{
	struct buf policy, title;

	buf_init(&policy, BUF_NO_MAX);
	buf_adds(&policy, "default-src 'none'; base-uri 'none'; form-action 'none'; img-src "
		 "data:");
	buf_adds(&policy, v->link_images ? " file: 'self'; style-src " : "; style-src ");
	page_hash(&policy, style);
	buf_adds(&policy, "; script-src ");
	page_hash(&policy, script);
	buf_init(&title, BUF_NO_MAX);
	page_escape(&title, opt.title, PAGE_WORD);
	page_fill(&v->page, head, (const char *const []){
		"POLICY", policy.data, "TITLE", title.data, "STYLE", style, NULL });
	buf_release(&policy);
	buf_release(&title);
}

static void list_text(struct page *p, const char *name, const cJSON *list)
{
	const cJSON *item;

	if (!cJSON_GetArraySize(list))
		return;
	page_printf(p, "<div><dt>%s</dt>", name);
	cJSON_ArrayForEach(item, list) {
		page_html(p, "<dd><code>");
		page_text(p, item->valuestring, PAGE_WORD);
		page_html(p, "</code></dd>");
	}
	page_html(p, "</div>");
}

static void write_origin(struct view *v)
{
	view_section(v, "origin", "How it was made");
	page_html(&v->page, "<dl class=\"models\">");
	list_text(&v->page, "rules", v->facts.rules);
	list_text(&v->page, "prompts", v->facts.prompt_ids);
	list_text(&v->page, "seeds", v->facts.seeds);
	page_html(&v->page, "</dl>\n");
	view_section_end(v);
}

/* 0; -1: v->err or the page's; 1: asked to stop. */
static int write_page(struct view *v)
{
	int result = report_count(&v->counts, v->db, &v->err);

	if (!result)
		result = facts_read(&v->facts, v->db, &v->err);
	if (result)
		return result;
	write_head(v);
	report_headline(v);
	report_funnel(v);
	report_judging(v);
	report_letters(v);
	report_captions(v);
	report_cost(v);
	report_galleries(v);
	write_origin(v);
	page_fill(&v->page, tail, (const char *const []){ "SCRIPT", script, NULL });
	return sig_stop() ? 1 : v->result;
}

static void say_last_line(const struct view *v)
{
	note("%lld questions, %lld kept; %lld images shown, %lld missing; %.1f MB%s%s",
	     (long long)v->counts.figures.questions, (long long)v->counts.figures.kept,
	     (long long)v->images_shown, (long long)v->images_missing, (double)v->page.bytes / 1e6,
	     opt.output ? " in " : "", opt.output ? opt.output : "");
}

static int report_to(struct sink *out, struct view *v, struct err *err)
{
	int result;

	page_init(&v->page, out);
	result = write_page(v);
	if (result < 0)
		*err = v->err;
	if (page_close(&v->page, result ? &v->err : err) && !result)
		result = -1;
	if (!result && sink_flush(out, err))
		result = -1;
	if (result < 0 && sink_pipe_closed(out))
		sig_die_of_pipe();
	if (result) {
		sink_leave(out, NULL);
		return result;
	}
	if (sink_settle(out, err))
		return -1;
	say_last_line(v);
	return 0;
}

int main(int argc, char **argv)
{
	struct view view = { 0 };
	struct sink *out;
	struct db db;
	struct err err;
	char **operands;
	int result;

	(void)argc;
	msg_init("capqa-report", false);
	operands = opt_parse_or_die(argv, &about, false);
	if (*operands)
		die(EXIT_USAGE, "takes no operand ('%s'); the store is named by -d", *operands);
	msg_quiet(opt.quiet);
	sig_init();
	/* one snapshot for all numbers, whoever writes meanwhile */
	if (db_open(&db, opt.store, DB_READ, &err) || db_exec(&db, "BEGIN", &err) ||
	    !(out = sink_open(opt.output, &err)))
		die_err(&err);
	view.db = &db;
	view.per_section = opt.per_section;
	view.budget = opt.budget;
	view.roots = opt.roots;
	view.output = opt.output;
	view.link_images = opt.link_images;
	result = report_to(out, &view, &err);
	view_release(&view);
	db_close(&db, NULL);
	if (result > 0)
		die(sig_stop(), "stopped; no report was written");
	if (result < 0)
		die_err(&err);
	return EXIT_SETTLED;
}
