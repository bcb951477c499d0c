/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_case: what trials a caption gets, and the score that comes of their answers.
 */
#include "filter/audit_case.h"

#include "tests/unit/scratch.h"

static struct trial_options options = { .max_tokens = 32, .decode = CHAT_FREE };
static struct audit_plan plan;

static void make_plan(int rotations, bool caprl)
{
	plan = (struct audit_plan){ .model = "judge", .o = &options, .rotations = rotations,
				    .caprl = caprl };
	audit_plan_init(&plan);
	prompt_init(&plan.prompt, "{caption}|{question}|{options}");
}

static void add_question(struct audit_list *list, const char *id, int count, const char *last)
{
	struct audit_question q = { .id = xstrdup(id), .question = xstrdup("What?"),
				    .option_count = (size_t)count, .answer = 0, .blind = -1,
				    .sight = -1 };
	static const char *const words[] = { "Pear", "Quince", "Rose", "Sage" };
	int i;

	q.options = xcalloc((size_t)count, sizeof(*q.options));
	for (i = 0; i < count; i++)
		q.options[i] = xstrdup(i == count - 1 && last ? last : words[i]);
	list->items = xgrow(list->items, &list->cap, list->count, sizeof(*list->items));
	list->items[list->count++] = q;
}

static struct audit_case *open_case(struct audit_list *list, const char *caption)
{
	struct item item = { .file = "f", .line = 1 };
	char line[300];
	int len = snprintf(line, sizeof(line), "{\"caption_id\":\"c\",\"image\":\"i\",\"caption\":%s}",
			   caption);

	item.rec = rec_parse(REC_CAPTION, line, (size_t)len, NULL);
	assert_non_null(item.rec);
	return audit_case_open(&plan, &item, list);
}

/* Answers the next trial with an option's text; "" is unreadable, NULL a failed call. */
static void answer(struct audit_case *c, const char *text)
{
	struct audit_trial *t = audit_case_next(c);
	struct chat_request q;
	struct lvlm_reply reply = { .outcome = text ? LVLM_ANSWERED : LVLM_FAILED, .content = text,
				    .finish_reason = "stop" };

	assert_non_null(t);
	audit_case_request(t, &q);
	assert_true(audit_case_take(t, &reply));
}

/* The score's line from `questions` on. */
static char *score(struct audit_case *c, enum run_fate *fate)
{
	struct item *item;
	struct buf line;
	char *text, *from;

	assert_true(audit_case_over(c));
	assert_true(audit_case_quiet(c));
	item = audit_case_score(c, fate);
	buf_init(&line, BUF_NO_MAX);
	rec_write(item->rec, &line);
	from = strstr(line.data, "\"questions\"");
	assert_non_null(from);
	text = xstrdup(from);
	buf_release(&line);
	audit_case_free(c);
	audit_plan_release(&plan);
	return text;
}

static void holds(char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in %s", part, text);
}

#define OMITS "It cannot be answered from the caption."

/* Two right and two wrong: contradicted. So is every tie for the most. */
static void test_majority(void **state)
{
	static const struct { const char *said[4], *outcome; } cases[] = {
		{ { "Pear", "Pear", "Quince", "Quince" }, "contradicted" }, { { "Pear", "Pear", OMITS, OMITS }, "contradicted" },
		{ { "Pear", "Pear", OMITS, "Quince" }, "correct" }, { { OMITS, OMITS, "Quince", "Pear" }, "omitted" },
		{ { OMITS, OMITS, "Quince", "Quince" }, "contradicted" }, { { "Pear", "", "", "" }, "correct" },
		{ { "", "", "", "" }, "unparsed" }, { { "", "", "", "I can't help with that." }, "refused" },
		{ { "", "", NULL, "I can't help with that." }, "failed" },
	};
	struct audit_list list;
	enum run_fate fate;
	char *text, part[60];
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct audit_case *c;

		list = (struct audit_list){ 0 };
		make_plan(4, false);
		add_question(&list, "q1", 4, NULL);
		c = open_case(&list, "\"A cat.\"");
		for (n = 0; n < 4; n++)
			answer(c, cases[i].said[n]);
		assert_null(audit_case_next(c));
		text = score(c, &fate);
		snprintf(part, sizeof(part), "\"outcome\":\"%s\"", cases[i].outcome);
		holds(text, part);
		assert_int_equal(fate, i + 1 == COUNT(cases) ? RUN_LEFT : RUN_DONE);
		free(text);
	}
}

