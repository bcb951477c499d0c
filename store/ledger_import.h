/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger_import: files with answers into a scratch ledger, which ledger_merge then brings into
 * the real one: so there is one rule for what is there already and what counts. Each line is
 * an answer, a server's error, or malformed; all are counted, none ends the reading.
 */
#ifndef STORE_LEDGER_IMPORT_H
#define STORE_LEDGER_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/buf.h"
#include "cli/msg.h"

struct answers;
struct ledger_wanted;
struct sink;

struct ledger_class {
	char class[41];
	int64_t count;
};

struct ledger_import {
	struct answers *scratch;	/* merged at the end: one rule for what counts */
	struct ledger_wanted *wanted;	/* NULL: any */
	struct sink *rejects;		/* NULL: none */
	struct ledger_class *classes;
	size_t class_count, class_cap;
	bool accept_empty;		/* they were asked often enough */
	int64_t lines, answers;
	int64_t errors;			/* no answer, to be asked again */
	int64_t bad;			/* malformed, or not asked by this batch */
	struct buf text;			/* scratch */
};

/* All of `im` is the caller's to open; -1: 66, 65 a damaged file, 74. What was read is kept. */
int ledger_import_lines(struct ledger_import *im, char **files, struct err *err);
/* Closes the scratch ledger and the wanted; the rejects are settled by the caller. */
void ledger_import_release(struct ledger_import *im);

#endif
