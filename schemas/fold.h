/* SPDX-License-Identifier: Apache-2.0
 *
 * fold: a text as it counts for equality: NFKC (full-width and compatibility forms become
 * plain ones), Unicode case folding, runs of white space as one space, none at the ends.
 * Independent of the locale.
 */
#ifndef SCHEMAS_FOLD_H
#define SCHEMAS_FOLD_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Appends the folded text. Text that is no valid UTF-8 is appended as it is. */
void fold_text(struct buf *out, const char *text);

/* Valid UTF-8 without a NUL: what may stand in a record. */
bool fold_is_utf8(const char *text, size_t len);

#endif
