/* SPDX-License-Identifier: Apache-2.0
 *
 * page_chart: the three drawings of a report, as inline SVG. Each carries its n and, where a
 * share is an estimate, its 95 % interval; each has a table of the same numbers behind it for
 * those who cannot see or do not trust a drawing. Colours are classes of the page's style.
 *
 *	struct chart_bar bars[] = { { "A", 12 }, { "B", 8 } };
 *	struct chart chart = { .title = "Right letters", .what = "letter", .of = "gold", ... };
 *	chart_columns(&page, &chart, bars, 2);
 */
#ifndef STORE_PAGE_CHART_H
#define STORE_PAGE_CHART_H

#include <stdbool.h>

#include "schemas/interval.h"
#include "store/page.h"

struct chart {
	const char *title;	/* may be text of others */
	const char *note;	/* below it, markup of our own; or NULL */
	const char *what;	/* heads the table's first column: "letter" */
	const char *unit;	/* what is counted: "questions" */
	const char *of;		/* the counts' data-of is OF.LABEL; NULL: not marked */
	const char *class;	/* colour */
	double even;		/* > 0: a dashed line at this share, what evenness would be */
	bool interval;		/* whiskers: the counts are a sample's */
	bool parts;		/* rows: of one whole, so that n is their sum, else the largest */
};

/* A column's label may be text of others. */
struct chart_bar {
	const char *label;
	int64_t count;
};

/* Shares of a whole as columns: letters, a distribution. */
void chart_columns(struct page *p, const struct chart *chart, const struct chart_bar *bars,
		   int count);

/* A mean and its interval on a scale from 0 to 1, one row each. */
struct chart_row {
	char label[PAGE_WORD];	/* may be text of others */
	const char *class;
	double mean;
	struct interval interval;
	int64_t n;
	double guess;		/* >= 0: a mark there, what guessing gives */
};

void chart_rows(struct page *p, const struct chart *chart, const struct chart_row *rows,
		int count);

/* Parts of one whole side by side, each with its class. */
struct chart_part {
	const char *label, *class;
	int64_t count;
};

void chart_stack(struct page *p, const struct chart *chart, const struct chart_part *parts,
		 int count);

#endif
