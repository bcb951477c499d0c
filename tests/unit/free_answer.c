/* SPDX-License-Identifier: Apache-2.0
 *
 * free_answer: what a reply without letters means, and what it is worth.
 */
#include "filter/free_answer.h"

#include "tests/unit/scratch.h"

static void says(const char *text, const char *const *golds, size_t count, bool cut,
		 enum free_said expected, double worth)
{
	enum free_said said;
	enum free_kind kind;
	struct err err;
	double credit;

	assert_int_equal(free_kind_of(golds, count, &kind, &err), 0);
	said = free_answer_read(text, cut, kind, golds, count, &credit);
	if (said != expected || credit < worth - 1e-9 || credit > worth + 1e-9)
		fail_msg("'%s' for '%s' says %d worth %g, not %d worth %g", text, golds[0], said,
			 credit, expected, worth);
}

static void worth(const char *text, const char *gold, double expected)
{
	says(text, &gold, 1, false, FREE_READ, expected);
}

static void means(const char *text, const char *gold, enum free_said expected)
{
	says(text, &gold, 1, false, expected, 0);
}

static void test_numbers(void **state)
{
	(void)state;
	worth("12", "12", 1);
	worth("about 1,250", "1200", 1);
	worth("1,300", "1200", 0);
	worth("The answer is **twelve**.", "12", 1);
	worth("There are 3 rows of 4, so the answer is 12.", "12", 1);
	worth("<think>maybe 13?</think>12", "12", 1);
	worth("Answer: 45%", "0.45", 1);
	means("12 or 13", "12", FREE_UNPARSED);
	means("many", "12", FREE_UNPARSED);
	means("12 g", "12 kg", FREE_UNPARSED);
	means("The answer is not 12", "12", FREE_UNPARSED);
	means("The answer is 12. No, the answer is 13.", "12", FREE_UNPARSED);
	means("<think>it must be 12", "12", FREE_UNPARSED);
}

static void test_texts(void **state)
{
	(void)state;
	worth("STOP", "stop", 1);
	worth("\"Stop.\"", "STOP", 1);
	worth("The answer is: step", "stop", 0.75);
	worth("left", "right", 0);
	worth("The sign says stop to all who come by", "stop", 0);
	worth("C#", "C#", 1);
	worth("10:30", "10:30", 1);
	worth("12 cars", "12 cars", 1);
	means("The answer is not stop signs", "stop signs", FREE_UNPARSED);
	means("", "stop", FREE_UNPARSED);
	means("**", "stop", FREE_UNPARSED);
}

static void test_the_best_counts(void **state)
{
	static const char *const texts[] = { "STOP", "stop sign" };
	static const char *const numbers[] = { "10", "20" };
	static const char *const units[] = { "10 kg", "22 lb" };
	static const char *const mixed[] = { "3", "three" };

	(void)state;
	says("stop signs", texts, 2, false, FREE_READ, 0.9);
	says("Stop", texts, 2, false, FREE_READ, 1);
	says("20.5", numbers, 2, false, FREE_READ, 1);
	says("15", numbers, 2, false, FREE_READ, 0);
	says("22 pounds", units, 2, false, FREE_READ, 1);
	says("15 pounds", units, 2, false, FREE_READ, 0);
	says("10 tons or so", units, 2, false, FREE_READ, 1);
	says("10 g", units, 2, false, FREE_UNPARSED, 0);
	says("Three", mixed, 2, false, FREE_READ, 1);
}

static void test_excuses(void **state)
{
	static const char *const abstains[] = {
		"It cannot be answered from the description.", "The description does not say.",
		"Cannot be determined", "Not enough information", "I cannot tell.",
		"The caption does not mention it.", "The description does not specify the number.",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(abstains); i++) {
		means(abstains[i], "12", FREE_ABSTAINED);
		means(abstains[i], "stop", FREE_ABSTAINED);
	}
	means("I'm sorry, but I can't help with that.", "12", FREE_REFUSED);
	means("I'm sorry, but I can't help with that.", "stop", FREE_REFUSED);
	means("The description does not say, but there are 12", "12", FREE_UNPARSED);
	worth("Cannot be determined", "cannot be determined", 1);	/* it is what the sign says */
}

/* Of "1200" there may be "12", and of "I cannot" there may be "I cannot see more than 12". */
static void test_cut(void **state)
{
	const char *number = "12", *text = "stop";

	(void)state;
	says("12", &number, 1, true, FREE_UNPARSED, 0);
	says("stop", &text, 1, true, FREE_UNPARSED, 0);
	says("The description does not say", &text, 1, true, FREE_UNPARSED, 0);
	says("I'm sorry, but I can't help with that.", &text, 1, true, FREE_REFUSED, 0);
}

static void kind_is(const char *gold, enum free_kind expected)
{
	enum free_kind kind;
	struct err err;

	if (free_kind_of(&gold, 1, &kind, &err) || kind != expected)
		fail_msg("'%s' is of another kind", gold);
}

static void test_kinds(void **state)
{
	static const char *const unreadable[] = { "B", "x", "-", "?", "1,23", "12-13", "1.2.3",
						  "12,34,567" };
	static const char *const mixed[] = { "12", "" };
	enum free_kind kind;
	char longest[2002];
	const char *gold = longest;
	struct err err;
	size_t i;

	(void)state;
	kind_is("12", FREE_NUMBER);
	kind_is("7", FREE_NUMBER);
	kind_is("$1,200", FREE_NUMBER);
	kind_is("twelve", FREE_NUMBER);
	kind_is("Route 66", FREE_TEXT);
	kind_is("3/4", FREE_TEXT);
	kind_is("10:30", FREE_TEXT);
	kind_is("\xe4\xb8\x9c", FREE_TEXT);
	for (i = 0; i < COUNT(unreadable); i++)
		if (!free_kind_of(&unreadable[i], 1, &kind, &err))
			fail_msg("'%s' is readable", unreadable[i]);
	assert_int_equal(free_kind_of(mixed, 2, &kind, &err), -1);
	assert_int_equal(free_kind_of(NULL, 0, &kind, &err), -1);
	memset(longest, 'a', sizeof(longest));
	longest[2001] = '\0';
	assert_int_equal(free_kind_of(&gold, 1, &kind, &err), -1);
	longest[2000] = '\0';
	assert_int_equal(free_kind_of(&gold, 1, &kind, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_the_best_counts),
		cmocka_unit_test(test_excuses),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
