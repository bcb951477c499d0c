/* SPDX-License-Identifier: Apache-2.0
 *
 * record: known members in one order and form, unknown ones byte for byte.
 */
#include "schemas/record.h"

#include "schemas/hash.h"

#include "tests/unit/scratch.h"

static struct rec *parse(enum rec_kind kind, const char *line)
{
	struct err err = { 0 };
	struct rec *r = rec_parse(kind, line, strlen(line), &err);

	if (!r)
		fail_msg("%s: %s", line, err.text);
	return r;
}

static void writes(struct rec *r, const char *expected)
{
	struct buf b;

	buf_init(&b, BUF_NO_MAX);
	rec_write(r, &b);
	assert_string_equal(b.data, expected);
	buf_release(&b);
}

static void rewrites(enum rec_kind kind, const char *line, const char *expected)
{
	struct rec *r = parse(kind, line), *again;
	struct buf b;

	writes(r, expected);
	buf_init(&b, BUF_NO_MAX);
	rec_write(r, &b);
	again = parse(kind, b.data);
	writes(again, expected);	/* written once, the form stays */
	rec_free(again);
	rec_free(r);
	buf_release(&b);
}

static void test_unknown_members_keep_their_bytes(void **state)
{
	(void)state;
	rewrites(REC_IMAGE,
		 "{\"zeta\": [ 1.0 , 12345678901234567890, 1e999 ],\"image\":\"a\\u002fb.png\","
		 "\"na\\u0069ve\":\"\\u0041\", \"width\" : 3}",
		 "{\"image\":\"a/b.png\",\"width\":3,\"zeta\":[ 1.0 , 12345678901234567890, "
		 "1e999 ],"
		 "\"na\\u0069ve\":\"\\u0041\"}\n");
}

/* Whether a line may be passed on as it stands: just where rec_write would write it so. */
static void test_canonical(void **state)
{
	static const struct {
		const char *line;
		bool canonical;
	} cases[] = {
		{ "{}", true },
		{ "{\"image\":\"a\",\"width\":3,\"source\":null,\"z\":[1.0],\"a\":1}", true },
		{ "{\"z\":1}", true },
		{ "{\"width\":3,\"image\":\"a\"}", false },
		{ "{\"z\":1,\"image\":\"a\"}", false },
		{ " {\"image\":\"a\"}", false },
		{ "{\"image\":\"a\"} ", false },
		{ "{\"image\": \"a\"}", false },
		{ "{\"image\":\"a b\"}", true },
		{ "{\"z\":[1, 2]}", false },		/* it would stay; nobody looks that close */
		{ "{\"image\":\"a\\u0062\"}", false },
		{ "{\"im\\u0061ge\":\"a\"}", false },
		{ "{\"image\":\"\xc3\xa9\"}", true },
	};
	struct rec *r, *again;
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	for (i = 0; i < COUNT(cases); i++) {
		r = parse(REC_IMAGE, cases[i].line);
		if (rec_is_canonical(r) != cases[i].canonical)
			fail_msg("%s", cases[i].line);
		buf_clear(&b);
		rec_write(r, &b);
		if (cases[i].canonical) {
			again = rec_parse_canonical(REC_IMAGE, cases[i].line,
						    strlen(cases[i].line));
			writes(again, b.data);
			assert_true(rec_is_canonical(again));
			rec_free(again);
		}
		if (cases[i].canonical && (strncmp(b.data, cases[i].line, b.len - 1) ||
					   b.len - 1 != strlen(cases[i].line)))
			fail_msg("%s is written as %s", cases[i].line, b.data);
		rec_free(r);
	}
	r = parse(REC_IMAGE, "{\"image\":\"a\",\"z\":1}");
	rec_set_text(r, "image", "b");
	assert_false(rec_is_canonical(r));
	rec_free(r);
	r = parse(REC_IMAGE, "{\"image\":\"a\",\"z\":1}");
	rec_drop(r, "z");
	assert_false(rec_is_canonical(r));
	rec_become(r, REC_CAPTION);
	assert_false(rec_is_canonical(r));
	rec_free(r);
	buf_release(&b);
}

