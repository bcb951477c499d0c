/* SPDX-License-Identifier: Apache-2.0
 *
 * See delay.h. A suspended connection is not polled by libmicrohttpd, so this thread looks
 * every WATCH_MS whether the other side has closed: else a silent server would never notice.
 */
#include "examples/sim/delay.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include <microhttpd.h>

#include "cli/buf.h"

#define WATCH_MS 20

struct waiting {
	struct MHD_Connection *connection;
	int fd;
	int64_t due_ms;
};

struct delay {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct waiting *list;
	size_t count, cap;
	bool over;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool gone(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return !n || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* Wakes what is due and returns when to look again. */
static int64_t wake(struct delay *d, bool look)
{
	int64_t now = now_ms(), next = now + WATCH_MS;

	for (size_t i = 0; i < d->count; i++) {
		if (d->over || d->list[i].due_ms <= now || (look && gone(d->list[i].fd))) {
			MHD_resume_connection(d->list[i].connection);
			d->list[i--] = d->list[--d->count];
		} else if (d->list[i].due_ms < next) {
			next = d->list[i].due_ms;
		}
	}
	return next;
}

static void *run(void *arg)
{
	struct delay *d = arg;
	int64_t next, watch = 0;
	struct timespec t;

	pthread_mutex_lock(&d->lock);
	while (!d->over) {
		if (!d->count) {
			pthread_cond_wait(&d->changed, &d->lock);
			continue;
		}
		next = wake(d, now_ms() >= watch);
		if (now_ms() >= watch)
			watch = now_ms() + WATCH_MS;
		t.tv_sec = next / 1000;
		t.tv_nsec = next % 1000 * 1000000;
		pthread_cond_timedwait(&d->changed, &d->lock, &t);
	}
	wake(d, false);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

struct delay *delay_new(void)
{
	struct delay *d = xcalloc(1, sizeof(*d));
	pthread_condattr_t clock;

	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&d->changed, &clock);
	pthread_condattr_destroy(&clock);
	if (pthread_create(&d->thread, NULL, run, d)) {
		pthread_cond_destroy(&d->changed);
		pthread_mutex_destroy(&d->lock);
		free(d);
		return NULL;
	}
	return d;
}

void delay_free(struct delay *d)
{
	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	d->over = true;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->lock);
	free(d->list);
	free(d);
}

void delay_add(struct delay *d, struct MHD_Connection *connection, int64_t ms)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	MHD_suspend_connection(connection);
	pthread_mutex_lock(&d->lock);
	d->list = xgrow(d->list, &d->cap, d->count, sizeof(*d->list));
	d->list[d->count++] = (struct waiting){ connection, info->connect_fd,
						ms == DELAY_HELD ? ms : now_ms() + ms };
	if (d->over)
		wake(d, false);
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

void delay_release(struct delay *d)
{
	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < d->count; i++)
		if (d->list[i].due_ms == DELAY_HELD)
			d->list[i].due_ms = 0;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
}
