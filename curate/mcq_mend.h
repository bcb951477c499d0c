/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_mend: makes JSON out of what is nearly JSON. Valid JSON comes out meaning the same.
 */
#ifndef CURATE_MCQ_MEND_H
#define CURATE_MCQ_MEND_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * The end of the string whose opening quote is at `at` (behind its closing quote). A quote
 * ends a string only where JSON could go on, so quotes that should have been escaped are
 * text. key: it is a member's name.
 */
const char *mcq_mend_string(const char *at, const char *end, bool key);

/* Did the string at `at`, which mcq_mend_string ended at `stop`, lose the quote before its comma? */
bool mcq_mend_lost_quote(const char *at, const char *stop, const char *end);

/* Appends the value in [at, end) in valid JSON, as far as that can be done. */
void mcq_mend(const char *at, const char *end, struct buf *out);

#endif
