/* SPDX-License-Identifier: Apache-2.0
 *
 * layout: rows of other programs become records of ours, or an error says what is unclear.
 */
#include "schemas/hash.h"
#include "schemas/layout.h"

#include "tests/unit/scratch.h"

static struct rec *parse(enum rec_kind kind, const char *line)
{
	struct err err = { 0 };
	struct rec *r = rec_parse(kind, line, strlen(line), &err);

	if (!r)
		fail_msg("%s: %s", line, err.text);
	return r;
}

static void becomes(struct rec *r, const char *expected)
{
	struct buf b;

	buf_init(&b, BUF_NO_MAX);
	rec_write(r, &b);
	assert_string_equal(b.data, expected);
	buf_release(&b);
	rec_free(r);
}

static void image(const char *line, const char *field, const char *expected)
{
	struct rec *r = parse(REC_IMAGE, line);
	struct err err = { 0 };

	if (layout_image(r, field, &err))
		fail_msg("%s: %s", line, err.text);
	becomes(r, expected);
}

static void no_image(const char *line, const char *field, const char *why)
{
	struct rec *r = parse(REC_IMAGE, line);
	struct err err = { 0 };

	assert_int_equal(layout_image(r, field, &err), -1);
	assert_string_equal(err.text, why);
	rec_free(r);
}

static void test_image_rows(void **state)
{
	(void)state;
	image("{\"image\":\"a.png\",\"x\":1.0}", NULL, "{\"image\":\"a.png\",\"x\":1.0}\n");
	image("{\"x\":1,\"image_path\":\"a \\u00e9.png\"}", NULL,
	      "{\"image\":\"a \xc3\xa9.png\",\"x\":1}\n");
	image("{\"img\":\"a.png\"}", NULL, "{\"image\":\"a.png\"}\n");
	image("{\"file_name\":\"a.png\"}", NULL, "{\"image\":\"a.png\"}\n");
	image("{\"images\":[\"a.png\"]}", NULL, "{\"image\":\"a.png\"}\n");
	image("{\"image\":\"file:///a.png\"}", NULL, "{\"image\":\"/a.png\"}\n");
	/* read again it must stay what it is */
	image("{\"image\":\"file://file://a.png\"}", NULL, "{\"image\":\"a.png\"}\n");
	no_image("{\"image\":\"file://data:,\"}", NULL, "no member holds the image path");
	no_image("{\"image\":\"file://\"}", NULL, "no member holds the image path");
	image("{\"photo\":\"a.png\",\"image\":\"b.png\"}", "photo", "{\"image\":\"a.png\"}\n");
}

static void test_foreign_ids(void **state)
{
	(void)state;
	image("{\"id\":17,\"image\":\"a\"}", NULL, "{\"image\":\"a\",\"source_id\":17}\n");
	image("{\"id\":\"x7\",\"image\":\"a\"}", NULL,
	      "{\"image\":\"a\",\"source_id\":\"x7\"}\n");
	image("{\"id\":\"a\\u00e9\",\"image\":\"a\"}", NULL,	/* in canonical form, as a known member is */
	      "{\"image\":\"a\",\"source_id\":\"a\xc3\xa9\"}\n");
	image("{\"id\":{\"a\":1},\"image\":\"a\"}", NULL,
	      "{\"image\":\"a\",\"id\":{\"a\":1}}\n");
	image("{\"id\":1,\"source_id\":2,\"image\":\"a\"}", NULL,
	      "{\"image\":\"a\",\"source_id\":2,\"id\":1}\n");
}

static void test_never_a_guess(void **state)
{
	(void)state;
	no_image("{\"image\":\"a\",\"image_path\":\"b\"}", NULL,
		 "both 'image' and 'image_path' could be the image path; say which");
	no_image("{\"img\":\"a\",\"images\":[\"b\"]}", NULL,
		 "both 'img' and 'images' could be the image path; say which");
	no_image("{\"images\":[\"a\",\"b\"]}", NULL, "no member holds the image path");
	no_image("{\"images\":{\"a\":\"b\"}}", NULL, "no member holds the image path");
	no_image("{\"images\":[1]}", NULL, "no member holds the image path");
	no_image("{\"image\":7}", NULL, "no member holds the image path");
	no_image("{\"x\":\"a\"}", NULL, "no member holds the image path");
	no_image("{\"image\":\"a\"}", "photo", "no text in the member 'photo'");
}

