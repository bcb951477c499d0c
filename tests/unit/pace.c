/* SPDX-License-Identifier: Apache-2.0
 *
 * pace: over simulated time, against servers that compute so many requests at once.
 */
#include "curate/pace.h"

#include "tests/unit/scratch.h"

/* A server that works on `parallel` requests at a time, each for `each_ms`; the rest wait. */
struct sim {
	int64_t parallel, each_ms, now_ms;
	int64_t flying;
	int64_t ends[PACE_MOST + 64];	/* of each request in flight */
};

static void send(struct sim *s)
{
	int64_t freed = s->flying - s->parallel, start = s->now_ms;

	if (freed >= 0 && s->ends[freed] > start)
		start = s->ends[freed];
	s->ends[s->flying++] = start + s->each_ms;
}

static void run(struct sim *s, struct pace *p, int64_t for_ms)
{
	int64_t end = s->now_ms + for_ms, ended;

	while (s->now_ms < end) {
		while (s->flying < p->limit)
			send(s);
		pace_sent(p, s->flying);
		s->now_ms = s->ends[0];		/* ends are in order: first in, first out */
		for (ended = 0; ended < s->flying && s->ends[ended] == s->now_ms; ended++)
			pace_done(p, s->now_ms);	/* a batch, before anything is sent */
		s->flying -= ended;
		memmove(s->ends, s->ends + ended, sizeof(*s->ends) * (size_t)s->flying);
	}
}

static void test_starts_low_and_finds_what_pays(void **state)
{
	static const int64_t parallel[] = { 1, 16, 48, 100 };
	struct pace p;
	struct sim s;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(parallel); i++) {
		pace_init(&p, 0);
		assert_int_equal(p.limit, 4);
		s = (struct sim){ .parallel = parallel[i], .each_ms = 300 };
		run(&s, &p, 600000);
		assert_in_range(p.limit, parallel[i] * 7 / 10, parallel[i] < 4 ? 8 : 3 * parallel[i]);
	}
}

static void test_is_bounded(void **state)
{
	struct sim s = { .parallel = 1 << 20, .each_ms = 50 };
	struct pace p;

	(void)state;
	pace_init(&p, 0);
	run(&s, &p, 6000);
	assert_int_equal(p.limit, PACE_MOST);
	run(&s, &p, 60000);
	assert_in_range(p.limit, PACE_MOST / 2, PACE_MOST);
}

static void test_halves_once_a_burst(void **state)
{
	struct pace p;
	int i;

	(void)state;
	pace_init(&p, 0);
	p.limit = 64;
	for (i = 0; i < 30; i++)
		pace_cut(&p, 5000 + i);
	assert_int_equal(p.limit, 32);
	pace_cut(&p, 7000);
	assert_int_equal(p.limit, 16);
	for (i = 0; i < 20; i++)
		pace_cut(&p, 10000 + 2000 * i);
	assert_int_equal(p.limit, 1);
}

static void test_grows_again_after_a_cut(void **state)
{
	struct sim s = { .parallel = 64, .each_ms = 100 };
	struct pace p;

	(void)state;
	pace_init(&p, 0);
	run(&s, &p, 20000);
	s.flying = 0;
	pace_cut(&p, s.now_ms);
	pace_cut(&p, s.now_ms + 1000);
	pace_cut(&p, s.now_ms + 2000);
	assert_in_range(p.limit, 1, 24);
	s.now_ms += 2000;
	run(&s, &p, 60000);
	assert_in_range(p.limit, 40, 192);
}

static void test_idle_slots_teach_nothing(void **state)
{
	struct pace p;
	int64_t i;

	(void)state;
	pace_init(&p, 0);
	for (i = 0; i < 1000; i++) {
		pace_sent(&p, 2);	/* of four */
		pace_done(&p, i * 50);
	}
	assert_int_equal(p.limit, 4);
}

static void test_a_number_stays(void **state)
{
	struct sim s = { .parallel = 1000, .each_ms = 10 };
	struct pace p;

	(void)state;
	pace_init(&p, 7);
	run(&s, &p, 5000);
	pace_cut(&p, 9000);
	assert_int_equal(p.limit, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts_low_and_finds_what_pays),
		cmocka_unit_test(test_is_bounded),
		cmocka_unit_test(test_halves_once_a_burst),
		cmocka_unit_test(test_grows_again_after_a_cut),
		cmocka_unit_test(test_idle_slots_teach_nothing),
		cmocka_unit_test(test_a_number_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