static void test_reward(void **state)
{
	struct audit_list list = { 0 };
	enum run_fate fate;
	struct audit_case *c;
	char *text;
	int n;

	(void)state;
	make_plan(4, false);
	add_question(&list, "q1", 4, NULL);
	add_question(&list, "q2", 2, NULL);	/* two orders only */
	c = open_case(&list, "\"A cat.\"");
	for (n = 0; n < 3; n++)
		answer(c, "Pear");
	answer(c, "");
	answer(c, OMITS);
	answer(c, "Quince");
	text = score(c, &fate);
	holds(text, "\"questions\":2,\"asked\":6,\"valid\":5,\"correct\":3,\"omitted\":1,"
	      "\"contradicted\":1,\"unparsed\":1,\"refused\":0,\"failed\":0,\"reward\":0.6,");
	free(text);
}

/* Nothing is known while a trial is lost, however right the others are. */
static void test_no_reward_while_failed(void **state)
{
	struct audit_list list = { 0 };
	enum run_fate fate;
	struct audit_case *c;
	char *text;

	(void)state;
	make_plan(2, false);
	add_question(&list, "q1", 3, NULL);
	c = open_case(&list, "\"A cat.\"");
	answer(c, "Pear");
	answer(c, NULL);
	text = score(c, &fate);
	holds(text, "\"failed\":1,\"reward\":null,\"lower\":null,\"upper\":null,");
	assert_int_equal(fate, RUN_LEFT);
	free(text);
}

/* CapRL's: so many draws in all, and only a right one earns anything. */
static void test_caprl(void **state)
{
	struct audit_list list = { 0 };
	enum run_fate fate;
	struct audit_case *c;
	char *text;

	(void)state;
	make_plan(4, true);
	add_question(&list, "q1", 4, NULL);
	add_question(&list, "q2", 4, NULL);
	add_question(&list, "q3", 4, NULL);
	c = open_case(&list, "\"A cat.\"");
	answer(c, "Pear");
	answer(c, OMITS);
	answer(c, "");
	answer(c, "Quince");
	text = score(c, &fate);
	holds(text, "\"asked\":4,\"valid\":3,\"correct\":1,\"omitted\":1,\"contradicted\":1,\"unparsed\":1,"
	      "\"refused\":0,\"failed\":0,\"reward\":0.25,");
	free(text);
}

static void make_prism(double temperature)
{
	make_plan(3, false);
	options.temperature = temperature;
	plan.prism = true;
	prompt_init(&plan.free_prompt, "{caption}#{question}#{options}");
}

static void add_text(struct audit_list *list, const char *id)
{
	add_question(list, id, 2, NULL);
	list->items[list->count - 1].kind = AUDIT_TEXT;
	list->items[list->count - 1].answer = -1;
}

