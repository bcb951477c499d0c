/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep: every line of a source is looked at by all processors, and what they found of each is
 * taken by the caller, in the order of the lines. For a pass that only learns (dedupe's first).
 *
 *	static const struct sweep_job job = { look, take };
 *	sweep(source, &job, about, -1, &err);
 *
 * Lines travel in blocks of 256 KB, two for each processor and two more; so much memory it takes,
 * whatever the size of the input, or a few of the longest lines.
 */
#ifndef STORE_SWEEP_H
#define STORE_SWEEP_H

#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"

struct buf;
struct line;
struct source;

struct sweep_job {
	/* Appends to `found` what there is to say of a line. Many threads call it at once. */
	void (*look)(const void *about, const struct line *line, struct buf *found);
	/*
	 * What look said, on the caller's thread, line by line. Borrowed until it returns; aligned
	 * to nothing. -1: the sweep ends, with err.
	 */
	int (*take)(void *about, const char *found, size_t len, struct err *err);
};

/*
 * limit: so many lines at most; -1: all. Ends early, without an error, when a signal asks for it
 * (sig.h). An input that ends too early ends only itself and is not told here: who reads the lines
 * for good tells it. -1: err, of take, or 71 where no thread can be had.
 */
int sweep(struct source *in, const struct sweep_job *job, void *about, int64_t limit,
	  struct err *err);

#endif
