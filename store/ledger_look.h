/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger_look: another ledger, opened to be read and never changed. A process that was killed
 * leaves its last answers in FILE-wal: they are read with the rest, and neither file is written
 * (SQLite makes an index of the log beside them, FILE-shm). A ledger at rest, without a log, is
 * read without locks, so that nothing is made beside it and its folder may be read-only; what was
 * read counts only if it stayed at rest until then.
 *
 *	struct sqlite3 *from;
 *	if (ledger_look("node7.db", &from, &err) == 0) {
 *		... read
 *		if (ledger_look_still(from, "node7.db", &err)) ... it may be mixed: no use
 *		sqlite3_close(from);
 *	}
 */
#ifndef STORE_LEDGER_LOOK_H
#define STORE_LEDGER_LOOK_H

#include "cli/msg.h"

struct sqlite3;

/* -1: 66 not there, 65 no ledger or a damaged one, 74 another process has it alone. */
int ledger_look(const char *path, struct sqlite3 **db, struct err *err);
/* -1, 75: a process began to write into what was opened at rest. 0 for any other database. */
int ledger_look_still(struct sqlite3 *db, const char *path, struct err *err);

#endif
