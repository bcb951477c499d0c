/* SPDX-License-Identifier: Apache-2.0
 *
 * trials: what is asked, what becomes of the replies, and that their order of arrival, asking
 * ahead and stopping early leave no trace but the shortest deciding prefix.
 */
#include "filter/trials.h"

#include <cjson/cJSON.h>

#include "tests/unit/scratch.h"

static const char line[] =
	"{\"question_id\":\"q1\",\"image_id\":\"00\",\"image\":\"a.png\",\"question\":\"What?"
	"\\nReally?\","
	"\"options\":[\"Red\",\"Blue\",\"Green\",\"Grey\"],\"answer\":\"B\",\"mine\": 1.0}";

static struct rule rule;
static struct trial_options options;
static struct trials_plan plan;

static int setup(void **state)
{
	(void)state;
	rule = rule_caprl;
	options = (struct trial_options)TRIAL_DEFAULTS;
	plan = (struct trials_plan){ .model = "m", .condition = "blind", .member = "blind",
				     .threshold = &rule.text, .rule = &rule, .o = &options };
	prompt_init(&plan.prompt, "{question}\n{options}");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	prompt_release(&plan.prompt);
	return 0;
}

static struct run *open_run(void)
{
	static const struct run_words words = { .stage = "blind", .unit = "questions" };
	struct run_options o = RUN_DEFAULTS;

	o.output = scratch_path("out.jsonl");
	o.quiet = true;
	o.progress = METER_NONE;
	return run_open_bare_or_die(&o, &words);
}

static struct trials *open_trials(struct run *run, const char *text)
{
	struct err err = { 0 };
	struct rec *r = rec_parse(REC_QUESTION, text, strlen(text), &err);
	struct trials *t;
	struct item item;

	assert_non_null(r);
	assert_true(run_item(run, r, "in.jsonl", 1, &item));
	t = trials_open(&plan, &item, &err);
	if (!t)
		fail_msg("%s", err.text);
	return t;
}

/* The letter at which trial h shows this option. */
static char letter_of(struct trials *t, const struct held *h, const char *option)
{
	struct chat_request q;
	const char *at;
	char text[64];

	trials_request(t, h, &q);
	snprintf(text, sizeof(text), ") %s", option);
	at = strstr(q.prompt, text);
	assert_non_null(at);
	return at[-1];
}

/* c: the right option, w: a wrong one, u: unreadable, r: refused, f: failed, x: by the server.
 */
static enum trials_took answer(struct held *h, char kind)
{
	struct lvlm_reply reply = { .about = h,
				    .outcome = LVLM_ANSWERED,
				    .finish_reason = "stop" };
	char text[2] = "";

	snprintf(reply.call, sizeof(reply.call), "%032d", h->number);
	reply.content = text;
	switch (kind) {
	case 'c': text[0] = letter_of(h->of, h, "Blue"); break;
	case 'w': text[0] = letter_of(h->of, h, "Red"); break;
	case 'u': text[0] = '\0'; break;
	case 'r': reply.content = "x"; reply.finish_reason = "refusal"; break;
	case 'f': reply.outcome = LVLM_FAILED; reply.content = NULL; break;
	case 'x':
		reply.outcome = LVLM_REJECTED;
		reply.class = "rejected_by_server";
		reply.content = NULL;
		break;
	default:
		reply.outcome = LVLM_REJECTED;
		reply.class = "not_found";
		reply.content = NULL;
	}
	return trials_take(h, &reply);
}

/* Asks as a stage does, one trial after the other; returns the outcomes that were used up. */
static int drive(struct trials *t, const char *outcomes)
{
	struct held *h;
	int n = 0;

	while (trials_want(t)) {
		h = trials_next(t);
		assert_non_null(h);
		assert_int_equal(answer(h, outcomes[n++]), TRIALS_TOOK);
	}
	return n;
}

static cJSON *close_and_read(struct trials *t, struct run *run, int code)
{
	struct buf b;
	cJSON *json;

	trials_close(t, run);
	assert_true(trials_closed(t));
	trials_free(t);
	assert_int_equal(run_close(run, NULL), code);
	scratch_read(scratch_path(code ? "out.jsonl.partial" : "out.jsonl"), &b);
	json = cJSON_Parse(b.data);
	assert_non_null(json);
	buf_release(&b);
	return json;
}

static const cJSON *tally_of(const cJSON *record, int i)
{
	return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(record, "blind"), i);
}

static int count(const cJSON *tally, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(tally, key)->valueint;
}

static void test_requests(void **state)
{
	struct run *run = open_run();
	struct trials *t = open_trials(run, line);
	struct chat_request q;
	struct held *h;
	char places[5] = "";
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		h = trials_next(t);
		trials_request(t, h, &q);
		assert_memory_equal(q.prompt, "What?\nReally?\nA) ", 17);
		assert_non_null(strstr(q.prompt, "\nD) "));
		assert_null(strstr(q.prompt, "\nE) "));
		assert_int_equal(q.seed, -1);
		assert_string_equal(q.letters, "ABCD");
		places[letter_of(t, h, "Blue") - 'A'] = 'x';
	}
	assert_string_equal(places, "xxxx");	/* TRAPS 17 */
	assert_null(trials_next(t));
	cJSON_Delete(close_and_read(t, run, 0));
}

