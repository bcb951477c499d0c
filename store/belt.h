/* SPDX-License-Identifier: Apache-2.0
 *
 * belt: carries chunks of bytes, in order, to a thread that works on them (sums,
 * compression, writing), so that the next rows are formed meanwhile. It holds BELT_BYTES and a
 * chunk at most: who fills faster waits.
 *
 *	belt = belt_new(work, about, &err);
 *	buf_add(belt_chunk(belt), bytes, len);
 *	belt_send(belt, &err);		the chunk goes on its way, belt_chunk is an empty one
 *	belt_wait(belt, &err);		until all that was sent is done
 *	belt_free(belt);
 *
 * What `work` touches belongs to its thread from belt_send on, and to the caller again after
 * belt_wait. Its first failure is told by every belt_send and belt_wait from then on; chunks
 * behind it are dropped.
 */
#ifndef STORE_BELT_H
#define STORE_BELT_H

#include "cli/msg.h"

#define BELT_BYTES (16u << 20)

struct belt;
struct buf;

/* work: 0, or -1 and err. */
struct belt *belt_new(int (*work)(void *about, const struct buf *chunk, struct err *err),
		      void *about, struct err *err);
void belt_free(struct belt *b);		/* what waits is dropped */

struct buf *belt_chunk(struct belt *b);		/* yours until belt_send */
int belt_send(struct belt *b, struct err *err);
int belt_wait(struct belt *b, struct err *err);

#endif
