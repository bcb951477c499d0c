/* SPDX-License-Identifier: Apache-2.0
 *
 * tally: what is written is read back, and what contradicts itself is refused.
 */
#include "schemas/tally.h"

#include "tests/unit/scratch.h"

static const uint8_t order[ORDER_OPTIONS_MAX] = { 2, 0, 3, 1 };

static struct tally make(void)
{
	struct tally t = { .model = xstrdup("m"), .prompt_id = xstrdup("p"), .seed = 5,
			   .temperature = 0.6, .orders = ORDER_RANDOM, .options = 4,
			   .rotations = 6, .early = true, .full = true };

	tally_add(&t, OUTCOME_CORRECT, order, 1, "B", "00112233445566778899aabbccddeeff");
	tally_add(&t, OUTCOME_WRONG, order, 2, "A", "11112233445566778899aabbccddeeff");
	tally_add(&t, OUTCOME_ABSTAINED, order, -1, "E", "x");
	tally_add(&t, OUTCOME_UNPARSED, order, -1, "hm \"\\\n", "x");
	tally_add(&t, OUTCOME_REFUSED, order, -1, "", "x");
	tally_add(&t, OUTCOME_FAILED, order, -1, NULL, "x");
	return t;
}

static char *print(const struct tally *t)
{
	cJSON *json = tally_json(t);
	char *text = cJSON_PrintUnformatted(json);

	cJSON_Delete(json);
	return text;
}

static void test_counts(void **state)
{
	struct tally t = make();

	(void)state;
	assert_int_equal(t.asked, 6);
	assert_int_equal(t.valid, 3);
	assert_int_equal(t.correct, 1);
	assert_int_equal(t.abstained, 1);
	assert_int_equal(t.unparsed, 1);
	assert_int_equal(t.refused, 1);
	assert_int_equal(t.failed, 1);
	tally_cut(&t, 2);
	assert_int_equal(t.asked, 2);
	assert_int_equal(t.valid, 2);
	assert_int_equal(t.correct, 1);
	assert_int_equal(t.abstained + t.unparsed + t.refused + t.failed, 0);
	tally_add(&t, OUTCOME_CORRECT, order, 1, "again", NULL);
	assert_int_equal(t.correct, 2);
	assert_string_equal(t.trials[2].said, "again");
	tally_release(&t);
}

static void test_round_trip(void **state)
{
	struct tally t = make(), back;
	struct err err = { 0 };
	char *text = print(&t), *again;
	cJSON *json = cJSON_Parse(text);

	(void)state;
	assert_int_equal(tally_read(json, 4, &back, &err), 0);
	again = print(&back);
	assert_string_equal(again, text);
	assert_memory_equal(back.trials[0].order, order, 4);
	assert_int_equal(back.trials[0].pick, 1);
	assert_int_equal(back.trials[2].pick, -1);
	assert_string_equal(back.trials[3].said, "hm \"\\\n");
	assert_null(back.trials[5].said);
	assert_null(back.condition);
	assert_int_equal(back.orders, ORDER_RANDOM);
	assert_true(back.early && back.full && !back.abstain);
	assert_int_equal(back.seed, 5);
	cJSON_free(text);
	cJSON_free(again);
	cJSON_Delete(json);
	tally_release(&t);
	tally_release(&back);
}

static void said(size_t pad, const char *character, size_t expected)
{
	struct tally t = { .options = 4 };
	char text[400] = "";
	size_t n = strlen(character);

	memset(text, 'x', pad);
	while (pad + n < sizeof(text)) {
		memcpy(text + pad, character, n);
		pad += n;
	}
	tally_add(&t, OUTCOME_UNPARSED, order, -1, text, "x");
	assert_int_equal(strlen(t.trials[0].said), expected);
	tally_release(&t);
}

