/* SPDX-License-Identifier: Apache-2.0
 *
 * Replays the tables of tests/letter and checks what holds for every reply: nothing outside
 * the options is picked, the locale does not matter, and the text is never written to.
 *
 * A table is plain text. Settings hold until changed:
 *
 *	options: Red | Blue | Green | Grey
 *	abstain: no		(yes: the last option is the abstain option)
 *	image: no		(yes: an image was sent)
 *	cut: no			(yes: finish_reason was "length")
 *	B <- The answer is B.
 *	B/none <- A dog is shown, so B
 *
 * Left of the arrow: a letter, none, abstained or refused, or several with slashes between;
 * right of it the reply, with \n, \t, \r, \\ and \xHH.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <cmocka.h>

#include "cli/buf.h"
#include "filter/letter.h"

#define OPTIONS_MAX 26

struct table {
	char options_text[4096];
	const char *options[OPTIONS_MAX];
	struct letter_shown shown;
	int line;
	const char *name;
	int cases, wrong;
};

static const char *tests_folder(void)
{
	const char *folder = getenv("CAPQA_TESTS");

	return folder && *folder ? folder : "tests";
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && strchr(" \t\n", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static void set_options(struct table *t, const char *text)
{
	char *p = t->options_text, *bar;

	snprintf(p, sizeof(t->options_text), "%s", text);
	t->shown.count = 0;
	do {
		bar = strstr(p, " | ");
		if (bar)
			*bar = '\0';
		assert_true(t->shown.count < OPTIONS_MAX);
		t->options[t->shown.count++] = trim(p);
		p = bar ? bar + 3 : NULL;
	} while (p);
	t->shown.options = t->options;
}

static size_t unescape(char *text)
{
	char *to = text, *from = text;
	unsigned int byte;

	for (; *from; from++) {
		if (*from != '\\' || !from[1] || !strchr("ntr\\x", from[1])) {
			*to++ = *from;
			continue;
		}
		from++;
		if (*from == 'x' && sscanf(from + 1, "%2x", &byte) == 1) {
			*to++ = (char)byte;
			from += 2;
		} else {
			*to++ = *from == 'n'   ? '\n'
				: *from == 't' ? '\t'
				: *from == 'r' ? '\r'
					       : '\\';
		}
	}
	*to = '\0';
	return (size_t)(to - text);
}

static const char *name_of(enum letter_said said, int pick)
{
	static char letter[2];

	switch (said) {
	case LETTER_PICK:
		letter[0] = (char)('A' + pick);
		return letter;
	case LETTER_ABSTAINED:
		return "abstained";
	case LETTER_REFUSED:
		return "refused";
	default:
		return "none";
	}
}

static bool is_expected(const char *expected, const char *got)
{
	size_t len = strlen(got);
	const char *p = expected;

	while ((p = strstr(p, got))) {
		if ((p == expected || p[-1] == '/') && (!p[len] || p[len] == '/'))
			return true;
		p++;
	}
	return false;
}

/* The reply in memory of exactly its size, so that a read too far is seen. */
static enum letter_said read_exact(const char *reply, size_t len,
				   const struct letter_shown *shown, int *pick)
{
	char *copy = malloc(len ? len : 1);
	enum letter_said said;

	assert_non_null(copy);
	memcpy(copy, reply, len);
	said = letter_read(copy, len, shown, pick);
	assert_memory_equal(copy, reply, len);
	free(copy);
	assert_int_equal(said == LETTER_PICK, *pick >= 0);
	assert_true(*pick < (int)shown->count - (shown->abstain ? 1 : 0));
	return said;
}

static void check_case(struct table *t, const char *expected, char *reply)
{
	size_t len = unescape(reply);
	enum letter_said said;
	const char *got;
	int pick;

	said = read_exact(reply, len, &t->shown, &pick);
	got = name_of(said, pick);
	t->cases++;
	if (is_expected(expected, got))
		return;
	t->wrong++;
	print_error("%s:%d: expected %s, got %s: %s\n", t->name, t->line, expected, got, reply);
}

static void read_row(struct table *t, char *row)
{
	char *arrow = strstr(row, "<-");

	if (!*trim(row) || *row == '#')
		return;
	if (!strncmp(row, "options:", 8)) {
		set_options(t, trim(row + 8));
	} else if (!strncmp(row, "abstain:", 8)) {
		t->shown.abstain = !strcmp(trim(row + 8), "yes");
	} else if (!strncmp(row, "image:", 6)) {
		t->shown.image_sent = !strcmp(trim(row + 6), "yes");
	} else if (!strncmp(row, "cut:", 4)) {
		t->shown.cut = !strcmp(trim(row + 4), "yes");
	} else {
		if (!arrow)
			fail_msg("%s:%d: no arrow", t->name, t->line);
		*arrow = '\0';
		check_case(t, trim(row), arrow + 2 + (arrow[2] == ' '));
	}
}

static int read_table(const char *folder, const char *name, int *wrong)
{
	char path[4096], row[65536];
	struct table t = { .name = name };
	FILE *file;

	snprintf(path, sizeof(path), "%s/letter/%s", folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	set_options(&t, "Red | Blue | Green | Grey");
	while (fgets(row, sizeof(row), file)) {
		t.line++;
		row[strcspn(row, "\n")] = '\0';
		read_row(&t, row);
	}
	fclose(file);
	*wrong += t.wrong;
	return t.cases;
}

static int replay_all(void)
{
	const char *folder = tests_folder();
	char path[4096];
	struct dirent *entry;
	int cases = 0, wrong = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/letter", folder);
	dir = opendir(path);
	if (!dir)
		fail_msg("no folder '%s': set CAPQA_TESTS", path);
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".txt"))
			cases += read_table(folder, entry->d_name, &wrong);
	closedir(dir);
	if (wrong)
		fail_msg("%d of %d replies are read wrongly", wrong, cases);
	return cases;
}

