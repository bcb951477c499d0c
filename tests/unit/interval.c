/* SPDX-License-Identifier: Apache-2.0
 *
 * interval: Wilson's interval and the figures that the rule's page gives for chance.
 */
#include "schemas/interval.h"

#include <math.h>

#include "tests/unit/scratch.h"

#define NEAR(a, b) \
	do { \
		if (!(fabs((a) - (b)) < 0.0005)) \
			fail_msg("%s is %.5f, not %.5f", #a, (double)(a), (double)(b)); \
	} while (0)

static void test_wilson(void **state)
{
	static const struct { int64_t hits, count; double lower, upper; } cases[] = {
		{ 0, 4, 0, 0.48989 }, { 4, 4, 0.51011, 1 }, { 2, 4, 0.15004, 0.84996 },
		{ 1, 4, 0.04559, 0.69936 }, { 0, 1, 0, 0.79345 }, { 50, 100, 0.40383, 0.59617 },
		{ 81, 263, 0.25524, 0.36619 },	/* Newcombe 1998, table I */
	};
	struct interval i;
	size_t n;

	(void)state;
	for (n = 0; n < COUNT(cases); n++) {
		i = interval_wilson(cases[n].hits, cases[n].count);
		NEAR(i.lower, cases[n].lower);
		NEAR(i.upper, cases[n].upper);
	}
	i = interval_wilson(0, 0);
	assert_true(i.lower == 0 && i.upper == 1);
}

static void test_wilson_stays_inside(void **state)
{
	struct interval i;
	int64_t hits, count;

	(void)state;
	for (count = 1; count <= 60; count++) {
		for (hits = 0; hits <= count; hits++) {
			i = interval_wilson(hits, count);
			assert_true(i.lower >= 0 && i.upper <= 1);
			assert_true(i.lower <= (double)hits / (double)count);
			assert_true(i.upper >= (double)hits / (double)count);
		}
	}
	assert_true(interval_wilson(0, 4).lower == 0 && interval_wilson(4, 4).upper == 1);
}

/* P(a guessed question survives the text test), chance 1 in 4. */
static void test_chance_of_a_guesser(void **state)
{
	(void)state;
	NEAR(interval_binomial_at_most(0, 4, 0.25), .316);
	NEAR(interval_binomial_at_most(1, 4, 0.25), .738);
	NEAR(interval_binomial_at_most(1, 5, 0.25), .633);
	NEAR(interval_binomial_at_most(1, 8, 0.25), .367);
	NEAR(interval_binomial_at_most(2, 8, 0.25), .679);
	NEAR(interval_binomial_at_most(3, 16, 0.25), .405);
	NEAR(interval_binomial_at_most(4, 16, 0.25), .630);
}

/* P(a question of this true visual accuracy survives), 4 trials. */
static void test_chance_of_a_visible_question(void **state)
{
	(void)state;
	NEAR(1 - interval_binomial_at_most(3, 4, .70), .240);
	NEAR(1 - interval_binomial_at_most(2, 4, .70), .652);
	NEAR(1 - interval_binomial_at_most(3, 4, .80), .410);
	NEAR(1 - interval_binomial_at_most(2, 4, .80), .819);
	NEAR(1 - interval_binomial_at_most(3, 4, .90), .656);
	NEAR(1 - interval_binomial_at_most(2, 4, .90), .948);
	NEAR(1 - interval_binomial_at_most(3, 4, .95), .815);
	NEAR(1 - interval_binomial_at_most(2, 4, .95), .986);
	NEAR(interval_binomial_at_most(0, 4, .5), .0625);	/* a leaky question */
	NEAR(interval_binomial_at_most(1, 8, .5), .035);
}

static void test_binomial_ends(void **state)
{
	(void)state;
	NEAR(interval_binomial_at_most(-1, 4, .25), 0);
	NEAR(interval_binomial_at_most(4, 4, .25), 1);
	NEAR(interval_binomial_at_most(9, 4, .25), 1);
	NEAR(interval_binomial_at_most(0, 4, 0), 1);
	NEAR(interval_binomial_at_most(-1, 4, 0), 0);
	NEAR(interval_binomial_at_most(3, 4, 1), 0);
	NEAR(interval_binomial_at_most(4, 4, 1), 1);
	NEAR(interval_binomial_at_most(500, 1000, .5), .5126);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wilson),
		cmocka_unit_test(test_wilson_stays_inside),
		cmocka_unit_test(test_chance_of_a_guesser),
		cmocka_unit_test(test_chance_of_a_visible_question),
		cmocka_unit_test(test_binomial_ends),
	};

	return cmocka_run_group_tests_name("interval", tests, NULL, NULL);
}
