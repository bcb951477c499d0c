/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_best: several candidate captions of one image (`caption --candidates`) under Prism's
 * evaluation: of each question the best candidate's credit and the mean of all candidates',
 * both averaged over the questions, with intervals clustered by image. Candidates may come in
 * any order; the questions lie in a private temporary SQLite file, so memory does not grow.
 *
 * Scores whose answers carry no credit (without --layout prism) add nothing, and no file is
 * made for them.
 *
 *	struct audit_best *best = audit_best_new();
 *	audit_best_add(best, score, &err);
 *	audit_best_text(best, &text, &err);
 *	audit_best_free(best);
 */
#ifndef FILTER_AUDIT_BEST_H
#define FILTER_AUDIT_BEST_H

#include "schemas/record.h"

struct buf;
struct audit_best;

struct audit_best *audit_best_new(void);
void audit_best_free(struct audit_best *best);

/* The score as audit_page_add found it good. -1: err (74), the temporary file. */
int audit_best_add(struct audit_best *best, struct rec *score, struct err *err);

/* Appends whole lines, or nothing where there is no credit. */
int audit_best_text(struct audit_best *best, struct buf *out, struct err *err);

#endif
