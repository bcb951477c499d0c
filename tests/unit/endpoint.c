/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint: what is a server's URL, and what a server says back with a key in it.
 */
#include "curate/endpoint.h"

#include "tests/unit/scratch.h"

static const char key[] = "sk-0123456789abcdefgh";
static struct endpoint e;

static void opens(const char *base, const char *header_file)
{
	struct err err;

	if (endpoint_init(&e, base, "THE_KEY", NULL, header_file, &err))
		fail_msg("%s: %s", base, err.text);
}

static void test_urls(void **state)
{
	static const char *const pairs[][2] = {
		{ "http://h", "http://h/v1/chat/completions" },
		{ "http://h:8000/", "http://h:8000/v1/chat/completions" },
		{ "https://h/api/v1", "https://h/api/v1/chat/completions" },
		{ "https://h/v1/chat/completions", "https://h/v1/chat/completions" },
	};
	static const char *const bad[] = { "ftp://h/v1", "file:///etc/passwd", "h/v1", "",
					   "gopher://h", "http://me:secret@h/v1" };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(pairs); i++) {
		opens(pairs[i][0], NULL);
		assert_string_equal(e.url, pairs[i][1]);
		endpoint_release(&e);
	}
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(endpoint_init(&e, bad[i], NULL, NULL, NULL, &err), -1);
		assert_int_equal(err.kind, EXIT_USAGE);
		assert_null(strstr(err.text, "secret"));
	}
}

static void hides(const char *said, const char *shown)
{
	char text[512];

	snprintf(text, sizeof(text), "%s", said);
	endpoint_hide(&e, text);
	assert_string_equal(text, shown);
}

static void test_what_a_server_repeats(void **state)
{
	(void)state;
	opens("http://h", scratch_text("headers", "# ours\nX-Api-Key: team-key-0001\nX-Id: 7\n"));
	hides("", "");
	hides("no such key", "no such key");
	hides("no key sk-0123456789abcdefgh here", "no key [...] here");
	hides("sk-0123456789abcdefgh", "[...]");
	hides("sk-0123456789abcdefghsk-0123456789abcdefgh", "[...][...]");
	hides("Bearer sk-0123456789abcdefgh, team-key-0001", "Bearer [...], [...]");
	hides("masked sk-0123****", "masked sk-0123****");
	hides("cut at sk-0123456789", "cut at [...]");
	hides("7 of application/json", "7 of application/json");
	endpoint_release(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls), cmocka_unit_test(test_what_a_server_repeats),
	};

	setenv("THE_KEY", key, 1);
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
