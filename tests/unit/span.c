/* SPDX-License-Identifier: Apache-2.0
 *
 * span: what is JSON and what is not, where members stand, one canonical form, and arrays
 * that arrive in pieces of any size.
 */
#include "schemas/span.h"

#include <cjson/cJSON.h>

#include "tests/unit/scratch.h"

static void test_accepted(void **state)
{
	static const char *const texts[] = {
		"{}",
		" {\t}\r\n",
		"{\"a\":1}",
		"{\"a\":{\"a\":[{\"a\":1}]}}",
		"{\"a\":\"\\u00e9\\ud83d\\ude00\\n\\/\"}",
		"{\"a\":-0.5e+10,\"b\":0,\"c\":-0}",
		"{\"a\":12345678901234567890,\"b\":1e999}",
		"{\"a\":[],\"b\":[1,\"x\",null,true,false]}",
		"{\"\":1}",
		"{\"a\":\"\x7f\"}",
		"{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}",
		"{\"a\":1,\"A\":2}",
		"[1]",
		"\"x\"",
		"3",
		"null",
	};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++)
		if (span_check(texts[i], strlen(texts[i]), &err))
			fail_msg("'%s': %s", texts[i], err.text);
}

static void test_rejected_and_why(void **state)
{
	static const struct { const char *text, *why;
	} cases[] = {
		{ "", "not a JSON object at byte 0" },
		{ "[1]", "not a JSON object at byte 0" },
		{ "\"{}\"", "not a JSON object at byte 0" },
		{ "{\"a\":1} x", "trailing bytes after the value at byte 8" },
		{ "{}{}", "trailing bytes after the value at byte 2" },
		{ "{\"a\":1", "object without an end at byte 6" },
		{ "{\"a\":[1,2", "array without an end at byte 9" },
		{ "{\"a\":\"x", "string without an end at byte 7" },
		{ "{\"a\"", "expected ':' at byte 4" },
		{ "{\"a\":", "value is missing at byte 5" },
		{ "{\"a\":1,}", "expected a key at byte 7" },
		{ "{\"a\":[1,]}", "not a JSON value at byte 8" },
		{ "{\"a\":[1 2]}", "expected ',' or ']' at byte 8" },
		{ "{\"a\":1 \"b\":2}", "expected ',' or '}' at byte 7" },
		{ "{a:1}", "expected a key at byte 1" },
		{ "{'a':1}", "expected a key at byte 1" },
		{ "{\"a\":NaN}", "not a JSON value at byte 5" },
		{ "{\"a\":True}", "not a JSON value at byte 5" },
		{ "{\"a\":nul}", "not a JSON value at byte 5" },
		{ "{\"a\":nulls}", "expected ',' or '}' at byte 9" },
		{ "{\"a\":01}", "expected ',' or '}' at byte 6" },
		{ "{\"a\":+1}", "not a JSON value at byte 5" },
		{ "{\"a\":-}", "not a JSON value at byte 6" },
		{ "{\"a\":.5}", "not a JSON value at byte 5" },
		{ "{\"a\":1.}", "broken number at byte 7" },
		{ "{\"a\":1e}", "broken number at byte 7" },
		{ "{\"a\":1e+}", "broken number at byte 8" },
		{ "{\"a\":0x1}", "expected ',' or '}' at byte 6" },
		{ "{\"a\":\"\\x41\"}", "unknown escape at byte 7" },
		{ "{\"a\":\"\\", "unknown escape at byte 7" },
		{ "{\"a\":\"\\u12g4\"}", "broken \\u escape at byte 7" },
		{ "{\"a\":\"\\u12", "broken \\u escape at byte 7" },
		{ "{\"a\":\"x\\u0000y\"}", "\\u0000 in a string at byte 8" },
		{ "{\"a\\u0000\":1}", "\\u0000 in a string at byte 4" },
		{ "{\"a\":\"\\ud800\"}", "lone surrogate at byte 12" },
		{ "{\"a\":\"\\ud800\\u0041\"}", "lone surrogate at byte 12" },
		{ "{\"a\":\"\\udc00\"}", "lone surrogate at byte 7" },
		{ "{\"a\":\"x\ny\"}", "control character in a string at byte 7" },
		{ "{\"a\":\"x\ty\"}", "control character in a string at byte 7" },
		{ "{\"a\":\"\xff\"}", "invalid UTF-8 at byte 6" },
		{ "{\"a\":\"\xc3\"}", "invalid UTF-8 at byte 6" },
		{ "{\"a\":\"\xc0\xaf\"}", "invalid UTF-8 at byte 6" },
		{ "{\"a\":\"\xed\xa0\x80\"}", "invalid UTF-8 at byte 6" },
		{ "{\"a\":\"\xf4\x90\x80\x80\"}", "invalid UTF-8 at byte 6" },
		{ "{\"a\":1\xc2\xa0}", "expected ',' or '}' at byte 6" },
		{ "\xef\xbb\xbf{}", "not a JSON object at byte 0" },
		{ "{\"a\":1,\"a\":1}", "repeated key in the object that ends at byte 13" },
		{ "{\"a\":1,\"\\u0061\":2}",
		  "repeated key in the object that ends at byte 18" },
		{ "{\"x\":[{\"a\":1,\"b\":2,\"a\":3}]}",
		  "repeated key in the object that ends at byte 25" },
		{ "{/**/}", "expected a key at byte 1" },
	};
	struct span_members found = { 0 };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		err.text[0] = '\0';
		if (!span_object(cases[i].text, strlen(cases[i].text), &found, &err))
			fail_msg("'%s' was accepted", cases[i].text);
		assert_string_equal(err.text, cases[i].why);
		assert_int_equal(err.kind, EXIT_DATA);
	}
	assert_int_equal(span_object("{\"a\":\"x\0y\"}", 11, &found, &err), -1);
	assert_int_equal(span_object("{}\0", 3, &found, &err), -1);
	span_members_release(&found);
}

