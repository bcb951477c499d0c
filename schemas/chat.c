/* SPDX-License-Identifier: Apache-2.0
 *
 * See chat.h.
 */
#include "schemas/chat.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <utf8proc.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "schemas/hash.h"
#include "schemas/span.h"

#define TOKENS_MAX 1e15	/* a count from there on is no count, and sums would not hold it */
#define BASE64_RUN 64	/* a run of this many base64 characters in an error is an echo */

static void hash_double(struct hash *h, double d)
{
	char text[32];

	snprintf(text, sizeof(text), "%.9g", d);
	hash_text(h, text);
}

void chat_key(const struct chat_request *q, unsigned char key[16])
{
	struct hash h;

	hash_init(&h);
	hash_text(&h, "chat/1");
	hash_text(&h, q->model);
	hash_text(&h, q->image_id);
	hash_text(&h, q->prompt);
	hash_double(&h, q->temperature);
	hash_double(&h, q->top_p);
	hash_double(&h, q->repetition_penalty);
	hash_number(&h, q->max_tokens);
	hash_number(&h, q->seed);
	hash_text(&h, q->letters);
	if (q->letters && q->decode != CHAT_AUTO)
		hash_text(&h, q->decode == CHAT_CHOICE ? "choice" : "schema");
	if (q->extra) {
		hash_text(&h, "extra");
		hash_text(&h, q->extra);
	}
	if (q->no_think)
		hash_text(&h, "no think");
	if (q->image_id && q->max_pixels) {
		hash_text(&h, "max pixels");
		hash_number(&h, q->max_pixels);
	}
	hash_raw(&h, key);
	hash_release(&h);
}

int64_t chat_seed(int64_t seed, const char *id, const char *condition, int trial)
{
	struct hash h;
	int64_t value;

	hash_init(&h);
	hash_number(&h, seed);
	hash_text(&h, id);
	hash_text(&h, condition);
	hash_number(&h, trial);
	value = (int64_t)(hash_low(&h) & 0x7fffffff);
	hash_release(&h);
	return value;
}

static void add_quoted(struct buf *b, const char *text)
{
	span_quote(b, text, strlen(text));
}

enum chat_decode chat_form(const struct chat_request *q, const struct chat_dialect *dialect)
{
	if (!q->letters || q->decode == CHAT_FREE)
		return CHAT_FREE;
	if (q->decode != CHAT_SCHEMA && !dialect->no_choice)
		return CHAT_CHOICE;
	if (q->decode != CHAT_CHOICE && !dialect->no_schema)
		return CHAT_SCHEMA;
	return CHAT_FREE;
}

static void add_letters(struct buf *b, const char *letters)
{
	const char *p;

	buf_addc(b, '[');
	for (p = letters; *p; p++)
		buf_printf(b, "%s\"%c\"", p > letters ? "," : "", *p);
	buf_addc(b, ']');
}

/* vLLM before 0.11 knows guided_choice only, since 0.12 structured_outputs only; each ignores
 * the other, and in between both are the same. */
static void add_constraint(struct buf *b, const struct chat_request *q,
			   const struct chat_dialect *dialect)
{
	switch (chat_form(q, dialect)) {
	case CHAT_CHOICE:
		buf_adds(b, ",\"structured_outputs\":{\"choice\":");
		add_letters(b, q->letters);
		buf_adds(b, "},\"guided_choice\":");
		add_letters(b, q->letters);
		break;
	case CHAT_SCHEMA:
		buf_adds(b, ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
			    "{\"name\":\"answer\",\"strict\":true,\"schema\":{\"type\":\"object\","
			    "\"properties\":{\"answer\":{\"type\":\"string\",\"enum\":");
		add_letters(b, q->letters);
		buf_adds(b, "}},\"required\":[\"answer\"],\"additionalProperties\":false}}}");
		break;
	default:
		break;
	}
}

