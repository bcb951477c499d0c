/* SPDX-License-Identifier: Apache-2.0
 *
 * report_view: what the sections of a report share: the page, the store, the counts, and a
 * sticky error, so that a section reads as its content. Each section is a file of its own and
 * leaves nothing behind but HTML; the verb asks once, at the end, whether all went well.
 */
#ifndef STORE_REPORT_VIEW_H
#define STORE_REPORT_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/opt.h"
#include "schemas/record.h"
#include "store/db.h"
#include "store/facts.h"
#include "store/page.h"
#include "store/report_count.h"

#define VIEW_THUMBS 64	/* thumbnails remembered: the questions of one image stand together */

struct view_thumb {
	char *path;
	char *data;		/* base64; NULL: there is none, because: */
	const char *why;
};

struct view {
	struct page page;
	struct db *db;
	struct facts facts;
	struct report_counts counts;
	int64_t per_section, budget;	/* cards; bytes */
	int64_t until;			/* page bytes at which the gallery under way must end */
	struct opt_list roots;
	const char *output;		/* links are relative to its folder; NULL: to here */
	bool link_images;
	struct view_thumb thumbs[VIEW_THUMBS];
	int64_t images_shown, images_missing;
	int result;
	struct err err;
};

void view_release(struct view *v);

/* Rows of a query; the error is sticky, and then there are none. */
sqlite3_stmt *view_query(struct view *v, const char *sql);
bool view_row(struct view *v, sqlite3_stmt *stmt);
int64_t view_number(struct view *v, const char *sql);
const char *view_text(sqlite3_stmt *stmt, int column);	/* "" for NULL */

/* Between them: a part of the page with its heading; the title is ours. */
void view_section(struct view *v, const char *id, const char *title);
void view_section_end(struct view *v);

/* The image of a record, or a placeholder that says why there is none. */
void view_image(struct view *v, struct rec *r);

/* The sections, in the order of the page. */
void report_headline(struct view *v);	/* report_top.c */
void report_funnel(struct view *v);
void report_judging(struct view *v);	/* report_judge.c */
void report_letters(struct view *v);
void report_captions(struct view *v);	/* report_caption.c */
void report_cost(struct view *v);	/* report_cost.c */
void report_galleries(struct view *v);	/* report_gallery.c */

/* Cards: one record beside its image. */
void report_question_card(struct view *v, struct rec *r, struct rec *twin,
			  const char *twin_title);	/* report_card.c; twin may be NULL */
void report_score_card(struct view *v, struct rec *r);	/* report_caption.c */

#endif
