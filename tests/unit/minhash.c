/* SPDX-License-Identifier: Apache-2.0
 *
 * minhash: shingles as defined, minima that tell the Jaccard, bands that follow the S-curve.
 */
#include "filter/minhash.h"

#include <math.h>

#include "schemas/hash.h"
#include "tests/unit/scratch.h"

static void likeness(const char *a, const char *b, size_t a_count, size_t b_count,
		     size_t shared)
{
	struct shingles x = { 0 }, y = { 0 };
	double expected = a_count + b_count ?
			  (double)shared / (double)(a_count + b_count - shared) : 0;

	minhash_shingles(&x, a);
	minhash_shingles(&y, b);
	if (x.count != a_count || y.count != b_count)
		fail_msg("'%s' has %zu shingles, '%s' %zu", a, x.count, b, y.count);
	assert_true(minhash_jaccard(x.items, x.count, y.items, y.count) == expected);
	assert_true(minhash_jaccard(y.items, y.count, x.items, x.count) == expected);
	shingles_release(&x);
	shingles_release(&y);
}

static void test_words(void **state)
{
	(void)state;
	likeness("a b c d", "a b c d", 2, 2, 2);
	likeness("a b c d", "b c d e", 2, 2, 1);
	likeness("a b c d", "c b a d", 2, 2, 0);
	likeness("a b c a b c a", "a b c", 3, 1, 1);	/* a set: each once */
	likeness("ab c d", "a bc d", 1, 1, 0);
}

static void test_short_texts(void **state)
{
	(void)state;
	likeness("", "", 0, 0, 0);
	likeness("a", "", 1, 0, 0);
	likeness("a b", "a b", 1, 1, 1);
	likeness("a b", "b a", 1, 1, 0);
	likeness("a b", "a b c", 1, 1, 0);
	likeness("\xe6\xb5\xb7", "\xe6\xb5\xb7", 1, 1, 1);
}

/* Characters where there are no spaces; a space between them, or about Latin, is nothing. */
static void test_characters(void **state)
{
	(void)state;
	likeness("\xe6\xb5\xb7\xe6\xb8\xaf\xe9\x87\x8c\xe7\x9a\x84\xe8\x88\xb9",	/* 5 Han */
		 "\xe6\xb5\xb7\xe6\xb8\xaf\xe9\x87\x8c\xe7\x9a\x84\xe8\xbd\xa6", 3, 3, 2);
	likeness("\xe6\x9c\x89 3 \xe5\x8f\xaa\xe7\x8c\xab", "\xe6\x9c\x89""3\xe5\x8f\xaa\xe7\x8c\xab",
		 2, 2, 2);
	likeness("\xe3\x81\x8b\xe3\x82\xaa\xe3\x83\xbc\xed\x95\x9c", "x", 2, 1, 0);	/* kana, Hangul */
	likeness("\xe0\xb8\x81\xe0\xb8\x82\xe0\xb8\x83\xe0\xb8\x84", "x", 2, 1, 0);	/* Thai */
	likeness("\xf0\xa0\x80\x80\xf0\xa0\x80\x81\xf0\xa0\x80\x82\xf0\xa0\x80\x83", "x", 2, 1, 0);
	likeness("stra\xc3\x9f""e \xd0\xb4\xd0\xbe\xd0\xbc \xce\xb1\xce\xb2", "x", 1, 1, 0);
}

/* Two sets of `count` each that share the first `shared`. */
static void draw_sets(uint64_t *a, uint64_t *b, size_t count, size_t shared, struct draw *d)
{
	size_t i;

	for (i = 0; i < count; i++) {
		a[i] = draw_next(d);
		b[i] = i < shared ? a[i] : draw_next(d);
	}
}

/*
 * The share of equal minima over many pairs is their Jaccard: within five standard errors,
 * counting the pairs alone, since the minima of one pair are drawn by the same functions.
 */
static void test_minima_estimate_jaccard(void **state)
{
	static const size_t shared[] = { 0, 10, 20, 30, 36, 39 };
	uint32_t x[MINHASH_MOST], y[MINHASH_MOST];
	uint64_t a[40], b[40];
	struct draw d = { 5 };
	struct minhash m;
	double jaccard, same, sum, of_one, n;
	size_t s, pair, pairs = 2000;
	int i;

	(void)state;
	minhash_init(&m, 0.9);
	n = m.rows * m.bands;
	for (s = 0; s < COUNT(shared); s++) {
		jaccard = (double)shared[s] / (double)(80 - shared[s]);
		of_one = sqrt(jaccard * (1 - jaccard) / n);
		for (sum = 0, pair = 0; pair < pairs; pair++, sum += same / n) {
			draw_sets(a, b, 40, shared[s], &d);
			minhash_minima(&m, a, 40, x);
			minhash_minima(&m, b, 40, y);
			for (same = 0, i = 0; i < (int)n; i++)
				same += x[i] == y[i];
			assert_true(fabs(same / n - jaccard) <= 6 * of_one);
		}
		if (fabs(sum / (double)pairs - jaccard) > 5 * of_one / sqrt((double)pairs) + 1e-9)
			fail_msg("minima read %.4f for a Jaccard of %.4f", sum / (double)pairs,
				 jaccard);
	}
}

static bool meet(const struct minhash *m, const uint32_t *x, const uint32_t *y)
{
	int band;

	for (band = 0; band < m->bands; band++)
		if (minhash_band(m, x, band) == minhash_band(m, y, band))
			return true;
	return false;
}

static void test_bands_follow_the_curve(void **state)
{
	static const size_t shared[] = { 0, 15, 25, 35, 38 };	/* of 40: J to 0.905 */
	uint32_t x[MINHASH_MOST], y[MINHASH_MOST];
	uint64_t a[40], b[40];
	struct draw d = { 6 };
	struct minhash m;
	size_t s, pair, pairs = 4000, met;
	double p, got;

	(void)state;
	minhash_init(&m, 0.8);
	for (s = 0; s < COUNT(shared); s++) {
		p = minhash_meets(&m, (double)shared[s] / (double)(80 - shared[s]));
		for (met = 0, pair = 0; pair < pairs; pair++) {
			draw_sets(a, b, 40, shared[s], &d);
			minhash_minima(&m, a, 40, x);
			minhash_minima(&m, b, 40, y);
			met += meet(&m, x, y);
		}
		got = (double)met / (double)pairs;
		if (fabs(got - p) > 4 * sqrt(p * (1 - p) / (double)pairs) + 1e-3)
			fail_msg("%zu of 40 shared: %.4f meet, not %.4f", shared[s], got, p);
	}
}

static void test_every_threshold_finds_its_pairs(void **state)
{
	struct minhash m;
	int percent;

	(void)state;
	for (percent = 50; percent <= 100; percent++) {
		minhash_init(&m, percent / 100.0);
		assert_true(minhash_meets(&m, percent / 100.0) >= MINHASH_RECALL);
		assert_true(m.rows >= 2 && m.rows * m.bands <= MINHASH_MOST);
	}
	/* Computed apart: 1 - (1 - s^5)^12. */
	minhash_init(&m, 0.8);
	assert_int_equal(m.rows, 5);
	assert_int_equal(m.bands, 12);
	assert_true(fabs(minhash_meets(&m, 0.5) - 0.317) < 0.001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_short_texts),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_minima_estimate_jaccard),
		cmocka_unit_test(test_bands_follow_the_curve),
		cmocka_unit_test(test_every_threshold_finds_its_pairs),
	};

	return cmocka_run_group_tests_name("minhash", tests, NULL, NULL);
}
