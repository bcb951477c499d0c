/* SPDX-License-Identifier: Apache-2.0
 *
 * ledgers: what unit tests of ledgers share. Their ledgers lie in scratch's folder, and are opened
 * and closed, or the test has failed.
 */
#ifndef TESTS_UNIT_LEDGERS_H
#define TESTS_UNIT_LEDGERS_H

#include "store/answers.h"
#include "tests/unit/scratch.h"

static struct err err;

static inline struct answers *open_fine(const char *name)
{
	struct answers *a = answers_open(scratch_path(name), &err);

	if (!a)
		fail_msg("%s", err.text);
	return a;
}

static inline void close_fine(struct answers *a)
{
	if (answers_close(a, &err))
		fail_msg("%s", err.text);
}

#endif
