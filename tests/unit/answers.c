/* SPDX-License-Identifier: Apache-2.0
 *
 * answers: the ledger keeps what was paid for, whoever else uses it at the same time.
 */
#include "store/answers.h"

#include <fcntl.h>

#include <sqlite3.h>

#include "tests/unit/ledgers.h"

static unsigned char key[16] = "key number one!";

static void put(struct answers *a, const char *content)
{
	struct answer answer = { .content = (char *)content,
				 .finish_reason = (char *)"stop",
				 .prompt_tokens = 11,
				 .completion_tokens = -1,
				 .latency_ms = 7 };

	answers_put(a, key, &answer);
}

static void finds(struct answers *a, const char *content)
{
	struct answer out;
	int found = answers_find(a, key, &out, &err);

	if (found < 0)
		fail_msg("%s", err.text);
	if (!content) {
		assert_int_equal(found, 0);
		return;
	}
	assert_int_equal(found, 1);
	assert_string_equal(out.content, content);
	assert_string_equal(out.finish_reason, "stop");
	assert_null(out.model);
	assert_null(out.fingerprint);
	assert_int_equal(out.prompt_tokens, 11);
	assert_int_equal(out.completion_tokens, -1);
	assert_int_equal(out.latency_ms, 7);
	answer_release(&out);
}

static void test_newest_counts(void **state)
{
	struct answers *a = open_fine("newest.db");

	(void)state;
	finds(a, NULL);
	put(a, "first");
	finds(a, "first");		/* before it is committed */
	put(a, "second");
	finds(a, "second");
	assert_int_equal(answers_commit(a, &err), 0);
	finds(a, "second");
	put(a, "third");
	finds(a, "third");
	close_fine(a);			/* commits */
	a = open_fine("newest.db");
	finds(a, "third");
	key[0] = 'K';
	finds(a, NULL);
	key[0] = 'k';
	close_fine(a);
}

static void test_two_connections(void **state)
{
	struct answers *a = open_fine("two.db"), *b = open_fine("two.db");

	(void)state;
	put(a, "of a");
	finds(b, NULL);			/* not committed, not seen */
	assert_int_equal(answers_commit(a, &err), 0);
	finds(b, "of a");
	put(b, "of b");
	put(a, "of a again");
	assert_int_equal(answers_commit(b, &err), 0);
	assert_int_equal(answers_commit(a, &err), 0);
	finds(a, "of a again");
	finds(b, "of a again");
	close_fine(a);
	close_fine(b);
}

/* Two stages of one pipe make the ledger at the same moment. */
static void test_many_make_it_at_once(void **state)
{
	struct answers *a;
	int round, i, status, start[2];
	char name[32], c;

	(void)state;
	for (round = 0; round < 10; round++) {
		snprintf(name, sizeof(name), "at-once-%d.db", round);
		assert_int_equal(pipe(start), 0);
		for (i = 0; i < 6; i++) {
			if (fork())
				continue;
			close(start[1]);
			if (read(start[0], &c, 1) != 0)	/* until the parent lets all go */
				_exit(2);
			a = answers_open(scratch_path(name), &err);
			if (a)
				put(a, "x");
			if (!a || answers_close(a, &err)) {
				fprintf(stderr, "%s\n", err.text);
				_exit(1);
			}
			_exit(0);
		}
		close(start[0]);
		close(start[1]);
		for (i = 0; i < 6; i++) {
			assert_true(wait(&status) > 0);
			assert_int_equal(status, 0);
		}
	}
}

/* Stands before SQLite's own: what happens while the ledger waits for its file. */
static sqlite3 *rival;
static int waits;

