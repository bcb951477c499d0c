/* SPDX-License-Identifier: Apache-2.0
 *
 * samples: rows out of a WebDataset archive, for a program that reads lines. A sample is the
 * members of one key, the name up to the first dot behind the last slash; they stand together.
 * Of each sample comes one line, with
 *
 *	the members of KEY.json, which is an object
 *	image		`shard.tar::KEY.jpg`, the name that scan gives it, unless KEY.json has one
 *	caption		KEY.txt; `text` where KEY.json has another caption, so that a stage asks which
 *
 * so that layout.h takes it for what it is. Members of other names are passed over.
 *
 *	if (samples_is_archive(path)) {
 *		s = samples_open(path, &err);
 *		while ((got = samples_next(s, &line, &fault, &err)) > 0) ...
 *		samples_close(s);
 *	}
 */
#ifndef STORE_SAMPLES_H
#define STORE_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/msg.h"

struct buf;
struct samples;

/* A tar or zip by content; packed (.tar.gz, .tgz, .tar.zst) by its name, too. Not of a pipe. */
bool samples_is_archive(const char *path);

struct samples *samples_open(const char *path, struct err *err);	/* NULL: 65, 66 */
void samples_close(struct samples *s);

/*
 * Appends a line without its newline. 1; *fault is NULL, or says why the sample cannot be had as
 * it is (borrowed until the next call). 0: the end, or a signal asked to stop. -1: err: the rest
 * cannot be had, or there was no sample in it (65).
 */
int samples_next(struct samples *s, struct buf *line, const char **fault, struct err *err);

int64_t samples_done(const struct samples *s);	/* place in the file, for progress */

#endif
