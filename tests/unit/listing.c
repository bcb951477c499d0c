/* SPDX-License-Identifier: Apache-2.0
 *
 * listing: what was kept comes back in order, of this size and time only; an unfinished one goes
 * on where it was.
 */
#include "store/listing.h"

#include <sqlite3.h>

#include "store/answers.h"
#include "tests/unit/scratch.h"

static struct err err;
static struct answers *ledger;

/* Reads all there is and checks that it is line 0 to `count` - 1. */
static struct listing *open_at(const char *path, int64_t size, int64_t mtime, int count)
{
	struct listing *l = listing_open(ledger, path, size, mtime);
	const char *line;
	char wanted[40];
	size_t len;
	int i, got;

	for (i = 0; (got = listing_next(l, &line, &len, &err)) > 0; i++) {
		snprintf(wanted, sizeof(wanted), "{\"number\":%d}", i);
		assert_int_equal(len, strlen(wanted));
		assert_memory_equal(line, wanted, len);
	}
	assert_int_equal(got, 0);
	assert_int_equal(i, count);
	return l;
}

static void add(struct listing *l, int from, int to)
{
	char line[40];

	for (; from < to; from++) {
		snprintf(line, sizeof(line), "{\"number\":%d}", from);
		assert_int_equal(listing_add(l, line, strlen(line), &err), 0);
	}
}

/* Rows of a.tar, whatever their size and time. */
static int rows(void)
{
	sqlite3_stmt *s;
	int n;

	sqlite3_prepare_v2(answers_db(ledger), "SELECT count(*) FROM listings "
			   "WHERE path = CAST('a.tar' AS BLOB)", -1, &s, NULL);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return n;
}

static void test_listing(void **state)
{
	struct listing *l = open_at("a.tar", 10, 20, 0);

	(void)state;
	assert_false(listing_complete(l));
	add(l, 0, 20000);
	assert_int_equal(listing_close(l, false, &err), 0);
	l = open_at("a.tar", 10, 20, 20000);
	assert_false(listing_complete(l));
	add(l, 20000, 20001);
	assert_int_equal(listing_close(l, true, &err), 0);
	l = open_at("a.tar", 10, 20, 20001);
	assert_true(listing_complete(l));
	assert_int_equal(listing_close(l, false, &err), 0);
	l = open_at("b.tar", 10, 20, 0);		/* another file */
	assert_int_equal(listing_close(l, true, &err), 0);
	l = open_at("b.tar", 10, 20, 0);		/* known to hold nothing */
	assert_true(listing_complete(l));
	assert_int_equal(listing_close(l, true, &err), 0);
	assert_true(rows() > 2);
	l = open_at("a.tar", 10, 21, 0);		/* another time */
	add(l, 0, 3);
	assert_int_equal(listing_close(l, true, &err), 0);
	assert_int_equal(rows(), 1);
	l = open_at("a.tar", 10, 21, 3);
	assert_int_equal(listing_close(l, true, &err), 0);
	l = open_at("a.tar", 10, 20, 0);		/* what it was before is gone */
	assert_int_equal(listing_close(l, false, &err), 0);
	assert_int_equal(listing_close(NULL, false, &err), 0);
}

static int open_ledger(void **state)
{
	if (scratch_make(state))
		return -1;
	ledger = answers_open(scratch_path("ledger.db"), &err);
	return ledger ? 0 : -1;
}

static int close_ledger(void **state)
{
	answers_close(ledger, &err);
	return scratch_remove(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_listing) };

	return cmocka_run_group_tests_name("listing", tests, open_ledger, close_ledger);
}
