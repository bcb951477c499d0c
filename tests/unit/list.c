/* SPDX-License-Identifier: Apache-2.0
 *
 * list: the objects of an array, one by one; keys however they are escaped.
 */
#include "schemas/list.h"

#include "tests/unit/scratch.h"

/* Expects the value of `n` of each element, then what list_next ends with. */
static void expect(const char *text, const char *values, int end)
{
	struct list list = list_of(text, strlen(text));
	struct span_members members = { 0 };
	const struct span_member *n;
	struct buf found;
	int got;

	buf_init(&found, BUF_NO_MAX);
	while ((got = list_next(&list, &members)) > 0) {
		n = list_member(&members, "n");
		assert_non_null(n);
		buf_add(&found, n->value, n->value_len);
		assert_int_equal(list.scan.at[-1], '}');
		assert_null(list_member(&members, "m"));
	}
	assert_string_equal(found.data, values);
	assert_int_equal(got, end);
	span_members_release(&members);
	buf_release(&found);
}

static void test_one_by_one(void **state)
{
	(void)state;
	expect("[]", "", 0);
	expect("[ ]", "", 0);
	expect("[{\"n\":1}]", "1", 0);
	expect("[ {\"n\":1} ,\n{\"x\":[{\"n\":9}],\"n\":2.0},{\"n\":{\"m\":3}} ]", "12.0{\"m\":3}", 0);
	expect("[{\"n\":1},7,{\"n\":2}]", "1", -1);
	expect("{\"n\":1}", "", -1);
	expect("7", "", -1);
}

static void test_keys_are_known_however_escaped(void **state)
{
	(void)state;
	expect("[{\"\\u006e\":4}]", "4", 0);
	expect("[{\"nn\":1,\"\\u006e\\u006e\\u006e\":2,\"\\\\n\":3,\"n\":5}]", "5", 0);
}

static void test_empty(void **state)
{
	static const char *const full[] = { "[{}]", "[ 0]", "{}", "7", "\"[]\"", "null", "" };
	static const char *const empty[] = { "[]", "[ ]", "[\n\t\r ]" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(empty) / sizeof(*empty); i++)
		assert_true(list_is_empty(empty[i], strlen(empty[i])));
	for (i = 0; i < sizeof(full) / sizeof(*full); i++)
		assert_false(list_is_empty(full[i], strlen(full[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_by_one),
		cmocka_unit_test(test_keys_are_known_however_escaped),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
