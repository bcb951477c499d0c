/* SPDX-License-Identifier: Apache-2.0
 *
 * hygiene: families of broken captions, and of captions that only look broken.
 */
#include "curate/hygiene.h"

#include <cjson/cJSON.h>

#include "tests/unit/scratch.h"

static unsigned check(const char *text)
{
	return hygiene_check(text, &(struct hygiene_context){ .cut = HYGIENE_UNKNOWN });
}

/* Every text of a family must come out alike; the message names the one that does not. */
static void family(unsigned wanted, const char *const *texts)
{
	unsigned got;

	for (; *texts; texts++) {
		got = check(*texts);
		if (got != wanted)
			fail_msg("flags %u, not %u: %.80s", got, wanted, *texts);
	}
}

static void test_empty(void **state)
{
	(void)state;
	family(HYGIENE_EMPTY, (const char *const[]){ "", " ", "\n\t ", "\u00a0", "\u200b\n", NULL });
}

static void test_refusals(void **state)
{
	(void)state;
	family(HYGIENE_REFUSAL, (const char *const[]){
		"I'm sorry, but I can't help with that.", "I’m sorry, but I can’t describe this image.",
		"I'm sorry, but I can't describe medical images.", "  Sorry, I cannot do this.",
		"I apologize, but I am not able to identify people.", "I cannot assist with this request.",
		"As an AI language model, I do not have the ability to see images.",
		"I don't see any image in our conversation. Could you upload it?",
		"I'm unable to view images directly.", "Please provide the image you want described.",
		"Unfortunately, I can't describe people.",
		"抱歉，我无法描述这张图片。", "我无法查看图片。", "申し訳ありませんが、お手伝いできません。",
		"Lo siento, pero no puedo ayudar con eso.", "Je suis désolé, je ne peux pas.",
		"Es tut mir leid, dabei kann ich nicht helfen.", NULL });
}

static void test_sound(void **state)
{
	(void)state;
	family(0, (const char *const[]){
		"A cat.", "A cat", "cat", "Two dogs run over a meadow.", "42", "一只猫。",
		"A sign that reads \"Sorry, we cannot serve you\".", "Sorry is written on the wall.",
		"The user interface shows a list of files and a button.",
		"A man shouts \"No, no, no, no!\" in a speech bubble.",
		"Ha ha ha ha ha, says the clown in the comic.",
		"| Day | Rain |\n|-----|------|\n| Mon | 0 |\n| Tue | 0 |\n| Wed | 0 |\n| Thu | 0 |\n| Fri | 0 |",
		"A form:\n--------------------------------------------\nName: ........................\n"
		"============================",
		"The matrix is 0 0 0 0 0 0 0 0, 0 0 0 0 0 0 0 0, 0 0 0 0 0 0 0 0.",
		"- a red car\n- a red bus\n- a red bike\n- a red van\n- a red truck",
		"A chart of 1,000,000,000,000,000,000,000,000 cells!!!", "Wow!!! A very large cake stands here.",
		"A vase to put flowers in", "The street they live on", NULL });
}

static void test_long_text_that_begins_like_a_refusal(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	buf_adds(&b, "I'm unable to say who this is, but the picture shows a man.");
	for (i = 0; i < 30; i++)
		buf_printf(&b, " Behind him stands house number %d, painted in colour %d.", i, i * 7);
	assert_int_equal(check(b.data), 0);
	buf_release(&b);
}

static char *times(const char *text, int count)
{
	struct buf b;

	buf_init(&b, BUF_NO_MAX);
	while (count--)
		buf_adds(&b, text);
	return buf_take(&b);
}

static void test_loops(void **state)
{
	static const struct { const char *text; int times; } cases[] = {
		{ "!", 6 }, { "!", 500 }, { "a", 40 }, { "。", 30 }, { "! ", 20 }, { "\xf0\x9f\x98\x80", 5 },
		{ "the ", 20 }, { "red car ", 12 }, { "A man stands by the door, ", 8 },
		{ "The image shows a cat on a red sofa in a living room. ", 4 },
		{ "一只猫坐在", 8 }, { "这张图片展示了一只猫。", 6 }, { "0 ", 400 }, { "0, 0, ", 200 },
	};
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		text = times(cases[i].text, cases[i].times);
		if (check(text) != HYGIENE_DEGENERATE)
			fail_msg("%d times '%s' is no loop", cases[i].times, cases[i].text);
		free(text);
	}
}

static void test_loop_at_the_end(void **state)
{
	char *loop = times("and a tree ", 30);
	struct buf b;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	buf_printf(&b, "A park in the morning. Two people sit on a bench near the pond, %s", loop);
	assert_true(check(b.data) & HYGIENE_DEGENERATE);
	free(loop);
	buf_clear(&b);
	loop = times("There is a tree on the left side. Something else is here, too. ", 10);
	buf_printf(&b, "A park. %s", loop);
	assert_true(check(b.data) & HYGIENE_DEGENERATE);
	free(loop);
	buf_release(&b);
}

