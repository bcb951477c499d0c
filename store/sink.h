/* SPDX-License-Identifier: Apache-2.0
 *
 * sink: where records go. A named file is written as FILE.partial, locked against a second
 * writer, and becomes FILE only by sink_settle; sink_leave keeps FILE.partial and leaves
 * FILE as it was. A name that ends in .zst is compressed. NULL or "-" is standard output; a
 * device or a fifo is written as it stands.
 *
 * Nothing reaches the file before `before_write` said yes: an asking stage commits its
 * ledger there, so no record leaves before the answers in it are safe.
 *
 *	struct sink *out = sink_open("questions.jsonl.zst", &err);
 *	sink_write(out, line, len, &err);
 *	sink_settle(out, &err);
 */
#ifndef STORE_SINK_H
#define STORE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"

struct sink;

struct sink *sink_open(const char *path, struct err *err);

/* Called before bytes reach the file; -1 with err filled keeps them back and fails the write. */
void sink_before_write(struct sink *s, int (*before_write)(void *ctx, struct err *err),
		       void *ctx);

/* -1: err is filled (74). A closed pipe on standard output is told by sink_pipe_closed. */
int sink_write(struct sink *s, const void *bytes, size_t len, struct err *err);
int sink_flush(struct sink *s, struct err *err);
bool sink_pipe_closed(const struct sink *s);

/* How many bytes were written, and back to there: what came since is gone. -1: err; only a named
 * file that is not compressed can do that. */
int64_t sink_at(const struct sink *s);
int sink_back(struct sink *s, int64_t at, struct err *err);

/* Both free the sink, whatever they return. */
int sink_settle(struct sink *s, struct err *err);	/* FILE is there, synced, its name too */
int sink_leave(struct sink *s, struct err *err);	/* FILE.partial is there */

#endif
