/* SPDX-License-Identifier: Apache-2.0
 *
 * archive_zip: how many entries a zip file says it has, from its end record. libarchive does
 * not tell, and after a broken local header it is the only way to say what was lost.
 */
#ifndef STORE_ARCHIVE_ZIP_H
#define STORE_ARCHIVE_ZIP_H

#include <stdint.h>

struct parts;

/* -1: no end record, so no zip (or a cut one). Moves the place in p. */
int64_t zip_entries(struct parts *p);

#endif
