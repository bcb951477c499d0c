/* SPDX-License-Identifier: Apache-2.0
 *
 * The planted world and what the simulated models make of it. Runs in the project's root
 * folder: the shipped world and images are part of what is tested.
 */
#include "examples/sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/buf.h"
#include "examples/sim/mind.h"
#include "examples/sim/writer.h"

#define SHIPPED "examples/sim/world.json"
#define IMAGES "examples/images"

/* Two questions that differ in case only, a habit, a guess, a wrong gold, an invisible one. */
static const char small[] =
	"{\"images\":{\"a.png\":{\"facts\":{\"sky\":\"Blue\",\"on\":[\"Cup\",\"Plate\"]},"
	"\"captions\":[{\"kind\":\"full\",\"text\":\"A blue sky.\","
	"\"says\":{\"sky\":\"Blue\"}},"
	"{\"kind\":\"contradicting\",\"text\":\"A red sky.\",\"says\":{\"sky\":\"Red\"}}],"
	"\"questions\":["
	"{\"id\":\"1\",\"asks\":\"sky\",\"question\":\"What colour is the sky?\","
	"\"options\":[\"Red\",\"Blue\",\"Green\",\"Grey\"],\"gold\":\"B\"},"
	"{\"id\":\"2\",\"asks\":\"on\",\"question\":\"What is on the table?\","
	"\"options\":[\"Cup\",\"Plate\",\"Fork\",\"Hat\"],\"gold\":\"A\"},"
	"{\"id\":\"3\",\"asks\":\"on\",\"question\":\"What is on the TABLE?\","
	"\"options\":[\"Cup\",\"Plate\",\"Fork\",\"Hat\"],\"gold\":\"B\"},"
	"{\"id\":\"4\",\"blind\":\"knows\",\"style\":\"prose\",\"question\":\"How many days?\","
	"\"options\":[\"Six\",\"Seven\"],\"gold\":\"B\"},"
	"{\"id\":\"5\",\"asks\":\"sky\",\"question\":\"Which tone is above?\","
	"\"options\":[\"Red\",\"Blue\",\"Green\",\"Grey\"],\"gold\":\"A\"},"
	"{\"id\":\"6\",\"blind\":\"cannot\",\"question\":\"Who took it?\","
	"\"options\":[\"A child\",\"A drone\",\"A robot\",\"A dog\"],\"gold\":\"D\"}]}}}";

static struct world *open_small(void)
{
	struct err err = { 0 };
	struct world *w = world_parse(small, NULL, &err);

	if (!w)
		fail_msg("%s", err.text);
	return w;
}

static struct world *open_shipped(void)
{
	struct err err = { 0 };
	struct world *w = world_open(SHIPPED, IMAGES, &err);

	if (!w)
		fail_msg("%s", err.text);
	return w;
}

static int match_text(const struct world *w, const char *text, struct match *m)
{
	struct block shown;
	int missing;

	if (block_read(&shown, text))
		return -1;
	missing = world_match(w, &shown, NULL, m);
	block_release(&shown);
	return missing;
}

static void hash_file(const char *name, char hash[HASH_HEX])
{
	static char bytes[200000];
	FILE *f = fopen(name, "rb");
	size_t len;

	assert_non_null(f);
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	assert_true(len > 0 && len < sizeof(bytes));
	hash_of(bytes, len, hash);
}

/* Asks one model; the answer's text is the caller's to free. */
static char *ask(const struct world *w, enum model model, const char *text, const char *image,
		 const char *const *choices)
{
	struct mind mind = { .world = w, .blind = -1, .sight = 1, .habit = -1 };
	struct request r = { .model = model_names[model], .text = (char *)(uintptr_t)text,
			     .images = image != NULL, .max_tokens = -1 };
	struct answer a;

	if (image)
		memcpy(r.image, image, HASH_HEX);
	for (; choices && choices[r.choice_count]; r.choice_count++)
		r.choices[r.choice_count] = choices[r.choice_count];
	mind_answer(&mind, model, &r, &a);
	return buf_take(&a.text);
}

static void assert_says(const struct world *w, enum model model, const char *text,
			const char *image, const char *wanted)
{
	char *said = ask(w, model, text, image, NULL);

	assert_string_equal(said, wanted);
	free(said);
}

