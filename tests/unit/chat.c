/* SPDX-License-Identifier: Apache-2.0
 *
 * chat: request bodies, the ledger's key, and every shape of answer and error. What a real
 * server sent is in recordings.c.
 */
#include "schemas/chat.h"

#include <cjson/cJSON.h>

#include "schemas/fold.h"
#include "schemas/span.h"
#include "tests/unit/scratch.h"

static const struct chat_request plain = {
	.model = "m",
	.prompt = "What \"is\" {this}?\n<|im_end|> %s",
	.temperature = 0.6,
	.top_p = 1,
	.repetition_penalty = 1.05,
	.max_tokens = 32,
	.seed = 7,
};

static struct chat_request with_image(void)
{
	struct chat_request q = plain;

	q.image_id = "00112233445566778899aabbccddeeff";
	q.image_mime = "image/png";
	return q;
}

/* ---- requests ---- */

static cJSON *body_of(const struct chat_request *q, const struct chat_dialect *d)
{
	struct buf head, tail;
	struct err err = { 0 };
	cJSON *json;

	buf_init(&head, BUF_NO_MAX);
	buf_init(&tail, BUF_NO_MAX);
	chat_body(q, d, &head, &tail);
	if (!q->image_id)
		assert_int_equal(tail.len, 0);
	else
		buf_adds(&head, "AAAA");
	buf_add(&head, tail.data, tail.len);
	if (span_check(head.data, head.len, &err))
		fail_msg("%s: %s", err.text, head.data);
	json = cJSON_ParseWithLength(head.data, head.len);
	buf_release(&head);
	buf_release(&tail);
	return json;
}

static const cJSON *at(const cJSON *json, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(json, key);
}

static void test_text_body(void **state)
{
	const struct chat_dialect d = { .standard_only = false };
	cJSON *json = body_of(&plain, &d);
	const cJSON *message = cJSON_GetArrayItem(at(json, "messages"), 0);

	(void)state;
	assert_string_equal(at(json, "model")->valuestring, "m");
	assert_int_equal(cJSON_GetArraySize(at(json, "messages")), 1);
	assert_string_equal(at(message, "role")->valuestring, "user");
	assert_string_equal(at(message, "content")->valuestring, plain.prompt);
	assert_true(at(json, "temperature")->valuedouble == 0.6);
	assert_true(at(json, "top_p")->valuedouble == 1);
	assert_true(at(json, "repetition_penalty")->valuedouble == 1.05);
	assert_int_equal(at(json, "max_tokens")->valueint, 32);
	assert_int_equal(at(json, "seed")->valueint, 7);
	assert_null(at(json, "stream"));
	cJSON_Delete(json);
}

static void test_dialects(void **state)
{
	const struct chat_dialect d = { .standard_only = true, .completion_tokens = true };
	struct chat_request q = plain;
	cJSON *json;

	(void)state;
	q.seed = -1;
	json = body_of(&q, &d);
	assert_null(at(json, "repetition_penalty"));
	assert_null(at(json, "max_tokens"));
	assert_null(at(json, "seed"));
	assert_int_equal(at(json, "max_completion_tokens")->valueint, 32);
	cJSON_Delete(json);
}

/* Image first, question after: that is what prefix and image caches live by. */
static void test_image_body(void **state)
{
	const struct chat_dialect d = { .standard_only = false };
	struct chat_request q = with_image();
	cJSON *json = body_of(&q, &d);
	const cJSON *parts = at(cJSON_GetArrayItem(at(json, "messages"), 0), "content");
	const cJSON *image = cJSON_GetArrayItem(parts, 0), *text = cJSON_GetArrayItem(parts, 1);

	(void)state;
	assert_int_equal(cJSON_GetArraySize(parts), 2);
	assert_string_equal(at(image, "type")->valuestring, "image_url");
	assert_string_equal(at(at(image, "image_url"), "url")->valuestring,
			    "data:image/png;base64,AAAA");
	assert_string_equal(at(text, "type")->valuestring, "text");
	assert_string_equal(at(text, "text")->valuestring, plain.prompt);
	cJSON_Delete(json);
}

