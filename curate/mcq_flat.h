/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_flat: a reply whose line ends were lost: written out as \n by whoever stored it, or
 * replaced by spaces. Everything else reads lines.
 */
#ifndef CURATE_MCQ_FLAT_H
#define CURATE_MCQ_FLAT_H

#include "curate/mcq_text.h"

/*
 * A copy of the same length with the line ends put back, so that offsets stay true; yours to
 * free. NULL: the reply has lines, or nothing shows where they were. Not for cut replies,
 * whose first line end may be what was cut off.
 */
char *mcq_flat_lines(struct mcq_text reply);

#endif
