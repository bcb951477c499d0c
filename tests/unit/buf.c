/* SPDX-License-Identifier: Apache-2.0
 *
 * buf: a maximum that holds, a NUL that is always there, and memory that is given back.
 */
#include "tests/unit/scratch.h"

static void test_empty_is_text(void **state)
{
	struct buf b;
	char *taken;

	(void)state;
	buf_init(&b, 10);
	assert_string_equal(b.data, "");
	buf_clear(&b);
	taken = buf_take(&b);
	assert_string_equal(taken, "");
	free(taken);
	buf_release(&b);
	assert_string_equal(b.data, "");
}

static void test_grows_and_ends_in_nul(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	for (i = 0; i < 5000; i++) {
		assert_int_equal(buf_addc(&b, (char)('a' + i % 26)), 0);
		assert_int_equal(b.data[b.len], '\0');
	}
	assert_int_equal(b.len, 5000);
	assert_int_equal(b.data[4999], 'a' + 4999 % 26);
	buf_eat(&b, 4998);
	assert_int_equal(b.len, 2);
	assert_int_equal(b.data[0], 'a' + 4998 % 26);
	assert_int_equal(b.data[2], '\0');
	buf_release(&b);
}

static void test_maximum_adds_nothing_and_sticks(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_int_equal(buf_adds(&b, "12345678"), 0);
	assert_int_equal(b.full, false);
	assert_int_equal(buf_addc(&b, '9'), -1);
	assert_string_equal(b.data, "12345678");
	assert_int_equal(b.full, true);
	buf_eat(&b, 4);
	assert_int_equal(buf_addc(&b, '9'), -1);	/* sticky until the next clear */
	buf_clear(&b);
	assert_int_equal(b.full, false);
	assert_int_equal(buf_printf(&b, "%s", "123456789"), -1);
	assert_string_equal(b.data, "");
	buf_clear(&b);
	assert_int_equal(buf_printf(&b, "%05d", 7), 0);
	assert_string_equal(b.data, "00007");
	assert_null(buf_room(&b, (size_t)-1));
	buf_release(&b);
}

static void test_take_gives_the_text_away(void **state)
{
	struct buf b;
	char *taken;

	(void)state;
	buf_init(&b, 100);
	buf_adds(&b, "mine");
	taken = buf_take(&b);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.max, 100);
	buf_adds(&b, "other");
	assert_string_equal(taken, "mine");
	free(taken);
	buf_release(&b);
}

static void test_shrink_keeps_small_memory(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	buf_adds(&b, "small");
	buf_shrink(&b, 4096);
	assert_true(b.cap > 0);
	assert_non_null(buf_room(&b, 100000));
	buf_shrink(&b, 4096);
	assert_int_equal(b.cap, 0);
	assert_string_equal(b.data, "");
	buf_release(&b);
}

static void test_room_is_filled_by_the_caller(void **state)
{
	struct buf b;
	char *to;

	(void)state;
	buf_init(&b, 1000);
	buf_adds(&b, "ab");
	to = buf_room(&b, 3);
	memcpy(to, "cde", 3);
	b.len += 3;
	assert_memory_equal(b.data, "abcde", 5);
	buf_adds(&b, "f");
	assert_string_equal(b.data, "abcdef");
	buf_release(&b);
}

static void test_grow_fits_the_next_item(void **state)
{
	size_t cap = 0, i;
	int *items = NULL;

	(void)state;
	for (i = 0; i < 1000; i++) {
		items = xgrow(items, &cap, i, sizeof(*items));
		assert_true(cap > i);
		items[i] = (int)i;
	}
	assert_int_equal(items[999], 999);
	free(items);
}

static void ask_for_everything(void *ctx)
{
	(void)ctx;
	xrealloc_array(NULL, (size_t)-1, 16);
}

static void test_out_of_memory_is_71(void **state)
{
	struct buf out, err;

	(void)state;
	assert_int_equal(scratch_child(ask_for_everything, NULL, &out, &err), 71);
	assert_string_equal(err.data, "capqa: out of memory\n");
	buf_release(&out);
	buf_release(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_is_text),
		cmocka_unit_test(test_grows_and_ends_in_nul),
		cmocka_unit_test(test_maximum_adds_nothing_and_sticks),
		cmocka_unit_test(test_take_gives_the_text_away),
		cmocka_unit_test(test_shrink_keeps_small_memory),
		cmocka_unit_test(test_room_is_filled_by_the_caller),
		cmocka_unit_test(test_grow_fits_the_next_item),
		cmocka_unit_test(test_out_of_memory_is_71),
	};

	return cmocka_run_group_tests_name("buf", tests, scratch_make, scratch_remove);
}
