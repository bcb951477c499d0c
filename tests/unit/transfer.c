/* SPDX-License-Identifier: Apache-2.0
 *
 * transfer: what a reply's headers say, through libcurl over a socket. The rest of it is
 * tested against the simulator (tests/e2e/wire.sh).
 */
#include "curate/transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "tests/unit/scratch.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

/* `url` names where to. */
static int listen_on_loopback(char *url, size_t size)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(at);

	assert_true(!bind(fd, (struct sockaddr *)&at, len) && !listen(fd, 2));
	assert_true(!getsockname(fd, (struct sockaddr *)&at, &len));
	snprintf(url, size, "http://127.0.0.1:%d/v1/chat/completions", ntohs(at.sin_port));
	return fd;
}

/* Sends a 429 with these headers; how long does it say to wait? */
static int64_t wait_of(const char *headers, int *should_retry)
{
	static const struct transfer_options options = { 60, 60 };
	struct transfer *t = transfer_new(&options);
	CURLM *multi = curl_multi_init();
	int running = 1, listener, peer;
	int64_t wait_ms;
	char reply[300], url[64];

	snprintf(reply, sizeof(reply), "HTTP/1.1 429 No\r\n%sContent-Length: 0\r\n\r\n", headers);
	listener = listen_on_loopback(url, sizeof(url));
	transfer_clear(t);
	buf_adds(&t->head, "{}");
	transfer_aim(t, url, NULL);
	transfer_start(t, multi, true);
	while ((peer = accept(listener, NULL, NULL)) < 0) {
		curl_multi_perform(multi, &running);
		curl_multi_poll(multi, NULL, 0, 10, NULL);
	}
	assert_int_equal(write(peer, reply, strlen(reply)), strlen(reply));
	while (running) {
		curl_multi_poll(multi, NULL, 0, 1000, NULL);
		curl_multi_perform(multi, &running);
	}
	transfer_stop(t, multi);
	wait_ms = t->retry_after_ms;
	*should_retry = t->should_retry;
	transfer_free(t);
	curl_multi_cleanup(multi);
	close(peer);
	close(listener);
	return wait_ms;
}

static void test_the_exact_wait_counts_in_any_order(void **state)
{
	int again;

	(void)state;
	assert_int_equal(wait_of("", &again), -1);
	assert_int_equal(again, -1);
	assert_int_equal(wait_of("Retry-After: 7\r\n", &again), 7000);
	assert_int_equal(wait_of("retry-after-ms: 1500\r\nRetry-After: 7\r\n", &again), 1500);
	assert_int_equal(wait_of("Retry-After: 7\r\nRetry-After-Ms:  1500 \r\n", &again), 1500);
	assert_int_equal(wait_of("RETRY-AFTER:7\r\nx-should-retry: False\r\n", &again), 7000);
	assert_int_equal(again, 0);
}

static void test_one_that_cannot_be_read_takes_nothing_away(void **state)
{
	int again;

	(void)state;
	assert_int_equal(wait_of("Retry-After: 7\r\nretry-after-ms: soon\r\n", &again), 7000);
	assert_int_equal(wait_of("retry-after-ms: soon\r\nRetry-After: 7\r\n", &again), 7000);
	assert_int_equal(wait_of("Retry-After: soon\r\n", &again), -1);
}

/* ---- a connection that dies when it is used again ---- */

static int dying = -1;	/* closed while the image is read to be sent */

/* In place of libc's. */
ssize_t pread(int fd, void *to, size_t n, off_t at)
{
	if (dying >= 0)
		close(dying);
	dying = -1;
	return syscall(SYS_pread64, fd, to, n, at);
}

static void start_text(struct transfer *t, CURLM *multi)
{
	transfer_clear(t);
	buf_adds(&t->head, "<tail>");
	transfer_start(t, multi, false);
}

