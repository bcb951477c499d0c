/* SPDX-License-Identifier: Apache-2.0
 *
 * calls: the requests that are open, by key, and the results that wait to be taken. A call
 * is one logical request on its way and is in exactly one place:
 *
 *	open -> ready -> in flight -> finished -> a result, one reply for each asker
 *	           ^         |
 *	           +- later -+   (a retry; its slot is free meanwhile)
 *
 * Equal requests are one call with several askers. No network in here.
 */
#ifndef CURATE_CALLS_H
#define CURATE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "curate/lvlm.h"
#include "schemas/chat.h"
#include "store/answers.h"

#define CALLS_BUCKETS 4096

struct asker {
	struct asker *next;
	void *about;
};

struct server;

struct call {
	struct call *next;	/* in ready or later */
	struct call *chain;	/* in its bucket */
	struct asker *askers;
	unsigned char key[16];
	struct chat_request q;	/* prompt, image_id and letters are owned */
	char *image;		/* the file that was found, or NULL */
	int attempts, server_errors;
	bool fresh_connection;
	enum chat_decode sent;	/* the constraint that the last attempt carried */
	uint64_t home;		/* which server it belongs to; see pool */
	struct server *server;	/* where it flies, or flew last */
	int64_t due_ms, started_ms;
	struct err why;		/* of the last attempt */
};

struct result {
	struct result *next;
	struct asker *askers;
	enum lvlm_outcome outcome;
	bool from_ledger, in_batch;
	char call[33];
	struct answer answer;
	const char *class;	/* static */
	char *message;
	int64_t text_bytes, image_bytes, max_tokens;	/* of a missing one */
};

struct calls {
	struct call *ready, **ready_end, *later;
	struct call *buckets[CALLS_BUCKETS];
	struct result *results, **results_end, *lent;
	size_t result_count, ready_count, later_count;
};

void calls_init(struct calls *c);
void calls_release(struct calls *c);

struct call *calls_find(struct calls *c, const unsigned char key[16]);
/* Copies the texts of q, takes image (may be NULL). The call is open, not yet ready. */
struct call *calls_open(struct calls *c, const struct chat_request *q,
			const unsigned char key[16], char *image);
void calls_join(struct asker **askers, void *about);

void calls_ready(struct calls *c, struct call *call);	/* to the end of the line */
/* The first of them that fits, taken out of the line; NULL: none. */
struct call *calls_pick(struct calls *c, bool (*fits)(void *ctx, struct call *call), void *ctx);
void calls_later(struct calls *c, struct call *call, int64_t due_ms);
void calls_wake(struct calls *c, int64_t now_ms);	/* what is due becomes ready */
int64_t calls_due_ms(const struct calls *c, int64_t no_later_than);

/* The call is over: its askers get a result to fill, it is freed. */
struct result *calls_finish(struct calls *c, struct call *call, enum lvlm_outcome outcome);
/* As above with a reason; message is copied and may belong to the call. */
void calls_give_up(struct calls *c, struct call *call, enum lvlm_outcome outcome,
		   const char *class, const char *message);
/* A result without a call: from the ledger, or of an image that cannot be read. */
struct result *calls_result(struct calls *c, const unsigned char key[16],
			    enum lvlm_outcome outcome, void *about);

/* The next reply; what it lends stays until the next call. */
bool calls_take(struct calls *c, struct lvlm_reply *reply);
void *calls_abandon(struct calls *c);	/* a cookie that got no reply, or NULL */

#endif
