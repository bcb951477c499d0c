/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer harness of schemas/chat and what reads its outcome (curate/retry, dialect, models):
 * any bytes as a server's body. What must hold: an answer is UTF-8 with sane counts, an error one
 * clean line without an echoed image or key. The first byte chooses the request, the second the
 * status. Seeds: the bodies of tests/transcripts.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/buf.h"
#include "curate/dialect.h"
#include "curate/endpoint.h"
#include "curate/models.h"
#include "curate/retry.h"
#include "schemas/chat.h"
#include "schemas/fold.h"

#define KEY "sk-fuzz-0123456789"
#define TELLING 12	/* of the key; endpoint.c */
#define ECHO (64 + 16)	/* base64 characters in a row (chat.c), beside what msg_clean spells out */
#define TOKENS_MAX INT64_C(1000000000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool true_always)
{
	if (!true_always)
		abort();
}

static const struct endpoint *with_key(void)
{
	static struct endpoint e;
	char path[64];
	int fd;

	if (e.url)
		return &e;
	fd = memfd_create("key", 0);
	require(fd >= 0 && write(fd, KEY "\n", sizeof(KEY)) == sizeof(KEY));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	require(!endpoint_init(&e, "http://localhost:8000", NULL, path, NULL, NULL));
	close(fd);
	prctl(PR_SET_DUMPABLE, 1);	/* the leak check looks at us; there is no secret here */
	return &e;
}

static void check_clean(const char *text)
{
	size_t run = 0;

	require(fold_is_utf8(text, strlen(text)));
	for (; *text; text++) {
		require((unsigned char)*text >= 0x20 && *text != 0x7f);
		run = (*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'z') ||
		      (*text >= 'A' && *text <= 'Z') || strchr("+/=", *text) ? run + 1 : 0;
		require(run < ECHO);
	}
}

static void check_error(struct chat_error *error, long status, enum chat_got got)
{
	struct retry_seen seen = { .status = status, .should_retry = -1 };
	char hidden[sizeof(error->message)];
	enum retry_class class;

	require(strlen(error->message) < sizeof(error->message));
	require(strlen(error->code) < sizeof(error->code));
	check_clean(error->message);
	memcpy(hidden, error->message, sizeof(hidden));
	endpoint_hide(with_key(), hidden);
	require(!strstr(hidden, KEY) && strlen(hidden) <= strlen(error->message));
	require(!memmem(hidden, strlen(hidden), KEY, TELLING));
	seen.error = *error;
	class = retry_classify(&seen);
	require(class <= RETRY_STOP && (got == CHAT_ERROR || class != RETRY_REJECT || status >= 400));
	retry_sign(&seen);
}

static void check_dialect(const struct chat_request *q, const struct chat_error *error,
			  struct chat_reply *reply, enum chat_decode sent)
{
	struct chat_dialect d = { .standard_only = false };
	const char *said;
	int turns = 0;

	if (reply->content && q->letters) {
		dialect_heard(&d, q, sent, reply, &said);
		require(reply->content != NULL);
	}
	/* a server that refuses for ever is not asked for ever */
	while (turns < 9 && (dialect_learn(&d, q, error, &said)) && chat_form(q, &d) != CHAT_FREE)
		turns++;
	require(turns < 9 || q->letters);
}

static void check_mend(const char *body, size_t len)
{
	struct buf once, twice;

	buf_init(&once, BUF_NO_MAX);
	buf_init(&twice, BUF_NO_MAX);
	chat_mend(body, len, &once);
	chat_mend(once.data, once.len, &twice);
	require(fold_is_utf8(once.data, once.len) && !memchr(once.data, '\0', once.len));
	require(once.len == twice.len && !memcmp(once.data, twice.data, once.len));
	buf_release(&once);
	buf_release(&twice);
}

static void check_reply(const struct chat_reply *r)
{
	require(r->content && r->finish_reason);
	require(fold_is_utf8(r->content, strlen(r->content)));
	require(r->prompt_tokens >= -1 && r->prompt_tokens <= TOKENS_MAX);
	require(r->completion_tokens >= -1 && r->completion_tokens <= TOKENS_MAX);
	require(!r->only_thought || !*r->content);
}

static void check_models(const char *body, size_t len)
{
	struct buf names;
	bool listed;

	buf_init(&names, BUF_NO_MAX);
	models_read(body, len, "tiny-vl", &names, &listed);
	require(!listed || strstr(names.data, "tiny-vl"));
	buf_release(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = { 200, 201, 301, 400, 401, 404, 408, 413, 422, 429, 500,
					 501, 502, 503, 504, 0 };
	struct chat_request q = { .letters = "ABCD" };
	struct chat_reply reply = { 0 };
	struct chat_error error;
	enum chat_got got;
	char *body;
	size_t len;

	if (size < 2)
		return 0;
	q.letters = data[0] & 1 ? "ABCD" : NULL;
	q.decode = (enum chat_decode)(data[0] >> 1 & 3);
	q.no_think = data[0] & 8;
	len = size - 2;
	body = malloc(len + 1);
	require(body != NULL);
	memcpy(body, data + 2, len);
	body[len] = '\0';	/* as a struct buf has it */
	check_mend(body, len);
	check_models(body, len);
	got = chat_read(body, len, &reply, &error);
	if (got == CHAT_REPLY)
		check_reply(&reply);
	else
		require(!reply.content && (got == CHAT_ERROR || *error.message));
	check_error(&error, statuses[data[1] % 16], got);
	check_dialect(&q, &error, &reply, (enum chat_decode)(data[0] >> 4 & 3));
	chat_reply_release(&reply);
	free(body);
	return 0;
}