static void test_every_cut_is_refused(void **state)
{
	static const char text[] =
		"{\"a\":[1,{\"b\":\"\\ud83d\\ude00\xc3\xa9\",\"c\":-1.5e3}],\"d\":null}";
	struct err err;
	char *copy;
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(text) - 1; n++) {
		copy = malloc(n ? n : 1);	/* so that reading behind the end shows */
		memcpy(copy, text, n);
		assert_int_equal(span_check(copy, n, &err), -1);
		free(copy);
	}
	assert_int_equal(span_check(text, n, &err), 0);
}

static void test_depth(void **state)
{
	static char deep[20001];
	struct err err;

	(void)state;
	memset(deep, '[', 10000);
	memset(deep + 10000, ']', 10000);
	assert_int_equal(span_check(deep, 20000, &err), -1);
	assert_string_equal(err.text, "nested too deep at byte 128");
	assert_int_equal(span_check(deep + 10000 - SPAN_DEPTH_MAX, 2 * SPAN_DEPTH_MAX, &err),
			 0);
	assert_int_equal(span_check(deep + 9999 - SPAN_DEPTH_MAX, 2 * SPAN_DEPTH_MAX + 2, &err),
			 -1);
}

/* 200,000 keys: sorting copes, comparing all pairs would take minutes. */
static void test_many_keys(void **state)
{
	struct span_members found = { 0 };
	struct err err;
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	buf_addc(&b, '{');
	for (i = 0; i < 200000; i++)
		buf_printf(&b, "%s\"k%d\":%d", i ? "," : "", i, i);
	buf_addc(&b, '}');
	assert_int_equal(span_object(b.data, b.len, &found, &err), 0);
	assert_int_equal(found.count, 200000);
	b.len--;
	buf_adds(&b, ",\"k77\":0}");
	assert_int_equal(span_object(b.data, b.len, &found, &err), -1);
	span_members_release(&found);
	buf_release(&b);
}

static void test_members_in_place(void **state)
{
	static const char text[] = " { \"a\" : \"x\" , \"b\\n\":[ 1, {\"c\":2}] ,\"d\":-1.0 }";
	struct span_members found = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(span_object(text, strlen(text), &found, &err), 0);
	assert_int_equal(found.count, 3);
	assert_memory_equal(found.items[0].key, "a", found.items[0].key_len);
	assert_int_equal(found.items[0].value_len, 3);
	assert_memory_equal(found.items[0].value, "\"x\"", 3);
	assert_int_equal(found.items[1].key_len, 3);
	assert_memory_equal(found.items[1].key, "b\\n", 3);
	assert_int_equal(found.items[1].value_len, 13);
	assert_memory_equal(found.items[1].value, "[ 1, {\"c\":2}]", 13);
	assert_int_equal(found.items[2].value_len, 4);
	assert_memory_equal(found.items[2].value, "-1.0", 4);
	span_members_release(&found);
}

static void canon(const char *text, const char *expected)
{
	struct err err;
	struct buf b, again;

	assert_int_equal(span_check(text, strlen(text), &err), 0);
	buf_init(&b, BUF_NO_MAX);
	buf_init(&again, BUF_NO_MAX);
	span_canon(&b, text, strlen(text));
	assert_string_equal(b.data, expected);
	span_canon(&again, b.data, b.len);
	assert_string_equal(again.data, b.data);
	buf_release(&b);
	buf_release(&again);
}