static void reply(const char *line, const char *text_field, const char *expected)
{
	struct rec *r = parse(REC_REPLY, line);
	struct err err = { 0 };

	if (layout_reply(r, NULL, text_field, &err))
		fail_msg("%s: %s", line, err.text);
	becomes(r, expected);
}

static void test_reply_rows(void **state)
{
	struct rec *r;
	struct err err;

	(void)state;
	reply("{\"qa_response\":\"Q\\n\",\"image_path\":\"a.png\"}", NULL,
	      "{\"image\":\"a.png\",\"reply\":\"Q\\n\"}\n");
	reply("{\"image\":\"a\",\"reply\":\"R\"}", NULL, "{\"image\":\"a\",\"reply\":\"R\"}\n");
	reply("{\"image\":\"a\",\"out\":\"R\"}", "out", "{\"image\":\"a\",\"reply\":\"R\"}\n");
	reply("{\"image\":\"a\",\"images\":[\"R\"]}", "images",
	      "{\"image\":\"a\",\"reply\":\"R\"}\n");
	r = parse(REC_REPLY, "{\"reply\":\"R\",\"qa_response\":\"S\",\"image\":\"a\"}");
	assert_int_equal(layout_reply(r, NULL, NULL, &err), -1);
	assert_string_equal(err.text,
			    "both 'reply' and 'qa_response' could be the model's reply; "
			    "say which");
	rec_free(r);
}

static void caption(const char *line, const char *image_field, const char *text_field,
		    const char *expected)
{
	struct rec *r = parse(REC_IMAGE, line);
	struct err err = { 0 };
	char id[HASH_HEX];
	struct hash h;

	if (layout_caption(r, image_field, text_field, &err))
		fail_msg("%s: %s", line, err.text);
	hash_init(&h);
	hash_text(&h, rec_image_key(r));
	hash_text(&h, rec_text(r, "caption"));
	hash_text(&h, rec_text(r, "model"));
	hash_hex(&h, id);
	hash_release(&h);
	assert_string_equal(rec_text(r, "caption_id"), id);
	rec_drop(r, "caption_id");
	becomes(r, expected);
}

static void no_caption(const char *line, const char *why)
{
	struct rec *r = parse(REC_CAPTION, line);
	struct err err = { 0 };

	assert_int_equal(layout_caption(r, NULL, NULL, &err), -1);
	assert_string_equal(err.text, why);
	rec_free(r);
}

#define HEX "0123456789abcdef0123456789abcdef"

static void test_caption_rows(void **state)
{
	(void)state;
	caption("{\"image\":\"a\",\"caption\":\"C\",\"x\":1.0}", NULL, NULL,
		"{\"image\":\"a\",\"caption\":\"C\",\"x\":1.0}\n");
	caption("{\"id\":\"7\",\"image\":\"a\",\"conversations\":[{\"from\":\"human\","
		"\"value\":\"<image>\\nSay.\"},{\"from\":\"gpt\",\"value\":\"C\"}]}", NULL, NULL,
		"{\"image\":\"a\",\"caption\":\"C\",\"source_id\":\"7\",\"conversations\":"
		"[{\"from\":\"human\",\"value\":\"<image>\\nSay.\"}]}\n");
	caption("{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"text\","
		"\"text\":\"C\"}]}],\"images\":[{\"image\":\"file:///d/a.png\"}]}", NULL, NULL,
		"{\"image\":\"/d/a.png\",\"caption\":\"C\"}\n");
	caption("{\"image_id\":\"12/3\",\"image_path\":\"a\",\"caption\":\"C\",\"url\":\"u\"}",
		NULL, NULL,
		"{\"image\":\"a\",\"caption\":\"C\",\"source_id\":\"12/3\",\"url\":\"u\"}\n");
	caption("{\"id\":1,\"image_id\":2,\"image\":{\"bytes\":\"x\",\"path\":\"a\"},"
		"\"text\":\"C\"}", NULL, NULL, "{\"image\":\"a\",\"caption\":\"C\","
		"\"source_id\":1,\"source_image_id\":2}\n");
	caption("{\"image\":\"a\",\"caption\":\"short\",\"detail\":\"C\"}", NULL, "detail",
		"{\"image\":\"a\",\"caption\":\"C\"}\n");
	caption("{\"image_id\":\"" HEX "\",\"caption\":\"C\",\"model\":\"m\"}", NULL, NULL,
		"{\"image_id\":\"" HEX "\",\"caption\":\"C\",\"model\":\"m\"}\n");
	caption("{\"image\":\"a\",\"img\":\"a\",\"caption\":\"C\",\"text\":\"C\"}", NULL, NULL,
		"{\"image\":\"a\",\"caption\":\"C\",\"img\":\"a\",\"text\":\"C\"}\n");
}

