/* SPDX-License-Identifier: Apache-2.0
 *
 * key_index: an answer is found under its key wherever its row is, recent, moving or moved, whoever
 * put it there, and no move loses or doubles one.
 */
#include "store/key_index.h"

#include <sqlite3.h>

#include "tests/unit/ledgers.h"

#define MOVES 70	/* transactions, at most, until all has moved */

/* Key number n: what the SQL below writes. */
static const unsigned char *key_of(int n)
{
	static char key[32];

	snprintf(key, sizeof(key), "key %012d", n);
	return (const unsigned char *)key;
}

static void sql(struct answers *a, const char *text)
{
	if (sqlite3_exec(answers_db(a), text, NULL, NULL, NULL))
		fail_msg("%s", sqlite3_errmsg(answers_db(a)));
}

static int64_t count(struct answers *a, const char *text)
{
	sqlite3_stmt *s;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(answers_db(a), text, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* Answers to the keys first to last, each with its number as text. */
static void fill(struct answers *a, int first, int last)
{
	char text[400];

	snprintf(text, sizeof(text), "PRAGMA synchronous=OFF; WITH RECURSIVE n(i) AS (SELECT %d UNION "
		 "ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO answers (key, content, coding, "
		 "asked_at) SELECT CAST(printf('key %%012d', i) AS BLOB), "
		 "CAST(CAST(i AS TEXT) AS BLOB), 0, 1000 FROM n", first, last);
	sql(a, text);
}

static void put(struct answers *a, int n, const char *content)
{
	struct answer answer = { .content = (char *)content, .prompt_tokens = -1,
				 .completion_tokens = -1 };

	answers_put(a, key_of(n), &answer);
	if (answers_commit(a, &err))
		fail_msg("%s", err.text);
}

static void finds(struct answers *a, int n, const char *content)
{
	struct answer out;
	int got = answers_find(a, key_of(n), &out, &err);

	if (got < 0)
		fail_msg("%s", err.text);
	assert_int_equal(got, content != NULL);
	if (content) {
		assert_string_equal(out.content, content);
		answer_release(&out);
	}
}

static void finds_number(struct answers *a, int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", n);
	finds(a, n, text);
}

/* Some of many: the ends and what lies between. */
static void finds_all(struct answers *a, int first, int last)
{
	int n;

	for (n = first; n <= last; n += 997)
		finds_number(a, n);
	finds_number(a, last);
	finds(a, 2000000, NULL);
}

/* Every answer has its key, once, in one of the tables. */
static void sound(struct answers *a)
{
	int64_t lost;

	assert_int_equal(key_index_lost(answers_db(a), &lost), 0);
	assert_int_equal(lost, 0);
	assert_int_equal(count(a, "SELECT count(*) FROM (SELECT key, id FROM keys UNION SELECT key, id "
			       "FROM recent)"), count(a, "SELECT count(*) FROM answers"));
}

static void test_by_sql(void **state)
{
	struct answers *a = open_fine("sql.db");

	(void)state;
	fill(a, 1, 3);
	finds_all(a, 1, 3);
	sql(a, "DELETE FROM answers WHERE id = 2");
	finds(a, 2, NULL);
	assert_int_equal(count(a, "SELECT count(*) FROM recent"), 2);
	sql(a, "BEGIN");
	assert_int_equal(key_index_fold(answers_db(a)), 0);
	sql(a, "COMMIT");
	assert_int_equal(count(a, "SELECT count(*) FROM keys"), 2);
	assert_int_equal(count(a, "SELECT count(*) FROM recent"), 0);
	finds_number(a, 1);
	finds_number(a, 3);
	sql(a, "DELETE FROM answers WHERE id = 3");
	finds(a, 3, NULL);
	assert_int_equal(count(a, "SELECT count(*) FROM keys"), 1);
	sql(a, "INSERT INTO answers (id, key, content, coding, asked_at) VALUES "
	    "(-7, CAST('key 000000000001' AS BLOB), x'30', 0, 1)");
	finds_number(a, 1);		/* the greater id counts, wherever it is */
	sound(a);
	close_fine(a);
}

/* An id that sends the memory of a process out of its reach, below and above. */
static void test_far_ids(void **state)
{
	struct answers *a = open_fine("far.db"), *b;

	(void)state;
	fill(a, 1, 2);
	sql(a, "UPDATE answers SET id = -5 WHERE id = 1; DELETE FROM recent; "
	    "INSERT INTO recent SELECT id, key FROM answers");
	b = open_fine("far.db");
	finds_all(b, 1, 2);
	sql(a, "INSERT INTO answers (id, key, content, coding, asked_at) VALUES "
	    "(9000000000000000000, CAST('key 000000000003' AS BLOB), x'33', 0, 1)");
	finds_all(b, 1, 3);
	finds_all(a, 1, 3);
	put(b, 4, "4");
	finds_all(b, 1, 4);
	finds_all(a, 1, 4);
	sound(a);
	close_fine(a);
	close_fine(b);
}

/* Others deleted what this process remembers, and put other answers under the same ids. */
static void test_ids_again(void **state)
{
	struct answers *a = open_fine("again.db"), *b = open_fine("again.db");

	(void)state;
	fill(b, 1, 5);
	finds_all(a, 1, 5);
	sql(b, "DELETE FROM answers WHERE id > 1");
	fill(b, 12, 13);
	finds_number(a, 12);
	finds_number(a, 13);
	finds(a, 2, NULL);
	sql(b, "BEGIN");
	assert_int_equal(key_index_fold(answers_db(b)), 0);
	sql(b, "DELETE FROM answers WHERE id > 1; COMMIT");
	fill(b, 22, 23);
	finds_number(a, 22);
	finds_number(a, 23);
	finds(a, 12, NULL);
	finds_number(a, 1);
	close_fine(a);
	close_fine(b);
}

/* The row that the memory names is gone, and no trigger said so. */
static void test_gone(void **state)
{
	struct answers *a = open_fine("gone.db");

	(void)state;
	put(a, 1, "old");
	put(a, 1, "new");
	finds(a, 1, "new");
	sql(a, "DELETE FROM recent WHERE id = 2; INSERT INTO recent VALUES (3, x'00')");
	key_index_triggers(answers_db(a), false);
	sql(a, "DELETE FROM answers WHERE id = 2");
	key_index_triggers(answers_db(a), true);
	finds(a, 1, "old");
	close_fine(a);
}

/* Moving, a step with each commit; the other process sees each answer at every step. */
static void test_moving(void **state)
{
	struct answers *a = open_fine("moving.db"), *b = open_fine("moving.db");
	int i, n = KEY_INDEX_RECENT;

	(void)state;
	fill(a, 1, n);
	assert_int_equal(count(a, "SELECT count(*) FROM recent"), n);
	assert_int_equal(count(a, "SELECT count(*) FROM keys"), 0);
	put(a, 7, "seven");		/* the newest of a key that moves */
	for (i = 1; i <= MOVES + 2; i++) {
		put(a, n + i, "later");
		if (i % 32 == 3) {
			finds(a, 7, "seven");
			finds(b, 7, "seven");
			finds_number(a, 1 + 6000 * i);
			finds_number(b, 2 + 6000 * i);
			finds(b, n + i, "later");
			sound(b);
		}
	}
	assert_true(count(a, "SELECT count(*) FROM recent") < 100);
	assert_true(count(a, "SELECT count(*) FROM keys") >= n);
	for (i = 8; i <= n; i += 3001) {
		finds_number(a, i);
		finds_number(b, i);
	}
	finds(b, 7, "seven");
	finds(b, n + MOVES, "later");
	assert_int_equal(count(a, "SELECT count(*) FROM keys") + count(a, "SELECT count(*) FROM recent"),
			 count(a, "SELECT count(*) FROM answers"));
	close_fine(a);
	close_fine(b);
}

/* One request asked again and again: as cheap as many, and moved as soon. */
static void test_one_key(void **state)
{
	struct answers *a = open_fine("one.db"), *b = open_fine("one.db");
	int i;

	(void)state;
	fill(a, 1, 3);
	sql(a, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600000) "
	    "INSERT INTO answers (key, content, coding, asked_at) SELECT "
	    "CAST('key 000000000002' AS BLOB), CAST(CAST(i AS TEXT) AS BLOB), 0, 1000 FROM n");
	finds(b, 2, "600000");
	finds_number(b, 1);
	finds_number(b, 3);
	for (i = 0; i < MOVES; i++)
		put(b, 4, "x");
	assert_true(count(a, "SELECT count(*) FROM recent") < MOVES + 1);
	finds(a, 2, "600000");
	finds(a, 4, "x");
	sound(a);
	close_fine(a);
	close_fine(b);
}

/* A key that is none, by whoever put it there, keeps no other from moving, and is not lost. */
static void test_odd_key(void **state)
{
	struct answers *a = open_fine("odd.db");
	int n = KEY_INDEX_RECENT;

	(void)state;
	fill(a, 1, n);
	sql(a, "INSERT INTO answers (key, content, coding, asked_at) VALUES (x'0102', x'41', 0, 1)");
	put(a, n + 1, "x");
	put(a, n + 2, "x");
	assert_true(count(a, "SELECT count(*) FROM recent") <= 1);
	assert_int_equal(count(a, "SELECT count(*) FROM keys WHERE length(key) = 2"), 1);
	finds_number(a, n);
	finds(a, n + 1, "x");
	sound(a);
	close_fine(a);
}

/* Who left in the middle left it well; the next begins again. */
static void test_broken_off(void **state)
{
	struct answers *a = open_fine("off.db");
	int i, n = KEY_INDEX_RECENT;

	(void)state;
	fill(a, 1, n);
	for (i = 1; i <= 9; i++)
		put(a, n + i, "x");
	assert_true(count(a, "SELECT count(*) FROM keys") > 0);
	close_fine(a);
	a = open_fine("off.db");
	finds_all(a, 1, 9000);
	for (; i <= MOVES + 20; i++)
		put(a, n + i, "x");
	assert_true(count(a, "SELECT count(*) FROM recent") < 100);
	sound(a);
	assert_int_equal(count(a, "SELECT count(*) FROM keys") + count(a, "SELECT count(*) FROM recent"),
			 count(a, "SELECT count(*) FROM answers"));
	finds_all(a, 1, n);
	close_fine(a);
}

/* Another moved all and took some out while this one was moving: they do not come back. */
static void test_others_are_faster(void **state)
{
	struct answers *a = open_fine("two.db"), *b = open_fine("two.db");
	int i, n = KEY_INDEX_RECENT;

	(void)state;
	fill(a, 1, n);
	for (i = 1; i <= 9; i++)
		put(a, n + i, "x");
	sql(b, "BEGIN IMMEDIATE");
	assert_int_equal(key_index_fold(answers_db(b)), 0);
	sql(b, "DELETE FROM answers WHERE id % 2; COMMIT");
	fill(b, 1000001, 1000002);	/* and appended some */
	for (; i <= MOVES + 20; i++)
		put(a, n + i, "x");
	sound(a);
	assert_int_equal(count(a, "SELECT count(*) FROM keys") + count(a, "SELECT count(*) FROM recent"),
			 count(a, "SELECT count(*) FROM answers"));
	finds_number(a, 400000);
	finds(a, 399999, NULL);
	close_fine(a);
	close_fine(b);
}

/* More than the memory takes, put there by SQL. */
static void test_crowded(void **state)
{
	struct answers *a = open_fine("crowd.db"), *b = open_fine("crowd.db");
	int n = KEY_INDEX_RECENT / 3 * 5;

	(void)state;
	fill(a, 1, n);
	finds_number(b, n);
	finds_number(b, 1);
	finds(b, n + 1, NULL);
	put(b, n + 1, "x");
	assert_int_equal(count(a, "SELECT count(*) FROM recent"), 0);
	finds_all(a, 1, n - 1000);
	finds_number(a, n);
	finds(a, n + 1, "x");
	finds(b, n + 1, "x");
	sound(a);
	close_fine(a);
	close_fine(b);
}

/* A ledger of version 2, which had an index on the key of all answers. */
static void test_version_2(void **state)
{
	struct answers *a = open_fine("v2.db"), *b;

	(void)state;
	fill(a, 1, 1000);
	put(a, 5, "five");
	sql(a, "DROP TRIGGER answers_put; DROP TRIGGER answers_gone; DROP TABLE keys; DROP TABLE recent; "
	    "CREATE INDEX answers_key ON answers (key); PRAGMA user_version=2");
	close_fine(a);
	a = open_fine("v2.db");
	b = open_fine("v2.db");
	finds(a, 5, "five");
	finds_number(b, 1000);
	assert_int_equal(count(a, "SELECT count(*) FROM keys"), 1001);
	assert_int_equal(count(a, "SELECT count(*) FROM sqlite_schema WHERE name = 'answers_key'"), 0);
	assert_int_equal(count(a, "PRAGMA user_version"), 3);
	put(a, 1001, "1001");
	finds_number(b, 1001);
	sound(a);
	close_fine(a);
	close_fine(b);
}

/* A write that fails leaves nothing remembered of what was not written. */
static void test_rolled_back(void **state)
{
	struct answers *a = open_fine("full.db"), *b = open_fine("full.db");
	struct answer answer = { .content = (char *)"lost" };

	(void)state;
	put(a, 1, "1");
	sql(a, "CREATE TRIGGER refuse BEFORE INSERT ON answers WHEN new.content = x'6c6f7374' BEGIN "
	    "SELECT raise(ABORT, 'refused'); END");
	answers_put(a, key_of(2), &(struct answer){ .content = (char *)"2" });
	answers_put(a, key_of(5), &answer);
	assert_int_equal(answers_commit(a, &err), -1);
	assert_non_null(strstr(err.text, "refused"));
	sql(a, "DROP TRIGGER refuse");
	put(b, 4, "4");			/* under the id that was to be of 2 */
	finds_number(a, 4);
	finds_number(a, 1);
	put(a, 3, "3");			/* the group goes down now, with what it had */
	finds(a, 2, "2");
	finds(a, 5, "lost");
	finds_number(a, 3);
	sound(a);
	close_fine(a);
	close_fine(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_sql),
		cmocka_unit_test(test_far_ids),
		cmocka_unit_test(test_ids_again),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_moving),
		cmocka_unit_test(test_one_key),
		cmocka_unit_test(test_odd_key),
		cmocka_unit_test(test_broken_off),
		cmocka_unit_test(test_others_are_faster),
		cmocka_unit_test(test_crowded),
		cmocka_unit_test(test_version_2),
		cmocka_unit_test(test_rolled_back),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