/* What 100 kB of sound prose costs must not matter either. */
static void test_large(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	for (i = 0; b.len < 100000; i++)
		buf_printf(&b, "In field %d a farmer counts %d sheep and %d goats. ", i, i * 31 % 97,
			   i * 17 % 89);
	assert_int_equal(check(b.data), 0);
	buf_release(&b);
}

static void test_reasoning(void **state)
{
	(void)state;
	family(HYGIENE_REASONING, (const char *const[]){
		"<think>The user wants a caption.</think>\nA cat.", "It is red.</think>A red car.",
		"<think>Let me see what is here. A cat, it seems.",
		"Okay, the user wants me to describe the image. It shows a cat.",
		"Hmm, what do we have here? A cat.", "Let me think about what the image shows.",
		"Got it, let's describe this. A cat.", "好的，用户希望我描述图片。图中有一只猫。", NULL });
}

static void test_cut_off(void **state)
{
	static const char whole[] = "A long sentence about a house. It has two doors, and a roof. The "
		"windows are green. A path leads to the gate, where a dog is waiting for its owner to "
		"come home from the long journey over the mountains and down to the lake where the boat";

	(void)state;
	family(HYGIENE_TRUNCATED, (const char *const[]){
		"The large regions are made of long cells that are arranged like the",
		"On the table stand a cup, a plate,", "Behind the house one can see the mountains and",
		"The sign reads the following words:", "图中有一只猫，坐在红色的沙发上，", whole, NULL });
	assert_int_equal(hygiene_check("A cat.", &(struct hygiene_context){ .cut = HYGIENE_CUT }),
			 HYGIENE_TRUNCATED);
	assert_int_equal(hygiene_check("Behind the house one can see the mountains and",
				       &(struct hygiene_context){ .cut = HYGIENE_WHOLE }), 0);
	assert_int_equal(hygiene_check("", &(struct hygiene_context){ .cut = HYGIENE_CUT }),
			 HYGIENE_TRUNCATED | HYGIENE_EMPTY);
}

static void test_language(void **state)
{
	static const struct { const char *name, *text; bool right; } cases[] = {
		{ "English", "A red car.", true }, { "en", "一辆红色的汽车停在路边。", false },
		{ "english", "The sign reads 安静图书馆 in white.", true }, { "EN", "Красная машина", false },
		{ "Chinese", "一辆红色的汽车。", true }, { "zh", "A red car.", false },
		{ "zh", "赤い車が道の脇に止まっています。", false }, { "ja", "赤い車が道の脇に止まっています。", true },
		{ "zh", "赤車が道路脇に駐車中です。", false }, { "ja", "赤車が道路脇に駐車中です。", true },
		{ "ja", "一辆红色的汽车停在路边。", false }, { "Korean", "빨간 차가 있다.", true },
		{ "ko", "A red car.", false }, { "ru", "Красная машина", true }, { "de", "Ein rotes Auto", true },
		{ "fr", "Une voiture à l’arrêt", true }, { "en", "12 345", true }, { "ar", "سيارة حمراء", true },
	};
	const struct hygiene_language *language;
	unsigned got;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		language = hygiene_language(cases[i].name);
		assert_non_null(language);
		got = hygiene_check(cases[i].text, &(struct hygiene_context){ HYGIENE_WHOLE, language });
		if (got != (cases[i].right ? 0 : HYGIENE_LANGUAGE))
			fail_msg("flags %u for %s: %s", got, cases[i].name, cases[i].text);
	}
	assert_null(hygiene_language("Klingon"));
	assert_null(hygiene_language(""));
}

static void test_names(void **state)
{
	struct buf b;
	cJSON *list;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	hygiene_json(HYGIENE_REFUSAL | HYGIENE_LANGUAGE, &b);
	assert_string_equal(b.data, "[\"refusal\",\"language\"]");
	buf_clear(&b);
	hygiene_json(0, &b);
	assert_string_equal(b.data, "[]");
	list = cJSON_Parse("[\"degenerate\",\"of others\",7,\"empty\"]");
	assert_int_equal(hygiene_read(list), HYGIENE_DEGENERATE | HYGIENE_EMPTY);
	assert_int_equal(hygiene_read(NULL), 0);
	cJSON_Delete(list);
	buf_release(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_sound), cmocka_unit_test(test_long_text_that_begins_like_a_refusal),
		cmocka_unit_test(test_loops), cmocka_unit_test(test_loop_at_the_end),
		cmocka_unit_test(test_large), cmocka_unit_test(test_reasoning),
		cmocka_unit_test(test_cut_off), cmocka_unit_test(test_language),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