static void test_captions_are_never_guessed(void **state)
{
	(void)state;
	no_caption("{\"image\":\"a\",\"caption\":\"C\",\"text\":\"D\"}",
		   "both 'caption' and 'text' could be the caption; say which");
	no_caption("{\"image\":\"a\",\"conversations\":[{\"from\":\"gpt\",\"value\":\"C\"},"
		   "{\"from\":\"human\",\"value\":\"More?\"}]}",
		   "no member holds the caption");
	no_caption("{\"caption\":\"C\"}", "no member holds the image path");
	no_caption("{\"image\":{\"bytes\":\"x\",\"path\":null},\"caption\":\"C\"}",
		   "'image' holds the picture's bytes and no path: write them to files first");
	no_caption("{\"image\":\"a\",\"captions\":[{\"caption_id\":\"c\",\"caption\":\"C\"}]}",
		   "its captions are a list: 'capqa ingest' takes them into a store, 'capqa export "
		   "--records caption' gives them one by one");
	no_caption("{\"image\":\"a\",\"captions\":[{\"caption\":\"C\"}]}",
		   "no member holds the caption");
}

static void test_captions_of_ours_pass(void **state)
{
	static const char ours[] = "{\"caption_id\":\"c\",\"image\":\"a\",\"caption\":\"C\","
		"\"text\":\"D\"}\n";
	struct rec *r = parse(REC_CAPTION, ours);

	(void)state;
	assert_int_equal(layout_caption(r, NULL, NULL, NULL), 0);
	becomes(r, ours);
}

/* expected: the records of the row, one per line, without their ids; "! why" for a bad one. */
static void questions(const char *line, const char *expected)
{
	struct layout_items list = { 0 };
	struct rec *row = parse(REC_IMAGE, line);
	struct rec_question parts;
	struct buf got;
	struct err err;
	char id[33], answer[2] = "";
	size_t i;

	buf_init(&got, BUF_NO_MAX);
	if (layout_questions(row, NULL, &list, &err))
		fail_msg("%s: %s", line, err.text);
	for (i = 0; i < list.count; i++) {
		if (!list.items[i].rec) {
			buf_printf(&got, "! %s\n", list.items[i].err.text);
			continue;
		}
		assert_int_equal(rec_question(list.items[i].rec, &parts, &err), 0);
		answer[0] = (char)('A' + parts.answer);
		rec_question_id(parts.image_key, parts.question, parts.options, parts.option_count,
				answer, id);
		assert_string_equal(parts.id, id);
		free(parts.options);
		rec_drop(list.items[i].rec, "question_id");
		rec_write(list.items[i].rec, &got);
	}
	assert_string_equal(got.data, expected);
	buf_release(&got);
	layout_items_release(&list);
	rec_free(row);
}

#define TRUTH(list) "\"reward_model\":{\"ground_truth\":[" list "]}"

