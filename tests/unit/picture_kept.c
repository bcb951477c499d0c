/* SPDX-License-Identifier: Apache-2.0
 *
 * picture_kept: a ring: what is held stays, the oldest of the rest goes, the file does not grow.
 */
#include "curate/picture_kept.h"

#include "tests/unit/scratch.h"

static struct err err;

static struct kept_bytes *put(struct kept *k, int n, size_t len)
{
	char key[HASH_HEX], *bytes = xmalloc(len);
	struct kept_bytes *b;

	snprintf(key, sizeof(key), "%032d", n);
	memset(bytes, n, len);
	b = kept_put(k, key, bytes, len, &err);
	assert_non_null(b);
	free(bytes);
	return b;
}

/* -1: gone; else its holders, with this one; the bytes are checked. */
static int find(struct kept *k, int n)
{
	char key[HASH_HEX], byte[2];
	struct kept_bytes *b;
	int holders;

	snprintf(key, sizeof(key), "%032d", n);
	b = kept_find(k, key);
	if (!b)
		return -1;
	assert_int_equal(pread(kept_fd(k), byte, 1, b->at), 1);
	assert_int_equal(pread(kept_fd(k), byte + 1, 1, b->at + b->size - 1), 1);
	assert_int_equal(byte[0], n);
	assert_int_equal(byte[1], n);
	holders = b->holders;
	kept_drop(b);
	return holders;
}

static void test_ring(void **state)
{
	struct kept *k = kept_new(1000);
	struct kept_bytes *held;
	int i;

	(void)state;
	held = put(k, 0, 300);
	for (i = 1; i < 100; i++) {
		kept_drop(put(k, i, 100 + (size_t)i));
		assert_int_equal(find(k, 0), 2);
		assert_int_equal(find(k, i), 1);
		if (i > 8)
			assert_int_equal(find(k, i - 8), -1);
	}
	assert_int_equal(find(k, 98), 1);
	assert_true(kept_size(k) <= 1000);
	kept_drop(held);
	for (i = 100; i < 120; i++)
		kept_drop(put(k, i, 400));
	assert_int_equal(find(k, 0), -1);
	kept_free(k);
}

/* Only while all of it is held does it grow. */
static void test_all_held(void **state)
{
	struct kept *k = kept_new(1000);
	struct kept_bytes *held[30];
	int i;

	(void)state;
	for (i = 0; i < 30; i++)
		held[i] = put(k, i, 100);
	for (i = 0; i < 30; i++)
		assert_int_equal(find(k, i), 2);
	assert_true(kept_size(k) <= 3000);
	for (i = 0; i < 30; i++)
		kept_drop(held[i]);
	kept_drop(put(k, 31, 5000));
	assert_int_equal(find(k, 31), 1);
	assert_ptr_equal(put(k, 31, 5000), put(k, 31, 5000));
	kept_free(k);
	kept_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_all_held),
	};

	return cmocka_run_group_tests_name("picture_kept", tests, NULL, NULL);
}
