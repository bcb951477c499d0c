/* SPDX-License-Identifier: Apache-2.0
 *
 * anls: what a written answer is worth beside the right one.
 */
#include "schemas/anls.h"

#include "tests/unit/scratch.h"

static void worth(const char *text, const char *gold, double expected)
{
	double got = anls(text, gold), back = anls(gold, text);

	if (got < expected - 1e-12 || got > expected + 1e-12 || got != back)
		fail_msg("'%s' beside '%s' is %.17g, not %.17g", text, gold, got, expected);
}

static void test_the_same(void **state)
{
	(void)state;
	worth("", "", 1);
	worth("stop", "STOP", 1);
	worth("  stop \n sign ", "Stop Sign", 1);
	worth("\xef\xbc\xb3top", "stop", 1);				/* full width S */
	worth("STRASSE", "Stra\xc3\x9f""e", 1);
	worth("\"Stop.\"", "stop", 1);
	worth("**\xe2\x80\x9cStop\xe2\x80\x9d**", "stop", 1);
	worth("\xe6\x9d\xb1\xe4\xba\xac\xe3\x80\x82", "\xe6\x9d\xb1\xe4\xba\xac", 1);
	worth(".", ".", 1);
}

static void test_edits(void **state)
{
	(void)state;
	worth("step", "stop", 0.75);		/* another letter */
	worth("stops", "stop", 0.8);		/* one more */
	worth("sto", "stop", 0.75);		/* one less */
	worth("tsop", "stop", 0);		/* two letters changed places: two of four edits */
	worth("kitten", "sitting", 1 - 3.0 / 7);
	worth("saturday", "sunday", 1 - 3.0 / 8);
	worth("rosettacode", "raisethysword", 0);
}

/* Characters, not bytes: one of three differs, two of four do. */
static void test_characters(void **state)
{
	(void)state;
	worth("\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd", "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xa8", 1 - 1.0 / 3);
	worth("Mi\xc3\xa8ze", "Mieze", 0.8);
	worth("\xff" "abc", "\xfe" "abc", 0.75);	/* no UTF-8 at all */
}

/* One half is under the threshold, as published: similarity must be over it. */
static void test_threshold(void **state)
{
	(void)state;
	worth("ab", "ax", 0);
	worth("abc", "abx", 1 - 1.0 / 3);
	worth("abcde", "abxyz", 0);
	worth("abcde", "abcyz", 0.6);
	worth("stop", "stop and look", 0);
	worth("abc", "abcxyz", 0);		/* twice as long */
	worth("abcd", "abcdxyz", 1 - 3.0 / 7);
	worth("", "stop", 0);
	worth("\"\"", "stop", 0);
}

static void test_a_page_is_nothing_to_work_at(void **state)
{
	char *page = malloc(8 << 20);

	(void)state;
	assert_non_null(page);
	memset(page, 'a', 8 << 20);
	page[(8 << 20) - 1] = '\0';
	worth(page, "aaaa", 0);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_a_page_is_nothing_to_work_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
