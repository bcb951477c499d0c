/* SPDX-License-Identifier: Apache-2.0
 *
 * dialect: which form of a constraint is sent, what a refusal or a loose answer teaches.
 */
#include "curate/dialect.h"

#include "cli/msg.h"
#include "tests/unit/scratch.h"

static struct chat_request letters(enum chat_decode decode)
{
	return (struct chat_request){ .model = "m", .prompt = "p", .seed = -1, .max_tokens = 8,
				      .letters = "ABC", .decode = decode };
}

static void body_of(const struct chat_request *q, const struct chat_dialect *d, struct buf *b)
{
	buf_clear(b);
	chat_body(q, d, b, b);
}

static void test_forms(void **state)
{
	static const enum chat_decode form[4][4] = {	/* decode, no_choice + 2 no_schema */
		{ CHAT_CHOICE, CHAT_SCHEMA, CHAT_CHOICE, CHAT_FREE },
		{ CHAT_CHOICE, CHAT_FREE, CHAT_CHOICE, CHAT_FREE },
		{ CHAT_SCHEMA, CHAT_SCHEMA, CHAT_FREE, CHAT_FREE },
		{ CHAT_FREE, CHAT_FREE, CHAT_FREE, CHAT_FREE },
	};
	struct chat_request q;
	int decode, gone;

	(void)state;
	for (decode = 0; decode < 4; decode++) {
		for (gone = 0; gone < 4; gone++) {
			struct chat_dialect d = { .no_choice = gone & 1, .no_schema = gone & 2 };

			q = letters((enum chat_decode)decode);
			assert_int_equal(chat_form(&q, &d), form[decode][gone]);
			q.letters = NULL;
			assert_int_equal(chat_form(&q, &d), CHAT_FREE);
		}
	}
}

static void test_bodies(void **state)
{
	struct chat_request q = letters(CHAT_AUTO);
	struct chat_dialect d = { .no_choice = false };
	struct buf b;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	body_of(&q, &d, &b);
	assert_non_null(strstr(b.data, "\"structured_outputs\":{\"choice\":[\"A\",\"B\",\"C\"]},"
				       "\"guided_choice\":[\"A\",\"B\",\"C\"]}"));
	assert_null(strstr(b.data, "response_format"));
	d.no_choice = true;
	q.no_think = true;
	q.extra = "\"min_p\":0.1";
	body_of(&q, &d, &b);
	assert_null(strstr(b.data, "choice"));
	assert_non_null(strstr(b.data, "\"enum\":[\"A\",\"B\",\"C\"]}},\"required\":[\"answer\"]"));
	assert_non_null(strstr(b.data, ",\"chat_template_kwargs\":{\"enable_thinking\":false},"
				       "\"min_p\":0.1}"));
	d.no_schema = d.no_template = true;
	body_of(&q, &d, &b);
	assert_null(strstr(b.data, "enum"));
	assert_null(strstr(b.data, "chat_template_kwargs"));
	buf_release(&b);
}

static void test_keys(void **state)
{
	struct chat_request q[7];
	unsigned char key[7][16];
	int i, j;

	(void)state;
	for (i = 0; i < 7; i++)
		q[i] = letters(CHAT_AUTO);
	q[1].decode = CHAT_CHOICE;
	q[2].decode = CHAT_SCHEMA;
	q[3].decode = CHAT_FREE;
	q[3].letters = NULL;
	q[4].letters = "ABCD";
	q[5].extra = "\"min_p\":0.1";
	q[6].no_think = true;
	for (i = 0; i < 7; i++)
		chat_key(&q[i], key[i]);
	for (i = 0; i < 7; i++)
		for (j = 0; j < i; j++)
			assert_memory_not_equal(key[i], key[j], 16);
}

/* Tells an error of that message; what was said, or "" for nothing, or NULL: learned nothing. */
static const char *refused(struct chat_dialect *d, const struct chat_request *q, const char *text)
{
	struct chat_error error = { .message = "" };
	const char *said;

	snprintf(error.message, sizeof(error.message), "%s", text);
	return dialect_learn(d, q, &error, &said) ? said ? said : "" : NULL;
}

static void test_refusals(void **state)
{
	struct chat_request q = letters(CHAT_AUTO);
	struct chat_dialect d = { .no_choice = false };

	(void)state;
	assert_null(refused(&d, &q, "the picture is too small"));
	assert_non_null(strstr(refused(&d, &q, "Unrecognized request argument: structured_outputs"),
			       "a JSON schema is tried"));
	assert_string_equal(refused(&d, &q, "Unrecognized request argument: structured_outputs"), "");
	assert_non_null(strstr(refused(&d, &q, "response_format is not supported"), "free text"));
	assert_true(d.no_choice && d.no_schema);
	assert_null(refused(&d, &q, "chat_template_kwargs: unknown"));
	q.no_think = true;
	assert_non_null(strstr(refused(&d, &q, "chat_template_kwargs: unknown"), "--no-think"));
	assert_null(refused(&d, &q, "chat_template_kwargs: unknown"));
}

static bool heard(struct chat_dialect *d, const struct chat_request *q, enum chat_decode sent,
		  const char *content, const char *finish, char *left, size_t size)
{
	struct chat_reply reply = { .content = xstrdup(content), .finish_reason = xstrdup(finish) };
	const char *said;
	bool learned = dialect_heard(d, q, sent, &reply, &said);

	snprintf(left, size, "%s", reply.content);
	chat_reply_release(&reply);
	return learned;
}

static void test_effects(void **state)
{
	struct chat_request q = letters(CHAT_AUTO);
	struct chat_dialect d = { .no_choice = false };
	char left[64];

	(void)state;
	assert_false(heard(&d, &q, CHAT_CHOICE, "B", "stop", left, sizeof(left)));
	assert_false(heard(&d, &q, CHAT_CHOICE, " C\n", "stop", left, sizeof(left)));
	assert_false(heard(&d, &q, CHAT_CHOICE, "", "stop", left, sizeof(left)));
	assert_false(heard(&d, &q, CHAT_CHOICE, "Well, the ans", "length", left, sizeof(left)));
	assert_false(heard(&d, &q, CHAT_CHOICE, "I cannot help", "refusal", left, sizeof(left)));
	assert_false(heard(&d, &q, CHAT_FREE, "The answer is B.", "stop", left, sizeof(left)));
	assert_false(d.no_choice);
	assert_true(heard(&d, &q, CHAT_CHOICE, "D", "stop", left, sizeof(left)));	/* not shown */
	assert_true(d.no_choice);
	assert_false(heard(&d, &q, CHAT_CHOICE, "The answer is B.", "stop", left, sizeof(left)));
	assert_string_equal(left, "The answer is B.");
	assert_false(heard(&d, &q, CHAT_SCHEMA, "{\"answer\": \"B\"}", "stop", left, sizeof(left)));
	assert_string_equal(left, "B");
	assert_true(heard(&d, &q, CHAT_SCHEMA, "{\"answer\": 3}", "stop", left, sizeof(left)));
	assert_true(d.no_schema);
}

static void test_extra(void **state)
{
	static const char *const bad[] = { "", "[1]", "{\"model\":1}", "{\"a\":1}{}", "{\"seed\": 3}" };
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	assert_int_equal(chat_extra("{ \"min_p\" : 0.1, \"priority\":12345678901234567890 }", &b, NULL), 0);
	assert_string_equal(b.data, "\"min_p\":0.1,\"priority\":12345678901234567890");
	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(chat_extra(bad[i], &b, NULL), -1);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms), cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_keys), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_effects), cmocka_unit_test(test_extra),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
