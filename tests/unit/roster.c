/* SPDX-License-Identifier: Apache-2.0
 *
 * roster: the list of servers, and what a changed file makes of it.
 */
#include "curate/roster.h"

#include <fcntl.h>
#include <time.h>

#include "tests/unit/scratch.h"

static struct pool pool;
static struct roster roster;

static int start(const char *url, const char *more, struct err *err)
{
	static const char *items[2];
	struct roster_options o = { .urls = { items, more ? 2 : 1, 2 } };

	items[0] = url;
	items[1] = more;
	pool_init(&pool, 4);
	return roster_init(&roster, &o, &pool, err);
}

/* Writes the file as if a minute had passed between two writings. */
static void write_list(const char *text)
{
	static time_t minute = 1000;
	struct timespec times[2] = { { minute, 0 }, { minute, 0 } };

	minute += 60;
	utimensat(AT_FDCWD, scratch_text("servers", text), times, 0);
}

static int look(int64_t now_ms, const char **fault)
{
	return roster_look(&roster, &pool, now_ms, fault);
}

static void test_a_list_that_changes(void **state)
{
	char at[200];
	const char *fault;
	struct err err;

	(void)state;
	snprintf(at, sizeof(at), "@%s", scratch_path("servers"));
	write_list("# ours\nhttp://a:1/v1 # first\n\n  http://b:1/v1\r\nhttp://a:1/v1\n");
	assert_int_equal(start(at, "http://c:1", &err), 0);
	assert_int_equal(pool_listed(&pool), 3);
	assert_non_null(pool_find(&pool, "http://c:1/v1/chat/completions"));
	write_list("http://b:1/v1\nhttp://d:1/v1\n");
	assert_int_equal(look(500, &fault), 0);		/* not yet */
	assert_int_equal(look(1500, &fault), 2);
	assert_int_equal(pool_listed(&pool), 3);
	assert_false(pool_find(&pool, "http://a:1/v1/chat/completions")->listed);
	write_list("http://b:1/v1\nnonsense here\nhttp://e:1/v1\n");
	assert_int_equal(look(3000, &fault), 0);
	assert_non_null(strstr(fault, "nonsense"));
	assert_int_equal(pool_listed(&pool), 3);
	assert_null(pool_find(&pool, "http://e:1/v1/chat/completions"));
	look(4500, &fault);
	assert_null(fault);				/* said once */
	unlink(scratch_path("servers"));
	assert_int_equal(look(6000, &fault), 0);	/* it is being written anew, perhaps */
	write_list("http://a:1/v1\n");
	assert_int_equal(look(9000, &fault), 3);
	assert_true(pool_find(&pool, "http://a:1/v1/chat/completions")->listed);
	roster_release(&roster, &pool);
	pool_release(&pool);
}

static void test_no_server(void **state)
{
	char at[200];
	struct err err;

	(void)state;
	snprintf(at, sizeof(at), "@%s", scratch_path("servers"));
	write_list("# nobody yet\n");
	assert_int_equal(start(at, NULL, &err), -1);
	assert_int_equal(err.kind, EXIT_USAGE);
	pool_release(&pool);
	assert_int_equal(start("@/does/not/exist", NULL, &err), -1);
	assert_int_equal(err.kind, EXIT_NOINPUT);
	pool_release(&pool);
	assert_int_equal(start("ftp://x/v1", NULL, &err), -1);
	assert_int_equal(err.kind, EXIT_USAGE);
	pool_release(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_list_that_changes), cmocka_unit_test(test_no_server),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
