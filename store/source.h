/* SPDX-License-Identifier: Apache-2.0
 *
 * source: lines out of files and pipes. Any number of inputs, one after another; plain,
 * zstd or gzip, recognised by content; JSONL, or one JSON array whose elements stream as
 * if each stood on a line of its own; a capqa store, whose records come as lines; or a WebDataset
 * archive, whose samples do (samples.h).
 *
 * source_poll never blocks on a pipe, so that requests in flight go on while the upstream
 * stage is slow: give source_fd to poll(2) beside the sockets and poll again.
 *
 *	struct source *in = source_open(operands, &err);
 *	while ((got = source_poll(in, &line, &err)) != SOURCE_END)
 *		if (got == SOURCE_LINE) ... line.text, line.len
 *		else if (got == SOURCE_LATER) source_wait(in);
 *	source_close(in);
 */
#ifndef STORE_SOURCE_H
#define STORE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"
#include "schemas/record.h"

#define SOURCE_LINE_MAX (16u << 20)	/* bytes of one record; a longer one is a bad line */

struct line {
	const char *text;	/* borrowed until the next source_poll; no newline */
	size_t len;
	const char *file;	/* "-" for standard input; borrowed until source_close */
	int64_t number;		/* line, or element of the array, from 1 */
	bool torn;		/* the file ended without a newline behind it */
	/* NULL, or why it cannot be had: it is over SOURCE_LINE_MAX (text holds its beginning), its
	 * archive is damaged there (text is empty). Borrowed as text is. */
	const char *fault;
};

enum source_got { SOURCE_LINE, SOURCE_LATER, SOURCE_END, SOURCE_FAILED };

struct source;

/* paths: NULL-terminated; none, or "-", is standard input. All are checked to open (66). */
struct source *source_open(char *const *paths, struct err *err);
void source_close(struct source *s);

/* Which records of a store are wanted; REC_KINDS, the default, is all. */
void source_records(struct source *s, enum rec_kind kind);

/* Empty lines are passed over. SOURCE_FAILED: err says why (65, 66); poll again goes on with
 * the next input. */
enum source_got source_poll(struct source *s, struct line *line, struct err *err);

/* What to give to poll(2) after SOURCE_LATER; -1 where there is nothing to wait for. */
int source_fd(const struct source *s);
void source_wait(const struct source *s);	/* until source_fd is readable or a signal stops us */

/* So many lines may still come from the input under way, by those that came; -1: unknown. */
int64_t source_expected(const struct source *s);

/* Bytes read of bytes there are, for an ETA; total 0 where unknown (a pipe). */
void source_progress(const struct source *s, int64_t *done, int64_t *total);

#endif