static void start_image(struct transfer *t, CURLM *multi, struct pictures *pictures)
{
	struct picture_info info;
	const char *class;
	char path[300];
	struct err err;

	snprintf(path, sizeof(path), "%s/../examples/images/handwriting.png",
		 getenv("CAPQA_TESTS"));
	transfer_clear(t);
	assert_null(picture_probe(pictures, path, &info, &err));
	t->picture = picture_open(pictures, path, info.image_id, &class, &err);
	assert_non_null(t->picture);
	buf_adds(&t->head, "<head>");
	buf_adds(&t->tail, "<tail>");
	transfer_start(t, multi, false);
}

/* A request that comes on one of the peers, of which those that are -1 are accepted: which one
 * has it whole; -1: the transfer ended without. */
static int take_request(CURLM *multi, int listener, int peers[2], struct buf *request)
{
	int running = 1, i;
	ssize_t n;

	buf_clear(request);
	while (running) {
		curl_multi_perform(multi, &running);
		for (i = 0; i < 2; i++) {
			if (peers[i] < 0)
				peers[i] = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
			n = peers[i] < 0 ? -1 : read(peers[i], buf_room(request, 65536), 65536);
			if (n <= 0)
				continue;
			request->len += (size_t)n;
			request->data[request->len] = '\0';
			if (!strcmp(request->data + request->len - 6, "<tail>"))
				return i;
		}
		curl_multi_poll(multi, NULL, 0, 10, NULL);
	}
	return -1;
}

static void answer(CURLM *multi, int peer, int running_after)
{
	int running;

	assert_int_equal(write(peer, OK, strlen(OK)), strlen(OK));
	do
		curl_multi_perform(multi, &running);
	while (running > running_after && !curl_multi_poll(multi, NULL, 0, 1000, NULL));
}

/* libcurl replays what met a dead connection. Where it does so twice in one step, and the second
 * time the socket took none of what had been read, it does not rewind. */
static void test_an_image_is_whole_after_two_dead_connections(void **state)
{
	static const struct transfer_options options = { 10, 10 };
	struct transfer *a = transfer_new(&options), *b = transfer_new(&options);
	struct pictures *pictures = pictures_new(0);
	CURLM *multi = curl_multi_init();
	int peers[2] = { -1, -1 }, at, listener;
	struct buf first, second;
	char url[64];

	(void)state;
	buf_init(&first, BUF_NO_MAX);
	buf_init(&second, BUF_NO_MAX);
	listener = listen_on_loopback(url, sizeof(url));
	transfer_aim(a, url, NULL);
	transfer_aim(b, url, NULL);
	start_text(a, multi);
	assert_int_equal(take_request(multi, listener, peers, &first), 0);
	start_text(b, multi);
	assert_int_equal(take_request(multi, listener, peers, &first), 1);
	answer(multi, peers[0], 1);
	answer(multi, peers[1], 0);
	transfer_stop(a, multi);
	transfer_stop(b, multi);

	start_image(a, multi, pictures);
	at = take_request(multi, listener, peers, &first);
	assert_true(first.len > 40000);
	dying = peers[1 - at];
	close(peers[at]);
	peers[0] = peers[1] = -1;
	at = take_request(multi, listener, peers, &second);
	assert_in_range(at, 0, 1);
	assert_int_equal(dying, -1);
	assert_int_equal(second.len, first.len);
	assert_true(!strcmp(second.data, first.data));
	answer(multi, peers[at], 0);
	assert_string_equal(a->reply.data, "{}");
	transfer_stop(a, multi);

	close(peers[at]);
	close(listener);
	transfer_free(a);
	transfer_free(b);
	curl_multi_cleanup(multi);
	pictures_free(pictures);
	buf_release(&first);
	buf_release(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_exact_wait_counts_in_any_order),
		cmocka_unit_test(test_one_that_cannot_be_read_takes_nothing_away),
		cmocka_unit_test(test_an_image_is_whole_after_two_dead_connections),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