int chat_extra(const char *json, struct buf *out, struct err *err)
{
	static const char *const ours[] = {
		"model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p",
		"repetition_penalty", "seed", "structured_outputs", "guided_choice",
		"response_format", "stream", "n",
	};
	struct span_members found = { 0 };
	struct err why;
	size_t i, j;
	int result = 0;

	if (span_object(json, strlen(json), &found, &why))
		result = err_set(err, EXIT_USAGE, "takes a JSON object: %s", why.text);
	for (i = 0; i < found.count && !result; i++) {
		for (j = 0; j < sizeof(ours) / sizeof(*ours); j++)
			if (found.items[i].key_len == strlen(ours[j]) &&
			    !memcmp(found.items[i].key, ours[j], found.items[i].key_len))
				result = err_set(err, EXIT_USAGE, "'%s' is capqa's own to say", ours[j]);
		buf_printf(out, "%s\"%.*s\":", i ? "," : "", (int)found.items[i].key_len,
			   found.items[i].key);
		span_canon(out, found.items[i].value, found.items[i].value_len);
	}
	span_members_release(&found);
	return result;
}

static void add_sampling(struct buf *b, const struct chat_request *q,
			 const struct chat_dialect *dialect)
{
	buf_printf(b, ",\"%s\":%lld,\"temperature\":%.9g,\"top_p\":%.9g",
		   dialect->completion_tokens ? "max_completion_tokens" : "max_tokens",
		   (long long)q->max_tokens, q->temperature, q->top_p);
	if (!dialect->standard_only)
		buf_printf(b, ",\"repetition_penalty\":%.9g", q->repetition_penalty);
	if (q->seed >= 0)
		buf_printf(b, ",\"seed\":%lld", (long long)q->seed);
	add_constraint(b, q, dialect);
	if (q->no_think && !dialect->no_template)
		buf_adds(b, ",\"chat_template_kwargs\":{\"enable_thinking\":false}");
	if (q->extra && *q->extra)
		buf_printf(b, ",%s", q->extra);
	buf_adds(b, "}");
}

void chat_body(const struct chat_request *q, const struct chat_dialect *dialect,
	       struct buf *head, struct buf *tail)
{
	struct buf *b = head;

	buf_adds(b, "{\"model\":");
	add_quoted(b, q->model);
	buf_adds(b, ",\"messages\":[{\"role\":\"user\",\"content\":");
	if (q->image_id) {
		buf_printf(b, "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:%s;base64,",
			   q->image_mime);
		b = tail;
		buf_adds(b, "\"}},{\"type\":\"text\",\"text\":");
	}
	add_quoted(b, q->prompt);
	buf_adds(b, q->image_id ? "}]}]" : "}]");
	add_sampling(b, q, dialect);
}

static const cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *text_of(const cJSON *item)
{
	return cJSON_IsString(item) ? item->valuestring : NULL;
}

static bool is_base64(char c)
{
	return isalnum((unsigned char)c) || c == '+' || c == '/' || c == '=';
}

/* Copies a message, an echoed image cut out of it, and makes it one clean line. */
static void keep_message(struct chat_error *error, const char *text)
{
	struct buf b;
	size_t run, n;

	buf_init(&b, BUF_NO_MAX);
	while (*text && b.len < sizeof(error->message)) {
		for (run = 0; is_base64(text[run]); run++)
			;
		if (run >= BASE64_RUN) {
			buf_adds(&b, "[...]");
			text += run;
		} else {
			run = run ? run : 1;
			while (text[run] && ((unsigned char)text[run] & 0xc0) == 0x80)
				run++;
			msg_clean(&b, text, run);
			text += run;
		}
	}
	n = b.len < sizeof(error->message) ? b.len : sizeof(error->message) - 1;
	while (n && ((unsigned char)b.data[n] & 0xc0) == 0x80)
		n--;	/* not inside a character */
	memcpy(error->message, b.data, n);
	error->message[n] = '\0';
	buf_release(&b);
}

