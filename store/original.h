/* SPDX-License-Identifier: Apache-2.0
 *
 * original: an image file found again, and known to be the one that was asked about: its
 * bytes still have the hash that is its image_id.
 *
 *	if (original_open(&o, &roots, path, image_id, &err) == ORIGINAL_FOUND)
 *		while ((n = original_read(&o, bytes, size, &err)) > 0) ...
 *	original_close(&o);
 */
#ifndef STORE_ORIGINAL_H
#define STORE_ORIGINAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/msg.h"
#include "cli/opt.h"

enum original_state {
	ORIGINAL_FOUND,
	ORIGINAL_MISSING,	/* under none of the roots, or no regular file */
	ORIGINAL_CHANGED	/* other bytes than image_id names */
};

struct original {
	int fd;
	int64_t bytes, left;
};

/* Looked for under each root, then as written. image_id NULL: any bytes. err says more. */
enum original_state original_open(struct original *o, const struct opt_list *roots,
				  const char *path, const char *image_id, struct err *err);
void original_close(struct original *o);

/* 0: the end; -1: unreadable, or shorter than it was when it was opened. */
ssize_t original_read(struct original *o, void *to, size_t size, struct err *err);

#endif
