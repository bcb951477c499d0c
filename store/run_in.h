/* SPDX-License-Identifier: Apache-2.0
 *
 * run_in: what run's own files share; see run.h.
 */
#ifndef STORE_RUN_IN_H
#define STORE_RUN_IN_H

#include "store/run.h"

struct queue_ready;

struct run {
	struct run_options o;
	const struct run_words *words;
	enum rec_kind kind;
	struct source *in;
	struct sink *out, *rejects;
	struct queue *queue;
	struct meter *meter;
	struct buf line, reject;	/* scratch */
	int64_t read, fates[RUN_FATES];
	int64_t elsewhere;		/* in another slice of --part */
	const char *elsewhere_is;
	bool input_ended, failed;
	int broken_input;		/* exit code of the first input that ended too early; or 0 */
	struct err err;
	double flushed_s, started_s;
	struct rec *stats;
	char first[160];		/* the first reject, for the one line of an exit 65 */
};

double run_now_s(void);
int64_t run_finished(const struct run *run);	/* records that have their fate */

/* To the files, where no fault is known yet. */
void run_write_out(struct run *run, const struct queue_ready *ready);
/* Moves what is ready, in order, from the queue to the files. */
void run_forward(struct run *run);

#endif
