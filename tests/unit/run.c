/* SPDX-License-Identifier: Apache-2.0
 *
 * run: the values of its options. What a run does is the golden tests' business.
 */
#include "store/run.h"

#include "tests/unit/scratch.h"

static void is_max(const char *text, int64_t count, double percent)
{
	struct run_max max;
	struct err err;

	assert_int_equal(run_parse_max(text, &max, &err), 0);
	assert_int_equal(max.count, count);
	assert_true(max.percent == percent);
}

static void test_max_rejects(void **state)
{
	static const char *const wrong[] = { "", "x", "-1", "1.5", "5%%", "5x", "nan", "nan%", "inf",
					     "inf%", "1e300", "-nan%", "1e15" };
	struct run_max max;
	struct err err;
	size_t i;

	(void)state;
	is_max("0", 0, 0);
	is_max("12", 12, 0);
	is_max("2.5%", -1, 2.5);
	for (i = 0; i < COUNT(wrong); i++) {
		assert_int_equal(run_parse_max(wrong[i], &max, &err), -1);
		assert_int_equal(err.kind, EXIT_USAGE);
		assert_non_null(strstr(err.text, "takes a number or a percentage"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_max_rejects),
	};

	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
