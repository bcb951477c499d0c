/* SPDX-License-Identifier: Apache-2.0
 *
 * fold: what counts as the same text.
 */
#include "schemas/fold.h"

#include <locale.h>

#include "schemas/hash.h"
#include "tests/unit/scratch.h"

static void folds(const char *text, const char *expected)
{
	struct buf b;

	buf_init(&b, BUF_NO_MAX);
	buf_adds(&b, "> ");	/* it appends, and the space before it is not its own */
	fold_text(&b, text);
	if (strcmp(b.data + 2, expected))
		fail_msg("'%s' gives '%s', not '%s'", text, b.data + 2, expected);
	buf_clear(&b);
	fold_text(&b, expected);
	assert_string_equal(b.data, expected);	/* folded text folds to itself */
	buf_release(&b);
}

static void test_ascii(void **state)
{
	(void)state;
	folds("", "");
	folds("   ", "");
	folds("  What \t\r\n IS  this?\v\f ", "what is this?");
	folds("A-Z @[`{", "a-z @[`{");
}

/* Letter by letter, as anyone would. */
static void fold_slowly(const char *text, char *to)
{
	char *start = to;

	for (; *text; text++) {
		if (*text == ' ' || (*text >= '\t' && *text <= '\r')) {
			if (to > start && to[-1] != ' ')
				*to++ = ' ';
		} else {
			*to++ = *text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text;
		}
	}
	while (to > start && to[-1] == ' ')
		to--;
	*to = '\0';
}

/* Sixteen bytes go at once: letters, borders and white space at every place of a step. */
static void test_ascii_of_every_length(void **state)
{
	static const char letters[] = "AZaz@[`{09~\x7f\x01";
	struct draw d = { 5 };
	char text[80], expected[80], *exact;
	int round, i, len, spaces;

	(void)state;
	for (round = 0; round < 100000; round++) {
		len = (int)draw_below(&d, sizeof(text));
		spaces = (int)draw_below(&d, 8);
		for (i = 0; i < len; i++)
			text[i] = (int)draw_below(&d, 30) < spaces ?
				  " \t  \n"[draw_below(&d, 5)] :
				  letters[draw_below(&d, sizeof(letters) - 1)];
		text[len] = '\0';
		fold_slowly(text, expected);
		exact = strdup(text);	/* so that reading behind the end shows */
		folds(exact, expected);
		free(exact);
	}
}

static void test_unicode(void **state)
{
	(void)state;
	folds("\xef\xbc\xa2\xef\xbc\x91", "b1");			/* full width B1 */
	folds("\xef\xac\x81sh", "fish");				/* ligature fi */
	folds("Stra\xc3\x9f""e", "strasse");
	folds("E\xcc\x81t\xc3\xa9", "\xc3\xa9t\xc3\xa9");		/* combining accent */
	folds("\xce\xa3\xce\x91\xcf\x82", "\xcf\x83\xce\xb1\xcf\x83");	/* all three sigmas */
	folds("\xe6\x9d\xb1\xe4\xba\xac", "\xe6\x9d\xb1\xe4\xba\xac");
	folds("\xe2\x85\xa3", "iv");					/* roman numeral */
}

static void test_spaces_of_all_kinds(void **state)
{
	(void)state;
	folds("a\xc2\xa0""b", "a b");			/* no-break */
	folds("a\xe3\x80\x80\xe3\x80\x80""b", "a b");	/* ideographic */
	folds("a\xe2\x80\x89""b", "a b");		/* thin */
	folds("a\xe2\x80\xa8""b", "a b");		/* line separator */
	folds("a\xe2\x80\xa9""b", "a b");		/* paragraph separator */
	folds("a\xc2\x85""b", "a b");			/* next line */
	folds("a\xe1\x9a\x80""b", "a b");		/* ogham */
	folds("a\xe2\x80\x8b""b", "ab");		/* zero width: ignored */
	folds("\xc2\xa0""a\xc2\xa0", "a");
}

static void test_broken_utf8_stays(void **state)
{
	(void)state;
	folds("A\xff", "A\xff");
}

/* Turkish would fold I to a dotless i. */
static void test_no_locale(void **state)
{
	(void)state;
	if (!setlocale(LC_ALL, "tr_TR.UTF-8"))
		setlocale(LC_ALL, "C.UTF-8");
	folds("TITLE I", "title i");
	folds("\xc3\x89IT", "\xc3\xa9it");
	setlocale(LC_ALL, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_ascii_of_every_length),
		cmocka_unit_test(test_unicode),
		cmocka_unit_test(test_spaces_of_all_kinds),
		cmocka_unit_test(test_broken_utf8_stays),
		cmocka_unit_test(test_no_locale),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
