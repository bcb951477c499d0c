/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger_line: what a batch engine writes is read as if it had come over the wire, also where
 * JSON readers go wrong. The shapes are in tests/golden/ledger-import.
 */
#include "store/ledger_line.h"

#include "tests/unit/scratch.h"

#define KEY "00112233445566778899aabbccddeeff"
#define LINE(content) "{\"id\":\"x\",\"custom_id\":\"" KEY "\",\"response\":{\"status_code\":200,\"body\":{" \
	"\"created\":1764000000,\"choices\":[{\"message\":{\"content\":" content "}," \
	"\"finish_reason\":\"stop\"}]}},\"error\":null}"

static void reads(const char *line, const char *content)
{
	unsigned char key[16];
	struct answer answer;
	char class[41];
	struct err err;
	bool has_key;

	assert_int_equal(ledger_line_read(line, strlen(line), 5, key, &has_key, &answer, class, &err),
			 LEDGER_LINE_ANSWER);
	assert_true(has_key);
	assert_string_equal(answer.content, content);
	answer_release(&answer);
}

/* None of these may shorten an answer, or lose one that was paid for. */
static void test_mended(void **state)
{
	(void)state;
	reads(LINE("\"a\\u0000b\""), "a\xef\xbf\xbd" "b");
	reads(LINE("\"a\\ud800b\""), "a\xef\xbf\xbd" "b");
	reads(LINE("\"a\xff" "b\""), "a\xef\xbf\xbd" "b");
	reads(LINE("\"\\ud83d\\ude00\""), "\xf0\x9f\x98\x80");
	reads("{\"key\":\"" KEY "\",\"content\":\"a\\u0000b\"}", "a\xef\xbf\xbd" "b");
}

/* Only what the schema of a constrained request makes is taken out of its envelope. */
static void test_envelope(void **state)
{
	(void)state;
	reads(LINE("\"{\\\"answer\\\": \\\"B\\\"}\""), "B");
	reads(LINE("\"{\\\"answer\\\":\\\"B\\\",\\\"question\\\":\\\"Q\\\"}\""),
	      "{\"answer\":\"B\",\"question\":\"Q\"}");
	reads(LINE("\"{\\\"answer\\\":\\\"Blue\\\"}\""), "{\"answer\":\"Blue\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mended),
		cmocka_unit_test(test_envelope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
