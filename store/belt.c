/* SPDX-License-Identifier: Apache-2.0
 *
 * See belt.h. A ring of chunks between one who sends and one who works: `sent` and `done`
 * only grow, and the chunk that is being filled is the one behind those sent.
 */
#include "store/belt.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"

#define CHUNKS 96
#define CHUNK_KEPT (1u << 20)	/* memory a chunk keeps when it was larger */

struct belt {
	pthread_t thread;
	pthread_mutex_t lock;		/* over all that follows but chunks and work */
	pthread_cond_t moved;		/* sent, done or ended has changed */
	size_t sent, done, bytes;	/* bytes: of chunks sent and not done */
	bool ended, failed;
	struct err err;			/* why it failed */
	struct buf chunks[CHUNKS];
	int (*work)(void *about, const struct buf *chunk, struct err *err);
	void *about;
};

static struct buf *chunk_at(struct belt *b, size_t n)
{
	return &b->chunks[n % CHUNKS];
}

static void *carry(void *about)
{
	struct belt *b = about;
	struct err err;
	struct buf *chunk;
	bool drop, failed;

	pthread_mutex_lock(&b->lock);
	for (;;) {
		while (b->done == b->sent && !b->ended)
			pthread_cond_wait(&b->moved, &b->lock);
		if (b->ended)
			break;
		chunk = chunk_at(b, b->done);
		drop = b->failed;
		pthread_mutex_unlock(&b->lock);
		failed = !drop && b->work(b->about, chunk, &err);
		pthread_mutex_lock(&b->lock);
		if (failed) {
			b->failed = true;
			b->err = err;
		}
		b->bytes -= chunk->len;
		buf_shrink(chunk, CHUNK_KEPT);
		b->done++;
		pthread_cond_broadcast(&b->moved);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

/* Signals are for the thread that asks about them. */
static int start(struct belt *b)
{
	sigset_t all, before;
	int bad;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bad = pthread_create(&b->thread, NULL, carry, b);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return bad;
}

static void release(struct belt *b)
{
	size_t i;

	for (i = 0; i < CHUNKS; i++)
		buf_release(&b->chunks[i]);
	pthread_cond_destroy(&b->moved);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

struct belt *belt_new(int (*work)(void *about, const struct buf *chunk, struct err *err),
		      void *about, struct err *err)
{
	struct belt *b = xcalloc(1, sizeof(*b));
	size_t i;
	int bad;

	b->work = work;
	b->about = about;
	for (i = 0; i < CHUNKS; i++)
		buf_init(&b->chunks[i], BUF_NO_MAX);
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->moved, NULL);
	bad = start(b);
	if (!bad)
		return b;
	err_set(err, EXIT_SYSTEM, "cannot start a thread: %s", strerror(bad));
	release(b);
	return NULL;
}

void belt_free(struct belt *b)
{
	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	b->ended = true;
	pthread_cond_broadcast(&b->moved);
	pthread_mutex_unlock(&b->lock);
	pthread_join(b->thread, NULL);
	release(b);
}

struct buf *belt_chunk(struct belt *b)
{
	return chunk_at(b, b->sent);
}

static int outcome(struct belt *b, struct err *err)
{
	if (b->failed && err)
		*err = b->err;
	return b->failed ? -1 : 0;
}

int belt_send(struct belt *b, struct err *err)
{
	int result;

	pthread_mutex_lock(&b->lock);
	b->bytes += belt_chunk(b)->len;
	b->sent++;
	pthread_cond_broadcast(&b->moved);
	while (b->sent - b->done == CHUNKS || b->bytes > BELT_BYTES)
		pthread_cond_wait(&b->moved, &b->lock);
	result = outcome(b, err);
	pthread_mutex_unlock(&b->lock);
	return result;
}

int belt_wait(struct belt *b, struct err *err)
{
	int result;

	pthread_mutex_lock(&b->lock);
	while (b->done < b->sent)
		pthread_cond_wait(&b->moved, &b->lock);
	result = outcome(b, err);
	pthread_mutex_unlock(&b->lock);
	return result;
}
