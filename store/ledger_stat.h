/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger_stat: what a ledger holds, by model, counted in one pass over it. Of several rows of
 * one request the last counts for stages; the others are superseded, but were paid for too.
 *
 *	struct ledger_stat s = { 0 };
 *	if (ledger_stat_add(&s, db, path, &err) == 0) ... s.models[0].answers
 *	ledger_stat_release(&s);
 */
#ifndef STORE_LEDGER_STAT_H
#define STORE_LEDGER_STAT_H

#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"

struct sqlite3;

struct ledger_finish {
	char *reason;		/* "": none was said */
	int64_t count;
};

struct ledger_model {
	char *name;		/* as answered; "": not said */
	int64_t answers, superseded, empty;	/* distinct requests: answers - superseded */
	int64_t prompt_tokens, completion_tokens;
	int64_t first, last;	/* seconds since 1970 */
	int64_t bytes;		/* of content, as stored */
	struct ledger_finish *finish;
	size_t finish_count, finish_cap;
};

struct ledger_stat {
	struct ledger_model *models;	/* sorted by name after ledger_stat_add */
	size_t count, cap;
	int64_t prompt_tokens, completion_tokens;	/* of all models */
	int64_t images, bytes_on_disk;	/* with -wal */
};

/* Several ledgers add up. -1: 65 damaged; what was read until then is counted. */
int ledger_stat_add(struct ledger_stat *s, struct sqlite3 *db, const char *path, struct err *err);
void ledger_stat_release(struct ledger_stat *s);

/* "2026-11-25 10:16:26Z"; "second N" where no calendar has it. */
void ledger_stat_time(int64_t at, char *to, size_t size);

#endif
