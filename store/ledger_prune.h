/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger_prune: takes answers out of a ledger, never more than was asked for. What is gone
 * is asked, and paid, again by the stage that needs it.
 */
#ifndef STORE_LEDGER_PRUNE_H
#define STORE_LEDGER_PRUNE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/msg.h"

struct answers;

/* An answer goes if all that is set here is true of it. */
struct ledger_prune {
	int64_t before;		/* asked earlier than this, seconds since 1970; 0: any time */
	const char *model;	/* as answered; NULL: any */
	bool superseded;	/* a later answer to the same request counts */
	bool dry_run;		/* only count */
};

struct ledger_pruned {
	int64_t answers, bytes;		/* bytes of content, as stored */
};

/* In short transactions, so others go on meanwhile. Stops at a signal. -1: 65 damaged, 74. */
int ledger_prune(struct answers *a, const char *path, const struct ledger_prune *what,
		 struct ledger_pruned *done, struct err *err);
/* Gives the room back to the file system; needs as much of it again while it works. */
int ledger_vacuum(struct answers *a, const char *path, struct err *err);

#endif
