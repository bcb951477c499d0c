/* SPDX-License-Identifier: Apache-2.0
 *
 * queue: records back in input order. Answers come as servers finish them; each input takes
 * a place when it is read, its text is put there whenever it is ready, and texts leave in
 * the order of the places. What waits for a straggler is kept in memory up to 24 MB
 * (DESIGN.md 6), then in an unlinked temporary file, so one slow answer idles nothing.
 *
 * A place carries two streams: records and rejects, which keep input order as well.
 *
 *	struct place *p = queue_place(q);
 *	queue_put(q, p, text, len, rejects, rejects_len, &err);
 *	while (queue_take(q, &ready, &err) > 0) ... ready.text, ready.rejects
 */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"

#define QUEUE_MEMORY (24u << 20)	/* bytes of finished records held in memory */
#define QUEUE_PLACES_MAX 1000000	/* places open at once: 40 MB of them */

struct queue;
struct place;

struct queue_ready {
	const char *text, *rejects;	/* borrowed until the next call */
	size_t len, rejects_len;
};

struct queue *queue_new(void);
void queue_free(struct queue *q);

bool queue_room(const struct queue *q);		/* fewer than QUEUE_PLACES_MAX places open */
struct place *queue_place(struct queue *q);

/* Copies both texts; the place is done with and must not be used again. */
int queue_put(struct queue *q, struct place *p, const char *text, size_t len,
	      const char *rejects, size_t rejects_len, struct err *err);

/* Whose turn it is need not be copied: true, and the place is gone; its texts leave now. */
bool queue_pass(struct queue *q, struct place *p);

/* 1: the first place is finished and *ready holds its texts; 0: not yet; -1: err. */
int queue_take(struct queue *q, struct queue_ready *ready, struct err *err);

size_t queue_open(const struct queue *q);	/* places not taken out yet */
int64_t queue_spilled(const struct queue *q);	/* bytes that went to the temporary file */

#endif
