/* SPDX-License-Identifier: Apache-2.0
 *
 * spool: a temporary file that nobody sees: made in $TMPDIR (else /tmp), unlinked at once,
 * gone when it is closed or the program dies.
 */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include <stddef.h>
#include <stdio.h>

#include "cli/msg.h"

/* A file descriptor open for reading and writing; -1: err is filled (74). */
int spool_open(struct err *err);

/* Writes all of it at the file's position; -1: err (74). */
int spool_write(int fd, const void *bytes, size_t len, struct err *err);

/* The same as a stream; NULL: err. What fails with it later is told by spool_fault (-1, 74). */
FILE *spool_file(struct err *err);
int spool_fault(struct err *err);

#endif
