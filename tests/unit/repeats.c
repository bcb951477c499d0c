/* SPDX-License-Identifier: Apache-2.0
 *
 * repeats: only what certainly says nothing new is one.
 */
#include "store/repeats.h"

#include "tests/unit/scratch.h"

static struct repeats *repeats;

static int begin(void **state)
{
	struct err err;

	(void)state;
	repeats = repeats_new(&err);
	return repeats ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	repeats_free(repeats);
	return 0;
}

static void sum_of(int record, unsigned char sum[HASH_BYTES])
{
	struct hash h;

	hash_init(&h);
	hash_number(&h, record);
	hash_raw(&h, sum);
	hash_release(&h);
}

static void take(int record)
{
	unsigned char sum[HASH_BYTES];
	struct err err;

	sum_of(record, sum);
	assert_int_equal(repeats_taken(repeats, sum, &err), 0);
}

static void put_off(int record, uint32_t image, uint32_t caption)
{
	unsigned char sum[HASH_BYTES];

	sum_of(record, sum);
	repeats_put_off(repeats, sum, (uint32_t[]){ image, caption });
}

/* Expects one letter for each that was put off: r a repeat, - none. */
static void expect(const char *letters)
{
	struct err err;
	size_t n;

	assert_int_equal(repeats_find(repeats, &err), 0);
	for (n = 0; letters[n]; n++)
		assert_int_equal(repeats_is(repeats, n), letters[n] == 'r');
}

static void says_what_was_said_before(void **state)
{
	(void)state;
	take(1);
	take(2);
	take(3);
	put_off(2, 20, 21);
	put_off(9, 90, 91);
	put_off(2, 20, 21);
	put_off(3, 30, 30);
	put_off(9, 90, 91);	/* both times it was put off, so it never was put */
	expect("r-rr-");
}

/* 5 changes what 1 and 2 stand for: they may be changing it back. */
static void doubts_who_shares_a_key(void **state)
{
	(void)state;
	take(1);
	take(2);
	take(3);
	put_off(1, 10, 11);
	put_off(5, 10, 21);
	put_off(2, 20, 21);
	put_off(3, 30, 31);
	put_off(1, 10, 11);
	expect("---r-");
}

/* 0 is a key as any other. */
static void takes_any_key(void **state)
{
	(void)state;
	take(1);
	take(2);
	put_off(1, 0, 5);
	put_off(7, 0, 6);
	put_off(2, UINT32_MAX, UINT32_MAX);
	expect("--r");
}

static void nothing_was_put_off(void **state)
{
	(void)state;
	take(1);
	expect("");
}

/* One line a hundred thousand times, and as many others. */
static void many(void **state)
{
	struct err err;
	int n;

	(void)state;
	for (n = 0; n < 100000; n++)
		take(n);
	for (n = 0; n < 100000; n++) {
		put_off(7, 1000007, 2000007);
		put_off(n * 2, 1000000 + (uint32_t)n * 2, 3000000 + (uint32_t)n * 2);
	}
	assert_int_equal(repeats_find(repeats, &err), 0);
	for (n = 0; n < 100000; n++) {
		assert_true(repeats_is(repeats, 2 * (size_t)n));
		assert_int_equal(repeats_is(repeats, 2 * (size_t)n + 1), n < 50000);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(says_what_was_said_before), TEST(doubts_who_shares_a_key),
		TEST(takes_any_key), TEST(nothing_was_put_off), TEST(many),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
