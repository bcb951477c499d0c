/* SPDX-License-Identifier: Apache-2.0
 *
 * seen: which key came first, for sets of any size: the keys live in a private temporary
 * SQLite file with a bounded cache, so memory does not grow with the input.
 */
#ifndef STORE_SEEN_H
#define STORE_SEEN_H

#include "cli/msg.h"

struct seen;

struct seen *seen_open(struct err *err);
void seen_close(struct seen *s);

/* 0: the key is new and now stands for `name`; 1: it was there, *first (borrowed until the
 * next call) is its name; -1: err. */
int seen_add(struct seen *s, const char *key, const char *name, const char **first,
	     struct err *err);

int seen_has(struct seen *s, const char *key, struct err *err);	/* 1, 0; -1: err */

/*
 * The next larger key and its name (after the largest comes the smallest); 1: found, 0: the
 * set has no other key. Borrowed until the next call.
 */
int seen_next(struct seen *s, const char *key, const char **next, const char **name,
	      struct err *err);

#endif