static void test_stops_when_certain(void **state)
{
	static const struct { const char *outcomes; int asked; } cases[] = {
		{ "cwww", 1 }, { "wcww", 2 }, { "wwwc", 4 }, { "wwww", 4 }, { "ucww", 2 },
		{ "uuuu", 4 }, { "uuuc", 4 },
	};
	struct trials *t;
	struct run *run;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		cJSON *json;

		run = open_run();
		t = open_trials(run, line);
		assert_int_equal(drive(t, cases[i].outcomes), cases[i].asked);
		json = close_and_read(t, run, 0);
		assert_int_equal(count(tally_of(json, 0), "asked"), cases[i].asked);
		assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(tally_of(json, 0), "early")),
				 cases[i].asked < 4);
		cJSON_Delete(json);
	}
}

static void test_exhaustive_asks_all(void **state)
{
	struct run *run = open_run();
	struct trials *t;
	cJSON *json;

	(void)state;
	options.exhaustive = true;
	t = open_trials(run, line);
	assert_int_equal(drive(t, "cccc"), 4);
	json = close_and_read(t, run, 0);
	assert_int_equal(count(tally_of(json, 0), "correct"), 4);
	cJSON_Delete(json);
}

/* All four are asked at once and answered in every order: the record is always the same. */
static void test_any_order_of_replies(void **state)
{
	static const char *const outcomes[] = {
		"wcww", "wwwc", "uwwc", "wwww", "cccc", "wfww"
	};
	static const int shortest[] = { 2, 4, 4, 4, 1, 4 };
	struct buf first, other;
	struct held *h[4];
	struct trials *t;
	struct run *run;
	size_t k;
	int code, order, i, at[4], fail;

	(void)state;
	for (k = 0; k < COUNT(outcomes); k++) {
		fail = strchr(outcomes[k], 'f') != NULL;
		for (order = -1, code = 0; code < 256; code++) {
			for (i = 0; i < 4; i++)
				at[i] = code >> 2 * i & 3;
			if ((1 << at[0] | 1 << at[1] | 1 << at[2] | 1 << at[3]) != 15)
				continue;
			run = open_run();
			t = open_trials(run, line);
			for (i = 0; i < 4; i++)
				h[i] = trials_next(t);
			for (i = 0; i < 4; i++)
				answer(h[at[i]], outcomes[k][at[i]]);
			assert_true(trials_decided(t));
			assert_int_equal(trials_tally(t)->asked, shortest[k]);
			cJSON_Delete(close_and_read(t, run, fail ? 1 : 0));
			scratch_read(scratch_path(fail ? "out.jsonl.partial" : "out.jsonl"),
				     order < 0 ? &first : &other);
			if (order++ < 0)
				continue;
			assert_string_equal(other.data, first.data);
			buf_release(&other);
		}
		assert_int_equal(order, 23);
		buf_release(&first);
	}
}

static void test_outcomes(void **state)
{
	struct run *run = open_run();
	struct trials *t = open_trials(run, line);
	const cJSON *tally, *trial;
	cJSON *json;

	(void)state;
	assert_int_equal(drive(t, "urxw"), 4);
	json = close_and_read(t, run, 0);
	tally = tally_of(json, 0);
	assert_int_equal(count(tally, "unparsed"), 1);
	assert_int_equal(count(tally, "refused"), 2);
	assert_int_equal(count(tally, "valid"), 1);
	assert_int_equal(count(tally, "failed"), 0);
	trial = cJSON_GetArrayItem(cJSON_GetObjectItem(tally, "trials"), 3);
	assert_string_equal(cJSON_GetObjectItem(trial, "outcome")->valuestring, "wrong");
	assert_int_equal(cJSON_GetObjectItem(trial, "pick")->valueint, 0);	/* Red */
	assert_string_equal(cJSON_GetObjectItem(trial, "call")->valuestring,
			    "00000000000000000000000000000003");
	assert_true(cJSON_IsNull(
		cJSON_GetObjectItem(cJSON_GetObjectItem(tally, "trials")->child, "pick")));
	cJSON_Delete(json);
}

/* TRAPS 20: what failed in transport is left to a rerun, unless it cannot matter. */
static void test_failed_trials_are_left(void **state)
{
	struct run *run = open_run();
	struct trials *t = open_trials(run, line);
	cJSON *json;

	(void)state;
	assert_int_equal(drive(t, "ffff"), 4);
	json = close_and_read(t, run, EXIT_LEFT);
	assert_int_equal(count(tally_of(json, 0), "failed"), 4);
	assert_int_equal(count(tally_of(json, 0), "valid"), 0);
	cJSON_Delete(json);
	run = open_run();
	t = open_trials(run, line);
	assert_int_equal(drive(t, "fc"), 2);
	cJSON_Delete(close_and_read(t, run, 0));	/* dropped whatever trial 0 says */
}