int sqlite3_sleep(int ms)
{
	waits++;
	if (rival)
		assert_int_equal(sqlite3_exec(rival, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	else
		usleep((unsigned)ms * 1000);
	return ms;
}

static void test_waits_for_a_rival(void **state)
{
	(void)state;
	assert_int_equal(sqlite3_open(scratch_path("rival.db"), &rival), SQLITE_OK);
	assert_int_equal(sqlite3_exec(rival, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	waits = 0;
	close_fine(open_fine("rival.db"));
	assert_int_equal(waits, 1);
	sqlite3_close(rival);
	rival = NULL;
}

static void test_contents_come_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 255, 256, 257, 5000, 300000, 3000000 };
	struct answers *a = open_fine("contents.db");
	size_t i, j;
	int noise;

	(void)state;
	for (noise = 0; noise < 2; noise++) {
		for (i = 0; i < COUNT(sizes); i++) {
			char *text = xcalloc(1, sizes[i] + 1);

			for (j = 0; j < sizes[i]; j++)
				text[j] = noise ? (char)(1 + (j * 2654435761u >> 13) % 255) :
						  (char)('a' + j % 3);
			put(a, text);
			assert_int_equal(answers_commit(a, &err), 0);
			finds(a, text);
			free(text);
		}
	}
	close_fine(a);
}

static int64_t number(const char *name, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	int64_t n = -1;

	assert_int_equal(sqlite3_open(scratch_path(name), &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

static void test_what_is_in_the_file(void **state)
{
	struct answers *a = open_fine("file.db");
	char *long_text = xmalloc(10001);

	(void)state;
	memset(long_text, 'z', 10000);
	long_text[10000] = '\0';
	put(a, "short");
	put(a, long_text);
	put(a, "short");
	close_fine(a);
	assert_int_equal(number("file.db", "SELECT count(*) FROM answers"), 3);
	assert_int_equal(number("file.db", "SELECT count(*) FROM answers WHERE coding = 1"), 1);
	assert_in_range(number("file.db", "SELECT max(length(content)) FROM answers"), 1, 100);
	assert_int_equal(number("file.db", "PRAGMA application_id"), 0x6371616c);
	assert_int_equal(number("file.db", "PRAGMA user_version"), 3);
	free(long_text);
}

static void refuses(const char *path, enum exit_code kind, const char *part)
{
	assert_null(answers_open(path, &err));
	if (err.kind != kind || !strstr(err.text, part))
		fail_msg("%d: %s", (int)err.kind, err.text);
}

static void make(const char *name, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(scratch_path(name), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void test_files_of_others(void **state)
{
	struct buf before, after;

	(void)state;
	make("foreign.db", "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
	scratch_read(scratch_path("foreign.db"), &before);
	refuses(scratch_path("foreign.db"), EXIT_DATA, "no capqa ledger");
	scratch_read(scratch_path("foreign.db"), &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, after.len);
	refuses(scratch_text("text.db", "{\"this\":\"is a record, not a database\"}\n"),
		EXIT_DATA, "cannot open the ledger");
	make("newer.db", "PRAGMA application_id = 1668374892; PRAGMA user_version = 4;"
			 "CREATE TABLE answers (a)");
	refuses(scratch_path("newer.db"), EXIT_DATA, "made by a newer capqa");
	make("never.db", "PRAGMA application_id = 1668374892; PRAGMA user_version = -1;"
			 "CREATE TABLE answers (a)");
	refuses(scratch_path("never.db"), EXIT_DATA, "version -1, which there never was");
	refuses(scratch_path("none/ledger.db"), EXIT_OUTPUT, "cannot open the ledger");
	refuses(scratch_folder, EXIT_OUTPUT, "cannot open the ledger");
	buf_release(&before);
	buf_release(&after);
}

static void open_as_nobody(void *ctx)
{
	struct answers *a;

	(void)ctx;
	if (!geteuid() && (setegid(65534) || seteuid(65534)))
		_exit(3);
	a = answers_open(scratch_path("read-only/ledger.db"), &err);
	if (a)
		put(a, "x");
	if (!a || answers_close(a, &err))
		_exit(err.kind);
	_exit(0);
}

static void test_read_only_folder(void **state)
{
	struct buf out, text;

	(void)state;
	chmod(scratch_folder, 0755);
	assert_int_equal(mkdir(scratch_path("read-only"), 0555), 0);
	assert_int_equal(scratch_child(open_as_nobody, NULL, &out, &text), EXIT_OUTPUT);
	buf_release(&out);
	buf_release(&text);
}

static void test_damaged_content(void **state)
{
	struct answers *a = open_fine("damaged.db");
	struct answer out;

	(void)state;
	put(a, "x");
	close_fine(a);
	make("damaged.db", "UPDATE answers SET coding = 1, content = x'28b52ffd00'");
	a = open_fine("damaged.db");
	assert_int_equal(answers_find(a, key, &out, &err), -1);
	assert_int_equal(err.kind, EXIT_DATA);
	close_fine(a);
}

static void test_groups(void **state)
{
	struct answers *a = open_fine("groups.db");
	int i;

	(void)state;
	assert_int_equal(answers_due_ms(a), -1);
	put(a, "x");
	assert_in_range(answers_due_ms(a), 0, ANSWERS_GROUP_MS);
	for (i = 1; i < ANSWERS_GROUP; i++)
		put(a, "x");
	assert_int_equal(answers_due_ms(a), 0);
	assert_int_equal(answers_commit(a, &err), 0);
	assert_int_equal(answers_due_ms(a), -1);
	assert_int_equal(answers_commit(a, &err), 0);
	close_fine(a);
	assert_int_equal(number("groups.db", "SELECT count(*) FROM answers"), ANSWERS_GROUP);
	assert_int_equal(answers_close(NULL, &err), 0);
}

static void test_image_cache(void **state)
{
	const struct seen_image image = { "00112233445566778899aabbccddeeff", "image/png", 3, 4,
					  6 };
	struct answers *a = open_fine("images.db");
	struct seen_image out = { .width = 0 };
	const char *path = "odd\nname \xff.png";

	(void)state;
	assert_int_equal(answers_find_image(a, path, 10, 20, &out, &err), 0);
	answers_put_image(a, path, 10, 20, &image);
	assert_true(answers_due_ms(a) >= 0);
	close_fine(a);
	a = open_fine("images.db");
	assert_int_equal(answers_find_image(a, path, 10, 20, &out, &err), 1);
	assert_string_equal(out.image_id, image.image_id);
	assert_string_equal(out.mime, "image/png");
	assert_true(out.width == 3 && out.height == 4 && out.orientation == 6);
	assert_int_equal(answers_find_image(a, path, 11, 20, &out, &err), 0);
	assert_int_equal(answers_find_image(a, path, 10, 21, &out, &err), 0);
	assert_int_equal(answers_find_image(a, "other", 10, 20, &out, &err), 0);
	answers_put_image(a, path, 11, 21, &image); /* the file changed: its row is replaced */
	assert_int_equal(answers_commit(a, &err), 0);
	assert_int_equal(answers_find_image(a, path, 10, 20, &out, &err), 0);
	assert_int_equal(answers_find_image(a, path, 11, 21, &out, &err), 1);
	close_fine(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest_counts),
		cmocka_unit_test(test_two_connections),
		cmocka_unit_test(test_many_make_it_at_once),
		cmocka_unit_test(test_waits_for_a_rival),
		cmocka_unit_test(test_contents_come_back),
		cmocka_unit_test(test_what_is_in_the_file),
		cmocka_unit_test(test_files_of_others),
		cmocka_unit_test(test_read_only_folder),
		cmocka_unit_test(test_damaged_content),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_image_cache),
	};

	return cmocka_run_group_tests_name("answers", tests, scratch_make, scratch_remove);
}
