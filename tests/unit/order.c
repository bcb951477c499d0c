/* SPDX-License-Identifier: Apache-2.0
 *
 * order: enumerated for all small k and N: permutations, balance, distinctness, and that an
 * order hangs on nothing but seed, question, condition and trial.
 */
#include "schemas/order.h"

#include "tests/unit/scratch.h"

#define MOST 80

static uint8_t orders[MOST][ORDER_OPTIONS_MAX], others[MOST][ORDER_OPTIONS_MAX];

static struct order_plan plan_of(enum order_mode mode, bool distinct, int options, int gold)
{
	return (struct order_plan){ .mode = mode, .distinct = distinct, .seed = 7,
				    .question_id = "0123", .condition = "blind",
				    .options = options, .gold = gold };
}

static void check_permutations(int k, int n)
{
	int t, i;

	for (t = 0; t < n; t++) {
		bool seen[ORDER_OPTIONS_MAX] = { false };

		for (i = 0; i < k; i++) {
			assert_true(orders[t][i] < k);
			assert_false(seen[orders[t][i]]);
			seen[orders[t][i]] = true;
		}
	}
}

static void check_balance(int k, int n, int gold)
{
	int visits[ORDER_OPTIONS_MAX] = { 0 }, t, i;

	for (t = 0; t < n; t++)
		for (i = 0; i < k; i++)
			visits[i] += orders[t][i] == gold;
	for (i = 0; i < k; i++)
		assert_in_range(visits[i], n / k, (n + k - 1) / k);
}

static void check_distinct(int k, int n)
{
	int t, u;

	for (t = 0; t < n; t++)
		for (u = 0; u < t; u++)
			if (!memcmp(orders[t], orders[u], (size_t)k))
				fail_msg("k=%d: trials %d and %d are alike", k, u, t);
}

/* TRAPS 17: four trials of four options: gold visits A, B, C, D once each. */
static void test_balanced(void **state)
{
	struct order_plan plan;
	int k, n, gold, distinct, id;
	char question[16];

	(void)state;
	for (k = 2; k <= 8; k++) {
		for (n = 1; n <= 2 * k + 1; n++) {
			for (id = 0; id < 8 * k; id++) {
				gold = id % k;
				distinct = id / k % 2;
				snprintf(question, sizeof(question), "q%d", id);
				plan = plan_of(ORDER_BALANCED, distinct, k, gold);
				plan.question_id = question;
				if (order_most(k, distinct, n) < n)
					continue;
				order_make(&plan, n, orders);
				check_permutations(k, n);
				check_balance(k, n, gold);
				if (distinct)
					check_distinct(k, n);
			}
		}
	}
}

static void test_random(void **state)
{
	struct order_plan plan;
	int k;

	(void)state;
	for (k = 2; k <= ORDER_OPTIONS_MAX; k++) {
		plan = plan_of(ORDER_RANDOM, false, k, k - 1);
		order_make(&plan, 40, orders);
		check_permutations(k, 40);
	}
}

/* All k! orders exactly once, in both modes. */
static void test_all_orders(void **state)
{
	static const int all[] = { 0, 0, 2, 6, 24 };
	struct order_plan plan;
	int k, mode, id;
	char question[16];

	(void)state;
	for (k = 2; k <= 4; k++) {
		assert_int_equal(order_most(k, true, 1000), all[k]);
		assert_int_equal(order_most(k, true, all[k] - 1), all[k] - 1);
		assert_int_equal(order_most(k, false, 1000), 1000);
		for (mode = 0; mode < 2; mode++) {
			for (id = 0; id < 50; id++) {
				snprintf(question, sizeof(question), "q%d", id);
				plan = plan_of((enum order_mode)mode, true, k, id % k);
				plan.question_id = question;
				order_make(&plan, all[k], orders);
				check_permutations(k, all[k]);
				check_distinct(k, all[k]);
			}
		}
	}
	assert_int_equal(order_most(25, true, 1000), 1000);
	assert_int_equal(order_most(7, true, 6000), 5040);
}

static void test_trials_do_not_move_an_order(void **state)
{
	int k, n, t, mode, distinct;

	(void)state;
	for (k = 2; k <= 6; k++) {
		for (mode = 0; mode < 4; mode++) {
			struct order_plan plan;

			distinct = mode / 2;
			plan = plan_of((enum order_mode)(mode % 2), distinct, k, 1);
			order_make(&plan, order_most(k, distinct, 24), orders);
			for (n = 1; n <= order_most(k, distinct, 24); n++) {
				memset(others, 0xee, sizeof(others));
				order_make(&plan, n, others);
				for (t = 0; t < n; t++)
					assert_memory_equal(orders[t], others[t], (size_t)k);
			}
		}
	}
}

static void differs(const struct order_plan *a, const struct order_plan *b)
{
	memset(orders, 0, sizeof(orders));
	memset(others, 0, sizeof(others));
	order_make(a, 20, orders);
	order_make(b, 20, others);
	assert_memory_not_equal(orders, others, sizeof(orders));
}

static void test_what_an_order_hangs_on(void **state)
{
	struct order_plan plan = plan_of(ORDER_BALANCED, false, 5, 0), other;

	(void)state;
	other = plan;
	other.seed = 8;
	differs(&plan, &other);
	other = plan;
	other.condition = "sight";
	differs(&plan, &other);
	other = plan;
	other.question_id = "0124";
	differs(&plan, &other);
	other = plan;
	other.mode = ORDER_RANDOM;
	differs(&plan, &other);
}

/* First orders of one plan, written down: a change would reshuffle every ledger. */
static void test_orders_stay_over_versions(void **state)
{
	struct order_plan plan = plan_of(ORDER_BALANCED, true, 4, 2);
	char text[64] = "";
	int t, i;

	(void)state;
	order_make(&plan, 4, orders);
	for (t = 0; t < 4; t++) {
		for (i = 0; i < 4; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d",
				 orders[t][i]);
		strcat(text, " ");
	}
	assert_string_equal(text, "3021 1203 1302 2031 ");
}

/* Each option comes first about as often as any other: 6000 questions, 4 options. */
static void test_random_is_fair(void **state)
{
	struct order_plan plan = plan_of(ORDER_RANDOM, false, 4, 0);
	int first[4] = { 0 }, id, i;
	char question[16];

	(void)state;
	for (id = 0; id < 6000; id++) {
		snprintf(question, sizeof(question), "q%d", id);
		plan.question_id = question;
		order_make(&plan, 1, orders);
		first[orders[0][0]]++;
	}
	for (i = 0; i < 4; i++)		/* 1500 expected; five standard deviations are 168 */
		assert_in_range(first[i], 1332, 1668);
}

static void test_names(void **state)
{
	enum order_mode mode = ORDER_RANDOM;

	(void)state;
	assert_int_equal(order_mode_parse("balanced", &mode), 0);
	assert_string_equal(order_mode_name(mode), "balanced");
	assert_int_equal(order_mode_parse("random", &mode), 0);
	assert_string_equal(order_mode_name(mode), "random");
	assert_int_equal(order_mode_parse("Random", &mode), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_balanced),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_all_orders),
		cmocka_unit_test(test_trials_do_not_move_an_order),
		cmocka_unit_test(test_what_an_order_hangs_on),
		cmocka_unit_test(test_orders_stay_over_versions),
		cmocka_unit_test(test_random_is_fair),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
