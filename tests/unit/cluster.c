/* SPDX-License-Identifier: Apache-2.0
 *
 * cluster: the interval against a second calculation by hand, and what it promises: it holds the
 * truth in 95 % of samples of clustered images, where the naive one does not.
 */
#include "schemas/cluster.h"

#include <math.h>

#include "schemas/hash.h"
#include "tests/unit/scratch.h"

#define REPEATS 2000

static double uniform(struct draw *d)
{
	return (double)(draw_next(d) >> 11) / 9007199254740992.0;
}

/* Four clusters of two: y 2 1 0 1. R = .5, residuals 1 0 -1 0: v = 4/3 * 2 / 64. */
static void test_by_hand(void **state)
{
	static const double y[] = { 2, 1, 0, 1 };
	struct cluster c = { 0 };
	struct interval i;
	char key[8];
	int n;

	(void)state;
	for (n = 0; n < 4; n++) {
		snprintf(key, sizeof(key), "k%d", n);
		cluster_add(&c, key, y[n], 2);
	}
	assert_true(fabs(cluster_ratio(&c, &i) - 0.5) < 1e-12);
	assert_true(fabs(i.upper - 0.5 - 3.1824 * sqrt(4.0 / 3 * 2 / 64)) < 1e-4);
	assert_true(fabs(i.lower + i.upper - 1) < 1e-12);
	/* n = .25 / v = 6, t = 3.1824 */
	assert_true(fabs(cluster_share(&c, &i) - 0.5) < 1e-12);
	assert_true(fabs(i.upper - 0.896) < 0.002);
	cluster_release(&c);
}

/* The same cluster again is no new one, in any order. */
static void test_united(void **state)
{
	struct cluster whole = { 0 }, pieces = { 0 };
	struct interval a, b;
	char key[8];
	int n;

	(void)state;
	for (n = 0; n < 20; n++) {
		snprintf(key, sizeof(key), "k%d", n);
		cluster_add(&whole, key, n % 3, 3);
		cluster_add(&pieces, key, n % 3, 1);
	}
	for (n = 19; n >= 0; n--) {
		snprintf(key, sizeof(key), "k%d", n);
		cluster_add(&pieces, key, 0, 2);
	}
	assert_true(cluster_share(&whole, &a) == cluster_share(&pieces, &b));
	assert_true(a.lower == b.lower && a.upper == b.upper);
	cluster_release(&whole);
	cluster_release(&pieces);
}

static void test_edges(void **state)
{
	struct cluster c = { 0 };
	struct interval i;
	char key[8];
	int n;

	(void)state;
	assert_true(cluster_share(&c, &i) == 0 && i.lower == 0 && i.upper == 1);
	assert_true(cluster_ratio(&c, &i) == 0 && isinf(i.lower) && isinf(i.upper));
	cluster_add(&c, "one", 3, 4);
	assert_true(cluster_share(&c, &i) == 0.75 && i.lower == 0 && i.upper == 1);
	cluster_release(&c);
	for (n = 0; n < 30; n++) {
		snprintf(key, sizeof(key), "k%d", n);
		cluster_add(&c, key, 5, 5);
	}
	assert_true(cluster_share(&c, &i) == 1 && i.upper == 1);
	assert_true(i.lower > 0.8 && i.lower < 0.95);	/* thirty images, not 150 questions */
	cluster_release(&c);
}

/*
 * One sample: images with an accuracy each, questions of an image that share it. Beta(2, 2)
 * by the middle of three uniforms; its mean is 0.5 and moves with `tilt`.
 */
static double sample(struct cluster *c, struct draw *d, int images, double tilt)
{
	double a, b, e, p, right;
	char key[16];
	int n, q, questions;

	for (n = 0; n < images; n++) {
		a = uniform(d);
		b = uniform(d);
		e = uniform(d);
		p = fmax(fmin(a, b), fmin(fmax(a, b), e)) * tilt;
		questions = 1 + (int)draw_below(d, 5);
		for (right = 0, q = 0; q < questions; q++)
			right += uniform(d) < p;
		snprintf(key, sizeof(key), "image %d", n);
		cluster_add(c, key, right, questions);
	}
	return 0.5 * tilt;
}

static void covers(int images, double tilt)
{
	struct draw d = { 7 };
	int n, share = 0, ratio = 0, naive = 0;
	struct interval i;
	double truth;

	for (n = 0; n < REPEATS; n++) {
		struct cluster c = { 0 };

		truth = sample(&c, &d, images, tilt);
		cluster_share(&c, &i);
		share += i.lower <= truth && truth <= i.upper;
		cluster_ratio(&c, &i);
		ratio += i.lower <= truth && truth <= i.upper;
		i = interval_wilson((int64_t)c.y, (int64_t)c.x);
		naive += i.lower <= truth && truth <= i.upper;
		cluster_release(&c);
	}
	print_message("%d images, mean %.2f: share %.1f %%, ratio %.1f %%, naive %.1f %%\n", images,
		      0.5 * tilt, share * 100.0 / REPEATS, ratio * 100.0 / REPEATS,
		      naive * 100.0 / REPEATS);
	assert_true(share >= REPEATS * 0.93 && share <= REPEATS * 0.97);
	assert_true(ratio >= REPEATS * 0.93 && ratio <= REPEATS * 0.97);
	assert_true(tilt < 1 || naive < REPEATS * 0.93);
}

static void test_covers(void **state)
{
	(void)state;
	covers(100, 1);
	covers(250, 1);
	covers(120, 0.4);
}

/* A quotient of differences, (caption - blind) / (sight - blind), is a ratio too. */
static void test_covers_normalised(void **state)
{
	struct draw d = { 11 };
	struct interval i;
	int n, k, q, hits = 0;
	double p, blind, sight;
	char key[16];

	(void)state;
	for (n = 0; n < REPEATS; n++) {
		struct cluster c = { 0 };

		for (k = 0; k < 150; k++) {
			p = uniform(&d);
			snprintf(key, sizeof(key), "image %d", k);
			for (q = 0; q < 3; q++) {
				blind = uniform(&d) < 0.25;
				sight = uniform(&d) < 0.95;
				cluster_add(&c, key, (uniform(&d) < p) - blind, sight - blind);
			}
		}
		cluster_ratio(&c, &i);
		hits += i.lower <= 0.25 / 0.7 && 0.25 / 0.7 <= i.upper;
		cluster_release(&c);
	}
	print_message("normalised: %.1f %%\n", hits * 100.0 / REPEATS);
	assert_true(hits >= REPEATS * 0.93 && hits <= REPEATS * 0.97);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand), cmocka_unit_test(test_united),
		cmocka_unit_test(test_edges), cmocka_unit_test(test_covers),
		cmocka_unit_test(test_covers_normalised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
