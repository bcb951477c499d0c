/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_case: one caption under audit: all its questions, each in several orders. It says what
 * to ask next, takes the replies in any order and makes the score record. No loop and no
 * network in here.
 *
 * Every question is asked in every trial. The abstain option comes last; picked, the caption
 * omits the answer; another wrong option, it contradicts it. A trial without a readable
 * answer is counted apart.
 *
 * Prism's questions with a free answer (a number, a text) are asked once, or --rotations times at
 * a temperature, since there is nothing to shuffle. What an answer is worth is its credit: 1 for
 * a right option or number, its ANLS for a text, 0 else; a question's is the mean over its
 * valid trials, a caption's the mean over its questions.
 *
 * The published reward (--reward caprl; CapRL, arXiv 2509.22647, section 3) is another design:
 * N draws, each of one question, with freshly shuffled options; reward = right draws / N,
 * so that abstaining and what cannot be read earn nothing.
 *
 *	c = audit_case_open(&plan, &item, &list, flags);
 *	while ((t = audit_case_next(c)))
 *		audit_case_request(t, &request), lvlm_ask(model, &request, NULL, false, t);
 *	...
 *	audit_case_take(t, &reply);
 *	if (audit_case_over(c))
 *		audit_case_score(c, &fate);	(the item's record is a score now)
 */
#ifndef FILTER_AUDIT_CASE_H
#define FILTER_AUDIT_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "curate/lvlm.h"
#include "curate/prompt.h"
#include "filter/audit_bank.h"
#include "filter/judging.h"
#include "store/run.h"

struct audit_plan {
	const char *model;
	const struct trial_options *o;
	int rotations;
	bool caprl, prism;
	struct prompt prompt, free_prompt;	/* free_prompt: only for prism */
	struct buf options, text;	/* scratch of a request */
};

void audit_plan_init(struct audit_plan *plan);	/* the scratch; the rest is the caller's */
void audit_plan_release(struct audit_plan *plan);

struct audit_case;
struct audit_trial;	/* its address is the cookie of its request */

/* Takes the item's record and the list over. Not for an empty list. */
struct audit_case *audit_case_open(struct audit_plan *plan, const struct item *item,
				   struct audit_list *list);
void audit_case_free(struct audit_case *c);

struct audit_trial *audit_case_next(struct audit_case *c);	/* NULL: all are asked */
struct audit_case *audit_case_of(const struct audit_trial *t);

/* Fills the request; its texts are valid until the next call with the same plan. */
void audit_case_request(struct audit_trial *t, struct chat_request *q);

/* false: --retry wants this trial asked once more, past the ledger. */
bool audit_case_take(struct audit_trial *t, const struct lvlm_reply *reply);
void audit_case_missing(struct audit_trial *t);		/* --dry-run */
void audit_case_lost(struct audit_trial *t);		/* no reply will come: the run ends */

bool audit_case_over(const struct audit_case *c);	/* every trial was asked and answered */
bool audit_case_quiet(const struct audit_case *c);	/* nothing of it is under way */

/* Turns the item's record into the score; the item is the caller's again. */
struct item *audit_case_score(struct audit_case *c, enum run_fate *fate);
struct item *audit_case_item(struct audit_case *c);	/* as it came */

/* The score of a caption that nobody needs to be asked about. */
struct rec *audit_case_unasked(const struct audit_plan *plan, const struct rec *caption);

#endif
