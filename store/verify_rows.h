/* SPDX-License-Identifier: Apache-2.0
 *
 * verify_rows: reads the rows of an export's files back, of any form (shard.h), and checks
 * them against each other. Used by verify.h alone.
 */
#ifndef STORE_VERIFY_ROWS_H
#define STORE_VERIFY_ROWS_H

#include <stdint.h>

#include "store/digest.h"

struct verify_rows;

struct verify_shard {
	struct digest_text plain;	/* of what it unpacks to */
	int64_t rows;
};

struct verify_rows *verify_rows_new(void);
void verify_rows_free(struct verify_rows *v);

/* -1: err says which row is wrong, or where the file stops making sense. found->rows is how
 * many were read, also then. */
int verify_rows_read(struct verify_rows *v, const char *path, struct verify_shard *found,
		     struct err *err);

#endif
