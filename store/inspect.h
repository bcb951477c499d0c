/* SPDX-License-Identifier: Apache-2.0
 *
 * inspect: is a store sound? The file itself (integrity_check), its references
 * (foreign_key_check), the counts that must agree (options of a question, trials of a tally,
 * trials of a score and of its answers), and whether what should be JSON is.
 */
#ifndef STORE_INSPECT_H
#define STORE_INSPECT_H

#include "store/db.h"

struct buf;

/*
 * Adds a line per kind of fault to report, with an example, and counts the faults. -1 and err
 * only where the store cannot be read at all.
 */
int inspect(struct db *db, struct buf *report, int64_t *faults, struct err *err);

#endif