static void test_canonical_order(void **state)
{
	(void)state;
	rewrites(REC_QUESTION,
		 "{\"verdict\":\"keep\",\"source\":{\"b\":1},\"options\":[ \"x\", \"y\" "
		 "],\"extra\":1,"
		 "\"question\":\"Q\",\"image\":\"i\",\"question_id\":\"1\",\"answer\":\"A\"}",
		 "{\"question_id\":\"1\",\"image\":\"i\",\"question\":\"Q\",\"options\":[\"x\","
		 "\"y\"],"
		 "\"answer\":\"A\",\"verdict\":\"keep\",\"source\":{\"b\":1},\"extra\":1}\n");
}

/* The same key written with escapes is the same member: setting it must not make two. */
static void test_known_key_with_escapes(void **state)
{
	struct rec *r = parse(REC_IMAGE, "{\"im\\u0061ge\":\"a.png\",\"x\":1}");

	(void)state;
	assert_string_equal(rec_text(r, "image"), "a.png");
	rec_set_text(r, "image", "b.png");
	writes(r, "{\"image\":\"b.png\",\"x\":1}\n");
	rec_free(r);
}

static void test_texts(void **state)
{
	struct rec *r =
		parse(REC_REPLY, "{\"reply\":\"a\\n\\\"b\\\" \\ud83d\\ude00\",\"model\":null,"
				 "\"call\":3}");

	(void)state;
	assert_string_equal(rec_text(r, "reply"), "a\n\"b\" \xf0\x9f\x98\x80");
	assert_null(rec_text(r, "model"));
	assert_false(rec_has(r, "model"));
	assert_null(rec_text(r, "call"));
	assert_true(rec_has(r, "call"));
	assert_null(rec_text(r, "Reply"));	/* case matters */
	rec_set_text(r, "model", "m\t\"");
	assert_string_equal(rec_text(r, "model"), "m\t\"");
	rec_set_text(r, "reply", NULL);
	rec_set_int(r, "call", -7);
	writes(r, "{\"reply\":null,\"model\":\"m\\t\\\"\",\"call\":-7}\n");
	rec_free(r);
}

static void test_set_from_its_own_text(void **state)
{
	struct rec *r = parse(REC_REPLY, "{\"reply\":\"abc\"}");

	(void)state;
	rec_set_text(r, "reply", rec_text(r, "reply") + 1);
	rec_set_text(r, "reply", rec_text(r, "reply") + 1);
	assert_string_equal(rec_text(r, "reply"), "c");
	rec_free(r);
}

static void test_integers(void **state)
{
	static const struct { const char *value; int result; int64_t number; } cases[] = {
		{ "0", 0, 0 }, { "-5", 0, -5 }, { "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -1, 0 }, { "12345678901234567890", -1, 0 },
		{ "1.0", -1, 0 }, { "1e3", -1, 0 }, { "1e999", -1, 0 }, { "\"1\"", -1, 0 },
		{ "null", 1, 0 }, { "true", -1, 0 }, { "[1]", -1, 0 },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "1111111111111111111111111111111111111111111111111111111", -1, 0 },
	};
	char line[128];
	struct rec *r;
	int64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		snprintf(line, sizeof(line), "{\"width\":%s}", cases[i].value);
		r = parse(REC_IMAGE, line);
		n = 77;
		assert_int_equal(rec_int(r, "width", &n), cases[i].result);
		assert_true(n == (cases[i].result ? 77 : cases[i].number));
		assert_int_equal(rec_int(r, "height", &n), 1);
		rec_free(r);
	}
}

static void test_set_json_and_drop(void **state)
{
	struct rec *r = parse(REC_QUESTION, "{\"answer\":\"A\",\"x\":[ 1 ],\"reason\":\"r\"}");
	cJSON *list = cJSON_Parse("[{\"model\":\"m\"}]");

	(void)state;
	rec_set_json(r, "blind", list);
	assert_string_equal(cJSON_GetArrayItem(rec_json(r, "blind"), 0)->child->valuestring,
			    "m");
	rec_drop(r, "reason");
	rec_drop(r, "reason");
	rec_drop(r, "x");
	writes(r, "{\"answer\":\"A\",\"blind\":[{\"model\":\"m\"}]}\n");
	cJSON_Delete(list);
	rec_free(r);
}

