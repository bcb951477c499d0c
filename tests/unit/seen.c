/* SPDX-License-Identifier: Apache-2.0
 *
 * seen: the first one keeps the name.
 */
#include "store/seen.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_one_stays),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
