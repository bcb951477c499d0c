/* SPDX-License-Identifier: Apache-2.0
 *
 * layout: rows of other programs become records of ours, or an error says what is unclear.
 */
#include "schemas/layout.h"

#include "tests/unit/scratch.h"

static struct rec *parse(enum rec_kind kind, const char *line)
{
	struct err err = { 0 };
	struct rec *r = rec_parse(kind, line, strlen(line), &err);

	if (!r)
		fail_msg("%s: %s", line, err.text);
	return r;
}

static void becomes(struct rec *r, const char *expected)
{
	struct buf b;

	buf_init(&b, BUF_NO_MAX);
	rec_write(r, &b);
	assert_string_equal(b.data, expected);
	buf_release(&b);
	rec_free(r);
}

static void image(const char *line, const char *field, const char *expected)
{
	struct rec *r = parse(REC_IMAGE, line);
	struct err err = { 0 };

	if (layout_image(r, field, &err))
		fail_msg("%s: %s", line, err.text);
	becomes(r, expected);
}

static void no_image(const char *line, const char *field, const char *why)
{
	struct rec *r = parse(REC_IMAGE, line);
	struct err err = { 0 };

	assert_int_equal(layout_image(r, field, &err), -1);
	assert_string_equal(err.text, why);
	rec_free(r);
}

static void test_image_rows(void **state)
{
	(void)state;
	image("{\"image\":\"a.png\",\"x\":1.0}", NULL, "{\"image\":\"a.png\",\"x\":1.0}\n");
	image("{\"x\":1,\"image_path\":\"a \\u00e9.png\"}", NULL,
	      "{\"image\":\"a \xc3\xa9.png\",\"x\":1}\n");
	image("{\"img\":\"a.png\"}", NULL, "{\"image\":\"a.png\"}\n");
	image("{\"file_name\":\"a.png\"}", NULL, "{\"image\":\"a.png\"}\n");
	image("{\"images\":[\"a.png\"]}", NULL, "{\"image\":\"a.png\"}\n");
	image("{\"photo\":\"a.png\",\"image\":\"b.png\"}", "photo", "{\"image\":\"a.png\"}\n");
}

static void test_foreign_ids(void **state)
{
	(void)state;
	image("{\"id\":17,\"image\":\"a\"}", NULL, "{\"image\":\"a\",\"source_id\":17}\n");
	image("{\"id\":\"x7\",\"image\":\"a\"}", NULL,
	      "{\"image\":\"a\",\"source_id\":\"x7\"}\n");
	image("{\"id\":{\"a\":1},\"image\":\"a\"}", NULL,
	      "{\"image\":\"a\",\"id\":{\"a\":1}}\n");
	image("{\"id\":1,\"source_id\":2,\"image\":\"a\"}", NULL,
	      "{\"image\":\"a\",\"source_id\":2,\"id\":1}\n");
}

static void test_never_a_guess(void **state)
{
	(void)state;
	no_image("{\"image\":\"a\",\"image_path\":\"b\"}", NULL,
		 "both 'image' and 'image_path' could be the image path; say which");
	no_image("{\"img\":\"a\",\"images\":[\"b\"]}", NULL,
		 "both 'img' and 'images' could be the image path; say which");
	no_image("{\"images\":[\"a\",\"b\"]}", NULL, "no member holds the image path");
	no_image("{\"images\":{\"a\":\"b\"}}", NULL, "no member holds the image path");
	no_image("{\"images\":[1]}", NULL, "no member holds the image path");
	no_image("{\"image\":7}", NULL, "no member holds the image path");
	no_image("{\"x\":\"a\"}", NULL, "no member holds the image path");
	no_image("{\"image\":\"a\"}", "photo", "no text in the member 'photo'");
}

static void reply(const char *line, const char *text_field, const char *expected)
{
	struct rec *r = parse(REC_REPLY, line);
	struct err err = { 0 };

	if (layout_reply(r, NULL, text_field, &err))
		fail_msg("%s: %s", line, err.text);
	becomes(r, expected);
}

static void test_reply_rows(void **state)
{
	struct rec *r;
	struct err err;

	(void)state;
	reply("{\"qa_response\":\"Q\\n\",\"image_path\":\"a.png\"}", NULL,
	      "{\"image\":\"a.png\",\"reply\":\"Q\\n\"}\n");
	reply("{\"image\":\"a\",\"reply\":\"R\"}", NULL, "{\"image\":\"a\",\"reply\":\"R\"}\n");
	reply("{\"image\":\"a\",\"out\":\"R\"}", "out", "{\"image\":\"a\",\"reply\":\"R\"}\n");
	reply("{\"image\":\"a\",\"images\":[\"R\"]}", "images",
	      "{\"image\":\"a\",\"reply\":\"R\"}\n");
	r = parse(REC_REPLY, "{\"reply\":\"R\",\"qa_response\":\"S\",\"image\":\"a\"}");
	assert_int_equal(layout_reply(r, NULL, NULL, &err), -1);
	assert_string_equal(err.text,
			    "both 'reply' and 'qa_response' could be the model's reply; "
			    "say which");
	rec_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image_rows),
		cmocka_unit_test(test_foreign_ids),
		cmocka_unit_test(test_never_a_guess),
		cmocka_unit_test(test_reply_rows),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
