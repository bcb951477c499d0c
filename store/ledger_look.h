/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger_look: another ledger, opened to be read and never changed. A process that was killed
 * leaves its last answers in FILE-wal: they are read with the rest, and neither file is written
 * (SQLite makes an index of the log beside them, FILE-shm).
 *
 *	struct sqlite3 *from;
 *	if (ledger_look("node7.db", &from, &err) == 0) ... sqlite3_close(from);
 */
#ifndef STORE_LEDGER_LOOK_H
#define STORE_LEDGER_LOOK_H

#include "cli/msg.h"

struct sqlite3;

/* -1: 66 not there, 65 no ledger or a damaged one, 74 another process has it alone. */
int ledger_look(const char *path, struct sqlite3 **db, struct err *err);

#endif
