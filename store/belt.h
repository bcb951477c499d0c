/* SPDX-License-Identifier: Apache-2.0
 *
 * belt: carries chunks of bytes, in order, to a thread that works on them (sums,
 * compression, writing), so that the next rows are formed meanwhile. It holds so many bytes and
 * a chunk at most: who fills faster waits.
 *
 *	belt = belt_new(&job, about, &err);
 *	buf_add(belt_chunk(belt), bytes, len);
 *	belt_send(belt, &err);		the chunk goes on its way, belt_chunk is an empty one
 *	belt_wait(belt, &err);		until all that was sent is done
 *	belt_free(belt);
 *
 * What `work` touches belongs to its thread from belt_send on, and to the caller again after
 * belt_wait. Its first failure is told by every belt_send and belt_wait from then on; chunks
 * behind it are dropped.
 *
 * A chunk may hold pointers. What they lead to is counted by belt_weigh, and given back where it
 * came from: every chunk that was sent, dropped or not, goes through `back` once, on the
 * caller's thread (memory that one thread takes and another frees costs both).
 */
#ifndef STORE_BELT_H
#define STORE_BELT_H

#include <stddef.h>

#include "cli/msg.h"

struct belt;
struct buf;

struct belt_job {
	int (*work)(void *about, const struct buf *chunk, struct err *err);	/* 0, or -1 */
	void (*back)(void *about, const struct buf *chunk);	/* or NULL */
	size_t bytes;			/* that may be under way */
};

struct belt *belt_new(const struct belt_job *job, void *about, struct err *err);
void belt_free(struct belt *b);		/* what waits is dropped */

struct buf *belt_chunk(struct belt *b);		/* yours until belt_send */
void belt_weigh(struct belt *b, size_t bytes);	/* so many more go with it; counted by belt_send */
int belt_send(struct belt *b, struct err *err);
int belt_wait(struct belt *b, struct err *err);

#endif