static void test_block_forms(void **state)
{
	static const char *const texts[] = {
		"Q?\nA) x\nB) y\n\nAnswer now.", "Q?\nA. x\nB. y", "Q?\n- A: x\n- B: y\r\n",
		"Q?\n(A) x\n\n(B) y", "Old\nA) 1\nB) 2\nthen\nQ?\n   - A）x\n   - B）y",
	};
	struct block b;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(block_read(&b, texts[i]), 0);
		assert_int_equal(b.count, 2);
		assert_string_equal(b.options[0], "x");
		assert_string_equal(b.options[1], "y");
		assert_non_null(strstr(b.before, "Q?\n"));
		block_release(&b);
	}
	assert_int_equal(block_read(&b, "A) only one"), -1);
	assert_int_equal(block_read(&b, "Apple) x\nB) y"), -1);
	assert_int_equal(block_read(&b, ""), -1);
}

static void test_recognises_in_any_order(void **state)
{
	struct world *w = open_small();
	struct match m;

	(void)state;
	assert_int_equal(match_text(w, "Look.\nQuestion: what COLOUR is\n the sky?\nOptions:\n"
				    "A. Grey\nB. green\nC. Blue\nD. Red\nOne letter.", &m), 0);
	assert_string_equal(m.question->id, "1");
	assert_int_equal(m.shown[m.question->gold], 2);
	assert_int_equal(m.extra, -1);
	assert_int_equal(match_text(w, "What colour is the sky?\nA) Red\nB) Blue\nC) Green\n"
				    "D) Grey\nE) Cannot be answered", &m), 0);
	assert_int_equal(m.extra, 4);
	assert_int_equal(match_text(w, "What colour is the sky?\nA) Red\nB) Blue\n"
				    "C) Green", &m), -1);
	assert_int_equal(match_text(w, "What colour is the sea?\nA) Red\nB) Blue\nC) Green\n"
				    "D) Grey", &m), -1);
	world_free(w);
}

static void test_spelling_tells_a_conflicting_pair_apart(void **state)
{
	struct world *w = open_small();
	struct match m;

	(void)state;
	assert_int_equal(match_text(w, "What is on the table?\nA) Cup\nB) Plate\n"
				    "C) Fork\nD) Hat", &m), 0);
	assert_string_equal(m.question->id, "2");
	assert_int_equal(match_text(w, "What is on the TABLE?\nA) Cup\nB) Plate\n"
				    "C) Fork\nD) Hat", &m), 0);
	assert_string_equal(m.question->id, "3");
	assert_true(planted_true(m.question, 0) && planted_true(m.question, 1));
	assert_false(planted_true(m.question, 2));
	world_free(w);
}

static void test_blind_answers(void **state)
{
	static const char *const letters[] = { "A", "B", "C", "D", NULL };
	struct world *w = open_small();
	char *one, *two;

	(void)state;
	assert_says(w, MODEL_LLM, "How many days?\nA) Seven\nB) Six", NULL,
		    "I think the answer is A.");
	assert_says(w, MODEL_LLM, "Who took it?\nA) A dog\nB) A child\nC) A drone\nD) A robot",
		    NULL, "I cannot see the image.");
	one = ask(w, MODEL_LLM, "Who took it?\nA) A dog\nB) A child\nC) A drone\nD) A robot",
		  NULL, letters);
	assert_int_equal(strlen(one), 1);
	assert_string_not_equal(one, "A");
	free(one);
	/* The same option, wherever it stands. */
	one = ask(w, MODEL_LLM, "What colour is the sky?\nA) Red\nB) Blue\nC) Green\nD) Grey",
		  NULL, NULL);
	two = ask(w, MODEL_LLM, "What colour is the sky?\nA) Grey\nB) Green\nC) Blue\nD) Red",
		  NULL, NULL);
	assert_int_equal(*one - 'A', 3 - (*two - 'A'));
	assert_string_not_equal(one, "B");
	free(one);
	free(two);
	world_free(w);
}