static bool same_key(const struct chat_request *a, const struct chat_request *b)
{
	unsigned char x[16], y[16];

	chat_key(a, x);
	chat_key(b, y);
	return !memcmp(x, y, 16);
}

static void test_key_changes_with_each_field(void **state)
{
	struct chat_request all[12];
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(all); i++)
		all[i] = plain;
	all[1].model = "n";
	all[2].prompt = "other";
	all[3].image_id = "00112233445566778899aabbccddeeff";
	all[4].image_id = "10112233445566778899aabbccddeeff";
	all[5].temperature = 0.7;
	all[6].top_p = 0.9;
	all[7].repetition_penalty = 1;
	all[8].max_tokens = 33;
	all[9].seed = 8;
	all[10].letters = "ABCD";
	all[11].letters = "ABC";
	for (i = 0; i < COUNT(all); i++)
		for (j = 0; j < i; j++)
			if (same_key(&all[i], &all[j]))
				fail_msg("requests %zu and %zu have one key", j, i);
}

/* Nothing of the wire is in it, and it stays what it was: a change would lose every ledger. */
static void test_key_of_the_logical_request(void **state)
{
	struct chat_request a = with_image(), b = with_image();
	unsigned char key[16];
	char hex[33] = "";
	int i;

	(void)state;
	b.image_mime = "image/jpeg";
	assert_true(same_key(&a, &b));
	chat_key(&plain, key);
	for (i = 0; i < 16; i++)
		sprintf(hex + 2 * i, "%02x", key[i]);
	assert_string_equal(hex, "83a8a280aaa172885e2d8020ae324fe8");
}

/* ---- replies ---- */

static struct chat_reply reply;
static struct chat_error error;

static enum chat_got read_len(const char *body, size_t len)
{
	chat_reply_release(&reply);
	return chat_read(body, len, &reply, &error);
}

static void answers(const char *body, const char *content, const char *finish)
{
	if (read_len(body, strlen(body)) != CHAT_REPLY)
		fail_msg("no reply (%s): %s", error.message, body);
	assert_string_equal(reply.content, content);
	assert_string_equal(reply.finish_reason, finish);
	chat_reply_release(&reply);
}

#define CHOICE(rest) "{\"choices\":[{\"index\":0," rest "}]}"

static void test_sound_replies(void **state)
{
	(void)state;
	answers(CHOICE("\"message\":{\"content\":\"B\"},\"finish_reason\":\"stop\""), "B",
		"stop");
	answers(CHOICE("\"message\":{\"content\":null},\"finish_reason\":\"length\""), "",
		"length");
	answers(CHOICE("\"message\":{},\"finish_reason\":\"stop\""), "", "stop");
	answers(CHOICE("\"message\":{\"content\":\"\",\"reasoning_content\":\"so A\"},"
		       "\"finish_reason\":\"stop\""), "", "stop");
	answers(CHOICE("\"message\":{\"content\":\"B\"},\"finish_reason\":null"), "B", "");
	answers(CHOICE("\"message\":{\"content\":\"B\"},\"finish_reason\":\"content_filter\""),
		"B", "content_filter");
	answers("{\"choices\":[{\"index\":1,\"message\":{\"content\":\"second\"}},"
		"{\"index\":0,\"message\":{\"content\":\"first\"}}]}", "first", "");
	answers("{\"choices\":[{\"message\":{\"content\":\"B\"}}],\"error\":null,\"detail\":"
		"null}",
		"B", "");
}

static void test_refusal_field(void **state)
{
	(void)state;
	answers(CHOICE("\"message\":{\"content\":null,\"refusal\":\"I cannot help.\"},"
		       "\"finish_reason\":\"stop\""), "I cannot help.", "refusal");
	answers(CHOICE("\"message\":{\"content\":\"B\",\"refusal\":null},\"finish_reason\":"
		       "\"stop\""),
		"B", "stop");
	answers(CHOICE("\"message\":{\"content\":\"B\",\"refusal\":\"\"},\"finish_reason\":"
		       "\"stop\""),
		"B", "stop");
}

