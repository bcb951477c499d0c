/* SPDX-License-Identifier: Apache-2.0
 *
 * trials: one question on its way through a condition. It says what to ask in which trial,
 * takes the replies in any order, and knows when no further trial can change the verdict.
 * No loop and no network in here: filter/asking carries requests out and replies back.
 *
 * A reply to a trial asked ahead of its turn waits until the trials before it are known; if
 * they decide the question it enters no record (it stays in the ledger).
 */
#ifndef FILTER_TRIALS_H
#define FILTER_TRIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/msg.h"
#include "curate/lvlm.h"
#include "curate/prompt.h"
#include "filter/judging.h"
#include "schemas/chance.h"
#include "schemas/record.h"
#include "schemas/rule.h"
#include "schemas/tally.h"
#include "store/run.h"

/* What is the same for all questions of a stage. */
struct trials_plan {
	const char *model;
	const char *condition;		/* "blind", "sight", ...: enters the hash of the orders */
	const char *member;		/* of the record: "blind", "sight", "control" */
	bool image;			/* an image is sent */
	bool control;			/* the condition is written into the tally */
	const struct threshold *threshold;
	const struct rule *rule;
	const struct trial_options *o;
	struct prompt prompt;
};

/* The prompt of the options, or the default; -1: no such file, or a place is missing. */
int trials_plan_prompt(struct trials_plan *plan, const char *default_text, struct err *err);

/* Is this question in the full share: asked every trial in both conditions, by hash? */
bool trials_full(const char *question_id, double share);

struct trials;

/* One trial; its address is the cookie of its request. */
struct held {
	struct trials *of;
	int number;
	bool asked, answered, again;	/* again: an unreadable answer was asked for anew */
	enum outcome outcome;
	int pick;
	char *said;
	char call[33];
};

/* Takes the item's record over. NULL: it is no question (err), the item stays the caller's. */
struct trials *trials_open(const struct trials_plan *plan, const struct item *item,
			   struct err *err);
void trials_free(struct trials *t);

/* The next trial that was not asked yet, or NULL: as many as were wanted are under way. */
struct held *trials_next(struct trials *t);
/* Has every trial asked been answered, and can another one still change the verdict? */
bool trials_want(const struct trials *t);
bool trials_decided(const struct trials *t);	/* nothing more can change it */

/* Fills the request for a trial; its texts are valid until the next call. */
void trials_request(struct trials *t, const struct held *h, struct chat_request *q);
const char *trials_image(struct trials *t);	/* path of the question's own image */
const char *trials_image_id(struct trials *t);

enum trials_took {
	TRIALS_TOOK,
	TRIALS_AGAIN,	/* --retry: an old unreadable answer; ask this trial once more */
	TRIALS_UNUSABLE	/* the image cannot be used: the reply's class and message say why */
};

enum trials_took trials_take(struct held *h, const struct lvlm_reply *reply);

/* The tally goes into the record and the item ends; t still waits for trials_free. */
void trials_close(struct trials *t, struct run *run);
/* How many more trials it takes, from those taken so far. */
struct chance_left trials_left(const struct trials *t);
/* --dry-run: the item ends as it came. */
void trials_pass(struct trials *t, struct run *run);
void trials_reject(struct trials *t, struct run *run, const char *class, const char *message);
/* --batch-out: left to the run after the batch has come back. */
void trials_leave(struct trials *t, struct run *run, const char *class, const char *message);
/* Is every trial asked, whatever the others say? */
bool trials_all(const struct trials *t);
bool trials_closed(const struct trials *t);

const struct tally *trials_tally(const struct trials *t);	/* before trials_close */

/* Neighbours in the list of open questions; filter/asking keeps it. */
struct trials_link {
	struct trials *before, *after;
};
struct trials_link *trials_link(struct trials *t);
int *trials_under_way(struct trials *t);	/* requests without a reply */

#endif
