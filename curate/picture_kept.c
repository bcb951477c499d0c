/* SPDX-License-Identifier: Apache-2.0
 *
 * See picture_kept.h.
 */
#include "curate/picture_kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buf.h"
#include "store/spool.h"

#define RING (INT64_C(256) << 20)
#define BUCKETS 1024

struct kept {
	int fd;				/* -1: nothing was kept yet */
	int64_t ring;			/* grows only while all of it is held */
	int64_t write, largest;
	struct kept_bytes *first, **next;	/* next: the link to the first item behind `write` */
	struct kept_bytes *buckets[BUCKETS];
};

struct kept *kept_new(int64_t ring)
{
	struct kept *k = xcalloc(1, sizeof(*k));

	k->fd = -1;
	k->ring = ring ? ring : RING;
	k->next = &k->first;
	return k;
}

void kept_free(struct kept *k)
{
	struct kept_bytes *b, *after;

	if (!k)
		return;
	for (b = k->first; b; b = after) {
		after = b->after;
		free(b);
	}
	if (k->fd >= 0)
		close(k->fd);
	free(k);
}

static struct kept_bytes **bucket(struct kept *k, const char *key)
{
	unsigned n = 0;

	while (*key)
		n = n * 31 + (unsigned char)*key++;
	return &k->buckets[n % BUCKETS];
}

struct kept_bytes *kept_find(struct kept *k, const char *key)
{
	struct kept_bytes *b = *bucket(k, key);

	while (b && strcmp(b->key, key))
		b = b->chain;
	if (b)
		b->holders++;
	return b;
}

void kept_drop(struct kept_bytes *b)
{
	if (b)
		b->holders--;
}

/* Takes the item behind the place of writing out. */
static void evict_next(struct kept *k)
{
	struct kept_bytes *b = *k->next, **at = bucket(k, b->key);

	while (*at != b)
		at = &(*at)->chain;
	*at = b->chain;
	*k->next = b->after;
	free(b);
}

/* Moves `write` to where len bytes fit, over items that nobody holds. */
static void make_room(struct kept *k, int64_t len)
{
	struct kept_bytes *b;
	int wraps = 0;

	for (;;) {
		if (k->write + len > k->ring) {
			k->write = 0;
			k->next = &k->first;
			if (++wraps == 2)
				k->ring += len;
			continue;
		}
		b = *k->next;
		if (!b || b->at >= k->write + len)
			return;
		if (b->holders) {
			k->write = b->at + b->size;
			k->next = &b->after;
		} else {
			evict_next(k);
		}
	}
}

static int write_at(struct kept *k, const char *bytes, size_t len, struct err *err)
{
	int64_t at = k->write;
	ssize_t n;

	if (k->fd < 0)
		k->fd = spool_open(err);
	if (k->fd < 0)
		return -1;
	for (; len; bytes += n, at += n, len -= (size_t)n) {
		n = pwrite(k->fd, bytes, len, at);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return spool_fault(err);
	}
	return 0;
}

struct kept_bytes *kept_put(struct kept *k, const char *key, const void *bytes, size_t len,
			    struct err *err)
{
	struct kept_bytes *b = kept_find(k, key), **at;

	if (b)
		return b;
	if ((int64_t)len > k->ring)
		k->ring = (int64_t)len;
	make_room(k, (int64_t)len);
	if (write_at(k, bytes, len, err))
		return NULL;
	b = xcalloc(1, sizeof(*b));
	memcpy(b->key, key, HASH_HEX - 1);
	b->at = k->write;
	b->size = (int64_t)len;
	b->holders = 1;
	b->after = *k->next;
	*k->next = b;
	at = bucket(k, key);
	b->chain = *at;
	*at = b;
	k->next = &b->after;
	k->write += b->size;
	if (k->write > k->largest)
		k->largest = k->write;
	return b;
}

int kept_fd(const struct kept *k)
{
	return k->fd;
}

int64_t kept_size(const struct kept *k)
{
	return k->largest;
}