/* More members than there is room for beside the line. */
static void test_set_many(void **state)
{
	struct rec *r = parse(REC_IMAGE, "{\"image\":\"a.png\",\"width\":3,\"x\":[1]}"),
		   *new = rec_new(REC_IMAGE);
	struct buf want, name;
	int i;

	(void)state;
	buf_init(&want, BUF_NO_MAX);
	buf_init(&name, BUF_NO_MAX);
	buf_adds(&want, "{\"image\":\"a.png\",\"width\":3,\"x\":[1]");
	rec_set_text(new, "image", "a.png");
	rec_set_int(new, "width", 3);
	rec_set_raw(new, "x", "[1]", 3);
	for (i = 0; i < 40; i++) {
		buf_clear(&name);
		buf_printf(&name, "m%d", i);
		rec_set_int(r, name.data, i);
		rec_set_int(new, name.data, i);
		buf_printf(&want, ",\"m%d\":%d", i, i);
	}
	buf_adds(&want, "}\n");
	writes(r, want.data);
	writes(new, want.data);
	assert_string_equal(rec_text(r, "image"), "a.png");
	for (i = 0; i < 40; i++) {
		buf_clear(&name);
		buf_printf(&name, "m%d", i);
		assert_true(rec_has(r, name.data));
		assert_true(rec_has(new, name.data));
	}
	assert_false(rec_has(r, "m"));
	assert_false(rec_has(r, "m400"));
	rec_free(r);
	rec_free(new);
	buf_release(&want);
	buf_release(&name);
}

static void test_child_inherits_unknown_and_shared(void **state)
{
	struct rec *image = parse(REC_IMAGE,
		"{\"image_id\":\"00\",\"image\":\"a.png\",\"mime\":\"image/png\",\"width\":1,"
		"\"source\":\"s\",\"source_id\":7,\"mine\": [ 1.0 ],\"same_as\":\"b\"}");
	struct rec *reply = rec_child(image, REC_REPLY), *question;

	(void)state;
	rec_set_text(reply, "reply", "hello");
	writes(reply,
	       "{\"image_id\":\"00\",\"image\":\"a.png\",\"mime\":\"image/png\",\"width\":1,"
	       "\"same_as\":\"b\",\"reply\":\"hello\",\"source\":\"s\",\"source_id\":7,"
	       "\"mine\":[ 1.0 ]}\n");
	question = rec_child(reply, REC_QUESTION);
	rec_set_text(question, "question", "Q");
	writes(question,
	       "{\"image_id\":\"00\",\"image\":\"a.png\",\"question\":\"Q\",\"source\":\"s\","
	       "\"source_id\":7,\"mine\":[ 1.0 ]}\n");
	rec_free(question);
	rec_free(reply);
	rec_free(image);
}

/* A text that is no UTF-8 (a path, a model's words) must still make a sound record. */
static void test_child_of_broken_text(void **state)
{
	struct rec *r = rec_new(REC_REPLY), *child;

	(void)state;
	rec_set_text(r, "image", "a\xff.png");
	child = rec_child(r, REC_QUESTION);
	assert_non_null(child);
	writes(child, "{\"image\":\"a\xef\xbf\xbd.png\"}\n");
	rec_free(child);
	rec_free(r);
}

static void test_rest_and_become(void **state)
{
	struct rec *r = parse(REC_IMAGE, "{\"image\":\"i\",\"question\":\"Q\",\"z\": 1.0}");
	struct buf b;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	rec_write_rest(r, &b);
	assert_string_equal(b.data, "\"question\":\"Q\",\"z\":1.0");
	rec_become(r, REC_QUESTION);
	buf_clear(&b);
	rec_write_rest(r, &b);
	assert_string_equal(b.data, "\"z\":1.0");
	rec_free(r);
	buf_release(&b);
}

