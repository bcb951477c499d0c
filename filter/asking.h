/* SPDX-License-Identifier: Apache-2.0
 *
 * asking: the questions that a judging stage has open, between its run and its model. The
 * stage's loop stays fill, wait, put:
 *
 *	while (lvlm_room(model) && run_room(run) && run_poll(run, &item))
 *		asking_offer(&asking, &item, wants(item.rec, &err), &err);
 *	...
 *	while (lvlm_reply(model, &reply))
 *		asking_put(&asking, &reply);
 *	asking_ahead(&asking);
 *
 * A question's next trial goes out before any new question. When the input has ended and
 * requests run short, trials are asked ahead of their turn, which no record shows.
 */
#ifndef FILTER_ASKING_H
#define FILTER_ASKING_H

#include <stddef.h>
#include <stdint.h>

#include "curate/lvlm.h"
#include "filter/controls.h"
#include "filter/trials.h"
#include "store/run.h"

struct asking {
	const struct trials_plan *plan;
	struct run *run;
	struct lvlm *model;
	struct controls *controls;	/* NULL: the question's own image, if any */
	struct trials *first, *last;	/* open questions, oldest first */
	int64_t questions, two_options, trials, refused;	/* of what was asked */
	int64_t picks[26];		/* by the letter they stood at */
};

/* wants: 1 ask, 0 pass the record on unasked, -1 reject it for why. */
void asking_offer(struct asking *a, struct item *item, int wants, const struct err *why);
void asking_ahead(struct asking *a);
void asking_put(struct asking *a, const struct lvlm_reply *reply);
/* Warns of signs that the tallies measure something else than the question asks. */
void asking_warn(const struct asking *a);
/* After the loop: frees what is still open. */
void asking_end(struct asking *a);

#endif
