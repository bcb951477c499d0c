/* SPDX-License-Identifier: Apache-2.0
 *
 * calls: a request is in exactly one place, and every asker gets exactly one reply.
 */
#include "curate/calls.h"

#include "tests/unit/scratch.h"

static struct calls calls;

static bool any(void *ctx, struct call *call)
{
	return call != ctx;
}

static int cookies[10];

static int setup(void **state)
{
	(void)state;
	calls_init(&calls);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	calls_release(&calls);
	return 0;
}

static void make_key(int n, unsigned char key[16])
{
	memset(key, 0, 16);
	key[1] = (unsigned char)(n % 3);	/* some share a bucket */
	key[15] = (unsigned char)n;
}

static struct call *open_call(int n)
{
	struct chat_request q = {
		.model = "m", .prompt = "p", .image_id = "id", .letters = "AB"
	};
	unsigned char key[16];
	struct call *c;

	make_key(n, key);
	c = calls_open(&calls, &q, key, xstrdup("file"));
	calls_join(&c->askers, &cookies[n]);
	return c;
}

static void test_found_while_open(void **state)
{
	unsigned char key[16];
	struct call *one = open_call(1), *four = open_call(4);

	(void)state;
	make_key(1, key);
	assert_ptr_equal(calls_find(&calls, key), one);
	make_key(4, key);
	assert_ptr_equal(calls_find(&calls, key), four);
	make_key(7, key);
	assert_null(calls_find(&calls, key));
	assert_ptr_not_equal(one->q.prompt, four->q.prompt);	/* texts are copies */
	assert_string_equal(one->q.letters, "AB");
	calls_finish(&calls, four, LVLM_ANSWERED);
	make_key(4, key);
	assert_null(calls_find(&calls, key));
	make_key(1, key);
	assert_ptr_equal(calls_find(&calls, key), one);
}

static void test_first_in_first_out(void **state)
{
	struct call *c[4];
	int i, round;

	(void)state;
	for (i = 0; i < 4; i++)
		c[i] = open_call(i);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 4; i++)
			calls_ready(&calls, c[i]);
		assert_int_equal(calls.ready_count, 4);
		for (i = 0; i < 4; i++)
			assert_ptr_equal(calls_pick(&calls, any, NULL), c[i]);
		assert_null(calls_pick(&calls, any, NULL));
		assert_int_equal(calls.ready_count, 0);
	}
}

static void test_later(void **state)
{
	struct call *a = open_call(0), *b = open_call(1), *c = open_call(2);

	(void)state;
	calls_later(&calls, a, 300);
	calls_later(&calls, b, 100);
	calls_later(&calls, c, 200);
	assert_int_equal(calls.later_count, 3);
	assert_int_equal(calls_due_ms(&calls, 1000), 100);
	assert_int_equal(calls_due_ms(&calls, 50), 50);
	calls_wake(&calls, 99);
	assert_null(calls_pick(&calls, any, NULL));
	calls_wake(&calls, 200);
	assert_int_equal(calls.later_count, 1);
	assert_int_equal(calls.ready_count, 2);
	assert_int_equal(calls_due_ms(&calls, 1000), 300);
	calls_pick(&calls, any, NULL);
	calls_pick(&calls, any, NULL);
	calls_wake(&calls, 5000);
	assert_ptr_equal(calls_pick(&calls, any, NULL), a);
	assert_int_equal(calls_due_ms(&calls, 1000), 1000);
}

static void test_every_asker_gets_a_reply(void **state)
{
	struct call *c = open_call(1);
	struct lvlm_reply reply;
	struct result *r;
	int seen = 0, i;

	(void)state;
	calls_join(&c->askers, &cookies[2]);
	calls_join(&c->askers, &cookies[3]);
	r = calls_finish(&calls, c, LVLM_ANSWERED);
	r->answer.content = xstrdup("B");
	r->answer.finish_reason = xstrdup("stop");
	r->answer.prompt_tokens = 5;
	for (i = 0; i < 3; i++) {
		assert_true(calls_take(&calls, &reply));
		seen |= 1 << ((int *)reply.about - cookies);
		assert_string_equal(reply.content, "B");
		assert_string_equal(reply.finish_reason, "stop");
		assert_string_equal(reply.call, "0001000000000000" "0000000000000001");
		assert_int_equal(reply.prompt_tokens, 5);
		assert_int_equal(reply.outcome, LVLM_ANSWERED);
	}
	assert_int_equal(seen, 1 << 1 | 1 << 2 | 1 << 3);
	assert_false(calls_take(&calls, &reply));
}

static void test_give_up(void **state)
{
	struct call *c = open_call(1);
	struct lvlm_reply reply;

	(void)state;
	err_set(&c->why, EXIT_REFUSED, "the reason");
	calls_give_up(&calls, c, LVLM_FAILED, "transport", c->why.text);
	assert_true(calls_take(&calls, &reply));
	assert_int_equal(reply.outcome, LVLM_FAILED);
	assert_string_equal(reply.class, "transport");
	assert_string_equal(reply.message, "the reason");
	assert_null(reply.content);
	assert_string_equal(reply.finish_reason, "");
}

static void test_results_keep_their_order(void **state)
{
	unsigned char key[16] = { 0 };
	struct lvlm_reply reply;
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		calls_result(&calls, key, LVLM_ANSWERED, &cookies[i]);
	assert_int_equal(calls.result_count, 5);
	for (i = 0; i < 5; i++) {
		assert_true(calls_take(&calls, &reply));
		assert_ptr_equal(reply.about, &cookies[i]);
	}
	assert_int_equal(calls.result_count, 0);
}

/* When a run stops: all cookies without a reply come back, each once. */
static void test_abandon_gives_all_back(void **state)
{
	unsigned char key[16] = { 0 };
	struct call *c[4];
	struct lvlm_reply reply;
	int seen[10] = { 0 }, i;
	void *about;

	(void)state;
	for (i = 0; i < 4; i++)
		c[i] = open_call(i);
	calls_ready(&calls, c[1]);
	calls_later(&calls, c[2], 100);
	calls_join(&c[3]->askers, &cookies[4]);
	calls_finish(&calls, c[0], LVLM_ANSWERED);
	calls_result(&calls, key, LVLM_ANSWERED, &cookies[5]);
	assert_true(calls_take(&calls, &reply));	/* one is replied to */
	seen[(int *)reply.about - cookies]++;
	while ((about = calls_abandon(&calls)))
		seen[(int *)about - cookies]++;
	for (i = 0; i < 6; i++)
		assert_int_equal(seen[i], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_found_while_open, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first_in_first_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_later, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_asker_gets_a_reply, setup, teardown),
		cmocka_unit_test_setup_teardown(test_give_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_results_keep_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_abandon_gives_all_back, setup, teardown),
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
