/* SPDX-License-Identifier: Apache-2.0
 *
 * budget: when a run has cost enough, and how a deadline may be written.
 */
#include "curate/budget.h"

#include "tests/unit/scratch.h"

static void test_limits(void **state)
{
	struct budget none = BUDGET_NONE, b = { 10, -1, 0 }, t = { -1, 500, 0 }, d = { -1, -1, 99 };

	(void)state;
	assert_null(budget_spent(&none, 1 << 30, 1 << 30, 1 << 30));
	assert_null(budget_spent(&b, 9, 1000, 5));
	assert_string_equal(budget_spent(&b, 10, 0, 5), "--max-requests");
	assert_null(budget_spent(&t, 10, 499, 5));
	assert_string_equal(budget_spent(&t, 10, 500, 5), "--max-tokens-total");
	assert_null(budget_spent(&d, 0, 0, 98));
	assert_string_equal(budget_spent(&d, 0, 0, 99), "--deadline");
}

static void test_deadlines(void **state)
{
	static const struct { const char *text; time_t is; } cases[] = {
		{ "90", 1090 }, { "15m", 1900 }, { "2h", 8200 }, { "1d", 87400 }, { "0.5s", 1001 },
		{ "00:30", 1800 }, { "00:10", 87000 }, { "1970-01-02T00:00", 86400 },
		{ "1970-01-01 01:00:01", 3601 },
		{ "soon", -1 }, { "", -1 }, { "-5", -1 }, { "5w", -1 }, { "90m later", -1 },
		{ "1970-01-02T", -1 }, { "nan", -1 },
	};
	time_t to;
	size_t i;
	int result;

	(void)state;
	setenv("TZ", "UTC", 1);
	for (i = 0; i < COUNT(cases); i++) {
		to = -1;
		result = budget_deadline(cases[i].text, 1000, &to);
		if (result != (cases[i].is < 0 ? -1 : 0) || (!result && to != cases[i].is))
			fail_msg("'%s' is %d, %lld", cases[i].text, result, (long long)to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits), cmocka_unit_test(test_deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
