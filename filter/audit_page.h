/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_page: what scores say together: accuracy, omissions, contradictions, overall and by
 * source, accuracy against length, and the normalised score. Each figure is a mean over
 * questions with an interval clustered by image (schemas/cluster). Memory is bounded.
 *
 *	page = audit_page_new();
 *	audit_page_add(page, score);
 *	audit_page_text(page, &text);
 *	audit_page_free(page);
 *
 * The normalised score (caption - blind) / (sight - blind) is 0 for a caption that helps as
 * little as none and 1 for one that is as good as the image. It comes from the questions of
 * the full share alone, because other tallies stopped early and are biased. Scores of Prism's
 * evaluation have their credits besides (filter/audit_best).
 */
#ifndef FILTER_AUDIT_PAGE_H
#define FILTER_AUDIT_PAGE_H

#include "schemas/record.h"

struct buf;
struct audit_page;

struct audit_page *audit_page_new(void);
void audit_page_free(struct audit_page *page);

/* -1: the record is no score with counts in order (65), and nothing is added; or 74. */
int audit_page_add(struct audit_page *page, struct rec *score, struct err *err);

/* Appends whole lines. -1: 74. */
int audit_page_text(const struct audit_page *page, struct buf *out, struct err *err);

#endif
