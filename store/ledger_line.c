/* SPDX-License-Identifier: Apache-2.0
 *
 * See ledger_line.h.
 */
#include "store/ledger_line.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cli/buf.h"
#include "schemas/chat.h"
#include "schemas/hash.h"
#include "schemas/span.h"

static void add_text(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, ",\"%s\":", name);
	if (text)
		span_quote(out, text, strlen(text));
	else
		buf_adds(out, "null");
}

static void add_tokens(struct buf *out, const char *name, int64_t n)
{
	buf_printf(out, "\"%s\":", name);
	if (n >= 0)
		buf_printf(out, "%lld", (long long)n);
	else
		buf_adds(out, "null");
}

void ledger_line_write(struct buf *out, const unsigned char key[16], const struct answer *a)
{
	char hex[HASH_HEX];

	hash_to_hex(key, hex);
	buf_printf(out, "{\"key\":\"%s\"", hex);
	add_text(out, "model", a->model);
	add_text(out, "content", a->content);
	add_text(out, "finish_reason", a->finish_reason);
	add_text(out, "fingerprint", a->fingerprint);
	buf_adds(out, ",\"usage\":{");
	add_tokens(out, "prompt_tokens", a->prompt_tokens);
	buf_addc(out, ',');
	add_tokens(out, "completion_tokens", a->completion_tokens);
	buf_printf(out, "},\"latency_ms\":%lld,\"asked_at\":%lld}\n", (long long)a->latency_ms,
		   (long long)a->asked_at);
}

