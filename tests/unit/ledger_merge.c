/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger_merge: which answer counts is decided by the rows alone; FROM is never changed,
 * whatever state it is in, and nothing is made beside one at rest (ledger_look).
 */
#include "store/ledger_merge.h"

#include <sqlite3.h>

#include "schemas/hash.h"
#include "store/ledger_look.h"
#include "tests/unit/ledgers.h"

static void key_of(int n, unsigned char key[16])
{
	struct hash h;

	hash_init(&h);
	hash_number(&h, n);
	hash_raw(&h, key);
	hash_release(&h);
}

static void add(struct answers *a, int n, const char *content, int64_t time)
{
	unsigned char key[16];

	key_of(n, key);
	answers_put(a, key, &(struct answer){ .content = (char *)content, .prompt_tokens = 3,
					      .completion_tokens = -1, .asked_at = time });
}

static void put(struct answers *a, int n, const char *content, int64_t time)
{
	add(a, n, content, time);
	assert_int_equal(answers_commit(a, &err), 0);
}

static void holds(const char *name, int n, const char *content)
{
	struct answers *a = open_fine(name);
	unsigned char key[16];
	struct answer out;

	key_of(n, key);
	assert_int_equal(answers_find(a, key, &out, &err), 1);
	assert_string_equal(out.content, content);
	answer_release(&out);
	close_fine(a);
}

static struct ledger_merged merge(const char *into, const char *from)
{
	struct answers *a = open_fine(into);
	struct ledger_merged done;
	struct sqlite3 *db;

	if (ledger_look(scratch_path(from), &db, &err) ||
	    ledger_merge(a, into, db, scratch_path(from), &done, &err))
		fail_msg("%s", err.text);
	sqlite3_close(db);
	close_fine(a);
	return done;
}

static void make(const char *name, int n, const char *content, int64_t time)
{
	struct answers *a = open_fine(name);

	put(a, n, content, time);
	close_fine(a);
}

/* The bytes of a file, as hash; of one that is not there: of nothing. */
static void hash_file(const char *name, char hex[HASH_HEX])
{
	struct buf b;

	buf_init(&b, BUF_NO_MAX);
	if (!access(scratch_path(name), F_OK)) {
		buf_release(&b);
		scratch_read(scratch_path(name), &b);
	}
	hash_of(b.data, b.len, hex);
	buf_release(&b);
}

static void test_later_counts(void **state)
{
	(void)state;
	make("a.db", 1, "early", 1000);
	make("b.db", 1, "late", 2000);
	make("c.db", 1, "middle", 1500);
	assert_int_equal(merge("abc.db", "a.db").added, 1);
	assert_int_equal(merge("abc.db", "b.db").added, 1);
	assert_int_equal(merge("abc.db", "c.db").gave_way, 1);
	holds("abc.db", 1, "late");
	merge("bca.db", "b.db");
	merge("bca.db", "c.db");
	assert_int_equal(merge("bca.db", "a.db").gave_way, 1);
	holds("bca.db", 1, "late");
	assert_int_equal(merge("bca.db", "abc.db").added, 0);
	assert_int_equal(merge("abc.db", "b.db").added, 0);
}

/* At the same second any rule will do, but it must be one. */
static void test_same_second(void **state)
{
	(void)state;
	make("s1.db", 1, "B", 1000);
	make("s2.db", 1, "A", 1000);
	merge("s12.db", "s1.db");
	merge("s12.db", "s2.db");
	merge("s21.db", "s2.db");
	merge("s21.db", "s1.db");
	holds("s12.db", 1, "B");
	holds("s21.db", 1, "B");
}

/* Within one ledger the last row counts, even at the same second or by a clock set back. */
static void test_last_row_counts(void **state)
{
	struct answers *a = open_fine("retry.db");

	(void)state;
	put(a, 1, "z first", 1000);
	put(a, 1, "a second", 1000);
	put(a, 2, "before", 2000);
	put(a, 2, "clock set back", 1000);
	close_fine(a);
	assert_int_equal(merge("retried.db", "retry.db").added, 4);
	holds("retried.db", 1, "a second");
	holds("retried.db", 2, "clock set back");
	assert_int_equal(merge("retried.db", "retry.db").added, 0);
}

/* What counts in its own ledger no more counts in no other. */
static void test_superseded_never_counts(void **state)
{
	struct answers *a = open_fine("two.db");

	(void)state;
	put(a, 1, "late, by a clock set back", 3000);
	put(a, 1, "its last", 1500);
	close_fine(a);
	make("z.db", 1, "theirs", 2000);
	assert_int_equal(merge("z.db", "two.db").gave_way, 2);
	holds("z.db", 1, "theirs");
}

static void test_images(void **state)
{
	struct seen_image one = { "00000000000000000000000000000001", "image/png", 3, 4, 1 }, got;
	struct seen_image two = { "00000000000000000000000000000002", "image/png", 3, 4, 1 };
	struct answers *a = open_fine("i1.db");

	(void)state;
	answers_put_image(a, "x.png", 10, 100, &one);
	close_fine(a);
	a = open_fine("i2.db");
	answers_put_image(a, "x.png", 10, 200, &two);
	close_fine(a);
	assert_int_equal(merge("i.db", "i2.db").images, 1);
	assert_int_equal(merge("i.db", "i1.db").images, 0);
	a = open_fine("i.db");
	assert_int_equal(answers_find_image(a, "x.png", 10, 200, &got, &err), 1);
	assert_string_equal(got.image_id, two.image_id);
	close_fine(a);
}

