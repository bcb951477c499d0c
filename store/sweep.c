/* SPDX-License-Identifier: Apache-2.0
 *
 * See sweep.h. A ring of blocks, numbered as they are filled: `sent` of them were, `begun` have a
 * worker, `taken` are the caller's again. The caller fills one, sends it, and takes the oldest
 * back when the ring is full.
 */
#include "store/sweep.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "store/source.h"

#define WORKERS_MAX 32
#define BLOCK (256u << 10)	/* bytes of lines; then it is sent */
#define BLOCK_KEPT (1u << 20)	/* memory of a block when its lines were larger */

struct mark {
	struct line line;	/* its text comes from `start` on */
	size_t start;
	size_t found_end;
};

struct block {
	struct buf text, found;
	struct mark *marks;
	size_t count, cap;
	bool done;
};

struct sweep {
	const struct sweep_job *job;
	void *about;
	pthread_t threads[WORKERS_MAX];
	size_t workers;
	pthread_mutex_t lock;	/* over sent, begun, ended and each block's `done` */
	pthread_cond_t moved;	/* one of them has changed */
	size_t sent, begun;
	bool ended;
	size_t taken;
	size_t block_count;
	struct block blocks[2 * WORKERS_MAX + 2];
};

static struct block *block_at(struct sweep *s, size_t n)
{
	return &s->blocks[n % s->block_count];
}

static void look_at(struct sweep *s, struct block *b)
{
	struct mark *m;
	size_t i;

	for (i = 0; i < b->count; i++) {
		m = &b->marks[i];
		m->line.text = b->text.data + m->start;
		s->job->look(s->about, &m->line, &b->found);
		m->found_end = b->found.len;
	}
}

static void *work(void *about)
{
	struct sweep *s = about;
	struct block *b;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (s->begun == s->sent && !s->ended)
			pthread_cond_wait(&s->moved, &s->lock);
		if (s->ended)
			break;
		b = block_at(s, s->begun++);
		pthread_mutex_unlock(&s->lock);
		look_at(s, b);
		pthread_mutex_lock(&s->lock);
		b->done = true;
		pthread_cond_broadcast(&s->moved);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* As many as there are processors for us. */
static int start(struct sweep *s, struct err *err)
{
	cpu_set_t set;
	size_t want = sched_getaffinity(0, sizeof(set), &set) ? 1 : (size_t)CPU_COUNT(&set);
	int bad = 0;

	if (want > WORKERS_MAX)
		want = WORKERS_MAX;
	for (; s->block_count < 2 * want + 2; s->block_count++) {
		buf_init(&s->blocks[s->block_count].text, BUF_NO_MAX);
		buf_init(&s->blocks[s->block_count].found, BUF_NO_MAX);
	}
	while (!bad && s->workers < want) {
		bad = sig_thread(&s->threads[s->workers], work, s);
		s->workers += !bad;
	}
	return s->workers ? 0 : err_set(err, EXIT_SYSTEM, "cannot start a thread: %s",
					strerror(bad));
}

static void stop(struct sweep *s)
{
	size_t i;

	pthread_mutex_lock(&s->lock);
	s->ended = true;
	pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->lock);
	for (i = 0; i < s->workers; i++)
		pthread_join(s->threads[i], NULL);
	for (i = 0; i < s->block_count; i++) {
		buf_release(&s->blocks[i].text);
		buf_release(&s->blocks[i].found);
		free(s->blocks[i].marks);
	}
	pthread_cond_destroy(&s->moved);
	pthread_mutex_destroy(&s->lock);
}

static void add_line(struct block *b, const struct line *line)
{
	b->marks = xgrow(b->marks, &b->cap, b->count, sizeof(*b->marks));
	b->marks[b->count++] = (struct mark){ .line = *line, .start = b->text.len };
	buf_add(&b->text, line->text, line->len);
	buf_addc(&b->text, '\n');
}

/* Lines into b until it is full. False: there are no more. */
static bool fill(struct block *b, struct source *in, int64_t *limit)
{
	enum source_got got;
	struct err untold;
	struct line line;

	while (b->text.len < BLOCK && *limit && !sig_stop()) {
		got = source_poll(in, &line, &untold);
		if (got == SOURCE_END)
			return false;
		if (got == SOURCE_LINE) {
			add_line(b, &line);
			*limit -= *limit > 0;
		} else if (got == SOURCE_LATER && source_fd(in) >= 0) {
			source_wait(in);
		}
	}
	return *limit && !sig_stop();
}

static void send_block(struct sweep *s)
{
	pthread_mutex_lock(&s->lock);
	s->sent++;
	pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->lock);
}

/* Waits for the oldest block, and empties it. */
static int take_block(struct sweep *s, struct err *err)
{
	struct block *b = block_at(s, s->taken++);
	size_t i, from = 0;
	int code = 0;

	pthread_mutex_lock(&s->lock);
	while (!b->done)
		pthread_cond_wait(&s->moved, &s->lock);
	pthread_mutex_unlock(&s->lock);
	for (i = 0; i < b->count && !code; i++) {
		code = s->job->take(s->about, b->found.data + from, b->marks[i].found_end - from,
				    err);
		from = b->marks[i].found_end;
	}
	buf_shrink(&b->text, BLOCK_KEPT);
	buf_shrink(&b->found, BLOCK_KEPT);
	b->count = 0;
	b->done = false;
	return code;
}

int sweep(struct source *in, const struct sweep_job *job, void *about, int64_t limit,
	  struct err *err)
{
	struct sweep s = { .job = job, .about = about, .lock = PTHREAD_MUTEX_INITIALIZER,
			   .moved = PTHREAD_COND_INITIALIZER };
	int code = start(&s, err);
	bool more = true;

	while (!code && more) {
		if (s.sent - s.taken == s.block_count)
			code = take_block(&s, err);
		if (code)
			break;
		more = fill(block_at(&s, s.sent), in, &limit);
		send_block(&s);
	}
	while (!code && s.taken < s.sent)
		code = take_block(&s, err);
	stop(&s);
	return code;
}
