/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger_merge: all that one ledger knows into another. Rows that are there already, the same
 * in every column, come once, so merging again changes nothing.
 *
 * Which answer counts when the two differ about a request? A stage takes a request's last
 * row. So that records replay from the merged ledger as they were made:
 *
 *	- a request only one of them knows keeps its last row there as the last;
 *	- when one holds the other's last row, it has gone on from there (a copy that a node
 *	  took along, then --retry): its own last row counts;
 *	- else both asked on their own, and one has to give way: the answer asked later counts,
 *	  at the same second the one whose bytes compare greater.
 *
 * None of this looks at which ledger is merged into which, so parts of hosts whose clocks agree
 * give the same answers in any order. What does not count is kept in front of all rows: it was paid for, and stat says
 * so.
 */
#ifndef STORE_LEDGER_MERGE_H
#define STORE_LEDGER_MERGE_H

#include <stdint.h>

#include "cli/msg.h"

struct answers;
struct sqlite3;

struct ledger_merged {
	int64_t added, there, gave_way;		/* answers; gave_way: of the added, what does not count */
	int64_t images;
};

/*
 * from: as ledger_look or answers_db lends it; from_path for messages. Rows read before a
 * fault stay merged. Stops at a signal. -1: 65 from is damaged, 74 into cannot be written,
 * 75 a process began to write into from.
 */
int ledger_merge(struct answers *into, const char *into_path, struct sqlite3 *from,
		 const char *from_path, struct ledger_merged *done, struct err *err);

#endif
