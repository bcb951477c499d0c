/* SPDX-License-Identifier: Apache-2.0
 *
 * free_number: which number a text states, and that it is none where that is not certain.
 */
#include "filter/free_number.h"

#include "tests/unit/scratch.h"

static void is(const char *text, double value, const char *unit)
{
	struct free_number n;
	enum number_said said = free_number_read(text, &n);

	if (said != NUMBER_ONE || n.value < value - 1e-9 || n.value > value + 1e-9 ||
	    n.percent != (unit && !strcmp(unit, "%")) ||
	    (!n.percent && (unit ? !n.unit || strcmp(unit, n.unit) : n.unit != NULL)))
		fail_msg("'%s' says %d: %g %s, not %g %s", text, said, n.value,
			 n.percent ? "%" : n.unit ? n.unit : "", value, unit ? unit : "");
}

static void all(const char *const *texts, size_t count, enum number_said expected)
{
	struct free_number n;
	enum number_said said;
	size_t i;

	for (i = 0; i < count; i++) {
		said = free_number_read(texts[i], &n);
		if (said != expected)
			fail_msg("'%s' says %d (%g), not %d", texts[i], said, n.value, expected);
	}
}

static void test_digits(void **state)
{
	(void)state;
	is("12", 12, NULL);
	is(" 12. ", 12, NULL);
	is("12.50", 12.5, NULL);
	is(".5", .5, NULL);
	is("-3", -3, NULL);
	is("\xe2\x88\x92" "3.5", -3.5, NULL);		/* U+2212 */
	is("(12)", 12, NULL);
	is("**12**", 12, NULL);
	is("\xef\xbc\x91\xef\xbc\x92", 12, NULL);	/* full width */
	is("0", 0, NULL);
	is("007", 7, NULL);
	is("\\boxed{12}", 12, NULL);
	is("#5", 5, NULL);
}

static void test_thousands(void **state)
{
	(void)state;
	is("1,234", 1234, NULL);
	is("1,234,567.25", 1234567.25, NULL);
	is("12,345 people", 12345, NULL);
	is("It is 12, I think", 12, NULL);
	is("3.5 million", 3.5e6, NULL);
	is("$3.5 billion", 3.5e9, "$");
	is("2 thousand dollars", 2000, "$");
}

static void test_units(void **state)
{
	(void)state;
	is("12 kg", 12, "kg");
	is("12kg", 12, "kg");
	is("12 kilograms.", 12, "kg");
	is("$12", 12, "$");
	is("-$12", -12, "$");
	is("$ 12", 12, "$");
	is("12 \xe2\x82\xac", 12, "\xe2\x82\xac");
	is("12 USD", 12, "$");
	is("12 m\xc2\xb2", 12, "m2");
	is("20 \xc2\xb0""C", 20, "\xc2\xb0""c");
	is("20\xe2\x84\x83", 20, "\xc2\xb0""c");	/* U+2103 */
	is("90\xc2\xb0", 90, "\xc2\xb0");
	is("45%", 45, "%");
	is("45 %", 45, "%");
	is("45 percent", 45, "%");
	is("45 per cent", 45, "%");
	is("about 12 cars", 12, NULL);
}

static void test_sentences(void **state)
{
	(void)state;
	is("about 12", 12, NULL);
	is("There are exactly 12 dogs.", 12, NULL);
	is("approximately twelve", 12, NULL);
	is("12 (twelve)", 12, NULL);
	is("It shows a hotel with 5 stars", 5, NULL);
	is("none", 0, NULL);
	is("None.", 0, NULL);
}

static void test_words(void **state)
{
	(void)state;
	is("Three.", 3, NULL);
	is("zero", 0, NULL);
	is("one", 1, NULL);
	is("one dog", 1, NULL);
	is("twenty-one", 21, NULL);
	is("Twenty one", 21, NULL);
	is("ninety nine", 99, NULL);
	is("two hundred", 200, NULL);
	is("two hundred and five", 205, NULL);
	is("two hundred and twenty-five", 225, NULL);
	is("three hundred twelve", 312, NULL);
	is("five thousand", 5000, NULL);
	is("ten percent", 10, "%");
	is("ten kg", 10, "kg");
}

