/* SPDX-License-Identifier: Apache-2.0
 *
 * See copies.h.
 */
#include "filter/copies.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"

#define BLOCK 65536		/* entries allocated together */
#define FIRST_SLOTS 4096
#define NOBODY UINT32_MAX	/* the number of an entry that was joined to another */

struct entry {
	unsigned char key[16], kept[16];
	uint64_t gold;
	uint32_t number;	/* of the one that stays, or NOBODY */
	bool conflict;
};

/* Its bits of the key spare most looks at entries of other keys, which are far apart in memory. */
struct slot {
	uint32_t number;	/* 1 + entry number; 0: free */
	uint16_t tag;
} __attribute__((packed));

struct copies {
	struct entry **blocks;
	size_t count, block_cap;
	struct slot *slots;
	size_t slot_count;	/* a power of two */
};

struct copies *copies_new(void)
{
	struct copies *c = xcalloc(1, sizeof(*c));

	c->slot_count = FIRST_SLOTS;
	c->slots = xcalloc(c->slot_count, sizeof(*c->slots));
	return c;
}

void copies_free(struct copies *c)
{
	size_t i;

	for (i = 0; i * BLOCK < c->count; i++)
		free(c->blocks[i]);
	free(c->blocks);
	free(c->slots);
	free(c);
}

static struct entry *entry_at(const struct copies *c, uint32_t n)
{
	return &c->blocks[n / BLOCK][n % BLOCK];
}

/* The slot of this key, or the free one where it belongs; `tag` is set in that, too. */
static struct slot *slot_of(const struct copies *c, const unsigned char key[16])
{
	size_t i, mask = c->slot_count - 1;
	struct slot *slot;
	uint64_t start;
	uint16_t tag;

	memcpy(&start, key, sizeof(start));
	memcpy(&tag, key + 8, sizeof(tag));
	for (i = start & mask;; i = (i + 1) & mask) {
		slot = &c->slots[i];
		if (!slot->number)
			slot->tag = tag;
		if (!slot->number || (slot->tag == tag &&
				      !memcmp(entry_at(c, slot->number - 1)->key, key, 16)))
			return slot;
	}
}

static void grow(struct copies *c)
{
	struct slot *old = c->slots;
	size_t i, had = c->slot_count;

	c->slot_count *= 2;
	c->slots = xcalloc(c->slot_count, sizeof(*c->slots));
	for (i = 0; i < had; i++)
		if (old[i].number)
			slot_of(c, entry_at(c, old[i].number - 1)->key)->number = old[i].number;
	free(old);
}

static struct entry *new_entry(struct copies *c)
{
	if (c->count % BLOCK == 0) {
		c->blocks = xgrow(c->blocks, &c->block_cap, c->count / BLOCK, sizeof(*c->blocks));
		c->blocks[c->count / BLOCK] = xmalloc(BLOCK * sizeof(struct entry));
	}
	return entry_at(c, (uint32_t)c->count++);
}

uint32_t copies_add(struct copies *c, const unsigned char key[16], const unsigned char id[16],
		    uint64_t gold, uint32_t number)
{
	struct slot *slot;
	struct entry *e;
	uint32_t n;

	if (c->count * 4 >= c->slot_count * 3)
		grow(c);
	slot = slot_of(c, key);
	n = slot->number ? slot->number - 1 : (uint32_t)c->count;
	if (slot->number) {
		e = entry_at(c, n);
		e->conflict = e->conflict || e->gold != gold;
		if (memcmp(id, e->kept, 16) >= 0)
			return n;
	} else {
		e = new_entry(c);
		slot->number = (uint32_t)c->count;
		memcpy(e->key, key, 16);
		e->gold = gold;
		e->conflict = false;
	}
	memcpy(e->kept, id, 16);
	e->number = number;
	return n;
}

enum copies_found copies_find(const struct copies *c, uint32_t entry, uint32_t number,
			      const unsigned char **kept)
{
	const struct entry *e = entry_at(c, entry);

	*kept = e->kept;
	if (e->conflict)
		return COPIES_CONFLICT;
	if (e->number == NOBODY)
		return COPIES_NEAR;
	return e->number == number ? COPIES_STAYS : COPIES_DUPLICATE;
}

/* An entry by the first bytes of its id, which nearly always decide. */
struct rank {
	uint64_t first;
	uint32_t entry;
};

static int by_id(const void *a, const void *b, void *of)
{
	const struct rank *x = a, *y = b;
	const struct entry *p, *q;
	int order;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	p = entry_at(of, x->entry);
	q = entry_at(of, y->entry);
	order = memcmp(p->kept, q->kept, 16);
	return order ? order : memcmp(p->key, q->key, 16);	/* equal ids, other texts */
}

static uint64_t first_of(const unsigned char id[16])
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < 8; i++)
		value = value << 8 | id[i];
	return value;
}

uint32_t *copies_order(const struct copies *c, size_t *count)
{
	struct rank *ranks = xmalloc((c->count + 1) * sizeof(*ranks));
	uint32_t *order = xmalloc((c->count + 1) * sizeof(*order));
	const struct entry *e;
	size_t i;

	*count = 0;
	for (i = 0; i < c->count; i++) {
		e = entry_at(c, (uint32_t)i);
		if (!e->conflict)
			ranks[(*count)++] = (struct rank){ first_of(e->kept), (uint32_t)i };
	}
	qsort_r(ranks, *count, sizeof(*ranks), by_id, (void *)c);
	for (i = 0; i < *count; i++)
		order[i] = ranks[i].entry;
	free(ranks);
	return order;
}

void copies_join(struct copies *c, uint32_t entry, uint32_t kept)
{
	struct entry *e = entry_at(c, entry);

	memcpy(e->kept, entry_at(c, kept)->kept, 16);
	e->number = NOBODY;
}

size_t copies_count(const struct copies *c)
{
	return c->count;
}
