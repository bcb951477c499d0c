/* SPDX-License-Identifier: Apache-2.0
 *
 * copies: which question stays does not hang on the order they come in.
 */
#include "filter/copies.h"

#include "schemas/hash.h"
#include "tests/unit/scratch.h"

#define MOST 400

struct entry {
	unsigned char key[16], id[16];
	uint64_t gold;
};

/* One entry in the order that `at` gives; found[] and kept[] are by entry, not by place. */
static void look(const struct entry *all, const int *at, int count, enum copies_found *found,
		 unsigned char (*kept)[16])
{
	struct copies *c = copies_new();
	uint32_t entry[MOST];
	const unsigned char *id;
	int i;

	for (i = 0; i < count; i++)
		entry[i] = copies_add(c, all[at[i]].key, all[at[i]].id, all[at[i]].gold,
				      (uint32_t)i);
	for (i = 0; i < count; i++) {
		found[at[i]] = copies_find(c, entry[i], (uint32_t)i, &id);
		memcpy(kept[at[i]], id, 16);
	}
	copies_free(c);
}

static void shuffle(int *items, int count, struct draw *d)
{
	int i, j, t;

	for (i = count - 1; i > 0; i--) {
		j = (int)draw_below(d, (unsigned)i + 1);
		t = items[i];
		items[i] = items[j];
		items[j] = t;
	}
}

static void test_any_order_gives_the_same(void **state)
{
	static struct entry all[MOST];
	static enum copies_found first[MOST], again[MOST];
	static unsigned char kept[MOST][16], kept_again[MOST][16];
	struct draw d = { 3 };
	int at[MOST], i, round, count[COPIES_CONFLICT + 1] = { 0 };

	(void)state;
	for (i = 0; i < MOST; i++) {
		at[i] = i;
		all[i].key[0] = (unsigned char)draw_below(&d, 120);
		all[i].id[0] = (unsigned char)(i >> 8);		/* ids all differ */
		all[i].id[1] = (unsigned char)(i * 7 + 3);
		all[i].gold = all[i].key[0] % 5 ? 1 : draw_below(&d, 2);
	}
	shuffle(at, MOST, &d);
	look(all, at, MOST, first, kept);
	for (i = 0; i < MOST; i++)
		count[first[i]]++;
	assert_true(count[COPIES_STAYS] > 50 && count[COPIES_DUPLICATE] > 100 &&
		    count[COPIES_CONFLICT] > 20);
	for (round = 0; round < 50; round++) {
		shuffle(at, MOST, &d);
		look(all, at, MOST, again, kept_again);
		for (i = 0; i < MOST; i++) {
			assert_int_equal(again[i], first[i]);
			if (again[i] != COPIES_CONFLICT)
				assert_memory_equal(kept_again[i], kept[i], 16);
		}
	}
}

/* Exactly one of a key stays, it has the smallest id, and duplicates name it. */
static void test_smallest_id_stays(void **state)
{
	struct entry all[] = {
		{ "k", "3", 1 }, { "k", "1", 1 }, { "k", "2", 1 }, { "l", "9", 1 }
	};
	enum copies_found found[4];
	unsigned char kept[4][16];
	int at[] = { 0, 1, 2, 3 };

	(void)state;
	look(all, at, 4, found, kept);
	assert_int_equal(found[0], COPIES_DUPLICATE);
	assert_int_equal(found[1], COPIES_STAYS);
	assert_int_equal(found[2], COPIES_DUPLICATE);
	assert_int_equal(found[3], COPIES_STAYS);
	assert_memory_equal(kept[0], "1", 2);
	assert_memory_equal(kept[2], "1", 2);
}

static void test_equal_ids_the_first_stays(void **state)
{
	struct entry all[] = { { "k", "1", 1 }, { "k", "1", 1 }, { "k", "1", 1 } };
	enum copies_found found[3];
	unsigned char kept[3][16];
	int at[] = { 2, 0, 1 };		/* entry 2 comes first */

	(void)state;
	look(all, at, 3, found, kept);
	assert_int_equal(found[2], COPIES_STAYS);
	assert_int_equal(found[0], COPIES_DUPLICATE);
	assert_int_equal(found[1], COPIES_DUPLICATE);
}

static void test_conflicts_take_all(void **state)
{
	struct entry all[] = {
		{ "k", "1", 1 }, { "k", "2", 1 }, { "k", "3", 2 }, { "k", "4", 1 }
	};
	enum copies_found found[4];
	unsigned char kept[4][16];
	int at[] = { 0, 1, 2, 3 }, i;

	(void)state;
	look(all, at, 4, found, kept);
	for (i = 0; i < 4; i++)
		assert_int_equal(found[i], COPIES_CONFLICT);
}

/* Over several blocks and many growths; 500 keys share their first bytes, as no hash does. */
static void test_large_table(void **state)
{
	struct copies *c = copies_new();
	unsigned char key[16] = { 0 }, id[16] = { 0 };
	const unsigned char *kept;
	uint32_t i, count = 200000;

	(void)state;
	for (i = 0; i < count; i++) {
		memcpy(key + (i < 500 ? 8 : 0), &i, 4);
		memcpy(id, &i, 4);
		assert_int_equal(copies_add(c, key, id, 1, i), i);
		memset(key, 0, 16);
	}
	assert_int_equal(copies_count(c), count);
	for (i = 0; i < count; i++) {
		memcpy(key + (i < 500 ? 8 : 0), &i, 4);
		memcpy(id, &i, 4);
		assert_int_equal(copies_add(c, key, id, 1, i), i);	/* that key again: no new entry */
		assert_int_equal(copies_find(c, i, i, &kept), COPIES_STAYS);
		assert_memory_equal(kept, &i, 4);
		memset(key, 0, 16);
	}
	copies_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order_gives_the_same),
		cmocka_unit_test(test_smallest_id_stays),
		cmocka_unit_test(test_equal_ids_the_first_stays),
		cmocka_unit_test(test_conflicts_take_all),
		cmocka_unit_test(test_large_table),
	};

	return cmocka_run_group_tests_name("copies", tests, NULL, NULL);
}