/* vLLM and Ollama say `reasoning`, SGLang, llama-server and older vLLM `reasoning_content`. */
static void test_a_thought_is_no_answer(void **state)
{
	static const struct {
		const char *message;
		bool only_thought;
	} cases[] = {
		{ "\"content\":null,\"reasoning\":\"so A\"", true },
		{ "\"content\":\"\",\"reasoning_content\":\"so A\"", true },
		{ "\"content\":null,\"reasoning\":null,\"reasoning_content\":\"so A\"", true },
		{ "\"reasoning\":\"so A\",\"reasoning_content\":\"so A\"", true },
		{ "\"content\":\"B\",\"reasoning\":\"so A\"", false },
		{ "\"content\":\"B\",\"reasoning_content\":\"so A\"", false },
		{ "\"content\":\"<think>so A</think>\\nB\"", false },
		{ "\"content\":null,\"reasoning\":\"\",\"reasoning_content\":null", false },
		{ "\"content\":null", false },
	};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	for (i = 0; i < COUNT(cases); i++) {
		buf_clear(&b);
		buf_printf(&b, "{\"choices\":[{\"message\":{%s}}]}", cases[i].message);
		assert_int_equal(read_len(b.data, b.len), CHAT_REPLY);
		if (reply.only_thought != cases[i].only_thought)
			fail_msg("%s: only a thought: %d", b.data, reply.only_thought);
		assert_null(strstr(reply.content, "so A") && reply.content[0] != '<' ?
			    reply.content : NULL);
	}
	buf_release(&b);
	chat_reply_release(&reply);
}

static void test_usage_and_names(void **state)
{
	static const char body[] =
		"{\"model\":\"served\",\"system_fingerprint\":\"fp\",\"choices\":[{\"message\":"
		"{\"content\":\"B\"}}],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":0}"
		"}";
	static const char bare[] =
		"{\"choices\":[{\"message\":{\"content\":\"B\"}}],\"usage\":null,"
		"\"system_fingerprint\":null}";

	(void)state;
	assert_int_equal(read_len(body, strlen(body)), CHAT_REPLY);
	assert_string_equal(reply.model, "served");
	assert_string_equal(reply.fingerprint, "fp");
	assert_int_equal(reply.prompt_tokens, 11);
	assert_int_equal(reply.completion_tokens, 0);
	assert_int_equal(read_len(bare, strlen(bare)), CHAT_REPLY);
	assert_null(reply.model);
	assert_null(reply.fingerprint);
	assert_int_equal(reply.prompt_tokens, -1);
	assert_int_equal(reply.completion_tokens, -1);
	chat_reply_release(&reply);
}

static void counts(const char *usage, int64_t prompt, int64_t completion)
{
	char body[200];

	snprintf(body, sizeof(body), "{\"choices\":[{\"message\":{\"content\":\"B\"}}],\"usage\":%s}",
		 usage);
	assert_int_equal(chat_read(body, strlen(body), &reply, &error), CHAT_REPLY);
	assert_int_equal(reply.prompt_tokens, prompt);
	assert_int_equal(reply.completion_tokens, completion);
	chat_reply_release(&reply);
}

static void test_counts_that_are_none(void **state)
{
	(void)state;
	counts("{\"prompt_tokens\":1e14,\"completion_tokens\":0}", 100000000000000, 0);
	counts("{\"prompt_tokens\":1e15,\"completion_tokens\":1e19}", -1, -1);
	counts("{\"prompt_tokens\":1e400,\"completion_tokens\":-1e400}", -1, -1);
	counts("{\"prompt_tokens\":-3,\"completion_tokens\":\"7\"}", -1, -1);
}

/* The word a server ends with is as hostile as its messages. */
static void test_a_bad_ending_is_one_clean_line(void **state)
{
	static const char body[] = "{\"choices\":[{\"message\":{\"content\":\"B\"},"
		"\"finish_reason\":\"\\u001b[2J"
		"\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2"
		"\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2"
		"\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2\xe7\xba\xa2\"}]}";

	(void)state;
	assert_int_equal(chat_read(body, strlen(body), &reply, &error), CHAT_GARBAGE);
	assert_true(fold_is_utf8(error.message, strlen(error.message)));
	assert_null(strchr(error.message, '\x1b'));
	assert_non_null(strstr(error.message, "the server ended the answer with '"));
}

