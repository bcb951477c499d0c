/* SPDX-License-Identifier: Apache-2.0
 *
 * One question beside its image: options, the right one, what each model made of it, trials on
 * demand, and where it came from. See report_view.h.
 */
#include "store/report_view.h"

#include <string.h>

#define TRIALS_SHOWN 40

static const char *string(const cJSON *json, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));

	return text ? text : "";
}

static int number(const cJSON *json, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);

	return cJSON_IsNumber(item) ? item->valueint : 0;
}

static void options(struct page *p, struct rec *r)
{
	const char *answer = rec_text(r, "answer");
	const cJSON *item;
	int letter = 'A';

	page_html(p, "<ol class=\"options\">");
	cJSON_ArrayForEach(item, rec_json(r, "options")) {
		bool right = answer && answer[0] == letter;

		page_printf(p, "<li%s><b>%c</b> ", right ? " class=\"gold\"" : "", letter++);
		page_text(p, cJSON_GetStringValue(item), PAGE_LINE);
		page_html(p, right ? " <span class=\"sr\">(the right answer)</span></li>" : "</li>");
	}
	page_html(p, "</ol>");
}

static void marks(struct page *p, const cJSON *list, const char *pass)
{
	const cJSON *t;

	cJSON_ArrayForEach(t, list) {
		page_printf(p, "<span class=\"mark %s\" title=\"", pass);
		page_attr(p, string(t, "model"), PAGE_WORD);
		page_printf(p, "\">%s <b>%d/%d</b>",
			    pass, number(t, "correct"), number(t, "valid"));
		page_html(p, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(t, "early")) ?
			  " <small>stopped early</small>" :
			  cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(t, "full")) ?
			  " <small>full share</small>" : "");
		page_html(p, "</span> ");
	}
}

/* "C A D B": the options by their letters, in the order they were shown. */
static void order(struct page *p, const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
		if (cJSON_IsNumber(item) && item->valueint >= 0 && item->valueint < 26)
			page_printf(p, "%c ", 'A' + item->valueint);
}

static void trials(struct page *p, const cJSON *t, const char *pass)
{
	const cJSON *trial, *pick;
	int n = 0;

	page_html(p, "<table class=\"trials\"><caption>");
	page_text(p, string(t, "model"), PAGE_WORD);
	page_printf(p, ", %s", pass);
	page_html(p, "</caption><thead><tr><th scope=\"col\">shown as A, B, …</th><th "
		  "scope=\"col\">said</th><th scope=\"col\">picked</th><th "
		  "scope=\"col\">outcome</th></tr></thead><tbody>");
	cJSON_ArrayForEach(trial, cJSON_GetObjectItemCaseSensitive(t, "trials")) {
		if (++n > TRIALS_SHOWN)
			break;
		pick = cJSON_GetObjectItemCaseSensitive(trial, "pick");
		page_html(p, "<tr><td>");
		order(p, cJSON_GetObjectItemCaseSensitive(trial, "order"));
		page_html(p, "</td><td>");
		page_text(p, string(trial, "said"), PAGE_LINE);
		page_html(p, "</td><td>");
		if (cJSON_IsNumber(pick) && pick->valueint >= 0 && pick->valueint < 26)
			page_printf(p, "%c", 'A' + pick->valueint);
		page_html(p, "</td><td>");
		page_text(p, string(trial, "outcome"), PAGE_WORD);
		page_html(p, "</td></tr>");
	}
	page_html(p, "</tbody></table>");
}

static const struct { const char *member, *pass; } passes[] = {
	{ "blind", "blind" }, { "sight", "sight" }, { "control", "control" }
};
#define PASSES (sizeof(passes) / sizeof(passes[0]))

static void judgement(struct page *p, struct rec *r)
{
	const cJSON *t;
	int asked = 0;
	size_t i;

	for (i = 0; i < PASSES; i++)
		cJSON_ArrayForEach(t, rec_json(r, passes[i].member))
			asked += number(t, "asked");
	if (!asked)
		return;
	page_html(p, "<p class=\"marks\">");
	for (i = 0; i < PASSES; i++)
		marks(p, rec_json(r, passes[i].member), passes[i].pass);
	page_printf(p, "</p><details><summary>%d trial%s</summary><div class=\"wide\">", asked,
		    asked == 1 ? "" : "s");
	for (i = 0; i < PASSES; i++)
		cJSON_ArrayForEach(t, rec_json(r, passes[i].member))
			trials(p, t, passes[i].pass);
	page_html(p, "</div></details>");
}

static void body(struct view *v, struct rec *r)
{
	struct page *p = &v->page;

	page_html(p, "<p class=\"said\">");
	page_text(p, rec_text(r, "question"), PAGE_TEXT);
	page_html(p, "</p>");
	options(p, r);
	judgement(p, r);
}

static void foot(struct view *v, struct rec *r)
{
	struct page *p = &v->page;

	page_html(p, "<p class=\"foot\">");
	page_text(p, rec_text(r, "image"), PAGE_LINE);
	page_html(p, "<br><code>");
	page_text(p, rec_text(r, "question_id"), PAGE_WORD);
	page_html(p, "</code></p>");
}

void report_question_card(struct view *v, struct rec *r, struct rec *twin, const char *twin_title)
{
	struct page *p = &v->page;

	page_printf(p, "<article class=\"card%s\" tabindex=\"-1\">", twin ? " pair" : "");
	view_image(v, r);
	page_html(p, "<div class=\"body\">");
	body(v, r);
	foot(v, r);
	page_html(p, "</div>");
	if (twin) {
		page_printf(p, "<div class=\"body twin\"><p class=\"twin-title\">%s</p>",
			    twin_title);
		body(v, twin);
		foot(v, twin);
		page_html(p, "</div>");
	}
	page_html(p, "</article>\n");
}
