/* SPDX-License-Identifier: Apache-2.0
 *
 * verify: is an export what its manifest says? Checks that every file is there with its
 * length and both sums, that nothing else is, that what it unpacks to has its sums and rows,
 * that every row is sound JSON and all rows have the same keys in the same order; of a tar,
 * that each sample is whole and the names ascend.
 *
 *	verify_folder("set", &report, &err)
 */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include <stdint.h>

#include "cli/buf.h"
#include "cli/msg.h"

struct verify_report {
	int64_t files, rows, faults;
	struct buf text;	/* one line for each fault */
};

/* 0, also where faults were found; -1: there is nothing to check (err). */
int verify_folder(const char *path, struct verify_report *report, struct err *err);

#endif