/* Killed with its log beside it: what was committed is read, not a byte is changed. */
static void test_killed(void **state)
{
	char before[2][HASH_HEX], after[2][HASH_HEX], command[1024];
	struct answers *a = open_fine("live.db");

	(void)state;
	put(a, 1, "in the log", 1000);
	snprintf(command, sizeof(command), "cp '%s' '%s' && cp '%s' '%s' && printf torn >>'%s'",
		 scratch_path("live.db"), scratch_path("killed.db"), scratch_path("live.db-wal"),
		 scratch_path("killed.db-wal"), scratch_path("killed.db-wal"));
	assert_int_equal(system(command), 0);
	hash_file("killed.db", before[0]);
	hash_file("killed.db-wal", before[1]);
	assert_int_equal(merge("from-killed.db", "killed.db").added, 1);
	holds("from-killed.db", 1, "in the log");
	hash_file("killed.db", after[0]);
	hash_file("killed.db-wal", after[1]);
	assert_memory_equal(before, after, sizeof(before));
	/* and one that is still being written */
	assert_int_equal(merge("from-live.db", "live.db").added, 1);
	put(a, 2, "more", 1001);
	assert_int_equal(merge("from-live.db", "live.db").added, 1);
	close_fine(a);
}

static void test_at_rest_leaves_nothing(void **state)
{
	(void)state;
	make("rest.db", 1, "x", 1000);
	merge("from-rest.db", "rest.db");
	assert_int_not_equal(access(scratch_path("rest.db-wal"), F_OK), 0);
	assert_int_not_equal(access(scratch_path("rest.db-shm"), F_OK), 0);
}

/* What was begun at rest and is written meanwhile may be mixed: none of it stays. */
static void test_disturbed(void **state)
{
	struct answers *into, *other;
	struct ledger_merged done;
	struct sqlite3 *db;

	(void)state;
	make("quiet.db", 1, "x", 1000);
	into = open_fine("disturbed.db");
	assert_int_equal(ledger_look(scratch_path("quiet.db"), &db, &err), 0);
	assert_int_equal(ledger_look_still(db, scratch_path("quiet.db"), &err), 0);
	other = open_fine("quiet.db");
	put(other, 2, "y", 1001);
	assert_int_equal(ledger_look_still(db, scratch_path("quiet.db"), &err), -1);
	assert_int_equal(err.kind, EXIT_AGAIN);
	assert_int_equal(ledger_merge(into, "disturbed.db", db, scratch_path("quiet.db"), &done, &err), -1);
	sqlite3_close(db);
	close_fine(into);
	assert_int_equal(merge("disturbed.db", "quiet.db").added, 2);
	close_fine(other);
}

/* Names that mean something in a URI. */
static void test_odd_names(void **state)
{
	static const char *const names[] = { "a?b.db", "a#b.db", "100%20.db", "a b.db" };
	char into[16];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		make(names[i], 1, "x", 1000);
		snprintf(into, sizeof(into), "odd%zu.db", i);
		assert_int_equal(merge(into, names[i]).added, 1);
	}
}

static void refuses(const char *from, enum exit_code kind, const char *words)
{
	struct sqlite3 *db;

	assert_int_equal(ledger_look(scratch_path(from), &db, &err), -1);
	assert_null(db);
	assert_int_equal(err.kind, kind);
	if (!strstr(err.text, words))
		fail_msg("'%s' does not say '%s'", err.text, words);
}

static void test_refused(void **state)
{
	sqlite3 *db;

	(void)state;
	scratch_text("text.db", "this is no database, and long enough to look at");
	scratch_text("empty.db", "");
	assert_int_equal(sqlite3_open(scratch_path("foreign.db"), &db), 0);
	assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode=WAL; CREATE TABLE t (x)", NULL, NULL,
				      NULL), 0);
	sqlite3_close(db);
	refuses("no-such.db", EXIT_NOINPUT, "no-such.db");
	refuses("text.db", EXIT_DATA, "text.db");
	refuses("empty.db", EXIT_DATA, "empty.db");
	refuses("foreign.db", EXIT_DATA, "no capqa ledger");
}

/* More rows than a group, with superseded ones in other groups than those that count. */
static void test_groups(void **state)
{
	static const char fill[] =
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 205000) "
		"INSERT INTO answers (key, content, coding, asked_at) SELECT "
		"CAST(printf('%016d', (i * 7919) % 200000) AS BLOB), CAST(CAST(i AS TEXT) AS BLOB), 0, 1000 FROM n";
	struct answers *a = open_fine("large.db");
	struct ledger_merged done;
	struct answer out;

	(void)state;
	assert_int_equal(sqlite3_exec(answers_db(a), "PRAGMA synchronous=OFF", NULL, NULL, NULL), 0);
	if (sqlite3_exec(answers_db(a), fill, NULL, NULL, NULL))
		fail_msg("%s", sqlite3_errmsg(answers_db(a)));
	close_fine(a);
	done = merge("larger.db", "large.db");
	assert_int_equal(done.added + done.there, 205000);
	assert_int_equal(done.added, 205000);
	a = open_fine("larger.db");	/* 1 and 200001 are of one key: the last counts */
	assert_int_equal(answers_find(a, (const unsigned char *)"0000000000007919", &out, &err), 1);
	assert_string_equal(out.content, "200001");
	answer_release(&out);
	close_fine(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_later_counts),
		cmocka_unit_test(test_same_second),
		cmocka_unit_test(test_last_row_counts),
		cmocka_unit_test(test_superseded_never_counts),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_at_rest_leaves_nothing),
		cmocka_unit_test(test_disturbed),
		cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_groups),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
