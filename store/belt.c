/* SPDX-License-Identifier: Apache-2.0
 *
 * See belt.h. A ring of chunks between one who sends and one who works: `sent`, `done` and `back`
 * only grow, and the chunk that is being filled is the one behind those sent.
 */
#include "store/belt.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "cli/sig.h"

#define CHUNKS 96
#define CHUNK_KEPT (1u << 20)	/* memory a chunk keeps when it was larger */

struct belt {
	pthread_t thread;
	pthread_mutex_t lock;		/* over all that follows, down to err */
	pthread_cond_t moved;		/* sent, done or ended has changed */
	size_t sent, done, bytes;	/* bytes: of chunks sent and not done */
	bool ended, failed;
	struct err err;			/* why it failed */
	size_t back;			/* chunks that are the caller's again, and empty */
	struct buf chunks[CHUNKS];
	size_t weights[CHUNKS];
	struct belt_job job;
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
		failed = !drop && b->job.work(b->about, chunk, &err);
		pthread_mutex_lock(&b->lock);
		if (failed) {
			b->failed = true;
			b->err = err;
		}
		b->bytes -= b->weights[b->done % CHUNKS];
		b->done++;
		pthread_cond_broadcast(&b->moved);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
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

struct belt *belt_new(const struct belt_job *job, void *about, struct err *err)
{
	struct belt *b = xcalloc(1, sizeof(*b));
	size_t i;
	int bad;

	b->job = *job;
	b->about = about;
	for (i = 0; i < CHUNKS; i++)
		buf_init(&b->chunks[i], BUF_NO_MAX);
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->moved, NULL);
	bad = sig_thread(&b->thread, carry, b);
	if (!bad)
		return b;
	err_set(err, EXIT_SYSTEM, "cannot start a thread: %s", strerror(bad));
	release(b);
	return NULL;
}

/* The chunks before number `end` are the caller's again. */
static void take_back(struct belt *b, size_t end)
{
	for (; b->back < end; b->back++) {
		if (b->job.back)
			b->job.back(b->about, chunk_at(b, b->back));
		buf_shrink(chunk_at(b, b->back), CHUNK_KEPT);
		b->weights[b->back % CHUNKS] = 0;
	}
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
	take_back(b, b->sent);
	release(b);
}

struct buf *belt_chunk(struct belt *b)
{
	return chunk_at(b, b->sent);
}

void belt_weigh(struct belt *b, size_t bytes)
{
	b->weights[b->sent % CHUNKS] += bytes;
}

static int outcome(struct belt *b, struct err *err)
{
	if (b->failed && err)
		*err = b->err;
	return b->failed ? -1 : 0;
}

int belt_send(struct belt *b, struct err *err)
{
	size_t done;
	int result;

	belt_weigh(b, belt_chunk(b)->len);
	pthread_mutex_lock(&b->lock);
	b->bytes += b->weights[b->sent % CHUNKS];
	b->sent++;
	pthread_cond_broadcast(&b->moved);
	while (b->sent - b->done == CHUNKS || b->bytes > b->job.bytes)
		pthread_cond_wait(&b->moved, &b->lock);
	result = outcome(b, err);
	done = b->done;
	pthread_mutex_unlock(&b->lock);
	take_back(b, done);
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
	take_back(b, b->sent);
	return result;
}