static void keep_code(struct chat_error *error, const cJSON *object)
{
	const cJSON *code = get(object, "code");

	if (cJSON_IsNumber(code))
		snprintf(error->code, sizeof(error->code), "%d", code->valueint);
	else if (text_of(code))
		snprintf(error->code, sizeof(error->code), "%s", code->valuestring);
	else if (text_of(get(object, "type")))
		snprintf(error->code, sizeof(error->code), "%s", text_of(get(object, "type")));
}

/* {"error":{...}}, {"error":"..."}, {"object":"error",...} or {"detail":...} */
static bool read_error(const cJSON *json, struct chat_error *error)
{
	const cJSON *inner = get(json, "error"), *detail = get(json, "detail");
	const char *object = text_of(get(json, "object"));
	char *printed;

	if (cJSON_IsObject(inner)) {
		keep_message(error, text_of(get(inner, "message")) ? : "an error without a message");
		keep_code(error, inner);
	} else if (text_of(inner)) {
		keep_message(error, inner->valuestring);
	} else if (object && !strcmp(object, "error")) {
		keep_message(error, text_of(get(json, "message")) ? : "an error without a message");
		keep_code(error, json);
	} else if (text_of(detail)) {
		keep_message(error, detail->valuestring);
	} else if (detail && !cJSON_IsNull(detail)) {
		printed = cJSON_PrintUnformatted(detail);
		keep_message(error, printed ? printed : "");
		cJSON_free(printed);
	} else {
		return false;
	}
	return true;
}

static int64_t tokens(const cJSON *usage, const char *key)
{
	const cJSON *n = get(usage, key);

	return cJSON_IsNumber(n) && n->valuedouble >= 0 && n->valuedouble < TOKENS_MAX ?
	       (int64_t)n->valuedouble : -1;
}