static void test_never_a_guess(void **state)
{
	static const char *const texts[] = {
		"12 or 13", "3 cats and 3 dogs", "between 10 and 12", "10-12", "10 - 12",
		"10\xe2\x80\x93""12", "10 to 12", "1,23", "12,34,567", "1,2345", "0,123", "1.2.3",
		"1 234", "1:30", "3/4", "1\xc2\xbd", "2019-05-01", "12k", "12 k", "1st", "3D",
		"1e5", "B12", "COVID-19", "T-3", "10^3", "12+", "12 or more", "more than 12",
		"at least 12", "over 12", "not 12", "It is not about 12", "minus 12", "3 x 3",
		"5 out of 20", "two dozen", "a dozen", "two and a half", "half", "two thirds",
		"one of them", "no one", "the one on the left", "one two three", "2 hundred",
		"a hundred", "a million", "twenty twenty", "nineteen five", "five or six",
		"more than five", "12 kg or 13 kg", "12 g 12 kg", "\xe6\x9c\x89" "12\xe5\x8f\xaa",
		"5 point 3", "99999999999999999999999999999999999999999999",
	};

	(void)state;
	all(texts, COUNT(texts), NUMBER_AMBIGUOUS);
}

static void test_none(void **state)
{
	static const char *const texts[] = { "", " ", "red", "No", "several", "-", "...", "$", "kg" };

	(void)state;
	all(texts, COUNT(texts), NUMBER_NONE);
}

static void test_whole(void **state)
{
	static const char *const whole[] = { "12", "1,234", "12 kg", "$12", "45%", "twelve", "-3.5",
					     "3.5 million", "20 °C" };
	static const char *const more[] = { "Route 66", "12 cars", "about 12", "none", "1:30", "red",
					    "", "12 or 13" };
	struct free_number n;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(whole); i++)
		if (!free_number_whole(whole[i], &n))
			fail_msg("'%s' is a number", whole[i]);
	for (i = 0; i < COUNT(more); i++)
		if (free_number_whole(more[i], &n))
			fail_msg("'%s' is no number alone", more[i]);
}

static void fits(const char *text, const char *gold, int expected)
{
	struct free_number n, g;

	assert_int_equal(free_number_read(text, &n), NUMBER_ONE);
	assert_int_equal(free_number_read(gold, &g), NUMBER_ONE);
	if (free_number_fits(&n, &g) != expected)
		fail_msg("'%s' for '%s' fits %d, not %d", text, gold, !expected, expected);
}

static void test_tolerance(void **state)
{
	(void)state;
	fits("105", "100", 1);
	fits("95", "100", 1);
	fits("105.1", "100", 0);
	fits("94.9", "100", 0);
	fits("0.21", "0.2", 1);		/* 5 %, in spite of the last bit */
	fits("0.315", "0.3", 1);
	fits("100", "105.3", 0);	/* of the right one, not of the answer */
	fits("-105", "-100", 1);
	fits("100", "-100", 0);
	fits("0", "0", 1);
	fits("0.001", "0", 0);
}

static void test_percentages_and_units(void **state)
{
	(void)state;
	fits("45%", "45", 1);
	fits("45", "45%", 1);
	fits("0.45", "45%", 1);
	fits("45%", "0.45", 1);
	fits("0.45%", "45%", 0);
	fits("4500", "45%", 0);
	fits("0.45", "45", 0);
	fits("12 kg", "12", 1);
	fits("12", "12 kg", 1);
	fits("12 kilograms", "12 kg", 1);
	fits("12 g", "12 kg", -1);
	fits("1.2 m", "120 cm", -1);
	fits("$12", "12 dollars", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_thousands),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_never_a_guess),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_tolerance),
		cmocka_unit_test(test_percentages_and_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