static void test_question_rows(void **state)
{
	(void)state;
	questions("{\"id\":\"" HEX "\",\"image\":{\"bytes\":\"x\",\"path\":\"a.png\"},"
		  "\"prompt\":[{\"role\":\"user\",\"content\":\"<image> P\"}],"
		  TRUTH("{\"question\":\"Q?\",\"choices\":[\"A) Red\",\"B) Blue\"],\"answer\":\"B\"},"
			"{\"question\":\"R?\",\"choices\":[\"A. x\",\"B. A) y\"],\"answer\":\"A\",\"n\":1}")
		  ",\"data_source\":\"d\"}",
		  "{\"image\":\"a.png\",\"question\":\"Q?\",\"options\":[\"Red\",\"Blue\"],"
		  "\"answer\":\"B\",\"from\":{\"rule\":\"caprl\",\"index\":0},\"source_id\":\"" HEX "\","
		  "\"prompt\":[{\"role\":\"user\",\"content\":\"<image> P\"}],\"data_source\":\"d\"}\n"
		  "{\"image\":\"a.png\",\"question\":\"R?\",\"options\":[\"x\",\"A) y\"],"
		  "\"answer\":\"A\",\"from\":{\"rule\":\"caprl\",\"index\":1},\"source_id\":\"" HEX "\","
		  "\"prompt\":[{\"role\":\"user\",\"content\":\"<image> P\"}],\"data_source\":\"d\",\"n\":1}\n");
	questions("{\"images\":[{\"image\":\"file:///a.png\"}],\"reward_model\":{\"style\":\"rule\","
		  "\"ground_truth\":\"[{\\\"question\\\":\\\"Q?\\\",\\\"choices\\\":"
		  "[\\\"(A) x\\\",\\\"(B) y\\\"],\\\"answer\\\":\\\"y\\\"}]\"}}",
		  "{\"image\":\"/a.png\",\"question\":\"Q?\",\"options\":[\"x\",\"y\"],"
		  "\"answer\":\"B\",\"from\":{\"rule\":\"verl\",\"index\":0},"
		  "\"reward_model\":{\"style\":\"rule\"}}\n");
	questions("{\"image\":\"a\",\"cap_rl_qa\":{\"parsed_qa_list\":[],\"kept_qas\":[{\"question\":"
		  "\"Q?\",\"options\":{\"A\":\"x\",\"B\":\"y\"},\"answer\":\"A\",\"answer_text\":\"x\"}]}}",
		  "{\"image\":\"a\",\"question\":\"Q?\",\"options\":[\"x\",\"y\"],\"answer\":\"A\","
		  "\"from\":{\"rule\":\"dataflow\",\"index\":0},\"answer_text\":\"x\"}\n");
	questions("{\"image\":\"a\",\"question\":\"Q?\",\"choices\":[\"A：红\",\"B：蓝\"],"
		  "\"answer\":\"B：蓝\"}",
		  "{\"image\":\"a\",\"question\":\"Q?\",\"options\":[\"红\",\"蓝\"],\"answer\":\"B\","
		  "\"from\":{\"rule\":\"row\",\"index\":0}}\n");
}

#define ROW(choices, answer) "{\"image\":\"a\"," TRUTH("{\"question\":\"Q?\",\"choices\":[" \
	choices "],\"answer\":\"" answer "\"}") "}"