/* Options are asked in their orders, a free answer once; a caption's credit is by question. */
static void test_prism(void **state)
{
	struct audit_list list = { 0 };
	struct chat_request q;
	struct audit_case *c;
	enum run_fate fate;
	char *text;

	(void)state;
	make_prism(0);
	add_question(&list, "q1", 2, NULL);
	add_text(&list, "q2");
	add_text(&list, "q3");
	c = open_case(&list, "\"A cat.\"");
	answer(c, "Pear");
	answer(c, "Quince");
	audit_case_request(audit_case_next(c), &q);
	assert_string_equal(q.prompt, "A cat.#What?#{options}");
	assert_null(q.letters);
	audit_case_free(c);
	audit_plan_release(&plan);

	make_prism(0);
	add_question(&list, "q1", 2, NULL);
	add_text(&list, "q2");
	add_text(&list, "q3");
	c = open_case(&list, "\"A cat.\"");
	answer(c, "Pear");
	answer(c, "Quince");
	answer(c, "quinces");
	answer(c, "It cannot be answered from the description.");
	assert_null(audit_case_next(c));
	text = score(c, &fate);
	holds(text, "\"questions\":3,\"asked\":4,\"valid\":4,\"correct\":2,\"omitted\":1,"
	      "\"contradicted\":1,\"unparsed\":0,");
	holds(text, "\"failed\":0,\"kind\":\"choice\",\"credit\":0.5}");
	holds(text, "\"failed\":0,\"kind\":\"text\",\"credit\":0.857142857142857");
	holds(text, "\"failed\":0,\"kind\":\"text\",\"credit\":0}],\"credit\":0.452380952380952");
	free(text);
}

/* With a temperature a free answer is asked again and again, each time with its own seed. */
static void test_prism_warm(void **state)
{
	struct audit_trial *t[3];
	struct audit_list list = { 0 };
	struct chat_request q;
	struct audit_case *c;
	enum run_fate fate;
	int64_t seeds[3];
	char *text;
	int n;

	(void)state;
	make_prism(0.5);
	add_text(&list, "q1");
	c = open_case(&list, "\"A cat.\"");
	for (n = 0; n < 3; n++) {
		t[n] = audit_case_next(c);
		audit_case_request(t[n], &q);
		seeds[n] = q.seed;
	}
	assert_null(audit_case_next(c));
	assert_true(seeds[0] != seeds[1] && seeds[1] != seeds[2] && seeds[0] != seeds[2]);
	for (n = 2; n >= 0; n--)	/* in any order */
		audit_case_take(t[n], &(struct lvlm_reply){ .outcome = LVLM_ANSWERED,
			.content = n == 0 ? "Tom" : n == 1 ? "Pear" : "", .finish_reason = "stop" });
	text = score(c, &fate);
	holds(text, "\"correct\":1,\"omitted\":0,\"contradicted\":1,\"unparsed\":1,");
	holds(text, "\"credit\":0.5}],\"credit\":0.5");
	free(text);
	make_prism(0.5);
	add_text(&list, "q1");
	c = open_case(&list, "\"A cat.\"");
	answer(c, "Pear");
	answer(c, "Pear");
	answer(c, NULL);
	text = score(c, &fate);
	holds(text, "\"credit\":1}],\"credit\":null");
	assert_int_equal(fate, RUN_LEFT);
	free(text);
	options.temperature = 0;
}

/* The question's own "cannot be determined" serves as the last option, and omits. */
static void test_own_abstain(void **state)
{
	struct audit_list list = { 0 };
	struct chat_request q;
	enum run_fate fate;
	struct audit_case *c;
	char *text;

	(void)state;
	make_plan(1, false);
	add_question(&list, "q1", 3, "It cannot be determined.");
	c = open_case(&list, "\"A {question} %s.\"");
	audit_case_request(audit_case_next(c), &q);
	assert_int_equal(strncmp(q.prompt, "A {question} %s.|What?|A) ", 26), 0);
	assert_non_null(strstr(q.prompt, "C) "));
	assert_null(strstr(q.prompt, "D) "));
	assert_string_equal(q.home, "c");
	audit_case_free(c);
	audit_plan_release(&plan);
	make_plan(1, false);
	list = (struct audit_list){ 0 };
	add_question(&list, "q1", 3, "It cannot be determined.");
	c = open_case(&list, "null");
	answer(c, "It cannot be determined.");
	text = score(c, &fate);
	holds(text, "\"omitted\":1,\"contradicted\":0");
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_majority), cmocka_unit_test(test_reward),
		cmocka_unit_test(test_no_reward_while_failed), cmocka_unit_test(test_caprl),
		cmocka_unit_test(test_prism), cmocka_unit_test(test_prism_warm),
		cmocka_unit_test(test_own_abstain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
