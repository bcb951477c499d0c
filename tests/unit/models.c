/* SPDX-License-Identifier: Apache-2.0
 *
 * models: a server's list of models, read.
 */
#include "curate/models.h"

#include "tests/unit/scratch.h"

static int reads(const char *body, const char *model, const char *names, bool is_listed)
{
	struct buf b;
	bool listed;
	int result;

	buf_init(&b, BUF_NO_MAX);
	result = models_read(body, strlen(body), model, &b, &listed);
	assert_string_equal(b.len ? b.data : "", names);
	assert_int_equal(listed, is_listed);
	buf_release(&b);
	return result;
}

static void test_lists(void **state)
{
	(void)state;
	assert_int_equal(reads("{\"object\":\"list\",\"data\":[{\"id\":\"a\"},{\"id\":\"b/c\"}]}", "b/c",
			       "a, b/c", true), 0);
	assert_int_equal(reads("{\"data\":[{\"id\":\"a\"},{\"id\":7},{}]}", "b", "a", false), 0);
	assert_int_equal(reads("{\"data\":[]}", "b", "", false), 0);
	assert_int_equal(reads("{\"data\":null}", "b", "", false), -1);
	assert_int_equal(reads("<html>", "b", "", false), -1);
	assert_int_equal(reads("", "b", "", false), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lists) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