static void test_garbage(void **state)
{
	static const char *const bodies[] = {
		"",
		"<html>502 Bad Gateway</html>",
		"Internal Server Error",
		"{\"choices\":[{\"ind",
		"[]",
		"3",
		"{}",
		"{\"choices\":[]}",
		"{\"choices\":null}",
		"{\"choices\":[{}]}",
		"{\"choices\":[{\"text\":\"completion\"}]}",
		CHOICE("\"message\":{\"content\":\"B\"},\"finish_reason\":\"error\""),
		CHOICE("\"message\":{\"content\":\"B\"},\"finish_reason\":\"abort\""),
		CHOICE("\"message\":{\"content\":\"B\"},\"finish_reason\":\"parse_error\""),
		CHOICE("\"message\":{\"content\":\"B\"},\"finish_reason\":\"something new\""),
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bodies); i++)
		if (read_len(bodies[i], strlen(bodies[i])) != CHAT_GARBAGE)
			fail_msg("taken: %s", bodies[i]);
	read_len(bodies[1], strlen(bodies[1]));
	assert_string_equal(error.message, "<html>502 Bad Gateway</html>");
	read_len("", 0);
	assert_string_equal(error.message, "empty body");
}

/* ---- what models and servers put into strings ---- */

static void test_nul_escape_becomes_a_mark(void **state)
{
	(void)state;
	answers(CHOICE("\"message\":{\"content\":\"a\\u0000b\"}"), "a\xef\xbf\xbd""b", "");
	answers(CHOICE("\"message\":{\"content\":\"\\\\u0000\"}"), "\\u0000", "");
	answers(CHOICE("\"message\":{\"content\":\"\\\\\\u0000\\\\\"}"), "\\\xef\xbf\xbd\\",
		"");
}

/* Whatever the server sends, what enters the ledger and the records is UTF-8. */
static void test_content_is_always_utf8(void **state)
{
	static const char nul[] = CHOICE("\"message\":{\"content\":\"a\0b\"}");

	(void)state;
	answers(CHOICE("\"message\":{\"content\":\"a\xff\xfe""b\"}"),
		"a\xef\xbf\xbd\xef\xbf\xbd""b", "");
	answers(CHOICE("\"message\":{\"content\":\"\xe6\x9d\"}"), "\xef\xbf\xbd\xef\xbf\xbd",
		"");
	answers(CHOICE("\"message\":{\"content\":\"a\\ud83db\"}"), "a\xef\xbf\xbd""b", "");
	answers(CHOICE("\"message\":{\"content\":\"\\ude00\\ud83d\"}"),
		"\xef\xbf\xbd\xef\xbf\xbd", "");
	answers(CHOICE("\"message\":{\"content\":\"\\ud83d\\ude00\"}"), "\xf0\x9f\x98\x80", "");
	assert_int_equal(read_len(nul, sizeof(nul) - 1), CHAT_REPLY);
	assert_string_equal(reply.content, "a\xef\xbf\xbd""b");
	chat_reply_release(&reply);
}

/* ---- errors ---- */

static void fails(const char *body, const char *message, const char *code)
{
	if (read_len(body, strlen(body)) != CHAT_ERROR)
		fail_msg("no error: %s", body);
	assert_string_equal(error.message, message);
	assert_string_equal(error.code, code);
}

static void test_error_shapes(void **state)
{
	(void)state;
	fails("{\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":null,\"code\":404}}", "m",
	      "404");
	fails("{\"error\":{\"message\":\"m\",\"type\":\"t\",\"code\":\"insufficient_quota\"}}",
	      "m", "insufficient_quota");
	fails("{\"error\":{\"message\":\"m\",\"type\":\"t\",\"code\":null}}", "m", "t");
	fails("{\"object\":\"error\",\"message\":\"m\",\"type\":\"t\",\"param\":null,\"code\":"
	      "400}",
	      "m", "400");
	fails("{\"error\":\"Unauthorized\"}", "Unauthorized", "");
	fails("{\"detail\":\"Not Found\"}", "Not Found", "");
	fails("{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\"}]}",
	      "[{\"loc\":[\"body\"],\"msg\":\"field required\"}]", "");
	fails("{\"error\":{}}", "an error without a message", "");
	/* under status 200: beside choices, or inside one */
	fails("{\"choices\":[],\"error\":{\"message\":\"m\",\"code\":502}}", "m", "502");
	fails(CHOICE("\"message\":{\"content\":\"half\"},\"error\":{\"message\":\"m\",\"code\":"
		     "502}"),
	      "m", "502");
	assert_null(reply.content);
}

