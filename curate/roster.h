/* SPDX-License-Identifier: Apache-2.0
 *
 * roster: which servers there are. Each -u names one, or with @FILE a file of them, one URL a
 * line (`#` begins a comment), which is read again when it changes: servers join and leave a
 * run that way. Without -u it is OPENAI_BASE_URL. What is listed goes into the pool; each
 * server's `about` is its struct endpoint.
 */
#ifndef CURATE_ROSTER_H
#define CURATE_ROSTER_H

#include <stdint.h>
#include <time.h>

#include "cli/msg.h"
#include "cli/opt.h"
#include "curate/pool.h"

#define ROSTER_LOOK_MS 1000	/* how often the files are looked at */

struct roster_options {
	struct opt_list urls;
	const char *key_env, *key_file, *header_file;
};

struct roster {
	struct roster_options o;
	struct timespec *changed;	/* of each url that is a file: its time when read */
	int64_t looked_ms;
	char fault[160];		/* of the last reading of a file; "": none */
};

/* Fills the pool. 2: no server, or a URL that is none; 66, 65: a file. */
int roster_init(struct roster *r, const struct roster_options *o, struct pool *pool,
		struct err *err);
void roster_release(struct roster *r, struct pool *pool);	/* endpoints too */

/*
 * Reads changed files again. A file that cannot be used leaves the list as it was; then, once,
 * *fault is what to say about it, else NULL. How many servers came or left.
 */
int roster_look(struct roster *r, struct pool *pool, int64_t now_ms, const char **fault);

#endif