static void test_unusable_image(void **state)
{
	struct run *run = open_run();
	struct trials *t = open_trials(run, line);

	(void)state;
	assert_int_equal(answer(trials_next(t), '-'), TRIALS_UNUSABLE);
	trials_reject(t, run, "not_found", "gone");
	assert_true(trials_closed(t));
	assert_false(trials_want(t));
	trials_free(t);
	assert_int_equal(run_close(run, NULL), EXIT_DATA);	/* 1 of 1 came to nothing */
}

static void test_abstain_option(void **state)
{
	struct lvlm_reply reply = { .outcome = LVLM_ANSWERED, .finish_reason = "stop" };
	struct run *run = open_run();
	struct trials *t;
	struct chat_request q;
	struct held *h;
	int i;

	(void)state;
	options.abstain = true;
	for (i = 0; i < 2; i++) {
		options.caprl_letters = i;
		t = open_trials(run, line);
		h = trials_next(t);
		trials_request(t, h, &q);
		assert_non_null(
			strstr(q.prompt, "\nE) It cannot be answered without the image."));
		reply.content = "E";
		assert_int_equal(trials_take(h, &reply), TRIALS_TOOK);
		assert_int_equal(trials_tally(t)->abstained, 1);
		assert_int_equal(trials_tally(t)->trials[0].pick, -1);
		trials_close(t, run);
		trials_free(t);
	}
	/* not added where an option says it already */
	t = open_trials(run, "{\"question_id\":\"q2\",\"question\":\"Q\",\"options\":[\"Red\","
			     "\"Cannot be determined\"],\"answer\":\"A\"}");
	h = trials_next(t);
	trials_request(t, h, &q);
	assert_null(strstr(q.prompt, "\nC) "));
	assert_false(trials_tally(t)->abstain);
	trials_close(t, run);
	trials_free(t);
	assert_int_equal(run_close(run, NULL), 0);
}

/* The same model again replaces its own tally; another model's stays. */
static void test_tallies_of_others_stay(void **state)
{
	static const char asked_before[] =
		"{\"question_id\":\"q1\",\"question\":\"Q\",\"options\":[\"Red\",\"Blue\"],"
		"\"answer\":\"B\","
		"\"blind\":[{\"model\":\"other\",\"rotations\":2,\"asked\":0,\"valid\":0,"
		"\"correct\":0,"
		"\"abstained\":0,\"unparsed\":0,\"refused\":0,\"failed\":0,\"trials\":[]},"
		"{\"model\":\"m\",\"rotations\":2,\"asked\":0,\"valid\":0,\"correct\":0,"
		"\"abstained\":0,\"unparsed\":0,\"refused\":0,\"failed\":0,\"trials\":[]}]}";
	struct run *run = open_run();
	struct trials *t = open_trials(run, asked_before);
	cJSON *json;

	(void)state;
	assert_int_equal(drive(t, "ww"), 2);	/* two options: two distinct orders */
	json = close_and_read(t, run, 0);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "blind")), 2);
	assert_string_equal(cJSON_GetObjectItem(tally_of(json, 0), "model")->valuestring,
			    "other");
	assert_int_equal(count(tally_of(json, 1), "asked"), 2);
	cJSON_Delete(json);
}

static void test_seeds_above_temperature_zero(void **state)
{
	struct run *run = open_run();
	struct trials *t;
	struct chat_request q;
	int64_t seeds[4];
	int i, j;

	(void)state;
	options.temperature = 0.6;
	t = open_trials(run, line);
	for (i = 0; i < 4; i++) {
		trials_request(t, trials_next(t), &q);
		seeds[i] = q.seed;
		assert_true(q.seed >= 0 && q.seed <= INT32_MAX);
		for (j = 0; j < i; j++)
			assert_true(seeds[j] != seeds[i]);
	}
	trials_close(t, run);
	trials_free(t);
	run_close(run, NULL);
}

static void test_full_share(void **state)
{
	char id[16];
	int i, full = 0, fuller = 0;

	(void)state;
	for (i = 0; i < 10000; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		assert_false(trials_full(id, 0));
		assert_true(trials_full(id, 1));
		full += trials_full(id, 0.02);
		fuller += trials_full(id, 0.1);
		assert_true(!trials_full(id, 0.02) || trials_full(id, 0.1));
	}
	assert_in_range(full, 130, 270);	/* 200 expected */
	assert_in_range(fuller, 850, 1150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_requests, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stops_when_certain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exhaustive_asks_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_order_of_replies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_outcomes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_trials_are_left, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unusable_image, setup, teardown),
		cmocka_unit_test_setup_teardown(test_abstain_option, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tallies_of_others_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seeds_above_temperature_zero, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_full_share, setup, teardown),
	};

	return cmocka_run_group_tests_name("trials", tests, scratch_make, scratch_remove);
}
