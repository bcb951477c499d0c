/* SPDX-License-Identifier: Apache-2.0
 *
 * See repeats.h. One table serves twice, linearly probed and at most half full: first it finds
 * who was put off by a sum, then it holds the keys of those that are no repeats.
 */
#include "store/repeats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "store/spool.h"

struct late {
	unsigned char sum[HASH_BYTES];
	uint32_t keys[REPEATS_KEYS];
	uint32_t first;		/* with this sum; what is true of it is true of all of them */
	bool repeat;
};

struct repeats {
	FILE *taken;		/* sums, one behind the other */
	struct late *late;
	size_t count, cap;
	uint32_t *table;	/* 0: free */
	size_t mask;
};

struct repeats *repeats_new(struct err *err)
{
	struct repeats *r = xcalloc(1, sizeof(*r));

	r->taken = spool_file(err);
	if (r->taken)
		return r;
	repeats_free(r);
	return NULL;
}

void repeats_free(struct repeats *r)
{
	if (!r)
		return;
	if (r->taken)
		fclose(r->taken);
	free(r->late);
	free(r->table);
	free(r);
}

int repeats_taken(struct repeats *r, const unsigned char sum[HASH_BYTES], struct err *err)
{
	return fwrite(sum, HASH_BYTES, 1, r->taken) == 1 ? 0 : spool_fault(err);
}

void repeats_put_off(struct repeats *r, const unsigned char sum[HASH_BYTES],
		     const uint32_t keys[REPEATS_KEYS])
{
	struct late *late;

	r->late = xgrow(r->late, &r->cap, r->count, sizeof(*r->late));
	late = &r->late[r->count++];
	memcpy(late->sum, sum, HASH_BYTES);
	memcpy(late->keys, keys, sizeof(late->keys));
	late->first = 0;
	late->repeat = false;
}

static void new_table(struct repeats *r, size_t most)
{
	size_t size = 64;

	while (size < 2 * most)
		size *= 2;
	free(r->table);
	r->table = xcalloc(size, sizeof(*r->table));
	r->mask = size - 1;
}

/* Where the first one with this sum is, or would be. */
static uint32_t *place_of(struct repeats *r, const unsigned char sum[HASH_BYTES])
{
	uint64_t bits;
	size_t at;

	memcpy(&bits, sum, sizeof(bits));
	for (at = bits & r->mask; r->table[at]; at = (at + 1) & r->mask)
		if (!memcmp(r->late[r->table[at] - 1].sum, sum, HASH_BYTES))
			break;
	return &r->table[at];
}

static void note_sums(struct repeats *r)
{
	uint32_t *place;
	size_t n;

	new_table(r, r->count);
	for (n = 0; n < r->count; n++) {
		place = place_of(r, r->late[n].sum);
		if (!*place)
			*place = (uint32_t)n + 1;
		r->late[n].first = *place - 1;
	}
}

/* Where the key is, or would be. */
static uint32_t *slot_of(struct repeats *r, uint32_t key)
{
	size_t at = key & r->mask;

	while (r->table[at] && r->table[at] != key)
		at = (at + 1) & r->mask;
	return &r->table[at];
}

static uint32_t not_0(uint32_t key)
{
	return key ? key : 1;
}

static void doubt_who_shares_a_key(struct repeats *r)
{
	struct late *late;
	size_t n, k, others = 0;
	uint32_t key;

	for (n = 0; n < r->count; n++)
		others += !repeats_is(r, n);
	new_table(r, others * REPEATS_KEYS);
	for (n = 0; n < r->count; n++)
		for (k = 0; k < REPEATS_KEYS && !repeats_is(r, n); k++) {
			key = not_0(r->late[n].keys[k]);
			*slot_of(r, key) = key;
		}
	for (n = 0; n < r->count; n++) {
		late = &r->late[n];
		for (k = 0; k < REPEATS_KEYS; k++)
			late->repeat = late->repeat && !*slot_of(r, not_0(late->keys[k]));
	}
}

int repeats_find(struct repeats *r, struct err *err)
{
	unsigned char sum[HASH_BYTES];
	uint32_t *place;

	if (!r->count)
		return 0;
	if (fflush(r->taken) || fseeko(r->taken, 0, SEEK_SET))
		return spool_fault(err);
	note_sums(r);
	while (fread(sum, HASH_BYTES, 1, r->taken) == 1) {
		place = place_of(r, sum);
		if (*place)
			r->late[*place - 1].repeat = true;
	}
	if (ferror(r->taken))
		return spool_fault(err);
	doubt_who_shares_a_key(r);
	free(r->table);
	r->table = NULL;
	return 0;
}

bool repeats_is(const struct repeats *r, size_t n)
{
	return r->late[r->late[n].first].repeat;
}