static void test_canonical_form(void **state)
{
	(void)state;
	canon("[ 1 ,\n 2 ]", "[1,2]");
	canon("{ \"a b\" : \" c \" }", "{\"a b\":\" c \"}");
	canon("\"\\u0041\\/\\u00e9\\ud83d\\ude00\"", "\"A/\xc3\xa9\xf0\x9f\x98\x80\"");
	canon("\"\\u0022\\u005c\\u0008\\u0009\\u000a\\u000c\\u000d\\u000b\\u001F\"",
	      "\"\\\"\\\\\\b\\t\\n\\f\\r\\u000b\\u001f\"");
	canon("[\"\\\\\", \"\\\"\", \"x\"]", "[\"\\\\\",\"\\\"\",\"x\"]");
	canon("[\"\\\\\\\"\" , 1.0]", "[\"\\\\\\\"\",1.0]");
	canon("12345678901234567890", "12345678901234567890");
}

/* cJSON's printer and ours must agree on strings, or a record would have two forms. */
static void test_quote_agrees_with_cjson(void **state)
{
	char all[128 + 8] = "";
	cJSON *json;
	struct buf b, back;
	char *printed;
	int i;

	(void)state;
	for (i = 1; i < 128; i++)
		all[i - 1] = (char)i;
	strcpy(all + 127, "\xc3\xa9\xe2\x80\xa8");
	json = cJSON_CreateString(all);
	printed = cJSON_PrintUnformatted(json);
	buf_init(&b, BUF_NO_MAX);
	buf_init(&back, BUF_NO_MAX);
	span_quote(&b, all, strlen(all));
	assert_string_equal(b.data, printed);
	span_unquote(&back, b.data, b.len);
	assert_string_equal(back.data, all);
	buf_clear(&b);
	span_quote(&b, "a\0b", 3);
	assert_string_equal(b.data, "\"a\xef\xbf\xbd""b\"");
	buf_release(&b);
	buf_release(&back);
	cJSON_free(printed);
	cJSON_Delete(json);
}

/* The one odd byte is seen wherever it stands among those that are looked at sixteen at a time. */
static void test_plain_at_every_place(void **state)
{
	char text[45];
	size_t at, len;
	int c;

	(void)state;
	for (len = 1; len < sizeof(text); len++)
		for (at = 0; at < len; at++)
			for (c = 0; c < 256; c++) {
				memset(text, 'x', len);
				text[at] = (char)c;
				assert_int_equal(span_is_plain(text, len), c >= 32 && c < 128 &&
						 c != '"' && c != '\\');
			}
	assert_true(span_is_plain("", 0));
}

/* Whatever is quoted must be sound JSON: a path or a model's text may be no UTF-8. */
static void test_quote_mends_broken_utf8(void **state)
{
	static const struct { const char *text, *quoted; } cases[] = {
		{ "a\xff""b", "\"a\xef\xbf\xbd""b\"" },
		{ "\xe6\x9d", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xe6\x9d\xb1\x80\"", "\"\xe6\x9d\xb1\xef\xbf\xbd\\\"\"" },
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	};
	struct err err;
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	for (i = 0; i < COUNT(cases); i++) {
		buf_clear(&b);
		span_quote(&b, cases[i].text, strlen(cases[i].text));
		assert_string_equal(b.data, cases[i].quoted);
		assert_int_equal(span_check(b.data, b.len, &err), 0);
	}
	buf_release(&b);
}

/* The elements of text fed `step` bytes at a time, joined by '|'; "!" at the end: not sound. */
static void elements(const char *text, size_t len, size_t step, struct buf *out)
{
	struct span_array a = { 0 };
	struct buf unread;
	const char *value;
	size_t fed = 0, value_len, n;
	long used;

	buf_clear(out);
	buf_init(&unread, BUF_NO_MAX);
	while (fed < len || unread.len) {
		used = span_array_next(&a, unread.data, unread.len, &value, &value_len);
		if (used < 0) {
			buf_addc(out, '!');
			break;
		}
		if (value) {
			buf_add(out, value, value_len);
			buf_addc(out, '|');
		}
		buf_eat(&unread, (size_t)used);
		if (!value && fed == len)
			break;
		if (value)
			continue;
		n = len - fed < step ? len - fed : step;
		buf_add(&unread, text + fed, n);
		fed += n;
	}
	buf_addc(out, a.state == ARRAY_ENDED ? '.' : '?');
	buf_release(&unread);
}

static void streams(const char *text, size_t len, const char *expected)
{
	struct buf got;
	size_t step;

	buf_init(&got, BUF_NO_MAX);
	for (step = 1; step <= len + 1; step++) {
		elements(text, len, step, &got);
		if (strcmp(got.data, expected))
			fail_msg("in steps of %zu '%s' gives '%s', not '%s'", step, text,
				 got.data, expected);
	}
	buf_release(&got);
}