static void test_audit_follows_the_caption(void **state)
{
	static const char ask_sky[] = "\nWhat colour is the sky?\n"
				      "A) Red\nB) Blue\nC) Green\nD) Grey";
	struct world *w = open_small();
	char text[300];

	(void)state;
	snprintf(text, sizeof(text), "Caption: A blue sky.%s", ask_sky);
	assert_says(w, MODEL_LLM, text, NULL, "B");
	snprintf(text, sizeof(text), "Caption: A red sky.%s", ask_sky);
	assert_says(w, MODEL_LLM, text, NULL, "A");
	assert_says(w, MODEL_LLM, "A red sky.\nWhat is on the table?\nA) Cup\nB) Plate\n"
		    "C) Fork\nD) Hat", NULL, "Not enough information in the caption.");
	assert_says(w, MODEL_LLM, "A red sky.\nWhat is on the table?\nA) Cup\nB) Plate\n"
		    "C) Fork\nD) Hat\nE) Can not answer based on the caption", NULL, "E");
	world_free(w);
}

static void test_broken_worlds_are_refused(void **state)
{
	static const char *const broken[] = {
		"", "[]", "{\"images\":[]}",
		"{\"images\":{\"a\":{\"questions\":[{\"id\":\"1\",\"question\":\"Q\","
		"\"options\":[\"x\",\"y\"],\"gold\":\"C\"}]}}}",
		"{\"images\":{\"a\":{\"questions\":[{\"id\":\"1\",\"question\":\"Q\","
		"\"options\":[\"x\"],\"gold\":\"A\"}]}}}",
		"{\"images\":{\"a\":{\"questions\":[{\"id\":\"1\","
		"\"options\":[\"x\",\"y\"],\"gold\":\"A\"}]}}}",
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		err.text[0] = '\0';
		assert_null(world_parse(broken[i], NULL, &err));
		assert_int_equal(err.kind, EXIT_DATA);
		assert_string_not_equal(err.text, "");
	}
	assert_null(world_parse("{\"images\":{\"no-such.png\":{}}}", IMAGES, &err));
	assert_int_equal(err.kind, EXIT_NOINPUT);
	assert_null(world_open("no-such.json", IMAGES, &err));
	assert_int_equal(err.kind, EXIT_NOINPUT);
}

static void test_fold(void **state)
{
	char *folded = world_fold("  Ｗhat \t IS\n“Straße” ½? ");

	(void)state;
	assert_string_equal(folded, "what is “strasse” 1⁄2?");
	free(folded);
}

static void test_shipped_world_knows_images_by_bytes(void **state)
{
	struct world *w = open_shipped();
	char hash[HASH_HEX];

	(void)state;
	assert_true(world_scene_count(w) >= 20);
	assert_true(world_question_count(w) >= 80);
	hash_file(IMAGES "/coffee.jpg", hash);
	assert_string_equal(world_scene(w, hash)->name, "coffee.jpg");
	hash_file(IMAGES "/again/morning-cup.jpg", hash);
	assert_string_equal(world_scene(w, hash)->name, "coffee.jpg");
	hash[0] = hash[0] == '0' ? '1' : '0';
	assert_null(world_scene(w, hash));
	world_free(w);
}

/* Shows a planted question with its options turned by `turn` places. */
static void show(struct buf *out, const cJSON *q, int turn)
{
	const cJSON *options = cJSON_GetObjectItemCaseSensitive(q, "options");
	int count = cJSON_GetArraySize(options);

	buf_clear(out);
	buf_printf(out, "Question: %s\n",
		   cJSON_GetObjectItemCaseSensitive(q, "question")->valuestring);
	for (int i = 0; i < count; i++)
		buf_printf(out, "%c) %s\n", 'A' + i,
			   cJSON_GetArrayItem(options, (i + turn) % count)->valuestring);
}

/* Of the four turns, how often a model says the letter at which gold stands. */
static int right(const struct world *w, enum model model, const cJSON *q, const char *image)
{
	static const char *const letters[] = { "A", "B", "C", "D", "E", NULL };
	int count = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(q, "options"));
	int gold = *cJSON_GetObjectItemCaseSensitive(q, "gold")->valuestring - 'A';
	struct buf text;
	char *said;
	int hits = 0;

	buf_init(&text, 10000);
	for (int turn = 0; turn < 4; turn++) {
		show(&text, q, turn);
		said = ask(w, model, text.data, image, letters);
		hits += *said == 'A' + (gold - turn % count + count) % count;
		free(said);
	}
	buf_release(&text);
	return hits;
}