static const cJSON *first_choice(const cJSON *json)
{
	const cJSON *choice, *choices = get(json, "choices"), *index;

	cJSON_ArrayForEach(choice, choices) {
		index = get(choice, "index");
		if (!cJSON_IsNumber(index) || index->valueint == 0)
			return choice;
	}
	return NULL;
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void read_choice(const cJSON *json, const cJSON *choice, struct chat_reply *reply)
{
	const cJSON *message = get(choice, "message"), *usage = get(json, "usage");
	const cJSON *thought = get(message, "reasoning");
	const char *content = text_of(get(message, "content"));
	const char *refusal = text_of(get(message, "refusal"));
	const char *finish = text_of(get(choice, "finish_reason"));

	if (!text_of(thought))
		thought = get(message, "reasoning_content");	/* SGLang, llama-server, old vLLM */
	if (refusal && *refusal && !(content && *content)) {
		content = refusal;
		finish = "refusal";
	}
	*reply = (struct chat_reply){
		.content = xstrdup(content ? content : ""),
		.finish_reason = xstrdup(finish ? finish : ""),
		.model = copy(text_of(get(json, "model"))),
		.fingerprint = copy(text_of(get(json, "system_fingerprint"))),
		.prompt_tokens = tokens(usage, "prompt_tokens"),
		.completion_tokens = tokens(usage, "completion_tokens"),
		.only_thought = !(content && *content) && text_of(thought) && *text_of(thought),
	};
}

/* What servers end a sound answer with; "error", "abort", "parse_error" and others do not. */
static bool ended_well(const char *finish)
{
	static const char *const well[] = { "", "stop", "length", "content_filter", "refusal",
					    "tool_calls", "function_call", "repetition",
					    "eos_token" };
	size_t i;

	for (i = 0; i < sizeof(well) / sizeof(*well); i++)
		if (!strcmp(finish, well[i]))
			return true;
	return false;
}

/* The UTF-16 unit of the escape \uXXXX at p, or -1. */
static int unit_at(const char *p, size_t left)
{
	int i, unit = 0;

	if (left < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (i = 2; i < 6; i++) {
		if (!isxdigit((unsigned char)p[i]))
			return -1;
		unit = unit * 16 + (p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
	}
	return unit;
}

/* How many bytes at p can stay: an escape, a character or one byte. 0: they cannot. */
static size_t sound_at(const char *p, size_t left, size_t *len)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;
	int unit = unit_at(p, left), low;

	*len = unit < 0 ? 1 : 6;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		low = unit_at(p + 6, left - 6);
		return low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
	}
	if (unit >= 0)
		return unit && (unit < 0xdc00 || unit > 0xdfff) ? 6 : 0;
	if (*p == '\\')
		return left > 1 && p[1] >= 0x20 && p[1] < 0x7f ? 2 : 1;
	n = utf8proc_iterate((const utf8proc_uint8_t *)p, (utf8proc_ssize_t)left, &c);
	return n > 0 && c ? (size_t)n : 0;
}

/*
 * The body with U+FFFD for all that may not enter a record: NULs (cJSON would end the string
 * there), half surrogate pairs (it would refuse the whole reply) and broken UTF-8.
 */
void chat_mend(const char *body, size_t len, struct buf *out)
{
	size_t i, n, bad, from = 0;

	for (i = 0; i < len; i += n ? n : bad) {
		n = sound_at(body + i, len - i, &bad);
		if (n)
			continue;
		buf_add(out, body + from, i - from);
		buf_adds(out, "\xef\xbf\xbd");
		from = i + bad;
	}
	buf_add(out, body + from, len - from);
}

enum chat_got chat_read(const char *body, size_t len, struct chat_reply *reply,
			struct chat_error *error)
{
	enum chat_got got = CHAT_GARBAGE;
	const cJSON *choice;
	struct buf clean;
	cJSON *json;

	buf_init(&clean, BUF_NO_MAX);
	chat_mend(body, len, &clean);
	json = cJSON_ParseWithLength(clean.data, clean.len);
	choice = first_choice(json);
	*error = (struct chat_error){ .message = "" };
	if (cJSON_IsObject(json) && (read_error(json, error) || read_error(choice, error))) {
		got = CHAT_ERROR;
	} else if (cJSON_IsObject(get(choice, "message"))) {
		read_choice(json, choice, reply);
		got = CHAT_REPLY;
		if (!ended_well(reply->finish_reason)) {
			buf_clear(&clean);
			buf_printf(&clean, "the server ended the answer with '%s'",
				   reply->finish_reason);
			keep_message(error, clean.data);
			chat_reply_release(reply);
			got = CHAT_GARBAGE;
		}
	} else {
		keep_message(error, len ? clean.data : "empty body");
	}
	cJSON_Delete(json);
	buf_release(&clean);
	return got;
}

void chat_reply_release(struct chat_reply *reply)
{
	free(reply->content);
	free(reply->finish_reason);
	free(reply->model);
	free(reply->fingerprint);
	*reply = (struct chat_reply){ 0 };
}

bool chat_says_no_images(const struct chat_error *error)
{
	return strstr(error->message, "At most 0 image") ||
	       strstr(error->message, "not a multimodal model") ||
	       strstr(error->message, "image input is not supported") ||
	       strstr(error->message, "does not support image");
}

bool chat_says_unknown_field(const struct chat_error *error, const char *field)
{
	return strstr(error->message, field) &&
	       (strcasestr(error->message, "unrecognized") ||
		strcasestr(error->message, "unsupported") ||
		strcasestr(error->message, "not supported") ||
		strcasestr(error->message, "unknown") ||
		strcasestr(error->message, "not permitted"));
}

bool chat_says_no_quota(const struct chat_error *error)
{
	return strstr(error->code, "insufficient_quota") ||
	       strstr(error->code, "credit_balance") || strstr(error->code, "spend_limit");
}
