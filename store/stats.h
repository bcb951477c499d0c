/* SPDX-License-Identifier: Apache-2.0
 *
 * stats: the `run` record that --stats writes: what a run took. The only record with a clock,
 * and so a file of its own that no stage reads; it is there also when the run failed.
 *
 *	struct rec *r = stats_new("blind");
 *	... rec_set_int(r, "calls", 120)
 *	stats_write(r, "stats.jsonl", seconds, &err);	frees r
 */
#ifndef STORE_STATS_H
#define STORE_STATS_H

#include "cli/msg.h"
#include "schemas/record.h"

/* With stage, version and the command line (keys are never on it). */
struct rec *stats_new(const char *stage);
/* 74: the file cannot be written. */
int stats_write(struct rec *r, const char *path, double seconds, struct err *err);

#endif
