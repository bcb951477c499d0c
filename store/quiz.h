/* SPDX-License-Identifier: Apache-2.0
 *
 * quiz: puts a question with its options, tallies and trials into the store.
 *
 * The same question comes many times, from stage to stage and from part to part, so it is
 * united rather than replaced: tallies by (pass, condition, model); verdict, reason, rule and
 * duplicate_of are those of the record that comes last with a verdict. A copy of a kept
 * question with its very id (dedupe marks it `duplicate` of itself) is passed over, and so is an
 * imported one that is there already: what our stages found out about it stays.
 */
#ifndef STORE_QUIZ_H
#define STORE_QUIZ_H

#include "store/shelf.h"
#include "store/spot.h"
#include "store/twin.h"

struct quiz {
	struct db *db;
	struct twin question, tally, trial;
	sqlite3_stmt *kept, *there, *verdict, *no_options, *add_option, *no_trials;
	struct column_row nested;		/* for tallies and trials */
	struct span_members tally_members, trial_members;
	struct buf rest, origin_model;
};

int quiz_init(struct quiz *q, struct db *db, struct err *err);
void quiz_release(struct quiz *q);

/* row is set to r. */
enum shelf_result quiz_put(struct quiz *q, struct spot *spot, struct column_row *row,
			   struct rec *r, struct err *err);

#endif
