/* SPDX-License-Identifier: Apache-2.0
 *
 * recordings: every reply that a real llama-server gave (tests/transcripts), as the client has
 * to take it: status, shape, what is read of it, and what is done about it.
 */
#include <curl/curl.h>

#include "curate/models.h"
#include "curate/retry.h"
#include "schemas/chat.h"
#include "tests/unit/scratch.h"

enum { REPLY = CHAT_REPLY, ERROR = CHAT_ERROR, GARBAGE = CHAT_GARBAGE };
enum { COUNTED = RETRY_COUNTED, PAUSE = RETRY_PAUSE, REJECT = RETRY_REJECT, STOP = RETRY_STOP,
       ANSWER = -1 };

static const struct recording {
	const char *name;
	int got, status;
	int class;		/* of retry; ANSWER: none */
	const char *part;	/* of the content or the message */
	const char *end;	/* finish_reason, or the code */
} recordings[] = {
	{ "01-health", GARBAGE, 200, COUNTED, "{\"status\":\"ok\"}", "" },
	{ "02-models", GARBAGE, 200, COUNTED, "tiny-vl", "" },
	{ "03-metrics", GARBAGE, 200, COUNTED, "# HELP llamacpp", "" },
	{ "04-metrics-off", ERROR, 501, REJECT, "does not support metrics", "501" },
	{ "05-tokenize", GARBAGE, 200, COUNTED, "tokens", "" },
	{ "06-input-tokens", GARBAGE, 200, COUNTED, "input_tokens", "" },
	{ "07-props", GARBAGE, 200, COUNTED, "default_generation_settings", "" },
	{ "08-slots", GARBAGE, 200, COUNTED, "id", "" },
	{ "10-chat-plain", REPLY, 200, ANSWER, "PinXP unequivocally Fou", "length" },
	{ "11-chat-image-png", REPLY, 200, ANSWER, "", "length" },
	{ "12-chat-image-jpeg", REPLY, 200, ANSWER, "", "length" },
	{ "13-chat-image-after-text", REPLY, 200, ANSWER, "", "length" },
	{ "14-json-schema-letter", REPLY, 200, ANSWER, "{", "stop" },
	{ "15-json-schema-5-mcqs", REPLY, 200, ANSWER, "\"questions\"", "stop" },
	{ "16-json-schema-cut-by-length", REPLY, 200, ANSWER, "\"questions\"\n  :", "length" },
	{ "17-logprobs-top3", REPLY, 200, ANSWER, "", "stop" },
	{ "17b-logprobs-no-top", REPLY, 200, ANSWER, "", "length" },
	{ "17c-top-logprobs-alone", ERROR, 400, REJECT, "top_logprobs requires logprobs", "400" },
	{ "18-grammar-letter", REPLY, 200, ANSWER, "D", "stop" },
	{ "18b-grammar-bad", ERROR, 400, REJECT, "failed to parse grammar", "400" },
	{ "19-n-2", REPLY, 200, ANSWER, "", "stop" },
	{ "19b-n-9-more-than-slots", ERROR, 400, REJECT, "Field 'n'", "400" },
	{ "20-context-too-long", ERROR, 400, REJECT, "request (6010 tokens) exceeds", "400" },
	{ "20b-max-tokens-huge", REPLY, 200, ANSWER, "", "stop" },
	{ "21-image-bad-base64", ERROR, 400, REJECT, "Failed to load image or audio file", "400" },
	{ "21b-image-not-an-image", ERROR, 400, REJECT, "Failed to load image", "400" },
	{ "21c-image-truncated-png", ERROR, 400, REJECT, "Failed to load image", "400" },
	{ "21d-image-base64-with-newlines", ERROR, 400, REJECT, "Failed to load image", "400" },
	{ "22-image-data-image-semicolon", ERROR, 500, COUNTED, "Invalid uri format", "500" },
	{ "22b-image-bare-base64", REPLY, 200, ANSWER, "", "length" },
	{ "22c-image-wrong-subtype", REPLY, 200, ANSWER, "", "length" },
	{ "22d-image-empty-url", ERROR, 500, COUNTED, "Invalid base64 value", "500" },
	{ "22e-image-file-url", ERROR, 400, REJECT, "file:// URLs are not allowed", "400" },
	{ "22f-image-url-as-string", ERROR, 500, COUNTED, "Invalid base64 value", "500" },
	{ "23-image-to-text-only-model", ERROR, 500, COUNTED, "image input is not supported", "500" },
	{ "24-wrong-model-name", REPLY, 200, ANSWER, " seventonder", "length" },
	{ "25-unknown-fields", REPLY, 200, ANSWER, "", "length" },
	{ "26-bad-json", ERROR, 500, COUNTED, "parse error at line 1, column 35", "500" },
	{ "26b-empty-body", ERROR, 500, COUNTED, "attempting to parse an empty input", "500" },
	{ "26c-not-an-object", ERROR, 400, REJECT, "'messages' is required", "400" },
	{ "26d-no-messages", ERROR, 400, REJECT, "'messages' is required", "400" },
	{ "26e-messages-string", ERROR, 400, REJECT, "Expected 'messages' to be an array", "400" },
	{ "26f-bad-type-temperature", ERROR, 400, REJECT, "Field 'temperature'", "400" },
	{ "26g-bad-utf8", GARBAGE, 200, COUNTED, " 1830gatreport", "" },	/* cut when it was recorded */
	{ "26h-wrong-content-type", REPLY, 200, ANSWER, "", "length" },
	{ "26i-enable-thinking-string", ERROR, 400, REJECT, "enable_thinking", "400" },
	{ "26j-unknown-part-type", ERROR, 400, REJECT, "unsupported content[].type", "400" },
	{ "27-unknown-path", ERROR, 404, STOP, "File Not Found", "404" },
	{ "27b-get-on-post-path", ERROR, 404, STOP, "File Not Found", "404" },
	{ "28-auth-missing", ERROR, 401, STOP, "Invalid API Key", "401" },
	{ "28b-auth-wrong", ERROR, 401, STOP, "Invalid API Key", "401" },
	{ "28c-auth-right", REPLY, 200, ANSWER, "", "length" },
	{ "28d-auth-health-open", GARBAGE, 200, COUNTED, "ok", "" },
	{ "28e-auth-models", ERROR, 401, STOP, "Invalid API Key", "401" },
	{ "29-usage-cached-first", REPLY, 200, ANSWER, "", "length" },
	{ "29b-usage-cached-second", REPLY, 200, ANSWER, "", "length" },
	{ "29c-image-cached-first", REPLY, 200, ANSWER, "", "length" },
	{ "29d-image-cached-second", REPLY, 200, ANSWER, "", "length" },
	{ "30b-loading-chat-503", ERROR, 503, PAUSE, "Loading model", "503" },
	{ "30c-loading-health", ERROR, 503, PAUSE, "Loading model", "503" },
	{ "30d-loading-models", ERROR, 503, PAUSE, "Loading model", "503" },
	{ "31-big-image-expect", REPLY, 200, ANSWER, "", "length" },
	{ "31b-big-image-no-expect", REPLY, 200, ANSWER, "", "length" },
	{ "32-body-over-100MiB", GARBAGE, 413, REJECT, "empty body", "" },
	{ "33-stream", GARBAGE, 200, COUNTED, "data: {\"choices\"", "" },
	{ "34-null-content", REPLY, 200, ANSWER, "fee\xe4\xb8\x8dintendo regulators", "length" },
	{ "35-system-and-stop", REPLY, 200, ANSWER, " customs d", "stop" },
	{ "36-max-tokens-0", REPLY, 200, ANSWER, " sevent", "length" },
	{ "36b-max-completion-tokens", REPLY, 200, ANSWER, "", "length" },
	{ "37-head-options", GARBAGE, 200, COUNTED, "empty body", "" },
	{ "38-answer-not-utf8-500", ERROR, 500, COUNTED, "The model produced output", "500" },
};

