/* SPDX-License-Identifier: Apache-2.0
 *
 * verdict: a question record seen through the rule: its tallies read and judged. Apart from
 * schemas/rule because it knows where in a record the tallies stand.
 */
#ifndef FILTER_VERDICT_H
#define FILTER_VERDICT_H

#include "cli/msg.h"
#include "schemas/record.h"
#include "schemas/rule.h"

struct verdict_tallies {
	struct tally_list blind, sight, control;
};

/* -1: one of them is malformed (err). */
int verdict_read(struct rec *r, struct verdict_tallies *t, struct err *err);
void verdict_release(struct verdict_tallies *t);

/* The blind tallies without the model that is about to be asked (again); NULL: all. */
void verdict_forget_model(struct tally_list *list, const char *model);

/* Was it dropped, as a duplicate or by an earlier select? */
bool verdict_is_dropped(struct rec *r);

#endif
