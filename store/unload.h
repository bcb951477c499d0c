/* SPDX-License-Identifier: Apache-2.0
 *
 * unload: every record of a store, one line each, for a program that reads lines: stores of
 * parts are joined by ingesting one after another. The store is read as it stood at the first
 * line, at any version that is known, and not changed.
 *
 *	if (unload_is_store(path)) {
 *		u = unload_open(path, REC_KINDS, &err);
 *		while ((got = unload_next(u, &line, &err)) > 0) ...
 *		unload_close(u);
 *	}
 */
#ifndef STORE_UNLOAD_H
#define STORE_UNLOAD_H

#include <stdbool.h>

#include "cli/msg.h"
#include "schemas/record.h"

struct unload;

/* By content: any SQLite file, ours or not. Of a pipe nothing is read: it would be gone. */
bool unload_is_store(const char *path);
/* only: one kind, or REC_KINDS for all. */
struct unload *unload_open(const char *path, enum rec_kind only, struct err *err);
void unload_close(struct unload *u);

/* Appends a line without its newline: images first, then by kind as record.h lists them. 1; 0:
 * the end; -1. */
int unload_next(struct unload *u, struct buf *line, struct err *err);

#endif
