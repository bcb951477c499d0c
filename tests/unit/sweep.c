/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep: looked at by many, taken in order; nothing twice, nothing lost, an error of take ends it.
 */
#include "store/sweep.h"

#include "cli/sig.h"
#include "store/source.h"
#include "tests/unit/scratch.h"

struct takes {
	struct buf all;		/* what came, line by line */
	size_t count;
	size_t fail_at;		/* the take that fails, from 1; 0: none */
};

/* Of every third line nothing is found; of the others the line, and its number. */
static void look(const void *about, const struct line *line, struct buf *found)
{
	(void)about;
	if (line->number % 3)
		buf_printf(found, "%lld %.*s %s", (long long)line->number, (int)line->len,
			   line->text, line->fault ? "long" : line->torn ? "torn" : "whole");
}

static int take(void *about, const char *found, size_t len, struct err *err)
{
	struct takes *t = about;

	t->count++;
	buf_add(&t->all, found, len);
	buf_addc(&t->all, '\n');
	return t->count == t->fail_at ? err_set(err, EXIT_OUTPUT, "take %zu", t->count) : 0;
}

static const struct sweep_job job = { look, take };

static struct source *open_one(const char *path)
{
	char *const paths[] = { (char *)path, NULL };
	struct err err;
	struct source *in = source_open(paths, &err);

	if (!in)
		fail_msg("%s", err.text);
	return in;
}

/* A million lines, of which some are larger than a block, in a few hundred blocks. */
static void test_in_order(void **state)
{
	enum { LINES = 1000000 };
	const char *path = scratch_path("lines");
	char *large = malloc(700001);
	FILE *f = fopen(path, "w");
	struct takes t = { .count = 0 };
	struct source *in;
	struct buf expected;
	struct err err;
	int i;

	(void)state;
	memset(large, 'x', 700000);
	large[700000] = '\0';
	buf_init(&t.all, BUF_NO_MAX);
	buf_init(&expected, BUF_NO_MAX);
	for (i = 1; i <= LINES; i++) {
		fprintf(f, "%d%s\n", i * 7, i % 100000 ? "" : large);
		if (i % 3)
			buf_printf(&expected, "%d %d%s whole", i, i * 7, i % 100000 ? "" : large);
		buf_addc(&expected, '\n');
	}
	fclose(f);
	in = open_one(path);
	assert_int_equal(sweep(in, &job, &t, -1, &err), 0);
	assert_int_equal(t.count, LINES);
	assert_int_equal(t.all.len, expected.len);
	assert_true(!memcmp(t.all.data, expected.data, expected.len));
	source_close(in);
	buf_release(&t.all);
	buf_release(&expected);
	free(large);
}

static void sweeps(const char *text, int64_t limit, size_t fail_at, int code, const char *expected)
{
	const char *path = scratch_file("few", text, strlen(text));
	struct takes t = { .fail_at = fail_at };
	struct source *in;
	struct err err;

	buf_init(&t.all, BUF_NO_MAX);
	in = open_one(path);
	assert_int_equal(sweep(in, &job, &t, limit, &err), code);
	assert_string_equal(t.all.data, expected);
	if (fail_at)
		assert_int_equal(err.kind, EXIT_OUTPUT);
	source_close(in);
	buf_release(&t.all);
}

static void test_few_lines(void **state)
{
	(void)state;
	sweeps("", -1, 0, 0, "");
	sweeps("a\nb\nc\n", -1, 0, 0, "1 a whole\n2 b whole\n\n");
	sweeps("a\nb", -1, 0, 0, "1 a whole\n2 b torn\n");
	sweeps("a\nb\nc\nd\n", 2, 0, 0, "1 a whole\n2 b whole\n");
	sweeps("a\nb\n", 0, 0, 0, "");
}

static void test_take_fails(void **state)
{
	(void)state;
	sweeps("a\nb\nc\nd\n", -1, 2, -1, "1 a whole\n2 b whole\n");
}

/* What came of an input that ends too early is taken, and so is the next one. */
static void test_source_fails(void **state)
{
	char *cut = strdup(scratch_file("cut", "[1, 2", 5));
	char *whole = strdup(scratch_file("whole", "a\n", 2));
	char *const paths[] = { cut, whole, NULL };
	struct takes t = { .count = 0 };
	struct source *in;
	struct err err;

	(void)state;
	buf_init(&t.all, BUF_NO_MAX);
	in = source_open(paths, &err);
	assert_int_equal(sweep(in, &job, &t, -1, &err), 0);
	assert_string_equal(t.all.data, "1 1 whole\n1 a whole\n");
	source_close(in);
	buf_release(&t.all);
	free(cut);
	free(whole);
}

/* Asked to stop: it ends, without an error. */
static void test_stop(void **state)
{
	(void)state;
	sig_init();
	sig_ask_stop();
	sweeps("a\nb\n", -1, 0, 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_few_lines),
		cmocka_unit_test(test_take_fails),
		cmocka_unit_test(test_source_fails),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests_name("sweep", tests, scratch_make, scratch_remove);
}