static void test_echoed_image_is_cut_out(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	buf_adds(&b, "{\"error\":{\"message\":\"bad input (value=data:image/png;base64,");
	for (i = 0; i < 1000000; i++)
		buf_addc(&b, (char)('A' + i % 26));
	buf_adds(&b, "==) at \\u001b[31m\"}}");
	fails(b.data, "bad input (value=data:image/png;base64,[...]) at \\u001b[31m", "");
	buf_release(&b);
}

static void test_long_message_is_cut_at_a_character(void **state)
{
	struct err err;
	struct buf b;
	int pad, i;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	for (pad = 0; pad < 3; pad++) {
		buf_clear(&b);
		buf_printf(&b, "{\"error\":\"%.*s", pad, "xxx");
		for (i = 0; i < 1000; i++)
			buf_adds(&b, "\xe6\x9d\xb1");
		buf_adds(&b, "\"}");
		assert_int_equal(read_len(b.data, b.len), CHAT_ERROR);
		assert_in_range(strlen(error.message), sizeof(error.message) - 4,
				sizeof(error.message) - 1);
		buf_clear(&b);
		buf_printf(&b, "\"%s\"", error.message);
		assert_int_equal(span_check(b.data, b.len, &err), 0);
	}
	buf_release(&b);
}

static void test_what_errors_say(void **state)
{
	struct chat_error e = { .message =
					"At most 0 image(s) may be provided in one prompt." };

	(void)state;
	assert_true(chat_says_no_images(&e));
	strcpy(e.message, "image input is not supported - hint: if this is unexpected, ...");
	assert_true(chat_says_no_images(&e));
	strcpy(e.message, "Failed to load image or audio file");
	assert_false(chat_says_no_images(&e));
	strcpy(e.message, "Unrecognized request argument supplied: repetition_penalty");
	assert_true(chat_says_unknown_field(&e, "repetition_penalty"));
	assert_false(chat_says_unknown_field(&e, "seed"));
	strcpy(e.message,
	       "Unsupported parameter: 'max_tokens' is not supported with this model. "
	       "Use 'max_completion_tokens' instead.");
	assert_true(chat_says_unknown_field(&e, "max_tokens"));
	strcpy(e.message, "repetition_penalty has to be a strictly positive float");
	assert_false(chat_says_unknown_field(&e, "repetition_penalty"));
	strcpy(e.code, "insufficient_quota");
	assert_true(chat_says_no_quota(&e));
	strcpy(e.code, "rate_limit_exceeded");
	assert_false(chat_says_no_quota(&e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_body),
		cmocka_unit_test(test_dialects),
		cmocka_unit_test(test_image_body),
		cmocka_unit_test(test_key_changes_with_each_field),
		cmocka_unit_test(test_key_of_the_logical_request),
		cmocka_unit_test(test_sound_replies),
		cmocka_unit_test(test_refusal_field),
		cmocka_unit_test(test_a_thought_is_no_answer),
		cmocka_unit_test(test_usage_and_names),
		cmocka_unit_test(test_counts_that_are_none),
		cmocka_unit_test(test_a_bad_ending_is_one_clean_line),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_nul_escape_becomes_a_mark),
		cmocka_unit_test(test_content_is_always_utf8),
		cmocka_unit_test(test_error_shapes),
		cmocka_unit_test(test_echoed_image_is_cut_out),
		cmocka_unit_test(test_long_message_is_cut_at_a_character),
		cmocka_unit_test(test_what_errors_say),
	};

	return cmocka_run_group_tests_name("chat", tests, NULL, NULL);
}
