/* SPDX-License-Identifier: Apache-2.0
 *
 * budget: what a run may cost. When it is spent, nothing more is asked, what is in flight is
 * waited for (it is paid already), and the run ends with 75: the ledger lets it go on.
 */
#ifndef CURATE_BUDGET_H
#define CURATE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "cli/msg.h"

struct budget {
	int64_t requests;	/* sent, retries too; -1: no limit */
	int64_t tokens;		/* prompt and completion, as the servers count; -1 */
	time_t deadline;	/* 0: none */
};

#define BUDGET_NONE { -1, -1, 0 }

#define BUDGET_OPTIONS(b) \
	{ 0, "max-requests", OPT_COUNT, &(b).requests, "N", \
	  "stop (exit 75, to go on later) after N requests, retries counted", NULL }, \
	{ 0, "max-tokens-total", OPT_COUNT, &(b).tokens, "N", \
	  "stop after N tokens, in and out", NULL }, \
	{ 0, "deadline", OPT_PARSE, &(b).deadline, "TIME", \
	  "stop at a time such as 18:30 or 2026-03-01T06:00, or after 90m", \
	  budget_parse_deadline }

/* "90", "15m", "2h", "1d" from now; "HH:MM" next; "YYYY-MM-DD[T ]HH:MM[:SS]" local time. */
int budget_parse_deadline(const char *text, void *to, struct err *err);
int budget_deadline(const char *text, time_t now, time_t *to);	/* -1: none of these */

/* Is every call counted? Then none is for what may not be needed. */
bool budget_counts(const struct budget *b);

/* NULL, or which limit is reached, as the option's name. */
const char *budget_spent(const struct budget *b, int64_t requests, int64_t tokens, time_t now);

#endif
