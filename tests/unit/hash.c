/* SPDX-License-Identifier: Apache-2.0
 *
 * hash: the ids are what xxh128sum prints, the draws are uniform and the same everywhere.
 */
#include "schemas/hash.h"

#include "tests/unit/scratch.h"

static void test_same_as_xxh128sum(void **state)
{
	char id[HASH_HEX], streamed[HASH_HEX], text[3000];
	struct hash h;
	size_t i;

	(void)state;
	hash_of("", 0, id);	/* xxh128sum /dev/null */
	assert_string_equal(id, "99aa06d3014798d86001c324468d497f");
	hash_of("hello, world\n", 13, id);
	assert_string_equal(id, "aef7d73364a11a632fc4faefcc422cb8");
	for (i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 23);
	hash_of(text, sizeof(text), id);	/* long enough for the striped loop */
	assert_string_equal(id, "fc426b97a3f4721d4810afd086325b0a");
	hash_init(&h);
	for (i = 0; i < sizeof(text); i += 7)
		hash_bytes(&h, text + i, sizeof(text) - i < 7 ? sizeof(text) - i : 7);
	hash_hex(&h, streamed);
	hash_release(&h);
	assert_string_equal(streamed, id);
}

static void of_texts(char out[HASH_HEX], const char *a, const char *b)
{
	struct hash h;

	hash_init(&h);
	hash_text(&h, a);
	hash_text(&h, b);
	hash_hex(&h, out);
	hash_release(&h);
}

static void test_texts_do_not_run_together(void **state)
{
	char one[HASH_HEX], two[HASH_HEX];

	(void)state;
	of_texts(one, "ab", "c");
	of_texts(two, "a", "bc");
	assert_string_not_equal(one, two);
	of_texts(one, NULL, "x");
	of_texts(two, "", "x");
	assert_string_equal(one, two);
}

static void test_hex_both_ways(void **state)
{
	unsigned char raw[HASH_BYTES];
	char hex[HASH_HEX];

	(void)state;
	assert_int_equal(hash_from_hex("00112233445566778899aabbccddeeff", raw), 0);
	assert_int_equal(raw[15], 0xff);
	hash_to_hex(raw, hex);
	assert_string_equal(hex, "00112233445566778899aabbccddeeff");
	assert_false(hash_is_hex("00112233445566778899aabbccddeef"));
	assert_false(hash_is_hex("00112233445566778899aabbccddeeff0"));
	assert_false(hash_is_hex("00112233445566778899AABBCCDDEEFF"));
	assert_false(hash_is_hex("00112233445566778899aabbccddeefg"));
	assert_false(hash_is_hex(""));
}

/* 5 records in 4 parts: the union is all 5, whatever N is (DESIGN.md 5). */
static void test_parts_cover_everything_once(void **state)
{
	int64_t n, i, part, all = 0, first = 0;
	char key[32];

	(void)state;
	for (n = 1; n <= 9; n++) {
		for (i = 0; i < 200; i++) {
			snprintf(key, sizeof(key), "key %lld", (long long)i);
			part = hash_part(key, n);
			assert_in_range(part, 0, n - 1);
			all++;
			first += part == 0 && n == 4;
		}
	}
	assert_int_equal(all, 1800);
	assert_in_range(first, 30, 70);
}

/* Steele, Lea, Flood: SplitMix64 from 1234567, as other implementations give it. */
static void test_draws_are_splitmix64(void **state)
{
	struct draw d = { 1234567 };

	(void)state;
	assert_true(draw_next(&d) == UINT64_C(6457827717110365317));
	assert_true(draw_next(&d) == UINT64_C(3203168211198807973));
	assert_true(draw_next(&d) == UINT64_C(9817491932198370423));
}

static void test_draws_are_uniform(void **state)
{
	unsigned bound, i, x, seen[26];
	struct draw d = { 42 };

	(void)state;
	for (bound = 1; bound <= 25; bound++) {
		memset(seen, 0, sizeof(seen));
		for (i = 0; i < 1000 * bound; i++) {
			x = draw_below(&d, bound);
			assert_in_range(x, 0, bound - 1);
			seen[x]++;
		}
		for (i = 0; i < bound; i++)	/* 1000 expected; five standard deviations */
			assert_in_range(seen[i], 840, 1160);
	}
}

/* The last, incomplete round of 2^64 numbers is drawn again: small results would weigh more. */
static void test_draws_are_unbiased(void **state)
{
	struct draw d = { UINT64_C(0x71a00ba151aeadc2) }, same = d;

	(void)state;
	assert_true(draw_next(&same) == UINT64_MAX - 5); /* 2^64 is 16 over a multiple of 25 */
	assert_int_equal(draw_below(&d, 25), draw_next(&same) % 25);
	assert_true(d.state == same.state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_xxh128sum),
		cmocka_unit_test(test_texts_do_not_run_together),
		cmocka_unit_test(test_hex_both_ways),
		cmocka_unit_test(test_parts_cover_everything_once),
		cmocka_unit_test(test_draws_are_splitmix64),
		cmocka_unit_test(test_draws_are_uniform),
		cmocka_unit_test(test_draws_are_unbiased),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
