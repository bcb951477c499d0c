/* SPDX-License-Identifier: Apache-2.0
 *
 * spool: a temporary file that nobody sees: made in $TMPDIR (else /tmp), unlinked at once,
 * gone when it is closed or the program dies.
 */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "cli/msg.h"

/* A file descriptor open for reading and writing; -1: err is filled (74). */
int spool_open(struct err *err);

/* Writes all of it at the file's position; -1: err (74). */
int spool_write(int fd, const void *bytes, size_t len, struct err *err);

/* Reads all of it, wherever the file's position is; -1: err (74). */
int spool_read(int fd, void *to, size_t len, off_t at, struct err *err);

FILE *spool_file(struct err *err);	/* the same as a stream; NULL: err (74) */

/* Tells of what errno says of a spool, whoever read or wrote it. -1 (74). */
int spool_fault(struct err *err);

#endif
