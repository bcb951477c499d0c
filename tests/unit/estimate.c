/* SPDX-License-Identifier: Apache-2.0
 *
 * estimate: how many calls are left from a given state, and what is said about them.
 */
#include "curate/estimate.h"

#include <math.h>

#include "schemas/chance.h"
#include "schemas/rule.h"
#include "tests/unit/scratch.h"

static struct chance_left left(const struct threshold *t, int trials, int asked, int correct)
{
	struct chance_state from = { asked, correct, 0 };

	return chance_left(t, 0.25, trials, &from);
}

static void test_calls_left(void **state)
{
	struct chance_left l = left(&rule_caprl.text, 4, 0, 0);

	(void)state;
	/* "<0.25" of 4: one right answer ends it, else all four are needed. */
	assert_int_equal(l.least, 1);
	assert_int_equal(l.most, 4);
	assert_true(fabs(l.expected - (1 + .75 + .75 * .75 + .75 * .75 * .75)) < 1e-9);
	l = left(&rule_caprl.text, 4, 2, 0);
	assert_int_equal(l.least, 1);
	assert_int_equal(l.most, 2);
	assert_true(fabs(l.expected - 1.75) < 1e-9);
	l = left(&rule_caprl.text, 4, 2, 1);
	assert_int_equal(l.most, 0);
	assert_int_equal(l.least, 0);
	/* ">0.75" of 4: one wrong answer ends it. */
	l = left(&rule_caprl.visual, 4, 1, 1);
	assert_int_equal(l.least, 1);
	assert_int_equal(l.most, 3);
}

static void test_words(void **state)
{
	struct estimate e = { 0 };
	struct estimate_request text = { 1000, 0, 8, 1, 4, 2.5 }, image = { 500, 4000000, 100, 1, 1, 1 };
	char said[256];

	(void)state;
	estimate_say(&e, 0, 0, "", said, sizeof(said));
	assert_string_equal(said, "dry run: 0 calls; 0 answers in the ledger; 0.0 MB to send");
	estimate_add(&e, &text);
	estimate_add(&e, &text);
	estimate_say(&e, 0, 0, "when the model guesses", said, sizeof(said));
	assert_string_equal(said, "dry run: 2 to 8 calls, 5 expected when the model guesses; "
			    "0 answers in the ledger; 0.0 MB to send");
	e = (struct estimate){ 0 };
	estimate_add(&e, &image);
	estimate_say(&e, 8, 80, "", said, sizeof(said));
	/* 500/4 + 1000 tokens in at 8, 100 out at 80, per million */
	assert_string_equal(said, "dry run: 1 calls; 0 answers in the ledger; 4.0 MB to send, about "
			    "0.02 for 1125 tokens in and 100 out (4 bytes a token, 1000 an image, "
			    "longest replies)");
	estimate_held(&e, 2000000, 1000000);
	estimate_held(&e, -1, -1);
	estimate_say(&e, 8, 80, "", said, sizeof(said));
	assert_non_null(strstr(said, "2 answers in the ledger"));
	assert_non_null(strstr(said, "about 96.00 for 2000000 tokens in and 1000000 out"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls_left), cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
