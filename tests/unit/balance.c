/* SPDX-License-Identifier: Apache-2.0
 *
 * balance: the right option goes where it is sent, everything that counts options follows, and
 * what does not keeps its bytes.
 */
#include "store/balance.h"

#include "tests/unit/scratch.h"

static void right_option_goes_where_it_is_sent(void **state)
{
	struct balance b;
	int seen, gold, place, i;
	char id[16];

	(void)state;
	for (gold = 0; gold < 5; gold++)
		for (place = 0; place < 5; place++) {
			snprintf(id, sizeof(id), "q%d", gold * 5 + place);
			balance_make(&b, 7, id, 5, gold, place);
			assert_int_equal(b.from[place], gold);
			for (i = seen = 0; i < 5; i++) {
				seen |= 1 << b.from[i];
				assert_int_equal(b.to[b.from[i]], i);
			}
			assert_int_equal(seen, 31);
		}
}

static void others_are_shuffled_by_id_and_seed(void **state)
{
	struct balance one, two, other;
	int i, differ = 0;
	char id[16];

	(void)state;
	for (i = 0; i < 20; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		balance_make(&one, 0, id, 5, 2, 1);
		balance_make(&two, 0, id, 5, 2, 1);
		balance_make(&other, 1, id, 5, 2, 1);
		assert_memory_equal(one.from, two.from, 5);
		differ += memcmp(one.from, other.from, 5) != 0;
	}
	assert_true(differ > 10);
}

/* Two options: the order is known, so the line can be written down. */
static void a_record_keeps_its_meaning(void **state)
{
	static const char line[] =
		"{\"question_id\":\"q\",\"options\":[\"Red, \\\"]\",\"Blue\"],\"answer\":\"A\","
		"\"blind\":[{\"model\":\"m\",\"trials\":[{\"order\":[1,0,2],\"pick\":0,"
		"\"said\":\"\\\"order\\\":[0]\",\"x\":{\"order\":[0], \"pick\":1}},"
		"{\"order\":null,\"pick\":null}]}],\"pick\":1,\"big\":1.0e3}";
	static const char want[] =
		"{\"question_id\":\"q\",\"options\":[\"Blue\",\"Red, \\\"]\"],\"answer\":\"B\","
		"\"blind\":[{\"model\":\"m\",\"trials\":[{\"order\":[0,1,2],\"pick\":1,"
		"\"said\":\"\\\"order\\\":[0]\",\"x\":{\"order\":[0], \"pick\":1}},"
		"{\"order\":null,\"pick\":null}]}],\"pick\":1,\"big\":1.0e3}";
	struct buf out;

	(void)state;
	buf_init(&out, BUF_NO_MAX);
	balance_record(0, 1, line, sizeof(line) - 1, &out);
	assert_string_equal(out.data, want);
	buf_clear(&out);
	balance_record(0, 0, line, sizeof(line) - 1, &out);
	assert_string_equal(out.data, line);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_option_goes_where_it_is_sent),
		cmocka_unit_test(others_are_shuffled_by_id_and_seed),
		cmocka_unit_test(a_record_keeps_its_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
