/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer harness of curate/transfer and curate/retry: any bytes as what a server sends, status
 * line, headers and body, through libcurl over a socket. What must hold: in whatever pieces
 * they come, the outcome is the same; a wait is at most an hour; nothing that a server can send,
 * but the statuses that say so, stops a run. The first byte chooses the pieces. Seeds: the
 * replies of tests/transcripts and tests/fuzz/seeds/transfer.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <curl/curl.h>

#include "curate/retry.h"
#include "curate/transfer.h"
#include "schemas/chat.h"

#define TURNS_MAX 1000
#define HOUR_MS 3600000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	int code;
	long status;
	int64_t retry_after_ms;
	int should_retry;
	struct buf reply;
};

static void require(bool true_always)
{
	if (!true_always)
		abort();
}

/* A listening socket without a file; libcurl 7.88 takes no socket that is connected already. */
static int listen_at(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(at.sun_path + 1, name);
	require(fd >= 0);
	require(!bind(fd, (struct sockaddr *)&at,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))));
	require(!listen(fd, 1));
	return fd;
}

/* A copy of the end that libcurl has. */
static int copy_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	(void)purpose;
	*(int *)ctx = dup(fd);
	return CURL_SOCKOPT_OK;
}

static void drain(int fd)
{
	char bytes[4096];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

static int waiting(int fd)
{
	int n = 0;

	return ioctl(fd, FIONREAD, &n) ? 0 : n;
}

/* peer: ours; seen: a copy of the other end, to see what is not read yet. */
static void serve(CURLM *multi, int peer, int seen, const uint8_t *data, size_t left, size_t piece)
{
	int running = 1, turns = 0;
	bool open = true;
	size_t n;

	while (running && turns++ < TURNS_MAX) {
		drain(peer);
		n = left < piece ? left : piece;
		if (n) {
			require(send(peer, data, n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n);
			data += n;
			left -= n;
		} else if (open) {
			shutdown(peer, SHUT_WR);
			open = false;
		}
		do
			curl_multi_perform(multi, &running);
		while (running && waiting(seen) && turns++ < TURNS_MAX);
	}
	require(!running);
}

static void finish(struct transfer *t, CURLM *multi, struct outcome *o)
{
	CURLMsg *msg;
	int left;

	msg = curl_multi_info_read(multi, &left);
	require(msg && msg->msg == CURLMSG_DONE);
	o->code = (int)msg->data.result;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &o->status);
	o->retry_after_ms = t->retry_after_ms;
	o->should_retry = t->should_retry;
	buf_add(&o->reply, t->reply.data, t->reply.len);
	transfer_stop(t, multi);
}

static void run(const uint8_t *data, size_t size, size_t piece, struct outcome *o)
{
	static const struct transfer_options options = { 60, 60 };
	struct transfer *t = transfer_new(&options);
	CURLM *multi = curl_multi_init();
	int seen = -1, peer, running, listener;
	char name[64];

	require(multi != NULL);
	snprintf(name, sizeof(name), "capqa-fuzz-%d", (int)getpid());
	listener = listen_at(name);
	curl_easy_setopt(t->easy, CURLOPT_ABSTRACT_UNIX_SOCKET, name);
	curl_easy_setopt(t->easy, CURLOPT_SOCKOPTFUNCTION, copy_socket);
	curl_easy_setopt(t->easy, CURLOPT_SOCKOPTDATA, &seen);
	transfer_clear(t);
	buf_adds(&t->head, "{\"model\":\"m\"}");
	transfer_aim(t, "http://127.0.0.1:9/v1/chat/completions", NULL);
	transfer_start(t, multi, true);
	curl_multi_perform(multi, &running);
	peer = accept(listener, NULL, NULL);
	close(listener);
	require(peer >= 0 && seen >= 0 && running);
	serve(multi, peer, seen, data, size, piece);
	buf_init(&o->reply, BUF_NO_MAX);
	finish(t, multi, o);
	transfer_free(t);
	curl_multi_cleanup(multi);
	close(peer);
	close(seen);
}

/* Did the server's own words say that no retry would succeed? */
static bool says_stop(const struct retry_seen *seen)
{
	return (seen->status >= 300 && seen->status <= 399) ||
	       (seen->status >= 401 && seen->status <= 404) || chat_says_no_quota(&seen->error);
}

static void check_class(const struct outcome *o)
{
	struct retry_seen seen = { .curl = o->code, .status = o->status,
				   .should_retry = o->should_retry, .connected = true,
				   .got_bytes = o->reply.len > 0 || o->status > 0 };
	struct chat_reply reply = { 0 };
	enum retry_class class;

	if (chat_read(o->reply.data, o->reply.len, &reply, &seen.error) == CHAT_REPLY)
		chat_reply_release(&reply);
	class = retry_classify(&seen);
	require(class != RETRY_STOP || says_stop(&seen));
	require(class != RETRY_REJECT || (o->status >= 400 && o->status < 600) ||
		(o->should_retry == 0 && o->status >= 400));
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
	require(a->code == b->code && a->status == b->status);
	require(a->should_retry == b->should_retry);
	require(a->reply.len == b->reply.len);
	require(!memcmp(a->reply.data, b->reply.data, a->reply.len));
	/* a date is told from now on */
	require(llabs(a->retry_after_ms - b->retry_after_ms) <= 2000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, parts;
	size_t piece;

	if (!size)
		return 0;
	piece = 1 + data[0] % 100 + size / 200;
	run(data + 1, size - 1, size, &whole);
	run(data + 1, size - 1, piece, &parts);
	/* whether libcurl sees a NUL in a header depends on how the header comes */
	if (!memchr(data + 1, '\0', size - 1))
		check_same(&whole, &parts);
	require(whole.retry_after_ms >= -1 && whole.retry_after_ms <= HOUR_MS);
	check_class(&whole);
	check_class(&parts);
	buf_release(&whole.reply);
	buf_release(&parts.reply);
	return 0;
}
