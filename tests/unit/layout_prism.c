/* SPDX-License-Identifier: Apache-2.0
 *
 * layout_prism: a benchmark's row as a question with options or right answers.
 */
#include "schemas/layout_prism.h"

#include "tests/unit/scratch.h"

/* "question | option / option | index" of a row about i.png; or "gold: why", "bad: why". */
static void reads(const char *members, const char *expected)
{
	struct layout_prism p;
	struct buf line, got;
	struct err err;
	struct rec *r;
	size_t i;

	buf_init(&line, BUF_NO_MAX);
	buf_init(&got, BUF_NO_MAX);
	buf_printf(&line, "{\"image\":\"i.png\",%s}", members);
	r = rec_parse(REC_QUESTION, line.data, line.len, &err);
	if (!r)
		fail_msg("%s: %s", members, err.text);
	switch (layout_prism_read(r, NULL, &p, &err)) {
	case LAYOUT_PRISM_READ:
		buf_printf(&got, "%s |", p.question);
		for (i = 0; i < p.count; i++)
			buf_printf(&got, "%s %s", i ? " /" : "", p.options[i]);
		buf_printf(&got, " | %d", p.answer);
		break;
	case LAYOUT_PRISM_NO_GOLD:
		buf_printf(&got, "gold: %s", err.text);
		break;
	default:
		buf_printf(&got, "bad: %s", err.text);
	}
	layout_prism_release(&p);
	rec_free(r);
	if (strcmp(got.data, expected))
		fail_msg("%s\n  gives '%s'\n  not   '%s'", members, got.data, expected);
	buf_release(&line);
	buf_release(&got);
}

static void test_free_answers(void **state)
{
	(void)state;
	reads("\"question\":\"How many?\",\"answer\":3", "How many? | 3 | -1");
	reads("\"prompt\":\"How many?\",\"answer\":[\"3\",2.5]", "How many? | 3 / 2.5 | -1");
	reads("\"problem\":\"<image>\\nQuestion: Who?\\n\",\"answers\":[\"I\",\"you\"],\"options\":null",
	      "Who? | I / you | -1");
	reads("\"prompt\":[{\"role\":\"user\",\"content\":\"<image>Who?\"}],\"answer\":\"I\",\"choices\":[]",
	      "Who? | I | -1");
	reads("\"prompt\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"},{\"type\":\"text\","
	      "\"text\":\"Who?\"}]}],\"answer\":\"I\",\"options\":\"\"", "Who? | I | -1");
	reads("\"question\":\"A. is a letter?\\nNo B.\",\"answer\":\"yes\"",
	      "A. is a letter?\nNo B. | yes | -1");
}

static void test_options_in_the_prompt(void **state)
{
	(void)state;
	reads("\"question\":\"What?\\nA. x\\nB. y\",\"answer\":\"B\"", "What? | x / y | 1");
	reads("\"question\":\"Question: What?\\nOptions:\\nA. x\\nB. y\\nC. z\\nPlease select the "
	      "correct answer.\\n\",\"answer\":\"C\"", "What? | x / y / z | 2");
	reads("\"question\":\"Hint: read it.\\nQuestion: What?\\nChoices:\\n(A) x\\n(B) y\\n\",\"answer\":"
	      "\"y\"", "Hint: read it.\nQuestion: What? | x / y | 1");
	reads("\"question\":\"What?\\r\\n\\r\\n A) x \\r\\n\\r\\n B) y \\r\\n\",\"answer\":\"(A)\"",
	      "What? | x / y | 0");
	reads("\"question\":\"What?\\nA: x\\nB: y\\nA. z\",\"answer\":[\"A\"]", "What? | x / y | 0");
	reads("\"question\":\"What?\\nA. x\\nand more\\nB. y\",\"answer\":\"A\"",
	      "bad: the options in the prompt are not one line each behind the question");
	reads("\"question\":\"A. x\\nB. y\\nWhat?\",\"answer\":\"A\"",
	      "bad: the options in the prompt are not one line each behind the question");
}

static void test_options_in_members(void **state)
{
	(void)state;
	reads("\"question\":\"What?\",\"choices\":[\"A) x\",\"B) y\"],\"answer\":\"B\"",
	      "What? | x / y | 1");
	reads("\"question\":\"What?\",\"options\":{\"A\":\"x\",\"B\":\"y\"},\"answer\":\"x\"",
	      "What? | x / y | 0");
	reads("\"question\":\"What?\",\"options\":[1,2,3],\"answer\":3", "What? | 1 / 2 / 3 | 2");
	reads("\"question\":\"What?\",\"A\":\"x\",\"B\":2,\"C\":null,\"D\":\"\",\"answer\":\"B\"",
	      "What? | x / 2 | 1");
	/* a member says it; the lines in the text stay off the question */
	reads("\"question\":\"What?\\nA. x\\nB. y\",\"choices\":[\"x\",\"y\"],\"answer\":\"A\"",
	      "What? | x / y | 0");
	reads("\"question\":\"What?\",\"choices\":\"['x', 'y']\",\"answer\":\"A\"",
	      "bad: the choices are no list of 2 to 25 texts");
	reads("\"question\":\"What?\",\"choices\":[\"x\",\"x\"],\"answer\":\"A\"",
	      "bad: two choices are equal");
}

static void test_unreadable(void **state)
{
	(void)state;
	reads("\"question\":\"What?\",\"choices\":[\"x\",\"y\"],\"answer\":\"C\"",
	      "gold: the answer is none of the choices");
	reads("\"question\":\"What?\",\"choices\":[\"x\",\"y\"],\"answer\":[\"A\",\"B\"]",
	      "gold: the right answer is not one option");
	reads("\"question\":\"What?\",\"choices\":[\"x\",\"y\"]",
	      "gold: the right answer is not one option");
	reads("\"question\":\"What?\"", "gold: the right answer is no text and no number");
	reads("\"question\":\"What?\",\"answer\":null", "gold: the right answer is no text and no number");
	reads("\"question\":\"What?\",\"answer\":\" \"", "gold: the right answer is no text and no number");
	reads("\"question\":\"What?\",\"answer\":[]", "gold: there is no right answer");
	reads("\"question\":\"What?\",\"answer\":[\"x\",{}]",
	      "gold: the right answer is no text and no number");
	reads("\"answer\":\"x\"", "bad: no 'question' or 'prompt' with one text in the row");
	reads("\"question\":\"<image>\",\"answer\":\"x\"",
	      "bad: no 'question' or 'prompt' with one text in the row");
	reads("\"img\":\"j.png\",\"question\":\"What?\",\"answer\":\"x\"",
	      "bad: both 'image' and 'img' could be the image path; say which");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_free_answers),
		cmocka_unit_test(test_options_in_the_prompt),
		cmocka_unit_test(test_options_in_members),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
