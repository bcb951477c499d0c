/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_versus: two sets of scores over the same questions: does B say more of what is asked
 * than A? Paired by question; where a side has several captions of an image, its mean counts.
 * The interval of the difference is clustered by image. The pairs lie in a private temporary
 * SQLite file, so memory does not grow with the input.
 *
 *	v = audit_versus_open(&err);
 *	audit_versus_add(v, 0, score_of_a, &err), audit_versus_add(v, 1, score_of_b, &err);
 *	audit_versus_text(v, &text, &err);
 *	audit_versus_write(v, "pairs.jsonl", &err);
 *	audit_versus_close(v);
 */
#ifndef FILTER_AUDIT_VERSUS_H
#define FILTER_AUDIT_VERSUS_H

#include "schemas/record.h"

struct buf;
struct audit_versus;

struct audit_versus *audit_versus_open(struct err *err);
void audit_versus_close(struct audit_versus *v);

/* side 0 or 1. 0; 1: the record is no score, err says why; -1: err (74). */
int audit_versus_add(struct audit_versus *v, int side, struct rec *score, struct err *err);

/* Difference, interval, wins and losses, and the questions that changed most. After the adds. */
int audit_versus_text(struct audit_versus *v, struct buf *out, struct err *err);

/* Every pair as a JSON line, B's largest gain first: {question_id, image, a, b, difference}. */
int audit_versus_write(struct audit_versus *v, const char *path, struct err *err);

#endif
