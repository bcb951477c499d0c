/* SPDX-License-Identifier: Apache-2.0
 *
 * See ahead.h. A ring of parts between the thread that fills them and the caller who takes them.
 * A part has room in front, for the piece of a line that the one before it ended with: then
 * nothing else is copied.
 */
#include "store/ahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "store/inflate.h"

#define PARTS 4
#define PART (256u << 10)	/* bytes of one, about */
#define FRONT (64u << 10)	/* room in front of them; a longer piece is copied the other way round */
#define KEPT (1u << 20)		/* memory a part keeps that was part of a long line */
#define ALONE 4			/* reads without a thread */

struct part {
	struct buf text;	/* from FRONT on */
	int got;		/* what inflate_read said, and of -1 why */
	struct err err;
	int64_t done;		/* of the file, behind it */
};

struct ahead {
	struct inflate *in;	/* the thread's, once there is one */
	int reads;
	bool on_disk, running;
	int64_t done;
	pthread_t thread;
	pthread_mutex_t lock;	/* over these: */
	pthread_cond_t moved;
	size_t filled, taken;	/* parts; both only grow */
	bool ended;
	struct part parts[PARTS];	/* from taken to filled the caller's, the others the thread's */
};

struct ahead *ahead_open(int fd, const char *path)
{
	struct ahead *a = xcalloc(1, sizeof(*a));
	struct stat st;
	int i;

	a->in = inflate_open(fd, path);
	a->on_disk = !fstat(fd, &st) && S_ISREG(st.st_mode);
	for (i = 0; i < PARTS; i++)
		buf_init(&a->parts[i].text, BUF_NO_MAX);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->moved, NULL);
	return a;
}

static void end(struct ahead *a)
{
	pthread_mutex_lock(&a->lock);
	a->ended = true;
	pthread_cond_broadcast(&a->moved);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
}

void ahead_close(struct ahead *a)
{
	int i;

	if (!a)
		return;
	if (a->running)
		end(a);
	inflate_close(a->in);
	for (i = 0; i < PARTS; i++)
		buf_release(&a->parts[i].text);
	pthread_cond_destroy(&a->moved);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

/* ---- the thread ---- */

static void fill(struct ahead *a, struct part *part)
{
	buf_shrink(&part->text, KEPT);
	buf_room(&part->text, FRONT + PART);
	part->text.len = FRONT;
	do
		part->got = inflate_read(a->in, &part->text, &part->err);
	while (part->got > 0 && part->text.len < FRONT + PART && !sig_stop());
	part->done = inflate_done(a->in);
}

static void *read_on(void *about)
{
	struct ahead *a = about;
	struct part *part;
	int got = 1;

	pthread_mutex_lock(&a->lock);
	while (got > 0) {
		while (a->filled - a->taken == PARTS && !a->ended)
			pthread_cond_wait(&a->moved, &a->lock);
		if (a->ended)
			break;
		part = &a->parts[a->filled % PARTS];
		pthread_mutex_unlock(&a->lock);
		fill(a, part);
		got = part->got;
		pthread_mutex_lock(&a->lock);
		a->filled++;
		pthread_cond_broadcast(&a->moved);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* ---- the caller ---- */

static int read_here(struct ahead *a, struct buf *text, size_t *used, struct err *err)
{
	int got;

	buf_eat(text, *used);
	*used = 0;
	got = inflate_read(a->in, text, err);
	a->done = inflate_done(a->in);
	return got;
}

static struct part *next_part(struct ahead *a)
{
	pthread_mutex_lock(&a->lock);
	while (a->taken == a->filled)
		pthread_cond_wait(&a->moved, &a->lock);
	pthread_mutex_unlock(&a->lock);
	return &a->parts[a->taken % PARTS];
}

static void give_back(struct ahead *a)
{
	pthread_mutex_lock(&a->lock);
	a->taken++;
	pthread_cond_broadcast(&a->moved);
	pthread_mutex_unlock(&a->lock);
}

/* Puts what is left of text in front of the part, which becomes the text. */
static void join(struct buf *text, size_t *used, struct buf *part)
{
	size_t left = text->len - *used;
	struct buf swap = *text;

	if (left > FRONT) {
		buf_eat(text, *used);
		*used = 0;
		buf_add(text, part->data + FRONT, part->len - FRONT);
		return;
	}
	memcpy(part->data + FRONT - left, text->data + *used, left);
	*used = FRONT - left;
	*text = *part;
	*part = swap;
}

int ahead_read(struct ahead *a, struct buf *text, size_t *used, struct err *err)
{
	struct part *part;
	int got;

	/* where there is no thread to be had, it goes without */
	if (a->on_disk && !a->running && a->reads++ >= ALONE)
		a->running = !sig_thread(&a->thread, read_on, a);
	if (!a->running)
		return read_here(a, text, used, err);
	part = next_part(a);
	join(text, used, &part->text);
	a->done = part->done;
	got = part->got;
	if (got < 0 && err)
		*err = part->err;
	give_back(a);
	return got;
}

bool ahead_ready(const struct ahead *a)
{
	return a->running || inflate_ready(a->in);
}

int ahead_fd(const struct ahead *a)
{
	return inflate_fd(a->in);
}

int64_t ahead_done(const struct ahead *a)
{
	return a->done;
}