static void test_said_is_cut_at_a_character(void **state)
{
	(void)state;
	said(0, "y", 200);
	said(0, "\xc3\xa9", 200);
	said(1, "\xc3\xa9", 199);
	said(0, "\xe6\x9d\xb1", 198);
	said(1, "\xe6\x9d\xb1", 199);
	said(2, "\xe6\x9d\xb1", 200);
	said(1, "\xf0\x9f\x98\x80", 197);
}

#define HEAD "\"model\":\"m\",\"rotations\":4"
#define COUNTS(n) "\"asked\":" #n ",\"valid\":" #n ",\"correct\":" #n \
	",\"abstained\":0,\"unparsed\":0,\"refused\":0,\"failed\":0"
#define TRIAL                                                                                  \
	"{\"order\":[0,1],\"said\":\"A\",\"pick\":0,\"outcome\":\"correct\",\"call\":\"\"}"

static int read_text(const char *text, struct err *err)
{
	cJSON *json = cJSON_Parse(text);
	struct tally t;
	int result = tally_read(json, 2, &t, err);

	if (!json)
		fail_msg("no JSON: %s", text);
	if (!result)
		tally_release(&t);
	cJSON_Delete(json);
	return result;
}

static void test_sound_ones(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(read_text("{" HEAD "," COUNTS(1) ",\"trials\":[" TRIAL "]}", &err), 0);
	assert_int_equal(read_text("{" HEAD "," COUNTS(0) ",\"trials\":[]}", &err), 0);
}

static void test_refused_ones(void **state)
{
	static const char *const texts[] = {
		/* counts that are not those of the trials, or are not there */
		"{" HEAD "," COUNTS(2) ",\"trials\":[" TRIAL "]}",
		"{" HEAD "," COUNTS(0) ",\"trials\":[" TRIAL "]}",
		"{" HEAD ",\"trials\":[" TRIAL "]}",
		"{" HEAD "," COUNTS(1) "}",
		"{" HEAD "," COUNTS(0) "}",
		"{" HEAD "," COUNTS(0) ",\"trials\":{}}",
		"{" HEAD "," COUNTS(0) ",\"trials\":null}",
		/* a head out of range */
		"{\"model\":\"m\"," COUNTS(0) ",\"trials\":[]}",
		"{\"rotations\":4," COUNTS(0) ",\"trials\":[]}",
		"{\"model\":\"m\",\"rotations\":0," COUNTS(0) ",\"trials\":[]}",
		"{\"model\":\"m\",\"rotations\":1.5," COUNTS(0) ",\"trials\":[]}",
		"{\"model\":\"m\",\"rotations\":1e999," COUNTS(0) ",\"trials\":[]}",
		"{\"model\":\"m\",\"rotations\":1001," COUNTS(0) ",\"trials\":[]}",
		"{\"model\":\"m\",\"rotations\":\"4\"," COUNTS(0) ",\"trials\":[]}",
		"{\"model\":7,\"rotations\":4," COUNTS(0) ",\"trials\":[]}",
		"{" HEAD ",\"orders\":\"sorted\"," COUNTS(0) ",\"trials\":[]}",
		"{" HEAD ",\"temperature\":1e999," COUNTS(0) ",\"trials\":[]}",
		"{" HEAD ",\"temperature\":-1," COUNTS(0) ",\"trials\":[]}",
		"{" HEAD ",\"temperature\":\"0\"," COUNTS(0) ",\"trials\":[]}",
		"{" HEAD ",\"seed\":1e999," COUNTS(0) ",\"trials\":[]}",
		"{" HEAD ",\"seed\":0.5," COUNTS(0) ",\"trials\":[]}",
		/* trials */
		"{" HEAD "," COUNTS(1) ",\"trials\":[7]}",
		"{" HEAD "," COUNTS(1) ",\"trials\":[{\"order\":[0,0],\"pick\":0,\"outcome\":"
				       "\"correct\"}]}",
		"{" HEAD "," COUNTS(
			1) ",\"trials\":[{\"order\":[0],\"pick\":0,\"outcome\":\"correct\"}]}",
		"{" HEAD "," COUNTS(1) ",\"trials\":[{\"order\":[0,2],\"pick\":0,\"outcome\":"
				       "\"correct\"}]}",
		"{" HEAD "," COUNTS(1) ",\"trials\":[{\"order\":[0,-1],\"pick\":0,\"outcome\":"
				       "\"correct\"}]}",
		"{" HEAD "," COUNTS(1) ",\"trials\":[{\"order\":[0.5,1],\"pick\":0,\"outcome\":"
				       "\"correct\"}]}",
		"{" HEAD "," COUNTS(1) ",\"trials\":[{\"order\":{\"a\":0,\"b\":1},\"pick\":0,"
				       "\"outcome\":\"correct\"}]}",
		"{" HEAD "," COUNTS(1) ",\"trials\":[{\"order\":[0,1],\"pick\":2,\"outcome\":"
				       "\"correct\"}]}",
		"{" HEAD
		"," COUNTS(1) ",\"trials\":[{\"order\":[0,1],\"outcome\":\"correct\"}]}",
		"{" HEAD "," COUNTS(
			1) ",\"trials\":[{\"order\":[0,1],\"pick\":0,\"outcome\":\"right\"}]}",
		"{" HEAD "," COUNTS(1) ",\"trials\":[{\"order\":[0,1],\"pick\":0}]}",
		"7",
		"null",
		"[]",
	};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		if (!read_text(texts[i], &err))
			fail_msg("accepted: %s", texts[i]);
		assert_int_equal(err.kind, EXIT_DATA);
	}
}