static void id_of(const char *line, char out[33])
{
	struct rec *r = parse(REC_QUESTION, line);
	struct rec_question q;
	struct err err;
	char letter[2] = "A";

	assert_int_equal(rec_question(r, &q, &err), 0);
	letter[0] = (char)('A' + q.answer);
	rec_question_id(q.image_key, q.question, q.options, q.option_count, letter, out);
	free(q.options);
	rec_free(r);
}

#define QUESTION(image, question, options, answer)                                             \
	"{\"question_id\":\"x\",\"image\":\"" image "\",\"question\":\"" question              \
	"\",\"options\":" options ",\"answer\":\"" answer "\"}"

/* The id follows from the texts alone: not from member order, spaces or escapes. */
static void test_question_id(void **state)
{
	static const char *const others[] = {
		QUESTION("i2", "Q", "[\"x\",\"y\"]", "B"),
		QUESTION("i", "Q2", "[\"x\",\"y\"]", "B"),
		QUESTION("i", "Q", "[\"y\",\"x\"]", "B"),
		QUESTION("i", "Q", "[\"x\",\"y\"]", "A"),
		QUESTION("i", "Q", "[\"x\",\"y\",\"z\"]", "B"),
		QUESTION("i", "Qx", "[\"\\u0079\",\"B\"]", "B"),
	};
	char id[33], other[33];
	size_t i;

	(void)state;
	id_of(QUESTION("i", "Q", "[\"x\",\"y\"]", "B"), id);
	id_of("{ \"answer\" : \"B\", \"options\" : [ \"\\u0078\" , \"y\" ] ,\"question\":\"Q\","
	      "\"unknown\":1.0, \"image\":\"\\u0069\",\"question_id\":\"x\"}", other);
	assert_string_equal(id, other);
	for (i = 0; i < COUNT(others); i++) {
		id_of(others[i], other);
		assert_string_not_equal(id, other);
	}
}

static void test_questions_checked(void **state)
{
	static const struct { const char *line, *why;
	} cases[] = {
		{ "{\"question\":\"Q\",\"options\":[\"a\",\"b\"],\"answer\":\"A\"}",
		  "no 'question_id' in the record" },
		{ "{\"question_id\":\"1\",\"options\":[\"a\",\"b\"],\"answer\":\"A\"}",
		  "no 'question' in the record" },
		{ "{\"question_id\":\"1\",\"question\":\"Q\",\"options\":[\"a\"],\"answer\":"
		  "\"A\"}",
		  "'options' is no list of 2 to 25 texts" },
		{ "{\"question_id\":\"1\",\"question\":\"Q\",\"options\":{\"a\":\"x\",\"b\":"
		  "\"y\"},"
		  "\"answer\":\"A\"}",
		  "'options' is no list of 2 to 25 texts" },
		{ "{\"question_id\":\"1\",\"question\":\"Q\",\"options\":[\"a\",\"\"],"
		  "\"answer\":\"A\"}",
		  "'options' holds something that is no text" },
		{ "{\"question_id\":\"1\",\"question\":\"Q\",\"options\":[\"a\",2],\"answer\":"
		  "\"A\"}",
		  "'options' holds something that is no text" },
		{ "{\"question_id\":\"1\",\"question\":\"Q\",\"options\":[\"a\",\"b\"],"
		  "\"answer\":\"C\"}",
		  "'answer' is no letter of the 2 options" },
		{ "{\"question_id\":\"1\",\"question\":\"Q\",\"options\":[\"a\",\"b\"],"
		  "\"answer\":\"a\"}",
		  "'answer' is no letter of the 2 options" },
		{ "{\"question_id\":\"1\",\"question\":\"Q\",\"options\":[\"a\",\"b\"],"
		  "\"answer\":\"AB\"}",
		  "'answer' is no letter of the 2 options" },
		{ "{\"question_id\":\"1\",\"question\":\"Q\",\"options\":[\"a\",\"b\"]}",
		  "'answer' is no letter of the 2 options" },
	};
	struct rec_question q;
	struct err err;
	struct rec *r;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		r = parse(REC_QUESTION, cases[i].line);
		assert_int_equal(rec_question(r, &q, &err), -1);
		assert_string_equal(err.text, cases[i].why);
		rec_free(r);
	}
}

