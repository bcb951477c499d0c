/* SPDX-License-Identifier: Apache-2.0
 *
 * trials: one question on its way through a condition. It says what to ask next, takes the
 * replies, and knows when no further trial can change the verdict. No network in here: the
 * stage's loop carries requests out and replies back.
 *
 *	struct trials *t = trials_open(&plan, &item, &err);
 *	trials_request(t, &request);		lvlm_ask(model, &request, ..., t)
 *	trials_take(t, &reply);
 *	if (trials_more(t)) ... ask again; else trials_close(t, run);
 */
#ifndef FILTER_TRIALS_H
#define FILTER_TRIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/msg.h"
#include "curate/lvlm.h"
#include "curate/prompt.h"
#include "filter/judging.h"
#include "schemas/record.h"
#include "schemas/rule.h"
#include "schemas/tally.h"
#include "store/run.h"

/* What is the same for all questions of a stage. */
struct trials_plan {
	const char *model;
	const char *condition;		/* "blind", "sight": enters the hash of the orders */
	const char *member;		/* of the record: "blind", "sight" */
	bool image;			/* the image is sent */
	const struct threshold *threshold;
	const struct rule *rule;
	const struct trial_options *o;
	struct prompt prompt;
};

/* The prompt of the options, or the default; -1: no such file, or a place is missing. */
int trials_plan_prompt(struct trials_plan *plan, const char *default_text, struct err *err);

struct trials;

/* Takes the item's record over. NULL: it is no question (err), the item stays the caller's. */
struct trials *trials_open(const struct trials_plan *plan, const struct item *item,
			   struct err *err);
void trials_free(struct trials *t);

struct rec *trials_record(struct trials *t);

/* Is this question in the full share: asked every trial in both conditions, by hash? */
bool trials_full(const char *question_id, double share);

/* Fills the request for the next trial; its texts are valid until the next call. */
void trials_request(struct trials *t, struct chat_request *q);
const char *trials_image(struct trials *t);	/* NULL where none is sent */

/* false: the image cannot be used; the reply's class and message say why. */
bool trials_take(struct trials *t, const struct lvlm_reply *reply);
bool trials_more(const struct trials *t);

/* Writes the tally into the record and ends its item; frees t. */
void trials_close(struct trials *t, struct run *run);
/* Passes the record on as it came. */
void trials_pass(struct trials *t, struct run *run);
/* Ends the item as a reject instead. */
void trials_reject(struct trials *t, struct run *run, const char *class, const char *message);

#endif
