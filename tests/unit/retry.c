/* SPDX-License-Identifier: Apache-2.0
 *
 * retry: the whole class table, and how long a server asks to wait.
 */
#include "curate/retry.h"

#include <curl/curl.h>

#include "tests/unit/scratch.h"

static struct retry_seen under(long status)
{
	return (struct retry_seen){ .status = status, .should_retry = -1 };
}

static const char *name(enum retry_class c)
{
	static const char *const names[] = { "counted", "at once", "pause", "doubt", "reject",
					     "stop" };

	return names[c];
}

static void test_every_status(void **state)
{
	struct retry_seen seen;
	const char *expected;
	long s;

	(void)state;
	for (s = 200; s < 600; s++) {
		seen = under(s);
		expected = "counted";
		if (s == 401 || s == 402 || s == 403 || s == 404 || (s >= 300 && s < 400))
			expected = "stop";
		else if (s == 501 || (s >= 400 && s < 500 && s != 408 && s != 409 && s != 429))
			expected = "reject";
		if (strcmp(name(retry_classify(&seen)), expected))
			fail_msg("%ld is %s, not %s", s, name(retry_classify(&seen)), expected);
	}
}

static void test_what_the_body_says(void **state)
{
	struct retry_seen seen = under(429);

	(void)state;
	strcpy(seen.error.code, "insufficient_quota");
	assert_int_equal(retry_classify(&seen), RETRY_STOP);
	strcpy(seen.error.code, "rate_limit_exceeded");
	assert_int_equal(retry_classify(&seen), RETRY_COUNTED);
	seen = under(503);
	strcpy(seen.error.message, "Loading model");
	assert_int_equal(retry_classify(&seen), RETRY_PAUSE);
	strcpy(seen.error.message, "The model is currently scaling. Please try again later.");
	assert_int_equal(retry_classify(&seen), RETRY_PAUSE);
	strcpy(seen.error.message, "The request queue is full.");
	assert_int_equal(retry_classify(&seen), RETRY_COUNTED);
	seen = under(500);
	strcpy(seen.error.message, "error while loading the image");
	assert_int_equal(retry_classify(&seen), RETRY_COUNTED);
	/* an error object under 200 */
	seen = under(200);
	strcpy(seen.error.code, "insufficient_quota");
	assert_int_equal(retry_classify(&seen), RETRY_STOP);
}

static void test_x_should_retry(void **state)
{
	struct retry_seen seen = under(400);

	(void)state;
	seen.should_retry = 1;
	assert_int_equal(retry_classify(&seen), RETRY_COUNTED);
	seen = under(500);
	seen.should_retry = 0;
	assert_int_equal(retry_classify(&seen), RETRY_REJECT);
	seen = under(401);
	seen.should_retry = 0;
	assert_int_equal(retry_classify(&seen), RETRY_STOP);
}

static void test_transport(void **state)
{
	static const struct {
		int curl;
		bool reused, got_bytes;	/* not connected, unless one of them */
		enum retry_class is;
	} cases[] = {
		{ CURLE_COULDNT_CONNECT, false, false, RETRY_PAUSE },
		{ CURLE_OPERATION_TIMEDOUT, false, false, RETRY_PAUSE },
		{ CURLE_OPERATION_TIMEDOUT, true, false, RETRY_COUNTED },
		{ CURLE_OPERATION_TIMEDOUT, true, true, RETRY_COUNTED },
		{ CURLE_COULDNT_RESOLVE_HOST, false, false, RETRY_DOUBT },
		{ CURLE_COULDNT_RESOLVE_PROXY, false, false, RETRY_DOUBT },
		{ CURLE_SSL_CONNECT_ERROR, false, false, RETRY_DOUBT },
		{ CURLE_RECV_ERROR, true, false, RETRY_AT_ONCE },
		{ CURLE_SEND_ERROR, true, false, RETRY_AT_ONCE },
		{ CURLE_GOT_NOTHING, true, false, RETRY_AT_ONCE },
		{ CURLE_RECV_ERROR, false, false, RETRY_COUNTED },
		{ CURLE_RECV_ERROR, true, true, RETRY_COUNTED },
		{ CURLE_GOT_NOTHING, false, false, RETRY_COUNTED },
		{ CURLE_PARTIAL_FILE, true, true, RETRY_COUNTED },
		{ CURLE_URL_MALFORMAT, false, false, RETRY_STOP },
		{ CURLE_UNSUPPORTED_PROTOCOL, false, false, RETRY_STOP },
		{ CURLE_PEER_FAILED_VERIFICATION, false, false, RETRY_STOP },
		{ CURLE_WRITE_ERROR, false, true, RETRY_COUNTED },
	};
	struct retry_seen seen;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		seen = (struct retry_seen){ .curl = cases[i].curl,
					    .reused = cases[i].reused,
					    .got_bytes = cases[i].got_bytes,
					    .connected = cases[i].reused || cases[i].got_bytes,
					    .should_retry = -1 };
		if (retry_classify(&seen) != cases[i].is)
			fail_msg("curl %d reused %d: %s", cases[i].curl, cases[i].reused,
				 name(retry_classify(&seen)));
	}
}