static void test_seeds_of_53_bits_survive(void **state)
{
	struct tally t = { .model = xstrdup("m"), .options = 2, .rotations = 1,
			   .seed = (INT64_C(1) << 53) - 1 }, back;
	struct err err;
	cJSON *json = tally_json(&t);
	char *text = cJSON_PrintUnformatted(json);
	cJSON *read = cJSON_Parse(text);

	(void)state;
	assert_int_equal(tally_read(read, 2, &back, &err), 0);
	assert_true(back.seed == t.seed);
	cJSON_Delete(json);
	cJSON_Delete(read);
	cJSON_free(text);
	tally_release(&t);
	tally_release(&back);
}

static void put(struct tally_list *list, const char *model, const char *condition, int trials)
{
	struct tally t = { .model = xstrdup(model), .options = 4, .rotations = 4,
			   .condition = condition ? xstrdup(condition) : NULL };

	while (trials--)
		tally_add(&t, OUTCOME_CORRECT, order, 1, "B", "x");
	tally_list_put(list, &t);
	assert_null(t.model);
}

static void test_same_model_replaces_its_own(void **state)
{
	struct tally_list list = { 0 }, back;
	struct err err;
	cJSON *json;

	(void)state;
	put(&list, "a", NULL, 1);
	put(&list, "b", NULL, 2);
	put(&list, "a", "grey", 3);
	put(&list, "a", NULL, 4);
	assert_int_equal(list.count, 3);
	assert_int_equal(list.items[0].asked, 4);	/* and keeps its place */
	assert_int_equal(tally_list_find(&list, "a", "grey")->asked, 3);
	assert_null(tally_list_find(&list, "a", "swap"));
	json = tally_list_json(&list);
	assert_int_equal(tally_list_read(json, 4, &back, &err), 0);
	assert_int_equal(back.count, 3);
	assert_string_equal(back.items[2].condition, "grey");
	tally_list_release(&back);
	tally_list_release(&list);
	cJSON_Delete(json);
	assert_int_equal(tally_list_read(NULL, 4, &back, &err), 0);
	assert_int_equal(back.count, 0);
	json = cJSON_Parse("{}");
	assert_int_equal(tally_list_read(json, 4, &back, &err), -1);
	cJSON_Delete(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_said_is_cut_at_a_character),
		cmocka_unit_test(test_sound_ones),
		cmocka_unit_test(test_refused_ones),
		cmocka_unit_test(test_seeds_of_53_bits_survive),
		cmocka_unit_test(test_same_model_replaces_its_own),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