static void test_arrays_in_any_chunks(void **state)
{
	(void)state;
	streams("[]", 2, ".");
	streams(" [ ] \n", 6, ".");
	streams("[1,2]", 5, "1|2|.");
	streams("[ {\"a\":[1,2]} , \"x,]\\\"[\" ,\n[[]] , nu ]\n", 38,
		"{\"a\":[1,2]}|\"x,]\\\"[\"|[[]]|nu|.");
	streams("[\"\\\\\",\"]\"]", 10, "\"\\\\\"|\"]\"|.");
	streams("[{\"a\":1}", 8, "{\"a\":1}|?");
	streams("[{\"a\":1", 7, "?");
	streams("{\"a\":1}", 7, "!?");
	streams("[1] 2", 5, "1|!.");
	streams("[1],", 4, "1|!.");
	streams("[1}", 3, "1|!?");
	streams("[1,,2]", 6, "1|!?");
	streams("[1,]", 4, "1|!?");
	streams("[,1]", 4, "!?");
	streams("[{}{}]", 6, "{}|!?");
}

/* A NUL is no white space: it must reach span_check, which refuses it. */
/* Inner objects have the keys of outer ones, of any number; a key that comes twice is still seen. */
static void test_keys_of_inner_objects(void **state)
{
	struct buf b;
	struct err err;
	int n, i, twice;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	for (n = 1; n < 80; n++) {
		for (twice = -1; twice < n; twice++) {
			buf_clear(&b);
			for (i = 0; i < n; i++)
				buf_printf(&b, "%s\"k%d\":{\"k%d\":{\"k0\":1},\"k1\":{}}",
					   i ? "," : "{", i, n - i + 1);
			if (twice >= 0)
				buf_printf(&b, ",\"k%d\":1", twice);
			buf_addc(&b, '}');
			if (span_check(b.data, b.len, &err) != (twice >= 0 ? -1 : 0))
				fail_msg("%s", b.data);
		}
	}
	buf_release(&b);
}

/* Each part as `key=value|`, of an array `value|`. */
static void scans(const char *value, const char *expected)
{
	struct span_scan scan;
	struct span_member m;
	struct buf got;
	char *exact = malloc(strlen(value));	/* so that reading behind the end shows */

	memcpy(exact, value, strlen(value));
	buf_init(&got, BUF_NO_MAX);
	for (scan = span_scan(exact, strlen(value)); span_next(&scan, &m);) {
		if (m.key)
			buf_printf(&got, "%.*s%s", (int)m.key_len, m.key, m.escaped ? "~" : "=");
		buf_printf(&got, "%.*s|", (int)m.value_len, m.value);
	}
	assert_string_equal(got.data, expected);
	buf_release(&got);
	free(exact);
}

static void test_scan(void **state)
{
	(void)state;
	scans("{}", "");
	scans("[]", "");
	scans("[ \n ]", "");
	scans("[1]", "1|");
	scans("[ -1.5e3 ,\ttrue , null\n]", "-1.5e3|true|null|");
	scans("[[],[[1],{}],\"]\",\"\\\"]\",{\"a\":\"}\"} ]",
	      "[]|[[1],{}]|\"]\"|\"\\\"]\"|{\"a\":\"}\"}|");
	scans("{\"a\":1,\"\":[2,3],\"b\\u0063\" : {\"a\" : [ ] } ,\"d,\":\"x\\\\\"}",
	      "a=1|=[2,3]|b\\u0063~{\"a\" : [ ] }|d,=\"x\\\\\"|");
	/* no such value: nothing */
	scans("7", "");
	scans("\"[1]\"", "");
	scans("null", "");
}

static void test_members_of(void **state)
{
	struct span_members found = { 0 };

	(void)state;
	span_members_of("{\"a\":1,\"b\":{\"c\":2}}", 19, &found);
	assert_int_equal(found.count, 2);
	assert_int_equal(found.items[1].value_len, 7);
	span_members_of("[{\"a\":1}]", 9, &found);
	assert_int_equal(found.count, 0);
	span_members_release(&found);
}

static void test_array_keeps_nul(void **state)
{
	struct span_array a = { 0 };
	const char *value;
	size_t len = 0;

	(void)state;
	assert_int_equal(span_array_next(&a, "[1\0]", 4, &value, &len), 3);
	assert_int_equal(len, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_rejected_and_why),
		cmocka_unit_test(test_every_cut_is_refused),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_members_in_place),
		cmocka_unit_test(test_canonical_form),
		cmocka_unit_test(test_quote_agrees_with_cjson),
		cmocka_unit_test(test_plain_at_every_place),
		cmocka_unit_test(test_quote_mends_broken_utf8),
		cmocka_unit_test(test_arrays_in_any_chunks),
		cmocka_unit_test(test_array_keeps_nul),
		cmocka_unit_test(test_keys_of_inner_objects),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_members_of),
	};

	return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
