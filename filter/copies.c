/* SPDX-License-Identifier: Apache-2.0
 *
 * See copies.h.
 */
#include "filter/copies.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/fold.h"
#include "schemas/hash.h"

#define BLOCK 65536		/* entries allocated together */
#define FIRST_SLOTS 4096

struct entry {
	unsigned char key[16], kept[16];
	uint64_t gold;
	uint32_t number;	/* of the one that stays */
	bool conflict;
};

struct copies {
	struct entry **blocks;
	size_t count, block_cap;
	uint32_t *slots;	/* 1 + entry number; 0: free */
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

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *folded(const char *text)
{
	struct buf b;

	buf_init(&b, BUF_NO_MAX);
	fold_text(&b, text);
	return buf_take(&b);
}

void copies_key(const struct rec_question *q, enum copies_scope scope, unsigned char key[16])
{
	char *texts[25], *question = folded(q->question), *gold = folded(q->options[q->answer]);
	struct hash h;
	size_t i;

	for (i = 0; i < q->option_count; i++)
		texts[i] = folded(q->options[i]);
	qsort(texts, q->option_count, sizeof(*texts), by_text);
	hash_init(&h);
	hash_text(&h, scope == COPIES_IMAGE ? q->image_key : gold);
	hash_text(&h, question);
	for (i = 0; i < q->option_count; i++) {
		hash_text(&h, texts[i]);
		free(texts[i]);
	}
	hash_raw(&h, key);
	hash_release(&h);
	free(question);
	free(gold);
}

uint64_t copies_gold(const struct rec_question *q)
{
	char *gold = folded(q->options[q->answer]);
	struct hash h;
	uint64_t value;

	hash_init(&h);
	hash_text(&h, gold);
	value = hash_low(&h);
	hash_release(&h);
	free(gold);
	return value;
}

static struct entry *entry_at(const struct copies *c, uint32_t n)
{
	return &c->blocks[n / BLOCK][n % BLOCK];
}

/* The slot of this key, or the free one where it belongs. */
static uint32_t *slot_of(const struct copies *c, const unsigned char key[16])
{
	size_t i, mask = c->slot_count - 1;
	uint64_t start;

	memcpy(&start, key, sizeof(start));
	for (i = start & mask;; i = (i + 1) & mask)
		if (!c->slots[i] || !memcmp(entry_at(c, c->slots[i] - 1)->key, key, 16))
			return &c->slots[i];
}

static void grow(struct copies *c)
{
	uint32_t *old = c->slots;
	size_t i, had = c->slot_count;

	c->slot_count *= 2;
	c->slots = xcalloc(c->slot_count, sizeof(*c->slots));
	for (i = 0; i < had; i++)
		if (old[i])
			*slot_of(c, entry_at(c, old[i] - 1)->key) = old[i];
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

void copies_add(struct copies *c, const unsigned char key[16], const unsigned char id[16],
		uint64_t gold, uint32_t number)
{
	uint32_t *slot;
	struct entry *e;

	if (c->count * 4 >= c->slot_count * 3)
		grow(c);
	slot = slot_of(c, key);
	if (*slot) {
		e = entry_at(c, *slot - 1);
		e->conflict = e->conflict || e->gold != gold;
		if (memcmp(id, e->kept, 16) >= 0)
			return;
	} else {
		e = new_entry(c);
		*slot = (uint32_t)c->count;
		memcpy(e->key, key, 16);
		e->gold = gold;
		e->conflict = false;
	}
	memcpy(e->kept, id, 16);
	e->number = number;
}

enum copies_found copies_find(const struct copies *c, const unsigned char key[16],
			      uint32_t number, const unsigned char **kept)
{
	uint32_t slot = *slot_of(c, key);
	const struct entry *e;

	assert(slot);
	e = entry_at(c, slot - 1);
	*kept = e->kept;
	if (e->conflict)
		return COPIES_CONFLICT;
	return e->number == number ? COPIES_STAYS : COPIES_DUPLICATE;
}

size_t copies_count(const struct copies *c)
{
	return c->count;
}
