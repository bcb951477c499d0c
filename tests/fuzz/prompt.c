/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer harness of curate/prompt and schemas/chat's bodies: a template, a caption, a question
 * and a model's name, split at NULs, the first byte chooses the dialect. What must hold: a value
 * stands in the prompt byte for byte and is not looked into; the body is JSON, and its text is
 * the prompt byte for byte (broken UTF-8 as U+FFFD). Seeds: the prompts of capqa.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "cli/buf.h"
#include "curate/prompt.h"
#include "schemas/chat.h"
#include "schemas/fold.h"

enum { TEMPLATE, CAPTION, QUESTION, MODEL, EXTRA, PARTS };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool true_always)
{
	if (!true_always)
		abort();
}

/* The template with its places filled, by another way: cut at the next place, join. */
static void fill_plainly(const char *text, const struct prompt_value *values, struct buf *out)
{
	const struct prompt_value *v;
	char place[32];
	size_t n;

	while (*text) {
		for (v = values; v->name; v++) {
			n = (size_t)snprintf(place, sizeof(place), "{%s}", v->name);
			if (strncmp(text, place, n))
				continue;
			buf_adds(out, v->text);
			text += n;
			break;
		}
		if (!v->name)
			buf_addc(out, *text++);
	}
}

static const cJSON *text_part(const cJSON *content)
{
	const cJSON *part, *type;

	if (cJSON_IsString(content))
		return content;
	cJSON_ArrayForEach(part, content) {
		type = cJSON_GetObjectItemCaseSensitive(part, "type");
		if (cJSON_IsString(type) && !strcmp(type->valuestring, "text"))
			return cJSON_GetObjectItemCaseSensitive(part, "text");
	}
	return NULL;
}

/* Does the body say `prompt`, and once? */
static void check_said(const cJSON *json, const char *prompt)
{
	const cJSON *messages = cJSON_GetObjectItemCaseSensitive(json, "messages");
	const cJSON *text;

	require(cJSON_GetArraySize(messages) == 1);
	text = text_part(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(messages, 0),
							  "content"));
	require(cJSON_IsString(text));
	if (fold_is_utf8(prompt, strlen(prompt))) {
		require(!strcmp(text->valuestring, prompt));
		return;
	}
	require(fold_is_utf8(text->valuestring, strlen(text->valuestring)));
}

static void check_body(const struct chat_request *q, const struct chat_dialect *d)
{
	unsigned char key[16], again[16];
	struct buf head, tail;
	const char *end = NULL;
	cJSON *json;

	buf_init(&head, BUF_NO_MAX);
	buf_init(&tail, BUF_NO_MAX);
	chat_body(q, d, &head, &tail);
	require(q->image_id ? tail.len > 0 : !tail.len);
	buf_adds(&head, q->image_id ? "QUJD" : "");
	buf_add(&head, tail.data, tail.len);
	require(!memchr(head.data, '\n', head.len) && fold_is_utf8(head.data, head.len));
	json = cJSON_ParseWithOpts(head.data, &end, true);
	require(json && end == head.data + head.len);
	check_said(json, q->prompt);
	chat_key(q, key);
	chat_key(q, again);
	require(!memcmp(key, again, sizeof(key)));
	cJSON_Delete(json);
	buf_release(&head);
	buf_release(&tail);
}

/* --extra from the input: refused with a reason, or members for the body. */
static const char *extra_of(const char *text, struct buf *out)
{
	struct err err = { .text = "" };

	if (!*text)
		return NULL;
	if (!chat_extra(text, out, &err))
		return out->data;
	require(*err.text && err.kind == EXIT_USAGE);
	return NULL;
}

static void check_file(const char *text)
{
	struct err err = { .text = "" };
	int fd = memfd_create("prompt", MFD_CLOEXEC);
	struct prompt p;
	char path[64];

	require(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!prompt_load(&p, path, &err)) {
		require(fold_is_utf8(text, strlen(text)) && !strncmp(p.text, text, strlen(p.text)));
		prompt_release(&p);
	} else {
		require(*err.text && (!*text || !fold_is_utf8(text, strlen(text))));
	}
	close(fd);
}

static void check(uint8_t flags, char *const parts[PARTS])
{
	struct prompt_value values[] = { { "caption", parts[CAPTION] },
					 { "question", parts[QUESTION] }, { NULL, NULL } };
	struct chat_dialect d = { flags & 1, flags & 2, flags & 4, flags & 8, flags & 16 };
	struct chat_request q = {
		.model = parts[MODEL], .image_id = flags & 32 ? "0123" : NULL,
		.image_mime = "image/png", .temperature = flags / 99.0, .top_p = 1,
		.repetition_penalty = 1.05, .max_tokens = 32, .seed = flags % 3 - 1,
		.letters = flags & 64 ? "ABCD" : NULL, .decode = (enum chat_decode)(flags % 4),
		.no_think = flags & 128,
	};
	struct buf filled, plain, extra;
	struct prompt p;

	buf_init(&filled, BUF_NO_MAX);
	buf_init(&plain, BUF_NO_MAX);
	buf_init(&extra, BUF_NO_MAX);
	prompt_init(&p, parts[TEMPLATE]);
	prompt_fill(&p, values, &filled);
	fill_plainly(p.text, values, &plain);
	require(filled.len == plain.len && !strcmp(filled.data, plain.data));
	require(prompt_needs(&p, "caption", NULL) || strstr(filled.data, parts[CAPTION]));
	q.prompt = filled.data;
	q.extra = extra_of(parts[EXTRA], &extra);
	check_body(&q, &d);
	prompt_release(&p);
	buf_release(&filled);
	buf_release(&plain);
	buf_release(&extra);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *parts[PARTS];
	size_t i, n, at = 1;

	if (!size)
		return 0;
	for (i = 0; i < PARTS; i++) {
		n = at < size ? strnlen((const char *)data + at, size - at) : 0;
		parts[i] = xstrndup(at < size ? (const char *)data + at : "", n);
		at += n + 1;
	}
	check_file(parts[TEMPLATE]);
	check(data[0], parts);
	for (i = 0; i < PARTS; i++)
		free(parts[i]);
	return 0;
}
