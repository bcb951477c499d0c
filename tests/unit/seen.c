/* SPDX-License-Identifier: Apache-2.0
 *
 * seen: the first one keeps the name.
 */
#include "store/seen.h"

#include <sqlite3.h>

#include "tests/unit/scratch.h"

static void test_first_one_stays(void **state)
{
	const char *first = NULL;
	struct err err;
	struct seen *s = seen_open(&err);

	(void)state;
	assert_int_equal(seen_add(s, "k", "one", &first, &err), 0);
	assert_int_equal(seen_add(s, "k", "two", &first, &err), 1);
	assert_string_equal(first, "one");
	assert_int_equal(seen_add(s, "K", "three", &first, &err), 0);
	assert_int_equal(seen_add(s, "k", "four", &first, &err), 1);
	assert_string_equal(first, "one");
	assert_int_equal(seen_add(s, "K", "five", &first, &err), 1);
	assert_string_equal(first, "three");
	seen_close(s);
	seen_close(NULL);
}

static void test_many(void **state)
{
	char key[16], name[16];
	const char *first;
	struct err err;
	struct seen *s = seen_open(&err);
	int i, round;

	(void)state;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 20000; i++) {
			snprintf(key, sizeof(key), "key %d", i * 7919 % 20000);
			snprintf(name, sizeof(name), "name %d", i * 7919 % 20000);
			assert_int_equal(seen_add(s, key, name, &first, &err), round);
			if (round)
				assert_string_equal(first, name);
		}
	}
	seen_close(s);
}

/* The keys are a ring; one that is alone has no next. */
static void test_next_goes_round(void **state)
{
	static const char *const keys[] = { "b", "d", "a" };
	const char *first, *next, *name;
	struct err err;
	struct seen *s = seen_open(&err);
	size_t i;

	(void)state;
	assert_int_equal(seen_next(s, "a", &next, &name, &err), 0);
	for (i = 0; i < COUNT(keys); i++) {
		assert_int_equal(seen_add(s, keys[i], keys[i], &first, &err), 0);
		assert_int_equal(seen_next(s, keys[i], &next, &name, &err), i > 0);
	}
	assert_int_equal(seen_next(s, "a", &next, &name, &err), 1);
	assert_string_equal(next, "b");
	assert_string_equal(name, "b");
	assert_int_equal(seen_next(s, "c", &next, &name, &err), 1);
	assert_string_equal(next, "d");
	assert_int_equal(seen_next(s, "d", &next, &name, &err), 1);
	assert_string_equal(next, "a");
	assert_int_equal(seen_has(s, "d", &err), 1);
	assert_int_equal(seen_has(s, "c", &err), 0);
	seen_close(s);
}

static void test_no_memory_is_said(void **state)
{
	const char *first;
	struct err err;
	struct seen *s = seen_open(&err);

	(void)state;
	sqlite3_hard_heap_limit64(1);
	assert_null(seen_open(&err));
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_non_null(strstr(err.text, "memory"));
	*err.text = '\0';
	assert_int_equal(seen_add(s, "k", "one", &first, &err), -1);
	assert_non_null(strstr(err.text, "memory"));
	sqlite3_hard_heap_limit64(0);
	assert_int_equal(seen_add(s, "k", "one", &first, &err), 0);
	seen_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_one_stays),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_next_goes_round),
		cmocka_unit_test(test_no_memory_is_said),
	};

	return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
