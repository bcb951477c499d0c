/* SPDX-License-Identifier: Apache-2.0
 *
 * See queue.h. Places are a linked list in input order. A finished place holds its texts in
 * one allocation, or the offset of it in the spill file. The file is emptied whenever the
 * last spilled text has left.
 */
#include "store/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buf.h"
#include "store/spool.h"

struct place {
	struct place *next;
	char *bytes;		/* text, then rejects; NULL if spilled or empty */
	int64_t offset;		/* in the spill file, or -1 */
	uint32_t len, rejects_len;
	bool done;
};

struct queue {
	struct place *first, *last;
	size_t open;
	size_t in_memory;
	int spill;		/* fd, or -1 */
	int64_t spill_end, spilled;
	size_t spilled_places;
	char *taken;		/* what queue_take lent out */
};

struct queue *queue_new(void)
{
	struct queue *q = xcalloc(1, sizeof(*q));

	q->spill = -1;
	return q;
}

void queue_free(struct queue *q)
{
	struct place *p, *next;

	if (!q)
		return;
	for (p = q->first; p; p = next) {
		next = p->next;
		free(p->bytes);
		free(p);
	}
	if (q->spill >= 0)
		close(q->spill);
	free(q->taken);
	free(q);
}

bool queue_room(const struct queue *q)
{
	return q->open < QUEUE_PLACES_MAX;
}

struct place *queue_place(struct queue *q)
{
	struct place *p = xcalloc(1, sizeof(*p));

	p->offset = -1;
	if (q->last)
		q->last->next = p;
	else
		q->first = p;
	q->last = p;
	q->open++;
	return p;
}

static int spill(struct queue *q, struct place *p, struct err *err)
{
	size_t len = (size_t)p->len + p->rejects_len, done = 0;
	ssize_t n;

	if (q->spill < 0)
		q->spill = spool_open(err);
	if (q->spill < 0)
		return -1;
	while (done < len) {
		n = pwrite(q->spill, p->bytes + done, len - done, q->spill_end + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return spool_fault(err);
		done += (size_t)n;
	}
	p->offset = q->spill_end;
	q->spill_end += (int64_t)len;
	q->spilled += (int64_t)len;
	q->spilled_places++;
	free(p->bytes);
	p->bytes = NULL;
	return 0;
}

int queue_put(struct queue *q, struct place *p, const char *text, size_t len,
	      const char *rejects, size_t rejects_len, struct err *err)
{
	p->done = true;
	if (!len && !rejects_len)
		return 0;
	p->len = (uint32_t)len;
	p->rejects_len = (uint32_t)rejects_len;
	p->bytes = xmalloc(len + rejects_len);
	if (len)
		memcpy(p->bytes, text, len);
	if (rejects_len)
		memcpy(p->bytes + len, rejects, rejects_len);
	if (p != q->first && q->in_memory + len + rejects_len > QUEUE_MEMORY)
		return spill(q, p, err);
	q->in_memory += len + rejects_len;
	return 0;
}

static int unspill(struct queue *q, struct place *p, struct err *err)
{
	size_t len = (size_t)p->len + p->rejects_len;

	p->bytes = xmalloc(len);
	if (spool_read(q->spill, p->bytes, len, p->offset, err))
		return -1;
	if (--q->spilled_places == 0) {
		q->spill_end = 0;
		if (ftruncate(q->spill, 0))
			return spool_fault(err);
	}
	return 0;
}

static void drop_first(struct queue *q)
{
	struct place *p = q->first;

	q->first = p->next;
	if (!q->first)
		q->last = NULL;
	q->open--;
	free(p);
}

bool queue_pass(struct queue *q, struct place *p)
{
	if (p != q->first)
		return false;
	drop_first(q);
	return true;
}

int queue_take(struct queue *q, struct queue_ready *ready, struct err *err)
{
	struct place *p = q->first;

	free(q->taken);
	q->taken = NULL;
	if (!p || !p->done)
		return 0;
	if (p->offset >= 0) {
		if (unspill(q, p, err))
			return -1;
	} else {
		q->in_memory -= (size_t)p->len + p->rejects_len;
	}
	q->taken = p->bytes;
	*ready = (struct queue_ready){ p->bytes, p->bytes ? p->bytes + p->len : NULL, p->len,
				       p->rejects_len };
	drop_first(q);
	return 1;
}

size_t queue_open(const struct queue *q)
{
	return q->open;
}

int64_t queue_spilled(const struct queue *q)
{
	return q->spilled;
}
