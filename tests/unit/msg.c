/* SPDX-License-Identifier: Apache-2.0
 *
 * msg: what a terminal would obey comes out visible and inert, whoever wrote it.
 */
#include "cli/msg.h"

#include <errno.h>

#include <utf8proc.h>

#include "tests/unit/scratch.h"

static void cleans(const char *text, size_t len, const char *expected)
{
	struct buf b;

	buf_init(&b, BUF_NO_MAX);
	msg_clean(&b, text, len);
	assert_string_equal(b.data, expected);
	buf_release(&b);
}

static void test_plain_text_stays(void **state)
{
	(void)state;
	cleans("a 'b' \"c\" %s \\ {}", 17, "a 'b' \"c\" %s \\ {}");
	cleans("Z\xc3\xbcrich \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x98\x80", 19,
	       "Z\xc3\xbcrich \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x98\x80");
}

static void test_terminal_escapes(void **state)
{
	(void)state;
	cleans("\033[31mred\033[0m", 12, "\\u001b[31mred\\u001b[0m");
	cleans("\r\b\a\x7f", 4, "\\u000d\\u0008\\u0007\\u007f");
	cleans("a\nb\tc", 5, "a\\nb\\tc");
	cleans("a\0b", 3, "a\\u0000b");
	cleans("\xc2\x9b""31m", 5, "\\u009b31m");	/* CSI as one C1 character */
}

static void test_direction_and_invisible_marks(void **state)
{
	(void)state;
	cleans("\xe2\x80\xae""gpj.exe", 10, "\\u202egpj.exe");
	cleans("\xe2\x81\xa6x\xe2\x81\xa9", 7, "\\u2066x\\u2069");
	cleans("a\xe2\x80\x8b""b", 5, "a\\u200bb");
	cleans("\xe2\x80\xa8", 3, "\\u2028");
	cleans("\xf3\xa0\x81\x81", 4, "\\ue0041");	/* a tag character */
}

static void test_broken_utf8(void **state)
{
	(void)state;
	cleans("a\xff\xfe", 3, "a\\xff\\xfe");
	cleans("\xe2\x82", 2, "\\xe2\\x82");		/* cut inside a character */
	cleans("\xc0\xaf", 2, "\\xc0\\xaf");		/* overlong */
	cleans("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");	/* a surrogate */
}

static void test_err_set_appends_the_system_error(void **state)
{
	struct err err;

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_set(&err, EXIT_NOINPUT, "cannot open '%s':", "a:b"), -1);
	assert_int_equal(err.kind, EXIT_NOINPUT);
	assert_string_equal(err.text, "cannot open 'a:b': No such file or directory");
	errno = ENOENT;
	err_set(&err, EXIT_DATA, "no colon at the end of '%s'", "x:");
	assert_string_equal(err.text, "no colon at the end of 'x:'");
	assert_int_equal(err_set(NULL, EXIT_DATA, "nobody listens"), -1);
}

static bool is_utf8(const char *text)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	for (; *text; text += n) {
		n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);
		if (n <= 0)
			return false;
	}
	return true;
}

/* An error becomes a member of a reject, so cutting it must not break a character. */
static void test_err_set_cuts_at_a_character(void **state)
{
	char text[600];
	struct err err;
	size_t pad, i;

	(void)state;
	for (pad = 0; pad < 3; pad++) {
		memset(text, 'x', pad);
		for (i = pad; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe6\x9d\xb1", 3);
		text[i] = '\0';
		err_set(&err, EXIT_DATA, "%s", text);
		assert_true(strlen(err.text) > sizeof(err.text) - 5);
		assert_true(is_utf8(err.text));
	}
}

static void speak(void *ctx)
{
	(void)ctx;
	msg_init("capqa-x", false);
	note("hello '%s'", "\033[2J");
	warn("careful");
	msg_quiet(true);
	note("silent");
	complain("still said");
	errno = EACCES;
	die(EXIT_OUTPUT, "cannot write '%s':", "f");
}

static void test_messages_and_exit(void **state)
{
	struct buf out, err;

	(void)state;
	assert_int_equal(scratch_child(speak, NULL, &out, &err), 74);
	assert_string_equal(out.data, "");
	assert_string_equal(err.data, "capqa-x: hello '\\u001b[2J'\n"
				      "capqa-x: warning: careful\n"
				      "capqa-x: still said\n"
				      "capqa-x: cannot write 'f': Permission denied\n");
	buf_release(&out);
	buf_release(&err);
}

static void speak_long(void *ctx)
{
	char *text = xmalloc(1 << 20);

	(void)ctx;
	memset(text, 'x', (1 << 20) - 1);
	text[(1 << 20) - 1] = '\0';
	note("%s", text);
	free(text);
}

static void test_a_message_is_bounded(void **state)
{
	struct buf out, err;

	(void)state;
	assert_int_equal(scratch_child(speak_long, NULL, &out, &err), 0);
	assert_true(err.len < 10000);
	buf_release(&out);
	buf_release(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_text_stays),
		cmocka_unit_test(test_terminal_escapes),
		cmocka_unit_test(test_direction_and_invisible_marks),
		cmocka_unit_test(test_broken_utf8),
		cmocka_unit_test(test_err_set_appends_the_system_error),
		cmocka_unit_test(test_err_set_cuts_at_a_character),
		cmocka_unit_test(test_messages_and_exit),
		cmocka_unit_test(test_a_message_is_bounded),
	};

	return cmocka_run_group_tests_name("msg", tests, scratch_make, scratch_remove);
}
