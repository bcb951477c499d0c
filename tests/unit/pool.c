/* SPDX-License-Identifier: Apache-2.0
 *
 * pool: images stay with their server, a sick one is set aside, probed and taken back.
 */
#include "curate/pool.h"

#include "tests/unit/scratch.h"

#define KEYS 3000

static struct pool pool;
static struct server *a, *b, *c;

static int make(void **state)
{
	(void)state;
	pool_init(&pool, 8);
	a = pool_add(&pool, "http://a/v1/chat/completions");
	b = pool_add(&pool, "http://b/v1/chat/completions");
	c = pool_add(&pool, "http://c/v1/chat/completions");
	a->proven = b->proven = c->proven = true;
	return 0;
}

static int release(void **state)
{
	(void)state;
	pool_release(&pool);
	return 0;
}

static uint64_t key(int i)
{
	char text[16];

	snprintf(text, sizeof(text), "image %d", i);
	return pool_home(text);
}

static void homes(struct server *to[KEYS], int64_t now_ms)
{
	int i;

	for (i = 0; i < KEYS; i++)
		to[i] = pool_choose(&pool, key(i), now_ms, false);
}

static void away(struct server *s, int64_t now_ms)
{
	pool_sent(s);
	pool_away(&pool, s, now_ms);
}

static void test_shares_are_even_and_stay(void **state)
{
	static struct server *before[KEYS], *after[KEYS];
	int i, count = 0, moved = 0;

	(void)state;
	homes(before, 0);
	for (i = 0; i < KEYS; i++)
		count += before[i] == b;
	assert_in_range(count, KEYS / 3 - 150, KEYS / 3 + 150);
	away(b, 0);
	homes(after, 1);
	for (i = 0; i < KEYS; i++) {
		assert_ptr_not_equal(after[i], b);
		if (before[i] != b)
			assert_ptr_equal(after[i], before[i]);
		else
			moved += after[i] == a;
	}
	assert_in_range(moved, count / 2 - 100, count / 2 + 100);	/* to both of the others */
	pool_add(&pool, "http://d/v1/chat/completions");
	pool_sent(b);
	assert_true(pool_answered(&pool, b, 600));
	homes(after, 700);
	for (i = 0; i < KEYS; i++)
		assert_true(after[i] == before[i] || after[i] == pool.servers[3]);
}

static void test_a_busy_server_keeps_its_requests(void **state)
{
	uint64_t k = key(1);
	struct server *home = pool_choose(&pool, k, 0, false), *other;
	int i;

	(void)state;
	for (i = 0; i < 8; i++)
		pool_sent(home);
	assert_null(pool_choose(&pool, k, 0, false));
	other = pool_choose(&pool, k, 0, true);		/* the line is long: let another do it */
	assert_non_null(other);
	assert_ptr_not_equal(other, home);
	pool_answered(&pool, home, 10);
	assert_ptr_equal(pool_choose(&pool, k, 10, true), home);
}

static void test_five_failures_in_a_row(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		pool_sent(a);
		assert_false(pool_failed(&pool, a, POOL_SICK, i));
	}
	pool_sent(a);
	pool_answered(&pool, a, 4);		/* that breaks the row */
	for (i = 0; i < 20; i++) {
		pool_sent(a);
		assert_false(pool_failed(&pool, a, POOL_BUSY, 5));	/* 429 is no sickness */
	}
	for (i = 0; i < 5; i++) {
		pool_sent(a);
		assert_int_equal(pool_failed(&pool, a, POOL_SICK, 10 + i), i == 4);
	}
	assert_int_equal(pool_up(&pool), 2);
}

