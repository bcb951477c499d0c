/* SPDX-License-Identifier: Apache-2.0
 *
 * near: which of the questions that stay say nearly the same as another one that stays.
 *
 * They are taken in the order of their ids, so the order they came in does not matter. Each
 * is compared with the ones before it that stayed, in its own group (its gold, and its image
 * where that is the scope), and that it meets in a band of minhash: from the threshold on, it
 * is a copy of the first of them by id; else it stays, and later ones are compared with it. So
 * what stays is never like another one that stays, as far as the bands show, and nothing is a
 * copy of a copy.
 *
 * The sets of shingles wait in a temporary file, eight bytes a shingle. In memory are, for each
 * question, its place there and, if it stays, ten bytes a band: 0.15 KB at a threshold of 0.8.
 *
 *	near = near_open(0.8, &err);
 *	near_add(near, &shingles, group, &err);	for entry 0, 1, 2, ... of copies
 *	near_mark(near, copies, &err);
 *	near_close(near);
 */
#ifndef FILTER_NEAR_H
#define FILTER_NEAR_H

#include <stdint.h>

#include "cli/msg.h"

struct copies;
struct near;
struct shingles;

struct near *near_open(double threshold, struct err *err);	/* NULL: err (74) */
void near_close(struct near *n);

/* The next entry of copies: its shingles, and the hash of what must be equal. -1: err (74). */
int near_add(struct near *n, const struct shingles *set, uint64_t group, struct err *err);

/*
 * Joins each near copy in `copies` to the one that stays. Stops early, with some of them not
 * joined, when a signal asked for that (sig.h). -1: err (74).
 */
int near_mark(struct near *n, struct copies *copies, struct err *err);

#endif
