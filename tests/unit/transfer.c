/* SPDX-License-Identifier: Apache-2.0
 *
 * transfer: what a reply's headers say, through libcurl over a socket. The rest of it is
 * tested against the simulator (tests/e2e/wire.sh).
 */
#include "curate/transfer.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "tests/unit/scratch.h"

/* A listening socket without a file; libcurl 7.88 takes no socket that is connected already. */
static int listen_at(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(at.sun_path + 1, name);
	assert_true(fd >= 0);
	assert_true(!bind(fd, (struct sockaddr *)&at,
			    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))));
	assert_true(!listen(fd, 1));
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
	char reply[300], name[64];

	snprintf(reply, sizeof(reply), "HTTP/1.1 429 No\r\n%sContent-Length: 0\r\n\r\n", headers);
	snprintf(name, sizeof(name), "capqa-unit-%d", (int)getpid());
	listener = listen_at(name);
	curl_easy_setopt(t->easy, CURLOPT_ABSTRACT_UNIX_SOCKET, name);
	transfer_clear(t);
	buf_adds(&t->head, "{}");
	transfer_aim(t, "http://127.0.0.1:9/v1/chat/completions", NULL);
	transfer_start(t, multi, true);
	curl_multi_perform(multi, &running);
	peer = accept(listener, NULL, NULL);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_exact_wait_counts_in_any_order),
		cmocka_unit_test(test_one_that_cannot_be_read_takes_nothing_away),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