static void check_shipped_question(const struct world *w, const cJSON *q, const char *image,
				   int counts[2])
{
	const cJSON *kind = cJSON_GetObjectItemCaseSensitive(q, "kind");
	int blind, sight;

	if (!strcmp(kind->valuestring, "malformed"))
		return;
	blind = right(w, MODEL_LLM, q, NULL);
	sight = right(w, MODEL_VL, q, image);
	if (!strcmp(kind->valuestring, "visible") || !strcmp(kind->valuestring, "duplicate") ||
	    !strcmp(kind->valuestring, "conflicting")) {
		assert_int_equal(blind, 0);
		assert_int_equal(sight, 4);
		counts[0]++;
	} else if (!strcmp(kind->valuestring, "guessable")) {
		assert_int_equal(blind, 4);
		counts[1]++;
	} else if (!strcmp(kind->valuestring, "habit")) {
		assert_int_equal(blind, 1);
	} else {
		assert_int_equal(blind, 0);
		assert_in_range(sight, 0, 3);
	}
}

static void test_shipped_questions_are_what_they_are_called(void **state)
{
	struct world *w = open_shipped();
	const struct scene *scene;
	const cJSON *q, *list;
	char hash[HASH_HEX], path[300];
	int counts[2] = { 0 };
	static const char *const names[] = {
		"cat.jpg", "coffee.jpg", "photographer.png", "astronaut.jpg", "rocket.jpg",
		"galaxies.jpg", "clock.png", "coins.png", "tissue.jpg", "bricks.jpg",
		"grass.jpg", "gravel.jpg", "cell.jpg", "handwriting.png", "pagoda.jpg",
		"dahlia.jpg", "horse.png",
		"charts/rainfall.png", "charts/rooms.png", "charts/receipt.png",
		"charts/departures.png", "charts/sign.png",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", IMAGES, names[i]);
		hash_file(path, hash);
		scene = world_scene(w, hash);
		assert_non_null(scene);
		list = cJSON_GetObjectItemCaseSensitive(scene->item, "questions");
		cJSON_ArrayForEach(q, list)
			check_shipped_question(w, q, hash, counts);
	}
	assert_true(counts[0] > 50 && counts[1] > 10);
	world_free(w);
}

static void test_another_image_does_not_help(void **state)
{
	static const char text[] = "How many coins are laid out?\nA) 18\nB) 20\nC) 24\nD) 30";
	struct world *w = open_shipped();
	char hash[HASH_HEX];

	(void)state;
	hash_file(IMAGES "/coins.png", hash);
	assert_says(w, MODEL_VL, text, hash, "C");
	hash_file(IMAGES "/cat.jpg", hash);
	assert_says(w, MODEL_VL, text, hash, "The image does not show that.");
	assert_says(w, MODEL_VL, text, NULL, "I cannot see the image. Please send it.");
	world_free(w);
}

static void test_writer_cuts_and_refuses(void **state)
{
	struct world *w = open_shipped();
	char hash[HASH_HEX];
	struct buf out;

	(void)state;
	buf_init(&out, BUF_NO_MAX);
	hash_file(IMAGES "/cell.jpg", hash);
	assert_string_equal(writer_reply(world_scene(w, hash), &out), "length");
	assert_non_null(strstr(out.data, "#### 4. **At which temperature"));
	assert_string_equal(out.data + out.len - 8, "   - C) ");
	buf_clear(&out);
	hash_file(IMAGES "/retina.jpg", hash);
	assert_string_equal(writer_reply(world_scene(w, hash), &out), "stop");
	assert_null(strstr(out.data, "####"));
	buf_clear(&out);
	hash_file(IMAGES "/tissue.jpg", hash);
	writer_reply(world_scene(w, hash), &out);
	assert_non_null(strstr(out.data, "**Answer:** B) Brown and blue\r\n"));
	buf_release(&out);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block_forms),
		cmocka_unit_test(test_recognises_in_any_order),
		cmocka_unit_test(test_spelling_tells_a_conflicting_pair_apart),
		cmocka_unit_test(test_blind_answers),
		cmocka_unit_test(test_audit_follows_the_caption),
		cmocka_unit_test(test_broken_worlds_are_refused),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_shipped_world_knows_images_by_bytes),
		cmocka_unit_test(test_shipped_questions_are_what_they_are_called),
		cmocka_unit_test(test_another_image_does_not_help),
		cmocka_unit_test(test_writer_cuts_and_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