/* The body as it came: behind its heading, or behind the reply's header lines. */
static char *body_in(char *text, long *status)
{
	static const char mark[] = "\n--- response body as received (";
	char *from = strstr(text, mark), *end, *line;

	for (line = text; (line = strstr(line, "\n< HTTP/1.1 ")); line++)
		*status = strtol(line + 12, NULL, 10);
	if (!from) {
		from = strstr(text, "\nHTTP/1.1 ");
		assert_non_null(from);
		from = strpbrk(strstr(from, "\r\n\r\n") ? strstr(from, "\r\n\r\n") :
			       strstr(from, "\n\n"), "{");
	} else {
		from = strchr(from + 1, '\n') + 1;
	}
	end = strstr(from, "\n\nexit code of curl");
	if (end)
		*end = '\0';
	for (end = from + strlen(from); end > from && end[-1] == '\n';)
		*--end = '\0';
	return from;
}

static char *open_recording(const char *name, struct buf *b, long *status)
{
	const char *folder = getenv("CAPQA_TESTS");
	char path[512];

	snprintf(path, sizeof(path), "%s/transcripts/%s.txt", folder ? folder : "tests", name);
	scratch_read(path, b);
	*status = 0;
	return body_in(b->data, status);
}

/* A number by its name, found without a JSON reader. */
static int64_t number_in(const char *body, const char *name)
{
	const char *at = strstr(body, name);

	return at ? strtoll(at + strlen(name), NULL, 10) : -1;
}

