/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_asking: the captions that an audit has open, between its run and its model. The stage's
 * loop stays fill, wait, put:
 *
 *	while (lvlm_room(model) && audit_asking_next(&asking))
 *		;
 *	...
 *	while (lvlm_reply(model, &reply))
 *		audit_asking_put(&asking, &reply);
 *
 * All trials of a caption go out before those of another, so that a server's prefix cache
 * reads each caption once.
 */
#ifndef FILTER_AUDIT_ASKING_H
#define FILTER_AUDIT_ASKING_H

#include <stdbool.h>
#include <stdint.h>

#include "curate/lvlm.h"
#include "filter/audit_bank.h"
#include "filter/audit_case.h"
#include "filter/audit_page.h"
#include "filter/audit_sample.h"
#include "store/run.h"

/* The first members are the stage's own; begin the rest with zeros. */
struct audit_asking {
	struct run *run;
	struct lvlm *model;
	struct audit_bank *bank;
	struct audit_plan *plan;
	struct audit_page *page;
	struct audit_sample *sample;	/* NULL: all captions */
	const char *image_field, *text_field;
	bool dry_run;
	struct audit_case *current;	/* not all of its trials are asked */
	int64_t joined, unjoined;
	const char *named;		/* the input whose layout was said */
	char *example;			/* the first caption that found no question */
};

/* Asks the next trial, opening another caption if need be; false: nothing to ask now. */
bool audit_asking_next(struct audit_asking *a);
/* A caption is under way although the input has ended, and the run has not. */
bool audit_asking_open(const struct audit_asking *a);
void audit_asking_put(struct audit_asking *a, const struct lvlm_reply *reply);

/* After the loop: frees what is still open; the run fails if no caption joined a question. */
void audit_asking_abandon(struct audit_asking *a);
void audit_asking_check(struct audit_asking *a);
void audit_asking_release(struct audit_asking *a);

#endif