/* A refusal that is longer than we read is one by its status; an answer is not. */
/* HTTP/0.9, or no HTTP at all, which libcurl calls an unsupported protocol, too. */
static void test_bytes_that_are_no_http(void **state)
{
	struct retry_seen seen = { .curl = CURLE_UNSUPPORTED_PROTOCOL, .should_retry = -1 };

	(void)state;
	assert_int_equal(retry_classify(&seen), RETRY_STOP);	/* of the URL: nothing was sent */
	seen.connected = true;
	assert_int_equal(retry_classify(&seen), RETRY_DOUBT);
}

static void test_a_body_too_long(void **state)
{
	struct retry_seen seen = { .curl = CURLE_WRITE_ERROR, .status = 400, .got_bytes = true,
				   .connected = true, .should_retry = -1 };

	(void)state;
	assert_int_equal(retry_classify(&seen), RETRY_REJECT);
	seen.status = 401;
	assert_int_equal(retry_classify(&seen), RETRY_STOP);
	seen.status = 500;
	assert_int_equal(retry_classify(&seen), RETRY_COUNTED);
	seen.status = 200;
	assert_int_equal(retry_classify(&seen), RETRY_COUNTED);
}

static void test_backoff(void **state)
{
	static const int64_t most[] = {
		500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000
	};
	uint64_t random;
	int attempt;

	(void)state;
	for (attempt = 0; attempt < 9; attempt++) {
		for (random = 0; random < 200000; random += 97)
			assert_in_range(retry_backoff_ms(attempt, random), 0, most[attempt]);
		assert_int_equal(retry_backoff_ms(attempt, 0), 0);
		assert_int_equal(retry_backoff_ms(attempt, (uint64_t)most[attempt]),
				 most[attempt]);
	}
	assert_in_range(retry_backoff_ms(1000000, UINT64_MAX), 0, 60000);
}

static void test_retry_after(void **state)
{
	const time_t now = 784111777;	/* Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110, 5.6.7) */

	(void)state;
	assert_int_equal(retry_after_ms("7", 1000, now), 7000);
	assert_int_equal(retry_after_ms("0", 1000, now), 0);
	assert_int_equal(retry_after_ms("0.25", 1000, now), 250);
	assert_int_equal(retry_after_ms("250", 1, now), 250);
	assert_int_equal(retry_after_ms("1e9", 1000, now), 3600000);
	assert_int_equal(retry_after_ms("Sun, 06 Nov 1994 08:49:47 GMT", 1000, now), 10000);
	assert_int_equal(retry_after_ms("Sunday, 06-Nov-94 08:49:47 GMT", 1000, now), 10000);
	assert_int_equal(retry_after_ms("Sun Nov  6 08:49:47 1994", 1000, now), 10000);
	assert_int_equal(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", 1000, now + 60), 0);
	assert_int_equal(retry_after_ms("Mon, 07 Nov 1994 08:49:37 GMT", 1000, now), 3600000);
	assert_int_equal(retry_after_ms("", 1000, now), -1);
	assert_int_equal(retry_after_ms("soon", 1000, now), -1);
	assert_int_equal(retry_after_ms("nan", 1000, now), -1);
	assert_int_equal(retry_after_ms("-3", 1000, now), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_status),
		cmocka_unit_test(test_what_the_body_says),
		cmocka_unit_test(test_x_should_retry),
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_bytes_that_are_no_http),
		cmocka_unit_test(test_a_body_too_long),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_retry_after),
	};

	return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
