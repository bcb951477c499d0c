/* SPDX-License-Identifier: Apache-2.0
 *
 * prompt: places are filled once; what stands in a value stays as it is.
 */
#include "curate/prompt.h"

#include "tests/unit/scratch.h"

static void fills(const char *template, const struct prompt_value *values, const char *expected)
{
	struct prompt p;
	struct buf b;

	prompt_init(&p, template);
	buf_init(&b, BUF_NO_MAX);
	prompt_fill(&p, values, &b);
	assert_string_equal(b.data, expected);
	buf_release(&b);
	prompt_release(&p);
}

/* TRAPS 25: a caption with places, tokens, formats and quotes in it. */
static void test_values_stay_intact(void **state)
{
	const struct prompt_value values[] = {
		{ "question", "{options} %s {question} {} <|im_end|> \"'\\" },
		{ "options", "{question}" }, { NULL, NULL },
	};

	(void)state;
	fills("Q: {question}\n{options}", values,
	      "Q: {options} %s {question} {} <|im_end|> \"'\\\n{question}");
	fills("{question}{question}", &values[1], "{question}{question}");
	fills("{options}{options}", &values[1], "{question}{question}");
}

static void test_what_is_no_place_stays(void **state)
{
	const struct prompt_value values[] = { { "a", "1" }, { "none", NULL }, { NULL, NULL } };

	(void)state;
	fills("{a}{b}{ a}{a }{{a}}{a", values, "1{b}{ a}{a }{1}{a");
	fills("{none}}{", values, "{none}}{");
	fills("{\"a\": {a}}", values, "{\"a\": 1}");
	fills("", values, "");
}

static void test_id_is_of_the_template(void **state)
{
	struct prompt a, b, c;

	(void)state;
	prompt_init(&a, "Q {question}\n");
	prompt_init(&b, "Q {question}\n\n");	/* the file's last newline is no prompt */
	prompt_init(&c, "Q {question} ");
	assert_string_equal(a.id, b.id);
	assert_string_equal(a.text, "Q {question}");
	assert_string_not_equal(a.id, c.id);
	assert_int_equal(strlen(a.id), 32);
	prompt_release(&a);
	prompt_release(&b);
	prompt_release(&c);
}

static void test_needs(void **state)
{
	struct prompt p;
	struct err err;

	(void)state;
	prompt_init(&p, "{question} {option}");
	assert_int_equal(prompt_needs(&p, "question", &err), 0);
	assert_int_equal(prompt_needs(&p, "options", &err), -1);
	assert_string_equal(err.text, "the prompt has no place for {options}");
	prompt_release(&p);
}

static void test_long_value(void **state)
{
	struct prompt p;
	char *caption = xmalloc(100001);
	struct prompt_value values[] = { { "caption", caption }, { NULL, NULL } };
	struct buf b;

	(void)state;
	memset(caption, 'x', 100000);
	caption[100000] = '\0';
	prompt_init(&p, "<{caption}>");
	buf_init(&b, BUF_NO_MAX);
	prompt_fill(&p, values, &b);
	assert_int_equal(b.len, 100002);
	buf_release(&b);
	prompt_release(&p);
	free(caption);
}

static void refuses(const char *path, enum exit_code kind)
{
	struct prompt p;
	struct err err;

	assert_int_equal(prompt_load(&p, path, &err), -1);
	assert_int_equal(err.kind, kind);
}

static void test_files(void **state)
{
	char *big = xmalloc((1 << 20) + 1);
	struct prompt p;
	struct err err;

	(void)state;
	memset(big, 'x', (1 << 20) + 1);
	assert_int_equal(
		prompt_load(&p, scratch_text("p.txt", "Caf\xc3\xa9 {question}\n"), &err), 0);
	assert_string_equal(p.text, "Caf\xc3\xa9 {question}");
	prompt_release(&p);
	assert_int_equal(prompt_load(&p, scratch_file("max.txt", big, 1 << 20), &err), 0);
	assert_int_equal(strlen(p.text), 1 << 20);
	prompt_release(&p);
	refuses(scratch_file("big.txt", big, (1 << 20) + 1), EXIT_DATA);
	refuses(scratch_text("empty.txt", ""), EXIT_DATA);
	refuses(scratch_text("latin.txt", "caf\xe9"), EXIT_DATA);
	refuses(scratch_file("nul.txt", "a\0b", 3), EXIT_DATA);
	refuses(scratch_path("missing.txt"), EXIT_NOINPUT);
	refuses(scratch_folder, EXIT_NOINPUT);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_stay_intact),
		cmocka_unit_test(test_what_is_no_place_stays),
		cmocka_unit_test(test_id_is_of_the_template),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests_name("prompt", tests, scratch_make, scratch_remove);
}