static void tables_read_as_they_say(void **state)
{
	(void)state;
	assert_true(replay_all() >= 200);
}

static void the_locale_does_not_matter(void **state)
{
	static const char *const locales[] = { "C",	      "C.UTF-8",     "POSIX",
					       "tr_TR.UTF-8", "en_US.UTF-8", "de_DE.UTF-8" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(locales) / sizeof(*locales); i++)
		if (setlocale(LC_ALL, locales[i]))
			replay_all();
	setlocale(LC_ALL, "C");
}

static const char *const colours[] = { "Red", "Blue", "Green", "Grey", "Cannot tell" };

static void nothing_is_unparsed(void **state)
{
	struct letter_shown shown = { .options = colours, .count = 4 };
	int pick = 7;

	(void)state;
	assert_int_equal(letter_read(NULL, 0, &shown, &pick), LETTER_UNPARSED);
	assert_int_equal(pick, -1);
	assert_int_equal(letter_read("", 0, &shown, &pick), LETTER_UNPARSED);
	assert_int_equal(letter_read(" \n", 2, &shown, &pick), LETTER_UNPARSED);
}

static void the_reference_takes_the_first_letter(void **state)
{
	struct letter_shown shown = { .options = colours, .count = 5, .abstain = true };
	int pick;

	(void)state;
	assert_int_equal(letter_read_caprl("Answer: B", 9, &shown, &pick), LETTER_PICK);
	assert_int_equal(pick, 0);
	assert_int_equal(letter_read_caprl("the answer is C", 15, &shown, &pick), LETTER_PICK);
	assert_int_equal(pick, 2);
	assert_int_equal(letter_read_caprl("E", 1, &shown, &pick), LETTER_ABSTAINED);
	assert_int_equal(letter_read_caprl("I think B", 9, &shown, &pick), LETTER_UNPARSED);
	assert_int_equal(letter_read_caprl("none", 4, &shown, &pick), LETTER_UNPARSED);
	assert_int_equal(letter_read_caprl(NULL, 0, &shown, &pick), LETTER_UNPARSED);
}

/* Every letter that can be shown, bare and in a sentence. */
static void every_letter_is_read(void **state)
{
	static const char *const forms[][2] = {
		{ "", "" },	     { "", "." },    { "(", ")" },
		{ "Answer: ", "" },  { "**", "**" }, { "The answer is ", "." },
		{ "\\boxed{", "}" }, { "", ")" },
	};
	const char *options[26];
	char texts[26][8], reply[64];
	struct letter_shown shown = { .options = options, .count = 26 };
	size_t i, k;
	int pick;

	(void)state;
	for (i = 0; i < 26; i++) {
		snprintf(texts[i], sizeof(texts[i]), "no %zu", i + 100);
		options[i] = texts[i];
	}
	for (i = 0; i < 26; i++) {
		for (k = 0; k < sizeof(forms) / sizeof(*forms); k++) {
			snprintf(reply, sizeof(reply), "%s%c%s", forms[k][0], (int)('A' + i),
				 forms[k][1]);
			if (letter_read(reply, strlen(reply), &shown, &pick) != LETTER_PICK)
				fail_msg("'%s' is not read", reply);
			assert_int_equal(pick, (int)i);
		}
	}
}

/* Cutting a reply may lose the answer, but must never turn it into another one. */
static void a_cut_never_changes_the_answer(void **state)
{
	static const char *const replies[] = {
		"The image shows a car. The answer is B) Blue, because the car is blue.",
		"B) Blue",
		"Blue",
		"**Answer:** (B) Blue\n\nThe car is blue.",
		"A dog is shown, so the answer is B.",
		"\\boxed{B}",
		"<answer>B</answer>",
		"<think>Red? A? No, C.</think>\nB",
		"正确答案是B，因为汽车是蓝色的。",
		"Not A; the answer is B",
		"I think it is B because the colour is blue.",
	};
	struct letter_shown shown = { .options = colours, .count = 4, .cut = true };
	size_t i, len;
	int pick;

	(void)state;
	for (i = 0; i < sizeof(replies) / sizeof(*replies); i++)
		/* one byte alone cannot be told from a constrained answer */
		for (len = 2; len <= strlen(replies[i]); len++)
			if (read_exact(replies[i], len, &shown, &pick) == LETTER_PICK &&
			    pick != 1)
				fail_msg("the first %zu bytes of '%s' read as %c", len,
					 replies[i], 'A' + pick);
}

static void a_megabyte_of_anything_is_read(void **state)
{
	static const char *const pieces[] = {
		"A ",		"answer is ", "\\boxed{",
		"<think>",	"B) ",	      "(",
		"the answer, ", "**",	      "is B or ",
		"答案",		"\n",	      "<answer>",
		"{\"",		"Red ",	      "I cannot ",
		"not ",		"\xff",	      "wait, C is correct. ",
	};
	struct letter_shown shown = { .options = colours, .count = 4 };
	struct buf text;
	size_t i;
	int pick;

	(void)state;
	for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		buf_init(&text, BUF_NO_MAX);
		while (text.len < 1 << 20)
			buf_adds(&text, pieces[i]);
		read_exact(text.data, text.len, &shown, &pick);
		buf_release(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_read_as_they_say),
		cmocka_unit_test(the_locale_does_not_matter),
		cmocka_unit_test(nothing_is_unparsed),
		cmocka_unit_test(the_reference_takes_the_first_letter),
		cmocka_unit_test(every_letter_is_read),
		cmocka_unit_test(a_cut_never_changes_the_answer),
		cmocka_unit_test(a_megabyte_of_anything_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
