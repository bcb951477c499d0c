/* SPDX-License-Identifier: Apache-2.0
 *
 * See transfer.h. Choices that were measured or read in sources: no `Expect:` header (libcurl
 * waits up to 1 s for it on bodies over 1 MB), connections idle for 3 s are not reused
 * (uvicorn and llama-server close theirs after 5 s), TCP keep-alive on, no low-speed limit (a
 * server that thinks sends nothing for minutes), the upload buffer at its default of 64 KB.
 */
#include "curate/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "curate/retry.h"

#define IDLE_MAX_S 3L
#define KEEPALIVE_S 30L

static size_t copy_part(char *to, size_t room, const struct buf *part, int64_t at)
{
	size_t left = part->len - (size_t)at, n = left < room ? left : room;

	memcpy(to, part->data + at, n);
	return n;
}

/* The next stretch of head, image and tail; 0 at the end, -1: the image has failed. */
static ssize_t read_part(struct transfer *t, char *to, size_t room)
{
	int64_t image = picture_base64_len(t->picture), head = (int64_t)t->head.len;

	if (t->at < head)
		return (ssize_t)copy_part(to, room, &t->head, t->at);
	if (t->at >= head + image)
		return (ssize_t)copy_part(to, room, &t->tail, t->at - head - image);
	picture_seek(t->picture, t->at - head);
	return picture_base64(t->picture, to, room);
}

/* Fills the buffer, so that head and tail need no packets of their own; the last bytes that
 * hold no group of base64 stay empty. */
static size_t on_read(char *to, size_t size, size_t count, void *ctx)
{
	struct transfer *t = ctx;
	size_t room = size * count, have = 0;
	ssize_t n;

	while (room - have >= 4 || !have) {
		n = read_part(t, to + have, room - have);
		if (n < 0)
			return CURL_READFUNC_ABORT;
		if (n == 0)
			break;
		t->at += n;
		have += (size_t)n;
	}
	return have;
}

static int on_seek(void *ctx, curl_off_t offset, int origin)
{
	struct transfer *t = ctx;

	if (origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	t->at = offset;
	return CURL_SEEKFUNC_OK;
}

/* Before each request, so also before one that libcurl repeats on another connection.
 * 7.88 does not always rewind where the socket took nothing of what it had read. */
static int on_request(void *ctx, char *to, char *from, int to_port, int from_port)
{
	struct transfer *t = ctx;

	(void)to, (void)from, (void)to_port, (void)from_port;
	t->at = 0;
	return CURL_PREREQFUNC_OK;
}

static size_t on_write(char *bytes, size_t size, size_t count, void *ctx)
{
	struct transfer *t = ctx;

	return buf_add(&t->reply, bytes, size * count) ? 0 : size * count;
}

/* The header's value if its name is `name`, as a C string in `to`; else false. */
static bool header_is(const char *line, size_t len, const char *name, char *to, size_t size)
{
	size_t n = strlen(name);

	if (len <= n || line[n] != ':' || strncasecmp(line, name, n))
		return false;
	for (line += n + 1, len -= n + 1; len && (*line == ' ' || *line == '\t'); line++)
		len--;
	while (len && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
		len--;
	len = len < size - 1 ? len : size - 1;
	memcpy(to, line, len);
	to[len] = '\0';
	return true;
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = size * count;
	int64_t exact_ms = -1;
	char value[128];

	if (header_is(line, len, "retry-after-ms", value, sizeof(value)))
		exact_ms = retry_after_ms(value, 1, time(NULL));
	else if (t->retry_after_ms < 0 &&
		 header_is(line, len, "retry-after", value, sizeof(value)))
		t->retry_after_ms = retry_after_ms(value, 1000, time(NULL));
	else if (header_is(line, len, "x-should-retry", value, sizeof(value)))
		t->should_retry = !strcasecmp(value, "true") ? 1 :
				  !strcasecmp(value, "false") ? 0 : -1;
	if (exact_ms >= 0)	/* one that cannot be read takes nothing away */
		t->retry_after_ms = exact_ms;
	return len;
}

struct transfer *transfer_new(const struct transfer_options *o)
{
	struct transfer *t = xcalloc(1, sizeof(*t));
	CURL *e = t->easy = curl_easy_init();

	if (!e || curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https"))
		out_of_memory();
	buf_init(&t->head, BUF_NO_MAX);
	buf_init(&t->tail, BUF_NO_MAX);
	buf_init(&t->reply, TRANSFER_REPLY_MAX);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_POST, 1L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)(o->timeout_s * 1000));
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(o->connect_timeout_s * 1000));
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, IDLE_MAX_S);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "capqa");
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(e, CURLOPT_READDATA, t);
	curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(e, CURLOPT_SEEKDATA, t);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
	return t;
}

void transfer_clear(struct transfer *t)
{
	picture_close(t->picture);
	t->picture = NULL;
	buf_shrink(&t->head, 64 << 10);
	buf_clear(&t->tail);
	buf_shrink(&t->reply, 64 << 10);
	t->at = 0;
	t->retry_after_ms = t->should_retry = -1;
}

void transfer_free(struct transfer *t)
{
	if (!t)
		return;
	transfer_clear(t);
	buf_release(&t->head);
	buf_release(&t->tail);
	buf_release(&t->reply);
	curl_easy_cleanup(t->easy);
	free(t);
}

void transfer_aim(struct transfer *t, const char *url, struct curl_slist *headers)
{
	if (curl_easy_setopt(t->easy, CURLOPT_URL, url))
		out_of_memory();	/* it would go to where the last one went */
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
}

void transfer_start(struct transfer *t, CURLM *multi, bool fresh_connection)
{
	curl_off_t size = (curl_off_t)t->head.len;

	if (t->picture)
		size += picture_base64_len(t->picture) + (curl_off_t)t->tail.len;
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->picture ? NULL : t->head.data);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, size);
	curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, fresh_connection ? 1L : 0L);
	if (curl_multi_add_handle(multi, t->easy))
		out_of_memory();
}

void transfer_stop(struct transfer *t, CURLM *multi)
{
	curl_multi_remove_handle(multi, t->easy);
}