/* Where nothing succeeds, more requests would only spend the records' attempts. */
static void test_the_last_one_is_set_aside_when_nothing_succeeds(void **state)
{
	int i, round;

	(void)state;
	away(b, 0);
	pool_unlist(&pool, c, 0);
	for (round = 0; round < 5; round++) {
		for (i = 0; i < POOL_FAILURES_ALONE - 1; i++) {
			pool_sent(a);
			assert_false(pool_failed(&pool, a, POOL_SLOW, i));
		}
		pool_sent(a);
		assert_false(pool_answered(&pool, a, i));
	}
	assert_int_equal(pool_up(&pool), 1);
	assert_int_equal(pool_away_ms(&pool, 100), -1);
	for (i = 0; i < POOL_FAILURES_ALONE; i++) {
		pool_sent(a);
		assert_int_equal(pool_failed(&pool, a, POOL_SICK, 100),
				 i == POOL_FAILURES_ALONE - 1);
	}
	assert_int_equal(pool_up(&pool), 0);
	assert_int_equal(pool_away_ms(&pool, 150), 50);
	pool_sent(a);			/* the probe */
	assert_true(pool_answered(&pool, a, 700));
	assert_int_equal(pool_away_ms(&pool, 700), -1);
}

static void test_probes_come_alone_and_ever_later(void **state)
{
	int64_t now = 0, pause, last = 0;
	int i;

	(void)state;
	pool_unlist(&pool, b, 0);
	pool_unlist(&pool, c, 0);
	away(a, now);
	for (i = 0; i < 8; i++) {
		assert_null(pool_choose(&pool, key(i), now + 1, true));
		pause = pool_due_ms(&pool, now, now + 60000) - now;
		assert_true(pause >= last && pause <= POOL_PAUSE_LONGEST_MS);
		last = pause;
		now += pause;
		assert_ptr_equal(pool_choose(&pool, key(i), now, false), a);
		pool_sent(a);
		assert_null(pool_choose(&pool, key(i + 1), now, true));
		assert_false(pool_away(&pool, a, now));		/* news only once */
	}
	assert_int_equal(last, POOL_PAUSE_LONGEST_MS);
	assert_int_equal(pool_away_ms(&pool, now), now);
	pool_sent(a);
	assert_true(pool_answered(&pool, a, now + 5));
	assert_int_equal(pool_away_ms(&pool, now + 5), -1);
	assert_int_equal(pool_slots(&pool), 8);
}

static void test_many_refusals_are_one_event(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 8; i++)
		pool_sent(a);
	assert_true(pool_away(&pool, a, 100));
	for (i = 0; i < 7; i++)
		assert_false(pool_away(&pool, a, 101 + i));
	assert_int_equal(pool_due_ms(&pool, 110, 100000), 100 + POOL_PAUSE_FIRST_MS);
}

static void test_waiting_counts_when_none_is_left(void **state)
{
	(void)state;
	away(a, 10);
	away(b, 20);
	assert_int_equal(pool_away_ms(&pool, 1000), -1);
	away(c, 30);
	assert_int_equal(pool_away_ms(&pool, 1000), 970);
	pool_add(&pool, "http://d/v1/chat/completions");	/* somebody starts a new one */
	assert_int_equal(pool_away_ms(&pool, 1000), -1);
}

static void test_off_the_list_and_on_again(void **state)
{
	static struct server *before[KEYS], *after[KEYS];
	int i;

	(void)state;
	homes(before, 0);
	pool_sent(b);
	pool_unlist(&pool, b, 0);
	homes(after, 0);
	for (i = 0; i < KEYS; i++)
		assert_ptr_not_equal(after[i], b);
	pool_answered(&pool, b, 5);		/* what was in flight still counts */
	assert_int_equal(b->flying, 0);
	assert_ptr_equal(pool_add(&pool, b->url), b);
	homes(after, 10);
	assert_memory_equal(before, after, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shares_are_even_and_stay, make, release),
		cmocka_unit_test_setup_teardown(test_a_busy_server_keeps_its_requests, make, release),
		cmocka_unit_test_setup_teardown(test_five_failures_in_a_row, make, release),
		cmocka_unit_test_setup_teardown(test_the_last_one_is_set_aside_when_nothing_succeeds, make, release),
		cmocka_unit_test_setup_teardown(test_probes_come_alone_and_ever_later, make, release),
		cmocka_unit_test_setup_teardown(test_many_refusals_are_one_event, make, release),
		cmocka_unit_test_setup_teardown(test_waiting_counts_when_none_is_left, make, release),
		cmocka_unit_test_setup_teardown(test_off_the_list_and_on_again, make, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
