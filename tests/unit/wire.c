/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes wrong on the wire: the simulator's scripted faults, and the requests that it
 * refuses as strict servers do.
 */
#include "examples/sim/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/buf.h"
#include "examples/sim/request.h"

/* A PNG of one pixel; its last base64 letters are the end of IEND. */
#define PNG "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+k" \
	    "cQAAAABJRU5ErkJggg=="

static struct wire *parse(const char *script)
{
	struct err err = { 0 };
	struct wire *w = wire_parse(script, &err);

	if (!w)
		fail_msg("%s", err.text);
	return w;
}

static struct deed decide(struct wire *w, const char *kind, const char *body, uint64_t hash,
			  int64_t attempt)
{
	struct seen seen = { .model = "sim-llm", .kind = kind, .image = "", .body = body,
			     .body_hash = hash, .attempt = attempt };
	struct deed deed;

	wire_decide(w, &seen, &deed);
	return deed;
}

static void test_no_script_does_nothing(void **state)
{
	struct deed deed = decide(NULL, "blind", "x", 1, 1);

	(void)state;
	assert_int_equal(deed.fault, FAULT_NONE);
	assert_string_equal(deed.name, "");
}

static void test_status_and_headers(void **state)
{
	struct wire *w = parse("[{\"do\":\"status 429\",\"retry_after\":\"7\",\"times\":1},"
			       "{\"do\":\"html 502\",\"times\":1},"
			       "{\"do\":\"body\",\"body\":{\"a\":1}}]");
	struct deed deed = decide(w, "blind", "x", 1, 1);

	(void)state;
	assert_int_equal(deed.fault, FAULT_STATUS);
	assert_int_equal(deed.status, 429);
	assert_string_equal(deed.retry_after, "7");
	assert_null(deed.retry_after_ms);
	deed = decide(w, "blind", "x", 1, 1);
	assert_int_equal(deed.status, 502);
	assert_string_equal(deed.type, "text/html");
	deed = decide(w, "blind", "x", 1, 1);
	assert_int_equal(deed.status, 200);
	assert_string_equal(deed.body, "{\"a\":1}");
	assert_int_equal(wire_hits(w, 2), 1);
	wire_reset(w);
	assert_int_equal(wire_hits(w, 2), 0);
	assert_int_equal(decide(w, "blind", "x", 1, 1).status, 429);
	wire_free(w);
}

static void count_faults(struct wire *w, const char *wanted)
{
	char got[32] = "";

	for (size_t i = 0; i < strlen(wanted); i++)
		strcat(got, decide(w, "blind", "x", i, 1).fault ? "x" : ".");
	assert_string_equal(got, wanted);
	wire_free(w);
}

static void test_which_requests(void **state)
{
	(void)state;
	count_faults(parse("[{\"do\":\"reset\",\"match\":{\"nth\":[3,5]}}]"), "..x.x...");
	count_faults(parse("[{\"do\":\"reset\",\"match\":{\"nth\":2}}]"), ".x......");
	count_faults(parse("[{\"do\":\"reset\",\"match\":{\"every\":3}}]"), "..x..x..");
	count_faults(parse("[{\"do\":\"reset\",\"times\":2}]"), "xx......");
	count_faults(parse("[{\"do\":\"reset\",\"match\":{\"model\":\"sim-vl\"}}]"), "....");
	count_faults(parse("[{\"do\":\"reset\",\"match\":{\"contains\":\"x\"}}]"), "xxxxxxxx");
	count_faults(parse("[{\"do\":\"reset\",\"match\":{\"contains\":\"y\"}}]"), "........");
	count_faults(parse("{\"rules\":[{\"do\":\"reset\",\"match\":{\"kind\":\"blind\"}}]}"),
		     "xxxx");
	/* nth counts the requests that the rest of the rule fits. */
	count_faults(parse("[{\"do\":\"cut\",\"times\":1},"
			   "{\"do\":\"reset\",\"match\":{\"nth\":2}}]"), "x.x.....");
}

static void test_first_attempts_only(void **state)
{
	struct wire *w = parse("[{\"do\":\"hangup\",\"first\":2}]");

	(void)state;
	assert_int_equal(decide(w, "blind", "x", 1, 1).fault, FAULT_HANGUP);
	assert_int_equal(decide(w, "blind", "x", 1, 2).fault, FAULT_HANGUP);
	assert_int_equal(decide(w, "blind", "x", 1, 3).fault, FAULT_NONE);
	assert_int_equal(decide(w, "blind", "x", 2, 1).fault, FAULT_HANGUP);
	wire_free(w);
}

static void test_share_is_repeatable(void **state)
{
	struct wire *w = parse("[{\"do\":\"empty\",\"match\":{\"share\":0.2}}]");
	int count = 0, again = 0;
	bool hit;

	(void)state;
	for (uint64_t i = 0; i < 5000; i++) {
		hit = decide(w, "blind", "x", i * 7919, 1).fault == FAULT_EMPTY;
		count += hit;
		again += hit == (decide(w, "blind", "x", i * 7919, 1).fault == FAULT_EMPTY);
	}
	assert_in_range(count, 880, 1120);	/* 1000 +- 4 standard deviations */
	assert_int_equal(again, 5000);
	wire_free(w);
}