/* Half of the hash of what `line` says. */
static uint64_t hash_of_line(enum rec_kind kind, const char *line)
{
	struct rec *r = rec_parse(kind, line, strlen(line), NULL);
	struct hash h;
	uint64_t half;

	assert_non_null(r);
	hash_init(&h);
	rec_hash(r, &h);
	half = hash_low(&h);
	hash_release(&h);
	rec_free(r);
	return half;
}

static void test_hash(void **state)
{
	static const char *const others[] = {
		"{\"image\":\"a\",\"caption\":\"c\"}", "{\"image\":\"a\",\"caption\":\"b\",\"x\":1}",
		"{\"image\":\"a\",\"captioN\":\"b\"}", "{\"image\":\"a\"}", "{}",
		"{\"image\":\"a\",\"caption\":[\"b\"]}", "{\"image\":1,\"caption\":\"b\"}",
	};
	uint64_t hash = hash_of_line(REC_CAPTION, "{\"image\":\"a\",\"caption\":\"b\"}");
	size_t i;

	(void)state;
	assert_true(hash == hash_of_line(REC_CAPTION, " { \"image\" : \"a\" , \"caption\" : \"b\" } "));
	assert_false(hash == hash_of_line(REC_IMAGE, "{\"image\":\"a\",\"caption\":\"b\"}"));
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(hash == hash_of_line(REC_CAPTION, others[i]));
}

static uint64_t hash_of_rec(const struct rec *r)
{
	struct hash h;
	uint64_t half;

	hash_init(&h);
	rec_hash(r, &h);
	half = hash_low(&h);
	hash_release(&h);
	return half;
}

static struct rec *identified(const char *line)
{
	struct rec *r = rec_parse(REC_CAPTION, line, strlen(line), NULL);

	assert_non_null(r);
	rec_identify(r);
	return r;
}

/* The id says what the caption says, however it was written; all else must still be the same. */
static void test_hash_of_an_identified_caption(void **state)
{
	static const char *const others[] = {
		"{\"image\":\"a\",\"caption\":\"c\"}", "{\"image\":\"b\",\"caption\":\"b\"}",
		"{\"image\":\"a\",\"caption\":\"b\",\"x\":1}",
		"{\"image\":\"a\",\"caption\":\"b\",\"model\":\"m\"}",
	};
	struct rec *r = identified("{\"image\":\"a\",\"caption\":\"b\"}");
	struct rec *same = identified("{\"image\":\"a\",\"caption\":\"\\u0062\"}"), *other;
	uint64_t hash = hash_of_rec(r);
	size_t i;

	(void)state;
	assert_string_equal(rec_text(r, "caption_id"), rec_text(same, "caption_id"));
	assert_true(hash == hash_of_rec(same));
	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		other = identified(others[i]);
		assert_false(hash == hash_of_rec(other));
		rec_free(other);
	}
	rec_set_text(same, "caption", "c");	/* its id is none of this text's */
	assert_false(hash == hash_of_rec(same));
	hash = hash_of_rec(same);
	rec_set_text(same, "caption", "d");
	assert_false(hash == hash_of_rec(same));
	rec_free(same);
	rec_free(r);
}

static void test_kinds(void **state)
{
	enum rec_kind kind;
	int i;

	(void)state;
	for (i = 0; i < REC_KINDS; i++) {
		assert_int_equal(rec_kind_parse(rec_kind_name((enum rec_kind)i), &kind), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(rec_kind_parse("captions", &kind), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_members_keep_their_bytes),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_canonical_order),
		cmocka_unit_test(test_known_key_with_escapes),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_set_from_its_own_text),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_set_json_and_drop),
		cmocka_unit_test(test_set_many),
		cmocka_unit_test(test_child_inherits_unknown_and_shared),
		cmocka_unit_test(test_child_of_broken_text),
		cmocka_unit_test(test_rest_and_become),
		cmocka_unit_test(test_question_id),
		cmocka_unit_test(test_questions_checked),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_hash_of_an_identified_caption),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
