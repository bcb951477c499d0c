/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger_wanted: the requests of a batch, and which of them got their answer. In a temporary
 * file, as a batch may be any size.
 *
 *	struct ledger_wanted *w = ledger_wanted_open(batches, &err);
 *	if (!ledger_wanted_mark(w, key, true)) ... not of this batch
 *	missing = ledger_wanted_missing(w, first_hex);
 *	ledger_wanted_close(w);
 */
#ifndef STORE_LEDGER_WANTED_H
#define STORE_LEDGER_WANTED_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/msg.h"
#include "schemas/hash.h"

struct ledger_wanted;

/* paths: NULL-terminated batch input files. NULL: 66, or 65 a line without a request's key. */
struct ledger_wanted *ledger_wanted_open(char *const *paths, struct err *err);
void ledger_wanted_close(struct ledger_wanted *w);

/* false: this batch did not ask that. */
bool ledger_wanted_mark(struct ledger_wanted *w, const unsigned char key[16], bool answered);
/* How many have no answer, and the least key of them. */
int64_t ledger_wanted_missing(struct ledger_wanted *w, char first[HASH_HEX]);

#endif
