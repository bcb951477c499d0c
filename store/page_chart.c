/* SPDX-License-Identifier: Apache-2.0
 *
 * See page_chart.h. Lengths are in units of the drawing, which is about 1 CSS pixel at every
 * width of a page, so that letters stay readable on a phone.
 */
#include "store/page_chart.h"

#include <math.h>
#include <string.h>

#define WIDTH 360		/* of every drawing */
#define COLUMNS_HEIGHT 170
#define PLOT_LEFT 34
#define PLOT_TOP 12
#define PLOT_HEIGHT 124
#define ROW_HEIGHT 38
#define SCALE_LEFT 8
#define SCALE_WIDTH 344
#define STACK_HEIGHT 26

static int64_t sum_bars(const struct chart_bar *bars, int count)
{
	int64_t all = 0;
	int i;

	for (i = 0; i < count; i++)
		all += bars[i].count;
	return all;
}

static double share(int64_t part, int64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static void open_figure(struct page *p, const struct chart *c, int64_t n)
{
	page_html(p, "<figure class=\"chart\"><figcaption><b>");
	page_text(p, c->title, PAGE_WORD);
	page_html(p, "</b> <span class=\"n\">n = ");
	page_number(p, n);
	page_printf(p, " %s</span></figcaption>", c->unit);
}

static void open_svg(struct page *p, const struct chart *c, int height)
{
	page_printf(p, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, height);
	page_attr(p, c->title, PAGE_WORD);
	page_html(p, "; the table below has the numbers\">");
}

static void open_table(struct page *p, const struct chart *c)
{
	page_html(p, "</svg>");
	if (c->note)
		page_printf(p, "<p class=\"note\">%s</p>", c->note);
	page_html(p, "<details class=\"numbers\"><summary>Numbers</summary>"
		  "<div class=\"wide\"><table><caption class=\"sr\">");
	page_text(p, c->title, PAGE_WORD);
	page_printf(p, "</caption><thead><tr><th scope=\"col\">%s</th>", c->what);
}

static void close_table(struct page *p)
{
	page_html(p, "</tbody></table></div></details></figure>\n");
}

static void row_head(struct page *p, const char *label)
{
	page_html(p, "<tr><th scope=\"row\">");
	page_text(p, label, PAGE_WORD);
	page_html(p, "</th><td>");
}

static void cell_count(struct page *p, const struct chart *c, const char *label, int64_t count)
{
	struct buf of;

	if (!c->of) {
		page_number(p, count);
		return;
	}
	buf_init(&of, BUF_NO_MAX);
	buf_printf(&of, "%s.%s", c->of, label);
	page_count(p, of.data, count);
	buf_release(&of);
}

/* The top of the scale: the least of these shares that nothing passes. */
static double scale_top(const struct chart *c, const struct chart_bar *bars, int count,
			int64_t all)
{
	static const double tops[] = { 0.1, 0.2, 0.4, 0.6, 0.8, 1 };
	double most = c->even, here;
	size_t t;
	int i;

	for (i = 0; i < count; i++) {
		here = c->interval ? interval_wilson(bars[i].count, all).upper :
		       share(bars[i].count, all);
		most = fmax(most, here);
	}
	for (t = 0; t < sizeof(tops) / sizeof(tops[0]) - 1 && tops[t] < most; t++)
		;
	return tops[t];
}

static double height_at(double value, double top)
{
	return PLOT_TOP + PLOT_HEIGHT * (1 - value / top);
}

static void draw_axis(struct page *p, double top, double even)
{
	int i;

	for (i = 0; i <= 2; i++)
		page_printf(p, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>"
			    "<text class=\"tick\" x=\"%d\" y=\"%.1f\">%.0f%%</text>", PLOT_LEFT,
			    height_at(top * i / 2, top), WIDTH - 2, PLOT_LEFT - 5,
			    height_at(top * i / 2, top) + 4, 100 * top * i / 2);
	if (even > 0)
		page_printf(p, "<path class=\"even\" d=\"M%d %.1fH%d\"/>", PLOT_LEFT,
			    height_at(even, top), WIDTH - 2);
}

static void draw_column(struct page *p, const struct chart *c, const struct chart_bar *bar,
			int at, double step, int64_t all, double top)
{
	double value = share(bar->count, all), x = PLOT_LEFT + step * (at + 0.5);
	double half = fmin(step * 0.36, 22);
	struct interval i = interval_wilson(bar->count, all);

	page_printf(p, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		    "height=\"%.1f\"/>", c->class, x - half, height_at(value, top), 2 * half,
		    PLOT_HEIGHT * value / top);
	if (c->interval && all)
		page_printf(p, "<path class=\"whisker\" d=\"M%.1f %.1fV%.1fM%.1f %.1fh6m-6 "
			    "%.1fh6\"/>", x, height_at(i.lower, top), height_at(i.upper, top),
			    x - 3, height_at(i.upper, top),
			    height_at(i.lower, top) - height_at(i.upper, top));
	page_printf(p, "<text class=\"label\" x=\"%.1f\" y=\"%d\">", x,
		    PLOT_TOP + PLOT_HEIGHT + 17);
	page_attr(p, bar->label, 8);
	page_html(p, "</text>");
}

void chart_columns(struct page *p, const struct chart *c, const struct chart_bar *bars, int count)
{
	int64_t all = sum_bars(bars, count);
	double top = scale_top(c, bars, count, all);
	double step = count ? (double)(WIDTH - PLOT_LEFT - 2) / count : 1;
	struct interval interval;
	int i;

	open_figure(p, c, all);
	open_svg(p, c, COLUMNS_HEIGHT - 10);
	draw_axis(p, top, c->even);
	for (i = 0; i < count; i++)
		draw_column(p, c, &bars[i], i, step, all, top);
	open_table(p, c);
	page_printf(p, "<th scope=\"col\">%s</th><th scope=\"col\">share</th>%s</tr></thead>"
		    "<tbody>", c->unit, c->interval ? "<th scope=\"col\">95&nbsp;%</th>" : "");
	for (i = 0; i < count; i++) {
		row_head(p, bars[i].label);
		cell_count(p, c, bars[i].label, bars[i].count);
		page_html(p, "</td><td>");
		page_percent(p, bars[i].count, all);
		interval = interval_wilson(bars[i].count, all);
		if (c->interval)
			page_printf(p, "</td><td>%.1f–%.1f&nbsp;%%", 100 * interval.lower,
				    100 * interval.upper);
		page_html(p, "</td></tr>");
	}
	close_table(p);
}

static double across(double value)
{
	return SCALE_LEFT + SCALE_WIDTH * value;
}

static void draw_row(struct page *p, const struct chart_row *r, int at)
{
	double y = ROW_HEIGHT * at + 30;

	page_printf(p, "<text class=\"name\" x=\"%d\" y=\"%.0f\">", SCALE_LEFT, y - 14);
	page_attr(p, r->label, 34);
	page_printf(p, "</text><text class=\"value\" x=\"%d\" y=\"%.0f\">%.3f</text>",
		    SCALE_LEFT + SCALE_WIDTH, y - 14, r->mean);
	page_printf(p, "<path class=\"grid\" d=\"M%d %.0fh%d\"/>", SCALE_LEFT, y, SCALE_WIDTH);
	if (r->guess >= 0)
		page_printf(p, "<path class=\"even\" d=\"M%.1f %.0fv16\"/>", across(r->guess),
			    y - 8);
	page_printf(p, "<path class=\"range %s\" d=\"M%.1f %.0fH%.1f\"/>"
		    "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.0f\" r=\"5\"/>", r->class,
		    across(r->interval.lower), y, across(r->interval.upper), r->class,
		    across(r->mean), y);
}

void chart_rows(struct page *p, const struct chart *c, const struct chart_row *rows, int count)
{
	int64_t all = 0;
	int i;

	for (i = 0; i < count; i++)
		all = c->parts ? all + rows[i].n : rows[i].n > all ? rows[i].n : all;
	open_figure(p, c, all);
	open_svg(p, c, ROW_HEIGHT * count + 24);
	for (i = 0; i < count; i++)
		draw_row(p, &rows[i], i);
	for (i = 0; i <= 4; i++)
		page_printf(p, "<text class=\"label%s\" x=\"%.0f\" y=\"%d\">%.2g</text>",
			    i == 0 ? " first" : i == 4 ? " last" : "", across(i / 4.0),
			    ROW_HEIGHT * count + 18, i / 4.0);
	open_table(p, c);
	page_printf(p, "<th scope=\"col\">mean</th><th scope=\"col\">95&nbsp;%%</th>"
		    "<th scope=\"col\">%s</th></tr></thead><tbody>", c->unit);
	for (i = 0; i < count; i++) {
		row_head(p, rows[i].label);
		page_printf(p, "%.3f</td><td>%.3f–%.3f</td><td>", rows[i].mean,
			    rows[i].interval.lower, rows[i].interval.upper);
		cell_count(p, c, rows[i].label, rows[i].n);
		page_html(p, "</td></tr>");
	}
	close_table(p);
}

void chart_stack(struct page *p, const struct chart *c, const struct chart_part *parts, int count)
{
	int64_t all = 0, before = 0;
	int i;

	for (i = 0; i < count; i++)
		all += parts[i].count;
	open_figure(p, c, all);
	open_svg(p, c, STACK_HEIGHT);
	for (i = 0; i < count; i++) {
		page_printf(p, "<rect class=\"%s\" x=\"%.2f\" y=\"2\" width=\"%.2f\" "
			    "height=\"%d\"/>",
			    parts[i].class, WIDTH * share(before, all),
			    fmax(0, WIDTH * share(parts[i].count, all) - 1), STACK_HEIGHT - 4);
		before += parts[i].count;
	}
	page_html(p, "</svg><ul class=\"legend\">");
	for (i = 0; i < count; i++) {
		page_printf(p, "<li><i class=\"%s\"></i>%s <b>",
			    parts[i].class, parts[i].label);
		cell_count(p, c, parts[i].label, parts[i].count);
		page_html(p, "</b> ");
		page_percent(p, parts[i].count, all);
		page_html(p, "</li>");
	}
	page_html(p, "</ul>");
	if (c->note)
		page_printf(p, "<p class=\"note\">%s</p>", c->note);
	page_html(p, "</figure>\n");
}
