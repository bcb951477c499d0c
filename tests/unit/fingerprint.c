/* SPDX-License-Identifier: Apache-2.0
 *
 * fingerprint: when two questions ask for the same, and what near ones must have in common.
 */
#include "filter/fingerprint.h"

#include "schemas/record.h"
#include "tests/unit/scratch.h"

static struct rec_question question(const char *image, const char *text, const char **options,
				    size_t count, int answer)
{
	return (struct rec_question){ .id = "x",
				      .image_key = image,
				      .question = text,
				      .options = options,
				      .option_count = count,
				      .answer = answer };
}

static struct fingerprint print_of(const struct rec_question *q, enum scope scope)
{
	struct fingerprint f;

	fingerprint_of(q, scope, &f, NULL);
	return f;
}

static bool same(const struct rec_question *a, const struct rec_question *b, enum scope scope)
{
	struct fingerprint x = print_of(a, scope), y = print_of(b, scope);

	return !memcmp(x.key, y.key, sizeof(x.key));
}

static void test_what_says_the_same(void **state)
{
	const char *plain[] = { "Red", "Blue", "Green" },
		   *mixed[] = { " green", "RED", "blue " };
	const char *wide[] = { "\357\274\262ed", "Blue", "Green" },
		   *other[] = { "Red", "Blue", "Gray" };
	const char *more[] = { "Red", "Blue", "Green", "Red" };
	struct rec_question a = question("i", "What colour?", plain, 3, 0);
	struct rec_question b = question("i", "  what\tCOLOUR? ", mixed, 3, 1);
	struct rec_question c = question("i", "What colour?", wide, 3, 0);
	struct rec_question d = question("i", "What colour?", other, 3, 0);
	struct rec_question e = question("j", "What colour?", plain, 3, 0);
	struct rec_question f = question("i", "What colour?", plain, 3, 1);
	struct rec_question g = question("i", "What colour?", more, 4, 0);

	(void)state;
	assert_true(same(&a, &b, SCOPE_IMAGE));
	assert_true(same(&a, &c, SCOPE_IMAGE));
	assert_false(same(&a, &d, SCOPE_IMAGE));
	assert_false(same(&a, &e, SCOPE_IMAGE));
	assert_true(same(&a, &f, SCOPE_IMAGE));
	assert_false(same(&a, &g, SCOPE_IMAGE));
	assert_true(print_of(&a, SCOPE_IMAGE).gold == print_of(&b, SCOPE_ALL).gold);
	assert_true(print_of(&a, SCOPE_IMAGE).gold != print_of(&f, SCOPE_IMAGE).gold);
	/* anywhere: the image is out of it, the right answer in */
	assert_true(same(&a, &e, SCOPE_ALL));
	assert_true(same(&a, &b, SCOPE_ALL));
	assert_false(same(&a, &f, SCOPE_ALL));
}

static void test_groups(void **state)
{
	const char *options[] = { "Red", "Blue" }, *others[] = { "blue", "Teal", "Red " };
	struct rec_question a = question("i", "What colour?", options, 2, 0);
	struct rec_question b = question("i", "Which one?", others, 3, 2);
	struct rec_question c = question("j", "What colour?", options, 2, 0);
	struct rec_question d = question("i", "What colour?", options, 2, 1);

	(void)state;
	assert_true(print_of(&a, SCOPE_IMAGE).group == print_of(&b, SCOPE_IMAGE).group);
	assert_true(print_of(&a, SCOPE_IMAGE).group != print_of(&c, SCOPE_IMAGE).group);
	assert_true(print_of(&a, SCOPE_ALL).group == print_of(&c, SCOPE_ALL).group);
	assert_true(print_of(&a, SCOPE_ALL).group != print_of(&d, SCOPE_ALL).group);
}

static void test_text(void **state)
{
	const char *options[] = { "Red", " BLUE  sky", "Green" };
	struct rec_question q = question("i", "What  Colour?", options, 3, 1);
	struct fingerprint f;
	struct buf text;

	(void)state;
	buf_init(&text, BUF_NO_MAX);
	buf_adds(&text, "> ");
	fingerprint_of(&q, SCOPE_IMAGE, &f, &text);
	assert_string_equal(text.data, "> what colour? blue sky green red");
	buf_release(&text);
}

/* Written down: slices of --part go by the key, on every machine and from version to version. */
static void test_key_stays(void **state)
{
	const char *options[] = { "Red", "Blue" };
	struct rec_question q = question("i", "What colour?", options, 2, 0);
	char expected[HASH_HEX], hex[HASH_HEX];

	(void)state;
	hash_of("i\0what colour?\0blue\0red", sizeof("i\0what colour?\0blue\0red"), expected);
	hash_to_hex(print_of(&q, SCOPE_IMAGE).key, hex);
	assert_string_equal(hex, expected);
	hash_of("red\0what colour?\0blue\0red", sizeof("red\0what colour?\0blue\0red"), expected);
	hash_to_hex(print_of(&q, SCOPE_ALL).key, hex);
	assert_string_equal(hex, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_says_the_same),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_key_stays),
	};

	return cmocka_run_group_tests_name("fingerprint", tests, NULL, NULL);
}