static void test_modifiers_add_up(void **state)
{
	struct wire *w = parse("[{\"do\":\"latency 20\"},{\"do\":\"close\"},"
			       "{\"do\":\"latency 5\"},{\"do\":\"ignore constraints\"},"
			       "{\"do\":\"null\",\"times\":1}]");
	struct deed deed = decide(w, "blind", "x", 1, 1);

	(void)state;
	assert_int_equal(deed.fault, FAULT_NULL);
	assert_int_equal(deed.delay_ms, 25);
	assert_true(deed.close && deed.unconstrained);
	deed = decide(w, "blind", "x", 1, 1);
	assert_int_equal(deed.fault, FAULT_NONE);
	assert_int_equal(deed.delay_ms, 25);
	assert_true(deed.close && deed.unconstrained);
	wire_free(w);
}

static void test_probes_only_meet_rules_that_name_them(void **state)
{
	struct wire *w = parse("[{\"do\":\"reset\"},"
			       "{\"do\":\"loading\",\"match\":{\"kind\":\"health\"}}]");
	struct seen seen = { .model = "", .kind = "health", .image = "", .body = "",
			     .probe = true };
	struct deed deed;

	(void)state;
	wire_decide(w, &seen, &deed);
	assert_int_equal(deed.status, 503);
	seen.kind = "models";
	wire_decide(w, &seen, &deed);
	assert_int_equal(deed.fault, FAULT_NONE);
	wire_free(w);
}

static void test_bad_scripts_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "{}", "7", "[{}]", "[{\"do\":\"dance\"}]", "[{\"do\":\"status x\"}]",
		"[{\"do\":\"status 99\"}]", "[{\"do\":\"reset\",\"tims\":1}]",
		"[{\"do\":\"reset\",\"match\":{\"modle\":\"x\"}}]",
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err.text[0] = '\0';
		assert_null(wire_parse(bad[i], &err));
		assert_string_not_equal(err.text, "");
	}
}

static int read_request(struct request *r, struct refusal *no, const char *rest)
{
	struct buf body;
	int bad;

	buf_init(&body, BUF_NO_MAX);
	buf_printf(&body, "{\"model\":\"sim-vl\"%s}", rest);
	memset(no, 0, sizeof(*no));
	bad = request_read(r, body.data, body.len, DIALECT_ALL, no);
	buf_release(&body);
	return bad;
}

static int read_image(struct request *r, struct refusal *no, const char *url)
{
	char rest[2000];

	snprintf(rest, sizeof(rest), ",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
		 "\"image_url\",\"image_url\":{\"url\":\"%s\"}},"
		 "{\"type\":\"text\",\"text\":\"hi\"}]}]", url);
	return read_request(r, no, rest);
}

static void test_images_as_strict_servers_take_them(void **state)
{
	static const char *const refused[] = {
		"data:image;base64," PNG, "data:image/;base64," PNG, "data:;base64," PNG,
		"data:image/jpeg;base64," PNG, "data:image/png;base64,\\n" PNG,
		"data:image/png;base64," PNG "A", "data:image/png;base64,",
		"data:image/png," PNG,
		"data:image/png;base64,aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQh",
		"http://127.0.0.1/x.png", PNG,
	};
	struct request r;
	struct refusal no;

	(void)state;
	assert_int_equal(read_image(&r, &no, "data:image/png;base64," PNG), 0);
	assert_int_equal(r.images, 1);
	assert_int_equal(strlen(r.image), 32);
	assert_false(r.text_before_image);
	request_release(&r);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		if (!read_image(&r, &no, refused[i]))
			fail_msg("accepted '%.40s'", refused[i]);
		assert_int_equal(no.status, 400);
		assert_string_not_equal(no.message, "");
	}
}

static void test_requests_that_are_refused(void **state)
{
	static const char *const refused[] = {
		"", ",\"messages\":[]", ",\"messages\":[{\"content\":\"x\"}]",
		",\"messages\":[{\"role\":\"user\",\"content\":7}]",
		",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":2.1",
		",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":\"0\"",
		",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":0",
		",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"structured_outputs\":"
		"{\"choice\":[\"A\"],\"regex\":\"A\"}",
		",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":"
		"{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{}}}",
	};
	struct request r;
	struct refusal no;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		if (!read_request(&r, &no, refused[i]))
			fail_msg("accepted '%s'", refused[i]);
		assert_int_equal(no.status, 400);
	}
	assert_int_equal(read_request(&r, &no, ",\"messages\":[{\"role\":\"user\",\"content\":"
				      "\"x\"}],\"temperature\":0,\"unknown\":1,"
				      "\"guided_choice\":[\"A\",\"B\"],\"seed\":null"), 0);
	assert_int_equal(r.choice_count, 2);
	assert_int_equal(r.max_tokens, -1);
	request_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_script_does_nothing),
		cmocka_unit_test(test_status_and_headers),
		cmocka_unit_test(test_which_requests),
		cmocka_unit_test(test_first_attempts_only),
		cmocka_unit_test(test_share_is_repeatable),
		cmocka_unit_test(test_modifiers_add_up),
		cmocka_unit_test(test_probes_only_meet_rules_that_name_them),
		cmocka_unit_test(test_bad_scripts_are_refused),
		cmocka_unit_test(test_images_as_strict_servers_take_them),
		cmocka_unit_test(test_requests_that_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