static const cJSON *get(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text_of(const cJSON *value)
{
	return cJSON_IsString(value) ? value->valuestring : NULL;
}

static char *copy_of(const cJSON *value)
{
	return cJSON_IsString(value) ? xstrdup(value->valuestring) : NULL;
}

static int64_t number_of(const cJSON *value, int64_t otherwise)
{
	return cJSON_IsNumber(value) && value->valuedouble >= 0 && value->valuedouble < 1e15 ?
	       (int64_t)value->valuedouble : otherwise;
}

static enum ledger_line refuse(char class[41], struct err *err, enum ledger_line kind,
			       const char *word, const char *why)
{
	snprintf(class, 41, "%s", word);
	err_set(err, EXIT_DATA, "%s", why);
	return kind;
}

static enum ledger_line read_own(const cJSON *json, int64_t time, struct answer *out,
				 char class[41], struct err *err)
{
	const cJSON *usage = get(json, "usage");

	if (!text_of(get(json, "content")))
		return refuse(class, err, LEDGER_LINE_BAD, "bad_line", "'content' is no text");
	*out = (struct answer){
		.content = copy_of(get(json, "content")), .model = copy_of(get(json, "model")),
		.finish_reason = copy_of(get(json, "finish_reason")),
		.fingerprint = copy_of(get(json, "fingerprint")),
		.prompt_tokens = number_of(get(usage, "prompt_tokens"), -1),
		.completion_tokens = number_of(get(usage, "completion_tokens"), -1),
		.latency_ms = number_of(get(json, "latency_ms"), 0),
		.asked_at = number_of(get(json, "asked_at"), time),
	};
	return LEDGER_LINE_ANSWER;
}

/* A constrained answer, {"answer":"B"}, is the letter; nobody else writes exactly this. */
static void take_envelope_off(struct chat_reply *reply)
{
	cJSON *json = cJSON_Parse(reply->content);
	const char *answer = text_of(get(json, "answer"));

	if (answer && strlen(answer) == 1 && cJSON_GetArraySize(json) == 1) {
		free(reply->content);
		reply->content = xstrdup(answer);
	}
	cJSON_Delete(json);
}

/* The word under which errors of a kind are counted. */
static void class_of(char class[41], const struct chat_error *error, int64_t status)
{
	size_t i, n = 0;

	if (isdigit((unsigned char)*error->code))	/* vLLM: the status */
		n = (size_t)snprintf(class, 41, "http_");
	for (i = 0; error->code[i] && n < 40; i++)
		class[n++] = isalnum((unsigned char)error->code[i]) ? error->code[i] : '_';
	class[n] = '\0';
	if (!n)
		snprintf(class, 41, status ? "http_%lld" : "error", (long long)status);
}

/* The error of a line, which chat_read reads as it reads a body's. */
static enum ledger_line read_error(const cJSON *error, int64_t status, char class[41],
				   struct err *err)
{
	struct chat_reply none = { 0 };
	struct chat_error said = { .message = "" };
	cJSON *body = NULL;
	char *text;

	if (cJSON_IsObject(get(error, "error"))) {
		text = cJSON_PrintUnformatted(error);
	} else {
		body = cJSON_CreateObject();
		cJSON_AddItemToObject(body, "error", cJSON_Duplicate(error, true));
		text = cJSON_PrintUnformatted(body);
	}
	if (text && chat_read(text, strlen(text), &none, &said) == CHAT_REPLY)
		chat_reply_release(&none);
	class_of(class, &said, status);
	err_set(err, EXIT_REFUSED, "%s", *said.message ? said.message : "no answer");
	cJSON_free(text);
	cJSON_Delete(body);
	return LEDGER_LINE_ERROR;
}

static enum ledger_line read_body(const cJSON *body, int64_t status, int64_t time,
				  struct answer *out, char class[41], struct err *err)
{
	struct chat_reply reply = { 0 };
	struct chat_error error = { .message = "" };
	char *text = cJSON_PrintUnformatted(body);
	enum chat_got got = text ? chat_read(text, strlen(text), &reply, &error) : CHAT_GARBAGE;

	cJSON_free(text);
	if (got != CHAT_REPLY || (status && (status < 200 || status > 299))) {
		if (got == CHAT_REPLY)
			chat_reply_release(&reply);
		if (got == CHAT_GARBAGE && !status)
			return refuse(class, err, LEDGER_LINE_ERROR, "no_completion",
				      *error.message ? error.message : "no chat completion");
		class_of(class, &error, status);
		err_set(err, EXIT_REFUSED, "%s", *error.message ? error.message : "no answer");
		return LEDGER_LINE_ERROR;
	}
	take_envelope_off(&reply);
	*out = (struct answer){
		.content = reply.content, .finish_reason = reply.finish_reason,
		.model = reply.model, .fingerprint = reply.fingerprint,
		.prompt_tokens = reply.prompt_tokens,
		.completion_tokens = reply.completion_tokens,
		.asked_at = number_of(get(body, "created"), time),
	};
	return *reply.content ? LEDGER_LINE_ANSWER :
	       refuse(class, err, LEDGER_LINE_EMPTY, "empty_answer", "the answer is empty");
}

static enum ledger_line read_batch(const cJSON *json, int64_t time, struct answer *out,
				   char class[41], struct err *err)
{
	const cJSON *response = get(json, "response"), *error = get(json, "error");
	const cJSON *body = get(response, "body");
	int64_t status = number_of(get(response, "status_code"), 0);

	if (error && !cJSON_IsNull(error))
		return read_error(error, status, class, err);
	if (cJSON_IsObject(body))
		return read_body(body, status, time, out, class, err);
	if (cJSON_IsObject(response) && !get(response, "body") && !status)
		return read_body(response, 0, time, out, class, err);
	if (status)
		return read_error(error, status, class, err);
	if (get(json, "method") || get(json, "url"))
		return refuse(class, err, LEDGER_LINE_BAD, "batch_request",
			      "a request, no answer: --for takes the batch that was sent");
	return refuse(class, err, LEDGER_LINE_BAD, "bad_line", "neither a response nor an error");
}

/* cJSON ends a string at a NUL, and refuses the whole line for half a surrogate pair. */
static cJSON *parse_mended(const char *text, size_t len)
{
	struct buf clean;
	cJSON *json;

	buf_init(&clean, BUF_NO_MAX);
	chat_mend(text, len, &clean);
	json = cJSON_ParseWithLength(clean.data, clean.len);
	buf_release(&clean);
	return json;
}

enum ledger_line ledger_line_read(const char *text, size_t len, int64_t time,
				  unsigned char key[16], bool *has_key, struct answer *out,
				  char class[41], struct err *err)
{
	cJSON *json = parse_mended(text, len);
	const char *own = text_of(get(json, "key")), *custom = text_of(get(json, "custom_id"));
	enum ledger_line got;

	*has_key = (own || custom) && !hash_from_hex(own ? own : custom, key);
	if (!cJSON_IsObject(json))
		got = refuse(class, err, LEDGER_LINE_BAD, "bad_json", "not a JSON object");
	else if (!own && !custom)
		got = refuse(class, err, LEDGER_LINE_BAD, "bad_line",
			     "neither 'key' nor 'custom_id' is there");
	else if (!*has_key)
		got = refuse(class, err, LEDGER_LINE_BAD, "bad_id",
			     "the id is no request's key (32 hex digits), as --batch-out writes it");
	else if (own)
		got = read_own(json, time, out, class, err);
	else
		got = read_batch(json, time, out, class, err);
	cJSON_Delete(json);
	return got;
}

int ledger_line_request(const char *text, size_t len, unsigned char key[16])
{
	static const char start[] = "{\"custom_id\":\"";
	size_t n = sizeof(start) - 1;
	char hex[HASH_HEX];
	cJSON *json;
	int bad;

	if (len > n + 32 && !memcmp(text, start, n) && text[n + 32] == '"') {
		memcpy(hex, text + n, 32);
		hex[32] = '\0';
		return hash_from_hex(hex, key);
	}
	json = cJSON_ParseWithLength(text, len);
	bad = !text_of(get(json, "custom_id")) ||
	      hash_from_hex(text_of(get(json, "custom_id")), key);
	cJSON_Delete(json);
	return bad ? -1 : 0;
}
