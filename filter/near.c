/* SPDX-License-Identifier: Apache-2.0
 *
 * See near.h. A table of chains a band, over those that stay, numbered in the order they were
 * found to stay. A link holds 16 bits of its band's key, so that the sets of others that fell
 * into the same chain are hardly ever read.
 */
#include "filter/near.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "filter/copies.h"
#include "filter/minhash.h"
#include "store/spool.h"

#define WRITE_AT (1u << 20)	/* bytes collected for one write */

struct link {
	uint32_t next;		/* 1 + number; 0: the last of its chain */
	uint16_t tag;
} __attribute__((packed));

/* A question's set as it is read back: the group, then the shingles. */
struct kept_set {
	uint64_t *items;
	size_t count, cap;	/* without the group */
	uint64_t group;
};

struct near {
	double threshold;
	struct minhash minhash;
	int fd;
	struct buf out;		/* not written yet */
	uint64_t *offsets;	/* of entry i's set in the file; [count] is the end of the last */
	size_t count, offset_cap;

	uint32_t *heads;	/* [band * chains + chain]: 1 + number */
	struct link *links;	/* [number * bands + band] */
	uint32_t *entries;	/* of copies, by number */
	size_t chains, kept;
	uint32_t *met;		/* numbers that share a band with the question at hand */
	size_t met_count, met_cap;
	struct kept_set mine, other;
};

struct near *near_open(double threshold, struct err *err)
{
	struct near *n = xcalloc(1, sizeof(*n));

	n->threshold = threshold;
	minhash_init(&n->minhash, threshold);
	buf_init(&n->out, BUF_NO_MAX);
	n->offsets = xgrow(n->offsets, &n->offset_cap, 0, sizeof(*n->offsets));
	n->offsets[0] = 0;
	n->fd = spool_open(err);
	if (n->fd < 0) {
		near_close(n);
		return NULL;
	}
	return n;
}

void near_close(struct near *n)
{
	if (!n)
		return;
	if (n->fd >= 0)
		close(n->fd);
	buf_release(&n->out);
	free(n->offsets);
	free(n->heads);
	free(n->links);
	free(n->entries);
	free(n->met);
	free(n->mine.items);
	free(n->other.items);
	free(n);
}

static int write_out(struct near *n, struct err *err)
{
	int code = spool_write(n->fd, n->out.data, n->out.len, err);

	buf_clear(&n->out);
	return code;
}

int near_add(struct near *n, const struct shingles *set, uint64_t group, struct err *err)
{
	size_t bytes = set->count * sizeof(*set->items);

	buf_add(&n->out, &group, sizeof(group));
	buf_add(&n->out, set->items, bytes);
	n->offsets = xgrow(n->offsets, &n->offset_cap, n->count + 1, sizeof(*n->offsets));
	n->offsets[n->count + 1] = n->offsets[n->count] + sizeof(group) + bytes;
	n->count++;
	return n->out.len >= WRITE_AT ? write_out(n, err) : 0;
}

static int read_set(const struct near *n, uint32_t entry, struct kept_set *set, struct err *err)
{
	uint64_t at = n->offsets[entry];
	size_t items = (size_t)(n->offsets[entry + 1] - at) / sizeof(*set->items);

	set->items = xgrow(set->items, &set->cap, items, sizeof(*set->items));
	if (spool_read(n->fd, set->items, items * sizeof(*set->items), (off_t)at, err))
		return -1;
	set->group = set->items[0];
	set->count = items - 1;
	return 0;
}

/* The key of a band, of one group: questions of two groups do not meet. */
static uint64_t key_in(const struct near *n, const uint32_t *minima, int band)
{
	return minhash_band(&n->minhash, minima, band) ^ n->mine.group;
}

static uint32_t *head_of(struct near *n, int band, uint64_t key)
{
	size_t chain = (size_t)(((key >> 32) * n->chains) >> 32);

	return &n->heads[(size_t)band * n->chains + chain];
}

static struct link *link_at(const struct near *n, uint32_t number, int band)
{
	return &n->links[(size_t)number * (size_t)n->minhash.bands + (size_t)band];
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Who shares a band with mine: ascending, some more than once. */
static void meet(struct near *n, const uint32_t *minima)
{
	uint64_t key;
	uint32_t at;
	int band;

	n->met_count = 0;
	for (band = 0; band < n->minhash.bands; band++) {
		key = key_in(n, minima, band);
		for (at = *head_of(n, band, key); at; at = link_at(n, at - 1, band)->next) {
			if (link_at(n, at - 1, band)->tag != (uint16_t)key)
				continue;
			n->met = xgrow(n->met, &n->met_cap, n->met_count, sizeof(*n->met));
			n->met[n->met_count++] = at - 1;
		}
	}
	if (n->met_count)
		qsort(n->met, n->met_count, sizeof(*n->met), by_number);
}

/* The first of those met that mine is a copy of: 1 and *number, 0: none, -1: err. */
static int compare(struct near *n, uint32_t *number, struct err *err)
{
	size_t i;

	for (i = 0; i < n->met_count; i++) {
		if (i && n->met[i] == n->met[i - 1])
			continue;
		if (read_set(n, n->entries[n->met[i]], &n->other, err))
			return -1;
		if (n->other.group == n->mine.group &&
		    minhash_jaccard(n->mine.items + 1, n->mine.count, n->other.items + 1,
				    n->other.count) >= n->threshold) {
			*number = n->met[i];
			return 1;
		}
	}
	return 0;
}

static void keep(struct near *n, uint32_t entry, const uint32_t *minima)
{
	uint32_t *head, number = (uint32_t)n->kept++;
	struct link *link;
	uint64_t key;
	int band;

	n->entries[number] = entry;
	for (band = 0; band < n->minhash.bands; band++) {
		key = key_in(n, minima, band);
		head = head_of(n, band, key);
		link = link_at(n, number, band);
		*link = (struct link){ *head, (uint16_t)key };
		*head = number + 1;
	}
}

static int place(struct near *n, struct copies *copies, uint32_t entry, struct err *err)
{
	uint32_t minima[MINHASH_MOST], number;
	int found;

	if (read_set(n, entry, &n->mine, err))
		return -1;
	if (!n->mine.count)
		return 0;
	minhash_minima(&n->minhash, n->mine.items + 1, n->mine.count, minima);
	meet(n, minima);
	found = compare(n, &number, err);
	if (found > 0)
		copies_join(copies, entry, n->entries[number]);
	else if (!found)
		keep(n, entry, minima);
	return found < 0 ? -1 : 0;
}

int near_mark(struct near *n, struct copies *copies, struct err *err)
{
	size_t i, count, bands = (size_t)n->minhash.bands;
	uint32_t *order;
	int code = write_out(n, err);

	if (code)
		return code;
	order = copies_order(copies, &count);
	n->chains = count / 2 + 1;
	n->heads = xcalloc(bands * n->chains, sizeof(*n->heads));
	n->links = xmalloc((count + 1) * bands * sizeof(*n->links));
	n->entries = xmalloc((count + 1) * sizeof(*n->entries));
	for (i = 0; i < count && !code && !sig_stop(); i++)
		code = place(n, copies, order[i], err);
	free(order);
	return code;
}