static void check_reply(const struct recording *r, const char *body,
			const struct chat_reply *reply)
{
	if (!strstr(reply->content, r->part) || !*reply->content)
		fail_msg("%s: no '%s' in '%s'", r->name, r->part, reply->content);
	if (*r->end && strcmp(reply->finish_reason, r->end))
		fail_msg("%s ends with %s", r->name, reply->finish_reason);
	if (reply->prompt_tokens != number_in(body, "\"prompt_tokens\":") ||
	    reply->completion_tokens != number_in(body, "\"completion_tokens\":") ||
	    reply->completion_tokens <= 0)
		fail_msg("%s: %lld and %lld tokens", r->name, (long long)reply->prompt_tokens,
			 (long long)reply->completion_tokens);
	if (!reply->model || !reply->fingerprint || !strstr(body, reply->fingerprint))
		fail_msg("%s: model or fingerprint is missing", r->name);
	if (reply->only_thought)
		fail_msg("%s: nothing but a thought?", r->name);
}

static void check_failure(const struct recording *r, const struct chat_error *error)
{
	struct retry_seen seen = { .curl = CURLE_OK, .status = r->status, .got_bytes = true,
				   .connected = true, .error = *error };

	/* What is no answer although the status is 200 counts as a cut one. */
	seen.should_retry = r->status == 200 ? 1 : -1;
	if ((int)retry_classify(&seen) != r->class)
		fail_msg("%s: class %d, not %d", r->name, (int)retry_classify(&seen), r->class);
	if (!strstr(error->message, r->part))
		fail_msg("%s: no '%s' in '%s'", r->name, r->part, error->message);
	assert_string_equal(error->code, r->end);
	if (chat_says_no_images(error) != !strcmp(r->name, "23-image-to-text-only-model"))
		fail_msg("%s: does it say that no images are taken?", r->name);
	assert_false(chat_says_no_quota(error));
}

static void test_each(void **state)
{
	struct chat_reply reply = { 0 };
	struct chat_error error;
	const struct recording *r;
	struct buf b;
	long status;
	size_t i;
	char *body;
	int got;

	(void)state;
	for (i = 0; i < COUNT(recordings); i++) {
		r = &recordings[i];
		body = open_recording(r->name, &b, &status);
		got = (int)chat_read(body, strlen(body), &reply, &error);
		if (got != r->got || status != r->status)
			fail_msg("%s: %d under %ld, not %d under %d (%s)", r->name, got, status,
				 r->got, r->status, error.message);
		if (got == REPLY)
			check_reply(r, body, &reply);
		else
			check_failure(r, &error);
		chat_reply_release(&reply);
		buf_release(&b);
	}
}

static void test_the_list_of_models(void **state)
{
	struct buf b, names;
	bool listed;
	long status;
	char *body, *end;

	(void)state;
	buf_init(&names, BUF_NO_MAX);
	body = open_recording("02-models", &b, &status);
	end = strstr(body, "\n\n--- indented");
	assert_non_null(end);
	assert_int_equal(models_read(body, (size_t)(end - body), "tiny-vl", &names, &listed), 0);
	assert_true(listed);
	assert_string_equal(names.data, "tiny-vl");
	buf_release(&names);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_the_list_of_models),
	};

	return cmocka_run_group_tests_name("recordings", tests, NULL, NULL);
}