static void test_choices(void **state)
{
	static const struct { const char *row, *says; } cases[] = {
		{ ROW("\"A) x\",\"B) y\"", "C"), "! the answer is none of the choices\n" },
		{ ROW("\"A) x\",\"C) y\"", "A"), "! the labels of the choices are not A, B, C ...\n" },
		{ ROW("\"A) x\",\"y\"", "A"), "! the labels of the choices are not A, B, C ...\n" },
		{ ROW("\"A) x\",\"B) y\"", "A) y"), "! the answer's letter and text disagree\n" },
		{ ROW("\"B\",\"A\"", "A"), "! the answer is both a letter and another's text\n" },
		{ ROW("\"x\",\" X \"", "A"), "! two choices are equal\n" },
		{ ROW("\"A) x\",\"B) \"", "A"), "! a choice is empty\n" },
		{ ROW("\"x\"", "A"), "! the choices are no list of 2 to 25 texts\n" },
		{ ROW("\"x\",7", "A"), "! the choices are no list of 2 to 25 texts\n" },
		{ "{\"image\":\"a\"," TRUTH("{\"choices\":[]}") "}", "! no 'question' in the question\n" },
	};
	static const char *const fine[][3] = {
		{ ROW("\"E. coli\",\"yeast\"", "yeast"), "[\"E. coli\",\"yeast\"]", "B" },
		{ ROW("\"A: x\",\"B: y\"", "B: y"), "[\"x\",\"y\"]", "B" },
		{ ROW("\"a) x\",\"b) y\"", "(A)"), "[\"x\",\"y\"]", "A" },
		{ ROW("\"A\",\"B\"", "B"), "[\"A\",\"B\"]", "B" },
	};
	char expected[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		questions(cases[i].row, cases[i].says);
	for (i = 0; i < COUNT(fine); i++) {
		snprintf(expected, sizeof(expected), "{\"image\":\"a\",\"question\":\"Q?\","
			 "\"options\":%s,\"answer\":\"%s\",\"from\":{\"rule\":\"caprl\",\"index\":0}}\n",
			 fine[i][1], fine[i][2]);
		questions(fine[i][0], expected);
	}
}

static void test_questions_of_ours_pass(void **state)
{
	static const char ours[] = "{\"question_id\":\"q\",\"image\":\"a\",\"question\":\"Q\","
		"\"options\":[\"A) x\",\"y\"],\"answer\":\"A\",\"verdict\":\"drop\",\"z\":1e999}\n";
	struct layout_items list = { 0 };
	struct rec *row = parse(REC_QUESTION, ours);

	(void)state;
	assert_int_equal(layout_questions(row, NULL, &list, NULL), 0);
	assert_int_equal(list.count, 1);
	becomes(list.items[0].rec, ours);
	list.items[0].rec = NULL;
	layout_items_release(&list);
	rec_free(row);
}

/* They keep their ids, whatever these are; null says nothing, and the image's own members are its. */
static void test_questions_of_a_sample(void **state)
{
	struct layout_items list = { 0 };
	struct rec *row = parse(REC_CAPTION, "{\"image_id\":\"" HEX "\",\"image\":\"file://a\","
		"\"mime\":\"image/png\",\"x\":1.0,\"questions\":[{\"question_id\":\"q\",\"\\u0071uestion\""
		":\"Q\\u002e\",\"options\":[\"x\", \"y\"],\"answer\":\"B\",\"verdict\":null,\"y\":[1.0]},"
		"{\"question\":\"Q\"}]}");

	(void)state;
	assert_true(layout_is_sample(row, REC_QUESTION));
	assert_false(layout_is_sample(row, REC_CAPTION));
	assert_int_equal(layout_questions(row, NULL, &list, NULL), 0);
	assert_int_equal(list.count, 2);
	becomes(list.items[0].rec, "{\"question_id\":\"q\",\"image_id\":\"" HEX "\",\"image\":\"a\","
		"\"question\":\"Q.\",\"options\":[\"x\",\"y\"],\"answer\":\"B\",\"x\":1.0,"
		"\"y\":[1.0]}\n");
	list.items[0].rec = NULL;
	assert_null(list.items[1].rec);
	assert_string_equal(list.items[1].err.text, "number 2 of 'questions' has no 'question_id'");
	assert_int_equal(layout_sample(row, REC_KINDS, NULL, &list, NULL), 0);
	assert_int_equal(list.count, 3);
	becomes(list.items[0].rec, "{\"image_id\":\"" HEX "\",\"image\":\"a\",\"mime\":\"image/png\","
		"\"x\":1.0}\n");
	list.items[0].rec = NULL;
	layout_items_release(&list);
	rec_free(row);
}

static void named(enum rec_kind kind, const char *line, const char *expected)
{
	struct rec *r = parse(kind, line);
	struct buf b;

	buf_init(&b, BUF_NO_MAX);
	layout_name(r, kind, NULL, NULL, &b);
	assert_string_equal(b.data, expected);
	buf_release(&b);
	rec_free(r);
}

static void test_names(void **state)
{
	(void)state;
	named(REC_CAPTION, "{\"image\":\"a\",\"conversations\":[{\"from\":\"gpt\",\"value\":\"C\"}]}",
	      "LLaVA conversations: image from 'image', caption from the last turn of "
	      "'conversations'");
	named(REC_CAPTION, "{\"img\":\"a\",\"text\":\"C\"}",
	      "rows: image from 'img', caption from 'text'");
	named(REC_CAPTION, "{\"caption_id\":\"c\",\"image\":\"a\",\"caption\":\"C\"}", "");
	named(REC_REPLY, "{\"qa_response\":\"R\",\"image_path\":\"a\"}",
	      "gen_qa.py replies: image from 'image_path', reply from 'qa_response'");
	named(REC_IMAGE, "{\"image\":\"a\"}", "");
	named(REC_QUESTION, ROW("\"A) x\",\"B) y\"", "A"), "CapRL-QA rows: image from 'image'");
}

#define ODD "\"big\":12345678901234567890,\"one\":1.0,\"deep\":{\"x\": [1.50, null]},\"path\":\"a\\/b\""

static void question(const char *line, const char *const *expected)
{
	struct rec *row = parse(REC_QUESTION, line);
	struct layout_items list = { 0 };
	struct err err = { 0 };
	struct buf b;
	size_t i;

	if (layout_questions(row, NULL, &list, &err))
		fail_msg("%s: %s", line, err.text);
	buf_init(&b, BUF_NO_MAX);
	for (i = 0; i < list.count; i++) {
		assert_non_null(expected[i]);
		assert_non_null(list.items[i].rec);
		buf_clear(&b);
		rec_write(list.items[i].rec, &b);
		/* what comes behind the known members */
		assert_non_null(strstr(b.data, "\"from\":"));
		assert_string_equal(strchr(strstr(b.data, "\"from\":"), '}') + 1, expected[i]);
	}
	assert_null(expected[i]);
	buf_release(&b);
	layout_items_release(&list);
	rec_free(row);
}

/* What is not understood goes on with its own bytes, also out of the lists of others. */
static void test_strange_members_keep_their_bytes(void **state)
{
	struct rec *r;
	struct err err;

	(void)state;
	question("{\"image\":\"a\",\"reward_model\":{\"style\":1.0,\"ground_truth\":["
		 "{\"question\":\"Q\",\"choices\":[\"x\",\"y\"],\"answer\":\"A\"," ODD "},"
		 "{\"question\":\"R\",\"choices\":[\"x\",\"y\"],\"answer\":\"B\",\"\\u0061\":2.0}],"
		 "\"note\": \"b\\/c\"}," ODD "}", (const char *const[]){
			 ",\"reward_model\":{\"style\":1.0,\"note\":\"b\\/c\"}," ODD "}\n",
			 ",\"reward_model\":{\"style\":1.0,\"note\":\"b\\/c\"}," ODD ",\"a\":2.0}\n",
			 NULL });
	/* a list in a text: its own line breaks would be ours */
	question("{\"image\":\"a\",\"reward_model\":{\"ground_truth\":\" [\\n{\\\"question\\\":\\\"Q\\\","
		 "\\\"choices\\\":[\\\"x\\\",\\\"y\\\"],\\\"answer\\\":\\\"A\\\",\\n\\\"one\\\": 1.0}]\"}}",
		 (const char *const[]){ ",\"one\":1.0}\n", NULL });
	/* a truth that is no list leaves the row its own question */
	question("{\"image\":\"a\",\"reward_model\":{\"ground_truth\":\"7\",\"one\":1.0},\"question\":\"Q\","
		 "\"choices\":[\"x\",\"y\"],\"answer\":\"A\"}",
		 (const char *const[]){ ",\"reward_model\":{\"one\":1.0}}\n", NULL });
	question("{\"image\":\"a\",\"cap_rl_qa\":{\"kept_qas\":null,\"parsed_qa_list\":["
		 "{\"question\":\"Q\",\"options\":[\"x\",\"y\"],\"answer\":\"A\",\"one\":1.0}]}}",
		 (const char *const[]){ ",\"one\":1.0}\n", NULL });

	r = parse(REC_CAPTION, "{\"image\":\"a\",\"conversations\":[\"odd\", {\"from\":\"human\","
		  "\"value\":\"x\"," ODD "} ,{\"from\":\"gpt\",\"value\":\"A car.\"}]}");
	assert_int_equal(layout_caption(r, NULL, NULL, &err), 0);
	rec_drop(r, "caption_id");
	becomes(r, "{\"image\":\"a\",\"caption\":\"A car.\",\"conversations\":[\"odd\", "
		"{\"from\":\"human\",\"value\":\"x\"," ODD "}]}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image_rows),
		cmocka_unit_test(test_foreign_ids),
		cmocka_unit_test(test_never_a_guess),
		cmocka_unit_test(test_reply_rows),
		cmocka_unit_test(test_caption_rows),
		cmocka_unit_test(test_captions_are_never_guessed),
		cmocka_unit_test(test_captions_of_ours_pass),
		cmocka_unit_test(test_question_rows),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_questions_of_ours_pass),
		cmocka_unit_test(test_questions_of_a_sample),
		cmocka_unit_test(test_strange_members_keep_their_bytes),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
