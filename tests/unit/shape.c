/* SPDX-License-Identifier: Apache-2.0
 *
 * shape: rows of different make come out with every key, constant types and, where they were
 * not known before, the bytes they had.
 */
#include "store/shape.h"

#include "tests/unit/scratch.h"

static struct shape *learned(const char *sample, const char *const *rows)
{
	struct shape *s = shape_of(sample);

	for (; *rows; rows++)
		shape_learn(s, *rows, strlen(*rows));
	shape_settle(s);
	return s;
}

static void expect(struct shape *s, const char *row, const char *want)
{
	struct buf out;

	buf_init(&out, BUF_NO_MAX);
	shape_write(s, row, strlen(row), &out);
	assert_string_equal(out.data, want);
	buf_release(&out);
}

static void known_members_follow_the_sample(void **state)
{
	static const char *const rows[] = { NULL };
	struct shape *s = learned("{\"id\":\"\",\"tags\":[\"\"],\"share\":0.5,\"from\":"
				  "{\"a\":0,\"b\":\"\"},\"list\":[{\"x\":0,\"y\":[0]}]}", rows);

	(void)state;
	expect(s, "{}", "{\"id\":null,\"tags\":[],\"share\":null,\"from\":null,\"list\":[]}");
	expect(s, "{\"list\":[{},{\"y\":[1,2],\"x\":3}],\"share\":1,\"from\":{\"b\":\"}\\\"\"},"
	       "\"id\":\"i\",\"tags\":null}",
	       "{\"id\":\"i\",\"tags\":[],\"share\":1.0,\"from\":{\"a\":null,\"b\":\"}\\\"\"},"
	       "\"list\":[{\"x\":null,\"y\":[]},{\"x\":3,\"y\":[1,2]}]}");
	shape_free(s);
}

static void learned_members_keep_their_bytes(void **state)
{
	static const char *const rows[] = {
		"{\"id\":\"1\",\"z\":{\"b\": [1, 2],\"a\":\"x\\/y\"}}",
		"{\"id\":\"2\",\"big\":12345678901234567890,\"f\":1.0}", NULL };
	struct shape *s = learned("{\"id\":\"\"}", rows);

	(void)state;
	expect(s, rows[0], "{\"id\":\"1\",\"big\":null,\"f\":null,"
	       "\"z\":{\"b\": [1, 2],\"a\":\"x\\/y\"}}");
	expect(s, rows[1], "{\"id\":\"2\",\"big\":12345678901234567890,\"f\":1.0,\"z\":null}");
	shape_free(s);
}

static void several_types_become_text(void **state)
{
	static const char *const rows[] = { "{\"a\":1,\"b\":{\"x\":1},\"c\":{}}",
		"{\"a\":\"1\",\"b\":{\"y\":\"2\"}}", NULL };
	struct shape *s = learned("{\"id\":\"\"}", rows);

	(void)state;
	expect(s, rows[0], "{\"id\":null,\"a\":\"1\",\"b\":{\"x\":1,\"y\":null},\"c\":\"{}\"}");
	expect(s, rows[1], "{\"id\":null,\"a\":\"\\\"1\\\"\",\"b\":{\"x\":null,\"y\":\"2\"},"
	       "\"c\":null}");
	shape_free(s);
}

/* Stores joined in another order must export the same bytes. */
static void order_of_learning_does_not_matter(void **state)
{
	static const char *const rows[] = { "{\"a\":1,\"b\":{\"x\":1}}",
					    "{\"b\":{\"y\":2},\"a\":2.5}",
					    "{\"c\":[],\"b\":null}", "{\"c\":[1.5]}", NULL };
	struct shape *one = learned("{\"id\":\"\"}", rows);
	struct shape *two = learned("{\"id\":\"\"}", (const char *const[]){
		rows[3], rows[2], rows[1], rows[0], NULL });
	struct buf a, b;
	int i;

	(void)state;
	buf_init(&a, BUF_NO_MAX);
	buf_init(&b, BUF_NO_MAX);
	shape_features(one, 0, &a);
	shape_features(two, 0, &b);
	assert_string_equal(a.data, b.data);
	for (i = 0; rows[i]; i++) {
		buf_clear(&a);
		buf_clear(&b);
		shape_write(one, rows[i], strlen(rows[i]), &a);
		shape_write(two, rows[i], strlen(rows[i]), &b);
		assert_string_equal(a.data, b.data);
	}
	buf_release(&a);
	buf_release(&b);
	shape_free(one);
	shape_free(two);
}

static void features_say_the_types(void **state)
{
	static const char *const rows[] = { "{\"n\":null,\"m\":[[1]],\"k\":[{\"on\":true}]}",
					    NULL };
	struct shape *s = learned("{\"id\":\"\",\"share\":0.5}", rows);
	struct buf yaml;

	(void)state;
	buf_init(&yaml, BUF_NO_MAX);
	shape_features(s, 0, &yaml);
	assert_string_equal(yaml.data,
		"- name: \"id\"\n  dtype: string\n- name: \"share\"\n  dtype: float64\n"
		"- name: \"k\"\n  list:\n  - name: \"on\"\n    dtype: bool\n"
		"- name: \"m\"\n  list:\n    list: int64\n- name: \"n\"\n  dtype: string\n");
	buf_release(&yaml);
	shape_free(s);
}

/* YAML allows fewer bytes in quotes than JSON does. */
static void names_are_yaml(void **state)
{
	static const char *const rows[] = {
		"{\"a\\/b\\ud83d\\ude00\":1,\"del\x7f nel\xc2\x85 ls\xe2\x80\xa8 bom\xef\xbb\xbf\":1}",
		NULL };
	struct shape *s = learned("{\"id\":\"\"}", rows);
	struct buf yaml;

	(void)state;
	buf_init(&yaml, BUF_NO_MAX);
	shape_features(s, 0, &yaml);
	assert_string_equal(yaml.data, "- name: \"id\"\n  dtype: string\n"
			    "- name: \"a/b\xf0\x9f\x98\x80\"\n  dtype: int64\n"
			    "- name: \"del\\x7F nel\\x85 ls\\u2028 bom\\uFEFF\"\n"
			    "  dtype: int64\n");
	buf_release(&yaml);
	shape_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_members_follow_the_sample),
		cmocka_unit_test(learned_members_keep_their_bytes),
		cmocka_unit_test(several_types_become_text),
		cmocka_unit_test(order_of_learning_does_not_matter),
		cmocka_unit_test(features_say_the_types),
		cmocka_unit_test(names_are_yaml),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
